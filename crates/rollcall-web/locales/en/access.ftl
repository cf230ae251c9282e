# What somebody has, and why

access-title = Effective access
access-none = No roles. Give one on the page of a role, or let them into a group that has one.
access-not-active = Nobody who is not active may use any of this.
access-role = Role
access-on = On
access-on-console = Console
access-paths = How it comes
access-direct = Directly
access-until = until
access-more = { $n ->
    [one] and by one more way
   *[other] and by { $n } more ways
}
access-rights = Rights in the console
access-via-manual = by hand
access-via-api = by the API
access-via-csv = from a file of users
access-via-scim = by SCIM
access-via-directory = from the directory
access-has-role = Everybody who has it, and why
access-has-group = Everybody in it, and why
access-has-bot = Everybody with a role on this bot, and why
access-nobody-role = Nobody has it, be it directly or by a group.
access-nobody-group = Nobody is in it, be it directly or by a group in it.
access-nobody-bot = Nobody has a role on this bot, be it directly or by a group.
access-reach-text = Directly or by groups in groups; each step with who made it so, and when.
access-person = Who
access-as = As
access-via-file = from the account file
access-via-console = in the console
access-in-users = In the list of users
