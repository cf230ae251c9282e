# The words of the console in English. German says the same in ../de.

nav-label = Console
nav-skip = Skip to the content
nav-dashboard = Dashboard
nav-users = Users
nav-groups = Groups
nav-roles = Roles
nav-bots = Bots
nav-apps = Client apps
nav-audit = Audit log
nav-settings = Settings
nav-sign-out = Sign out

pager-label = Pages
first-page = First
previous-page = Previous
next-page = Next
search = Search
export-csv = Export as CSV
cancel = Cancel
save = Save
remove = Remove
close = Close
undo = Undo

help-title = Keys
help-search = Search on this page
help-palette = Go to anything
help-help = These keys
help-keys = Keys of one character are listened to
palette-open = Go to
palette-hint = Page, user, group, role, bot or app

link-title = Sign in
link-text = This link signs you in once, as
link-button = Sign in

done-signed-out = You are signed out.

failure-back = Back to the dashboard
failure-forbidden = You may not do this
failure-not-found = Not found
failure-conflict = This cannot be done now
failure-busy = Try again in a moment
failure-internal = A fault of our own
failure-invalid = Something is wrong with what was sent
failure-not-ours = This form is too old
failure-not-ours-text = It was not sent from a page of this session. Nothing was changed. Go back, load the page again, and send the form once more.
failure-too-large = This is too large
failure-too-large-text = A form may have one megabyte. Nothing was changed.
failure-unread = The form did not arrive
failure-unread-text = The connection was too slow, or broke off. Nothing was changed. Send the form once more.

confirm-title = Who gains admin rights
confirm-text = This gives admin rights to those below. Nothing has been changed yet.
confirm-who = Who
confirm-gains = Gains
confirm-more = { $n ->
    [one] and one more
   *[other] and { $n } more
}
confirm-button = Yes, give these rights

kind-user = User
kind-group = Group
kind-role = Role
kind-bot = Bot
kind-app = Client app
