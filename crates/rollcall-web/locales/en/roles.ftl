# roles

roles-new-admin = New admin role
roles-new-bot = New bot role
roles-edit = Change the role { $role }
roles-edit-button = Change
roles-edit-text = What you change here counts at once for all who hold this role:
roles-users = { $n ->
    [one] one user
   *[other] { $n } users
}
roles-groups = { $n ->
    [one] one group
   *[other] { $n } groups
}
roles-name = Name
roles-description = Description
roles-id = Id
roles-created = Made
roles-updated = Last changed
roles-kind = Kind
roles-any-kind = Any
roles-kind-admin = Admin role
roles-kind-bot = Bot role
roles-sort = Order
roles-sort-name = Name, A to Z
roles-sort-name-down = Name, Z to A
roles-only-custom = Only custom ones
roles-none-found = No role is as you asked for.
roles-all = Show all roles
roles-made = Made by
roles-built-in = Built in
roles-custom = Custom
roles-given = Given
roles-permits = What it permits
roles-permits-admin = What its holders may do in this console. You can give only what you have yourself.
roles-permits-bot = What its holders may do with the bot that they have it on.
roles-built-in-text = A built-in role stays as it is. Make a role of your own where you need another one.
roles-permission = Permission
roles-word = Allowed
roles-holders = Who holds it
roles-holder = Holder
roles-group = Group
roles-not-active = Not active
roles-bot = Bot
roles-choose-bot = Choose a bot
roles-since = Since
roles-by = Given by
roles-until = Until
roles-over = Over
roles-for-good = No end
roles-search-holders = Part of an address or group name
roles-no-holders = Nobody holds this role. Give it to users or groups below.
roles-no-holder-found = No holder's address or name has this in it.
roles-take = Take away
roles-give = Give this role
roles-give-users = Users
roles-give-users-hint = E-mail addresses, as many as you like: apart by blanks, commas or lines.
roles-give-groups = Groups
roles-give-groups-hint = Names of groups, one in each line.
roles-give-until = Until (UTC)
roles-give-until-hint = Leave it empty where it is to have no end.
roles-give-button = Give the role
roles-remove-title = Remove the role { $role }?
roles-remove-text = This cannot be undone. It is taken from all who hold it directly:
roles-remove-button = Remove { $role }
roles-done-made = The role { $role } is made. Now give it to somebody.
roles-done-changed = The role { $role } is changed.
roles-done-removed = The role { $role } is removed.
roles-done-given = { $who } got the role { $role }.
roles-done-given-none = All of them have the role { $role } already.
roles-done-taken = The role { $role } was taken from { $who }.
roles-done-taken-none = None of them has the role { $role } there.
