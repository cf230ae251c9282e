# Die Wörter der eigenen Seite, auf Deutsch.

me-title = Wie Sie sich anmelden
me-password = Passwort
me-password-since = Gesetzt
me-password-until = Gilt bis
me-password-none = Sie haben noch kein Passwort. Mit einem brauchen Sie zum Anmelden keinen Link vom Server.
me-password-present = Jetziges Passwort
me-password-wrong = Das ist nicht Ihr Passwort. Nach fünf Fehlversuchen hintereinander sind Sie 30 Minuten lang gesperrt.
me-password-ends = Ein neues Passwort beendet alle Ihre anderen Sitzungen.
me-factor = Zweiter Faktor
me-factor-since = In Gebrauch seit
me-factor-none = Mit einem zweiten Faktor kommt niemand hinein, der nur Ihr Passwort kennt.
me-factor-needs-password = Setzen Sie zuerst ein Passwort.
me-factor-add = Zweiten Faktor hinzufügen
me-factor-password = Ihr Passwort, um dies zu ändern
me-factor-remove = Zweiten Faktor entfernen
me-codes-left = Übrige Wiederherstellungscodes
me-codes-renew = Neue Wiederherstellungscodes erzeugen
me-sessions = Sitzungen
me-session-browser = Browser
me-session-unnamed = (ohne Namen)
me-session-ip = Von
me-session-began = Begonnen
me-session-seen = Zuletzt gesehen
me-session-until = Spätestens vorbei
me-session-end = Beenden
me-session-this = Diese
me-sessions-end-others = Alle anderen beenden

factor-title = Zweiten Faktor hinzufügen
factor-text = Lesen Sie dieses Bild mit einer Authenticator-App auf Ihrem Telefon. Es gilt, sobald Sie einen Code daraus eingegeben haben.
factor-picture = Bild für Authenticator-Apps; derselbe Text steht darunter
factor-typed = Oder tippen Sie dies in die App:
factor-open = In einer App auf diesem Rechner öffnen
factor-code = Code aus der App
factor-refused = Dieser Code stimmt nicht. Prüfen Sie, ob die Uhr Ihres Telefons richtig geht, und geben Sie den Code ein, den sie jetzt zeigt.
factor-button = Von jetzt an verwenden

codes-title = Ihre Wiederherstellungscodes
codes-text = Jeder von ihnen ersetzt einmal einen Code Ihrer App, falls Sie sie verlieren. Sie werden jetzt gezeigt und nie wieder: Bewahren Sie sie getrennt von Ihrem Passwort auf.
codes-copy = Kopieren
codes-done = Ich habe sie aufbewahrt

done-password-changed = Ihr Passwort ist geändert, und Ihre anderen Sitzungen sind beendet.
done-factor-removed = Der zweite Faktor ist entfernt.
done-session-ended = Die Sitzung ist beendet.
done-sessions-ended = Alle Ihre anderen Sitzungen sind beendet.
