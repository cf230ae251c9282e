# Users

users-new = New user
users-search = Part of a name, address or org user id
users-status = Status
users-any = Any
users-all = All users
users-may = May
users-name = Name
users-email = E-mail
users-created = Created
users-changed = Changed
users-signed-in = Last signed in
users-never = Never
users-id = User id
users-org-user-id = Org user id
users-org-user-id-hint = The id that your own organisation gave them. It cannot be changed later.
users-owner = Owns the account
users-yes = Yes
users-no = No

users-invited = Invited
users-active = Active
users-suspended = Suspended
users-locked = Locked

users-flag-builder = Use the builder
users-flag-bots = Create bots
users-flag-data-tables = Use data tables
users-bots-need-builder = (needs the builder)
users-give-data-tables = Allow
users-take-data-tables = Take away

users-of-group = Only direct members of one group.
users-to-group = To the group
users-of-role = Only holders of one role, by any way.
users-to-role = To the role
users-none-found = Nobody is like this. Look for less, or at all users.
users-none = There are no users yet. Create the first one, or bring them in by the API.
users-none-here = Nobody on this page is like this. Go on to the next one.
users-too-many-to-sort = Too many to be sorted: they stand in the order of their creation. Look for more letters to sort them.
users-total = { $n ->
    [one] One user
   *[other] { $n } users
}
users-shown = { $n ->
    [one] One user on this page
   *[other] { $n } users on this page
}
users-tick = Tick { $name }
users-tick-all = Tick all on this page
users-with-ticked = With those who are ticked
users-everybody = Not only with these: with all of this list, on all of its pages
users-nobody-ticked = Nobody was ticked, so nothing was done. Tick somebody, and press the button again.

users-do-suspend = Suspend
users-do-reactivate = Reactivate
users-do-unlock = Unlock
users-do-resend = Resend invitation
users-do-revoke = Revoke invitation
users-do-remove = Remove
users-do-end-sessions = End sessions

users-count = { $n ->
    [one] one user
   *[other] { $n } users
}
users-done-suspended = Suspended: { $name }.
users-done-reactivated = Active again: { $name }.
users-done-unlocked = Unlocked: { $name }.
users-done-resent = Invited once more: { $name }.
users-done-revoked = Invitation revoked: { $name }.
users-done-removed = Removed: { $name }.
users-done-sessions-ended = Sessions ended: { $name }.
users-done-created = Created: { $name }.
users-done-invited = Created and invited: { $name }.
users-done-saved = Saved: { $name }.

users-new-title = New user
users-create = Create
users-invite = Send an invitation by mail
users-edit = Edit
users-edit-title = Edit user
users-remove-title = Remove this user?
users-remove-text = Groups, roles, tasks, invitations and sessions go with them. This cannot be undone.
users-remove-button = Yes, remove

users-confirm-text = Nothing has been done yet. It will be done with:
users-confirm-remove = Nothing has been done yet. These go with their groups, roles, tasks, invitations and sessions. This cannot be undone.
users-confirm-others = The list has changed since you were asked, and nothing has been done. Look at the number, and confirm once more.
users-confirm-all = All of the list:
users-left-title = Not done with everybody
users-left-done = { $n ->
    [one] It was done with one user, and not with these:
   *[other] It was done with { $n } users, and not with these:
}
users-left-why = Why not
users-left-more = { $n ->
    [one] and one more
   *[other] and { $n } more
}
users-back = Back to the list

users-facts = Facts
users-groups = Groups
users-groups-none = In no group.
users-tasks = Bot tasks
users-tasks-none = No tasks.
users-tasks-all = All tasks
users-invitations = Invitations
users-good-until = good until
users-invitation-open = Waits
users-invitation-expired = Expired
users-invitation-accepted = Accepted
users-invitation-revoked = Revoked
users-sessions = Sessions
users-to-log = What the audit log says about this user

users-field-first-name = First name
users-field-last-name = Last name
users-field-company = Company
users-field-department = Department
users-field-company-phone = Company phone
users-field-work-number = Work number
users-field-street = Street
users-field-suite = Suite
users-field-city = City
users-field-zip = Zip
users-field-state = State
users-field-country = Country
users-field-job-title = Job title
users-field-picture = Picture
users-field-colour = Colour
users-recent = What happened last
users-recent-none = Nothing among the { $n } newest events.
