# Settings.

settings-text = They are set where the server runs: `rollcall config` says which are in force, and where each comes from.
settings-account = Account
settings-name = Name
settings-id = Account id
settings-org = Organisation id
settings-server = Server
settings-address = Public address
settings-version = Version
settings-letters = Letters that wait to be delivered
settings-letters-why = Why one of them could not be
settings-times = Times
settings-session-life = A session lasts at most
settings-session-idle = A session in which nothing is done lasts
settings-invitation = An invitation is good for
settings-hours = { $n ->
    [one] one hour
   *[other] { $n } hours
}
settings-minutes = { $n } minutes
settings-days = { $n } days
