# Das Protokoll.

audit-sealed = { $n ->
    [one] Ein Ereignis
   *[other] { $n } Ereignisse
}
audit-signed = { $n ->
    [one] eines signiert
   *[other] { $n } signiert
}
audit-from = Von (UTC)
audit-to = Bis (UTC)
audit-event = Ereignis
audit-any = Jedes
audit-by = Durch
audit-by-id = Durch (Name oder ID)
audit-target = Ziel (ID)
audit-time = Zeit
audit-what = Was
audit-ip = Von
audit-category = Art
audit-before = Vorher
audit-after = Nachher
audit-none = Kein Ereignis.
audit-none-here = Nichts unter den neuesten dieser Ereignisse. Ältere stehen auf den nächsten Seiten.
audit-all = Alle Ereignisse
