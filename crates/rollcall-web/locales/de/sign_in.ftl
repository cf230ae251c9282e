# Die Wörter der Anmeldung, auf Deutsch.

sign-in-title = Anmelden
sign-in-email = E-Mail-Adresse
sign-in-password = Passwort
sign-in-account = Konto
sign-in-account-hint = Nur nötig, wenn Ihre Adresse in mehreren Konten vorkommt.
sign-in-button = Anmelden
sign-in-forgotten = Passwort vergessen?
sign-in-refused = Sie sind nicht angemeldet: Adresse und Passwort passen nicht zusammen, oder Sie sind nicht Administrator. Nach fünf Fehlversuchen hintereinander wird 30 Minuten lang niemand eingelassen.
sign-in-host = Ohne Passwort: rollcall admin link EMAIL gibt auf dem Server einen Link aus, der Sie anmeldet.
sign-in-no-cookies = Ihr Browser wird Sie nicht angemeldet lassen: Über eine Verbindung, die andere mitlesen können, behält er nichts. Öffnen Sie diese Seite über https, oder auf dem Rechner selbst über http://127.0.0.1.

code-title = Noch ein Schritt
code-field = Code
code-hint = Die sechs Ziffern Ihrer Authenticator-App oder einer Ihrer Wiederherstellungscodes.
code-refused = Dieser Code stimmt nicht oder wurde schon verwendet. Warten Sie auf den nächsten. Nach fünf Fehlversuchen hintereinander wird 30 Minuten lang niemand eingelassen.
code-back = Von vorn beginnen

new-password = Neues Passwort
new-password-repeat = Neues Passwort noch einmal
new-password-button = Passwort setzen
new-password-hint = Mindestens { $min } Zeichen mit Groß- und Kleinbuchstaben, Ziffern und Sonderzeichen, ohne Leerzeichen, und keines der letzten { $last } Passwörter.
new-password-too-short = Es ist zu kurz.
new-password-too-long = Es ist länger als 200 Zeichen.
new-password-no-upper = Es hat keinen Großbuchstaben.
new-password-no-lower = Es hat keinen Kleinbuchstaben.
new-password-no-digit = Es hat keine Ziffer.
new-password-no-special = Es hat kein Sonderzeichen, etwa ! oder ?.
new-password-has-space = Es enthält ein Leerzeichen.
new-password-used-before = Sie hatten es schon einmal. Nehmen Sie ein anderes.
new-password-repeat-differs = Die beiden sind nicht gleich.

due-title = Neues Passwort setzen
due-text = Ihr Passwort ist abgelaufen. Sie kommen hinein, sobald Sie ein neues gesetzt haben.

reset-title = Neues Passwort setzen
reset-text = Mit diesem Link setzen Sie einmal ein neues Passwort für
done-password-set = Ihr Passwort ist gesetzt, und alle Sitzungen sind beendet. Melden Sie sich damit an.

forgotten-title = Passwort vergessen
forgotten-text = Wir senden Ihnen einen Link, mit dem Sie ein neues setzen.
forgotten-button = Link senden
forgotten-asked = Wenn dies die Adresse eines Administrators ist, ist ein Brief unterwegs. Sein Link gilt 15 Minuten. Innerhalb von fünf Minuten wird kein zweiter gesandt.
forgotten-back = Zurück zur Anmeldung

set-up-title = Rollcall einrichten
set-up-text = Sie werden der erste Administrator dieses Kontos.
set-up-first-name = Vorname
set-up-last-name = Nachname
set-up-email-wrong = Das ist keine E-Mail-Adresse.
set-up-name-wrong = Ein Name hat keine Steuerzeichen und höchstens 200 Zeichen.
set-up-button = Administrator werden
done-set-up = Sie sind der Administrator. Melden Sie sich mit Ihrem Passwort an.
