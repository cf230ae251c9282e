# The first page.

dashboard-start = Nobody calls the API of this account yet. Make a client app: you get a secret, and a command to try it with.
dashboard-users = Users
dashboard-invited = Invited
dashboard-active = Active
dashboard-suspended = Suspended
dashboard-locked = Locked
dashboard-warnings = To look after
dashboard-no-warnings = Nothing: no secret comes to its end, and no tokens were refused today.
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
