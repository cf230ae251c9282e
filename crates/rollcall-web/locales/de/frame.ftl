# Die Wörter der Konsole auf Deutsch. Dasselbe auf Englisch steht in ../en.

nav-label = Konsole
nav-skip = Zum Inhalt
nav-dashboard = Übersicht
nav-users = Benutzer
nav-groups = Gruppen
nav-roles = Rollen
nav-bots = Bots
nav-apps = Client-Apps
nav-audit = Protokoll
nav-settings = Einstellungen
nav-sign-out = Abmelden

pager-label = Seiten
first-page = Anfang
previous-page = Zurück
next-page = Weiter
search = Suchen
export-csv = Als CSV exportieren
cancel = Abbrechen
save = Speichern
remove = Entfernen
close = Schließen
undo = Rückgängig

help-title = Tasten
help-search = Auf dieser Seite suchen
help-palette = Zu allem springen
help-help = Diese Tasten
help-keys = Auf einzelne Tasten wird gehört
palette-open = Gehe zu
palette-hint = Seite, Benutzer, Gruppe, Rolle, Bot oder App

link-title = Anmelden
link-text = Mit diesem Link melden Sie sich einmal an als
link-button = Anmelden

done-signed-out = Sie sind abgemeldet.

failure-back = Zurück zur Übersicht
failure-forbidden = Das dürfen Sie nicht
failure-not-found = Nicht gefunden
failure-conflict = Das geht jetzt nicht
failure-busy = Versuchen Sie es gleich noch einmal
failure-internal = Ein Fehler unsererseits
failure-invalid = Mit den Angaben stimmt etwas nicht
failure-not-ours = Dieses Formular ist zu alt
failure-not-ours-text = Es kam nicht von einer Seite dieser Sitzung. Nichts wurde geändert. Gehen Sie zurück, laden Sie die Seite neu und senden Sie das Formular noch einmal.
failure-too-large = Das ist zu groß
failure-too-large-text = Ein Formular darf ein Megabyte haben. Nichts wurde geändert.
failure-unread = Das Formular kam nicht an
failure-unread-text = Die Verbindung war zu langsam oder brach ab. Nichts wurde geändert. Senden Sie das Formular noch einmal.

confirm-title = Wer Admin-Rechte bekommt
confirm-text = Damit bekommen die Folgenden Admin-Rechte. Noch wurde nichts geändert.
confirm-who = Wer
confirm-gains = Bekommt
confirm-more = { $n ->
    [one] und eine weitere Person
   *[other] und { $n } weitere
}
confirm-button = Ja, diese Rechte geben

kind-user = Benutzer
kind-group = Gruppe
kind-role = Rolle
kind-bot = Bot
kind-app = Client-App
