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
audit-by-key = mit dem Schlüssel
audit-unsigned = noch keines signiert: eine Signatur kommt nach einer Stunde oder nach tausend Ereignissen
audit-check = Ist das Protokoll unversehrt?
audit-check-button = Kette prüfen
audit-check-again = Noch einmal prüfen
audit-holds = Diese Ereignisse sind so, wie sie geschrieben wurden.
audit-holds-whole = Das sind alle versiegelten Ereignisse: Keines wurde geändert, entfernt oder eingefügt, und jede Signatur ist von einem Schlüssel dieses Servers.
audit-holds-part = Das sind die neuesten Ereignisse, ab einer signierten Stelle davor: Keines wurde geändert, entfernt oder eingefügt, und jede Signatur ist von einem Schlüssel dieses Servers. Ältere wurden nicht geprüft.
audit-holds-unanchored = Das sind die neuesten Ereignisse. Sie hängen zusammen, aber vor ihnen wurde keine Signatur gefunden. Ältere wurden nicht geprüft.
audit-broken = Ereignis { $n } ist nicht so, wie es geschrieben wurde.
audit-broken-text = Die Ereignisse davor sind so, wie sie geschrieben wurden, soweit sie geprüft wurden. Bewahren Sie eine Kopie der Datenbank auf, wie sie ist, und vergleichen Sie sie mit einem früheren Export.
audit-checked = Geprüft, nach Nummer
audit-checkpoints = Signaturen, die passen
audit-signed-to = Signiert bis
audit-kid = Mit dem Schlüssel
audit-whole-title = Das ganze Protokoll
audit-whole-text = Dort, wo der Server läuft, geht dieser Befehl das ganze Protokoll durch. Er kann es auch mit einem früheren Export vergleichen; so fällt eine zurückgesetzte Datenbank auf.
audit-fields = Was sich geändert hat
audit-field = Feld
audit-is-changed = geändert
