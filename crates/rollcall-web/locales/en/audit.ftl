# The audit log.

audit-sealed = { $n ->
    [one] One event
   *[other] { $n } events
}
audit-signed = { $n ->
    [one] one signed
   *[other] { $n } signed
}
audit-from = From (UTC)
audit-to = To (UTC)
audit-event = Event
audit-any = Any
audit-by = By
audit-by-id = By (name or id)
audit-target = Target (id)
audit-time = Time
audit-what = What
audit-ip = From
audit-category = Category
audit-before = Before
audit-after = After
audit-none = No event.
audit-none-here = Nothing among the newest of these events. Older ones are on the next pages.
audit-all = All events
audit-by-key = by the key
audit-unsigned = none signed yet: a signature comes after an hour, or after a thousand events
audit-check = Is the log whole?
audit-check-button = Check the chain
audit-check-again = Check again
audit-holds = These events are as they were written.
audit-holds-whole = These are all events that are sealed: none was changed, taken out or put in, and every signature is by a key of this server.
audit-holds-part = These are the newest events, from a signed place before them on: none was changed, taken out or put in, and every signature is by a key of this server. Older events were not looked at.
audit-holds-unanchored = These are the newest events. They hang together, but no signature was found before them. Older events were not looked at.
audit-broken = Event { $n } is not as it was written.
audit-broken-text = Events before it are as they were written, as far as they were checked. Keep a copy of the database as it is, and compare it with an earlier export.
audit-checked = Checked, by number
audit-checkpoints = Signatures that fit
audit-signed-to = Signed to
audit-kid = By the key
audit-whole-title = All of it
audit-whole-text = Where the server runs, this command walks the whole log. It can compare it with an earlier export as well, which finds a database that was put back.
audit-fields = What changed
audit-field = Field
audit-is-changed = changed
