# Die erste Seite.

dashboard-start = Noch ruft niemand die API dieses Kontos auf. Legen Sie eine Client-App an: Sie bekommen ein Geheimnis und einen Befehl, um es auszuprobieren.
dashboard-users = Personen
dashboard-invited = Eingeladen
dashboard-active = Aktiv
dashboard-suspended = Ausgesetzt
dashboard-locked = Gesperrt
dashboard-warnings = Zu erledigen
dashboard-no-warnings = Nichts: Kein Geheimnis läuft bald ab, und heute wurden keine Token abgelehnt.
dashboard-app-ends = Die App „{ $name }“ läuft innerhalb von zwei Wochen ab
dashboard-secret-ends = Das Geheimnis der App „{ $name }“ läuft innerhalb von zwei Wochen ab
dashboard-no-secret = Die App „{ $name }“ hat kein gültiges Geheimnis mehr
dashboard-refused = Token der App „{ $name }“ wurden am letzten Tag abgelehnt
dashboard-letters = { $n ->
    [one] Ein Brief wartet auf Zustellung
   *[other] { $n } Briefe warten auf Zustellung
}
dashboard-recent = Letzte Änderungen
dashboard-all-events = Das ganze Protokoll
