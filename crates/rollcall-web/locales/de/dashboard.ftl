# Die erste Seite.

dashboard-start = Noch ruft niemand die API dieses Kontos auf. Legen Sie eine Client-App an: Sie bekommen ein Geheimnis und einen Befehl, um es auszuprobieren.
dashboard-users = Benutzer
dashboard-invited = Eingeladen
dashboard-active = Aktiv
dashboard-suspended = Ausgesetzt
dashboard-locked = Gesperrt
dashboard-warnings = Zu erledigen
dashboard-no-warnings = Nichts: Kein Geheimnis läuft bald ab, heute wurden keine Token abgelehnt, und niemand wartet auf etwas.
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
dashboard-locked-users = { $n ->
    [one] Ein Benutzer ist gesperrt
   *[other] { $n } Benutzer sind gesperrt
}
dashboard-invitations-over = { $n ->
    [one] Eine Einladung ist ungenutzt abgelaufen: Senden Sie eine neue
   *[other] { $n } Einladungen sind ungenutzt abgelaufen: Senden Sie neue
}
dashboard-invitations-waiting = { $n ->
    [one] Eine Einladung wartet seit mehr als drei Tagen
   *[other] { $n } Einladungen warten seit mehr als drei Tagen
}
dashboard-letters-failing = { $n ->
    [one] Ein Brief konnte bisher nicht zugestellt werden
   *[other] { $n } Briefe konnten bisher nicht zugestellt werden
}
dashboard-unsealed = Ereignisse warten seit mehr als zehn Minuten darauf, versiegelt zu werden: Arbeitet der Server?
dashboard-nothing = Nichts, worum Sie sich kümmern könnten.
