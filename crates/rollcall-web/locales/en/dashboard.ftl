# The first page.

dashboard-start = Nobody calls the API of this account yet. Make a client app: you get a secret, and a command to try it with.
dashboard-users = Users
dashboard-invited = Invited
dashboard-active = Active
dashboard-suspended = Suspended
dashboard-locked = Locked
dashboard-warnings = To look after
dashboard-no-warnings = Nothing: no secret comes to its end, no tokens were refused today, and nobody waits for anything.
dashboard-app-ends = The app “{ $name }” comes to its end within two weeks
dashboard-secret-ends = The secret of the app “{ $name }” comes to its end within two weeks
dashboard-no-secret = The app “{ $name }” has no secret that is still good
dashboard-refused = Tokens of the app “{ $name }” were refused within the last day
dashboard-letters = { $n ->
    [one] One letter waits to be delivered
   *[other] { $n } letters wait to be delivered
}
dashboard-recent = Recent changes
dashboard-all-events = The whole audit log
dashboard-locked-users = { $n ->
    [one] One user is locked out
   *[other] { $n } users are locked out
}
dashboard-invitations-over = { $n ->
    [one] One invitation was not used in its time: send another one
   *[other] { $n } invitations were not used in their time: send others
}
dashboard-invitations-waiting = { $n ->
    [one] One invitation has waited for more than three days
   *[other] { $n } invitations have waited for more than three days
}
dashboard-letters-failing = { $n ->
    [one] One letter could not be delivered so far
   *[other] { $n } letters could not be delivered so far
}
dashboard-unsealed = Events have waited for more than ten minutes to be sealed: is the server at work?
dashboard-nothing = Nothing that you could see to.
