# Einstellungen.

settings-text = Sie werden dort gesetzt, wo der Server läuft: `rollcall config` sagt, welche gelten und woher jede kommt.
settings-account = Konto
settings-name = Name
settings-id = Konto-ID
settings-org = Organisations-ID
settings-server = Server
settings-address = Öffentliche Adresse
settings-version = Version
settings-letters = Briefe, die auf Zustellung warten
settings-letters-why = Warum einer davon nicht zugestellt werden konnte
settings-times = Fristen
settings-session-life = Eine Sitzung dauert höchstens
settings-session-idle = Eine Sitzung, in der nichts geschieht, dauert
settings-invitation = Eine Einladung gilt
settings-hours = { $n ->
    [one] eine Stunde
   *[other] { $n } Stunden
}
settings-minutes = { $n } Minuten
settings-days = { $n } Tage
