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
