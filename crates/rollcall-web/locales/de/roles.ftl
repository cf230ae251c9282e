# roles

roles-new-admin = Neue Administratorrolle
roles-new-bot = Neue Bot-Rolle
roles-edit = Rolle { $role } ändern
roles-edit-button = Ändern
roles-edit-text = Was Sie hier ändern, gilt sofort für alle, die diese Rolle haben:
roles-users = { $n ->
    [one] ein Benutzer
   *[other] { $n } Benutzer
}
roles-groups = { $n ->
    [one] eine Gruppe
   *[other] { $n } Gruppen
}
roles-name = Name
roles-description = Beschreibung
roles-id = Kennung
roles-created = Angelegt
roles-updated = Zuletzt geändert
roles-kind = Art
roles-any-kind = Alle
roles-kind-admin = Administratorrolle
roles-kind-bot = Bot-Rolle
roles-sort = Reihenfolge
roles-sort-name = Name, A bis Z
roles-sort-name-down = Name, Z bis A
roles-only-custom = Nur eigene
roles-none-found = Keine Rolle entspricht Ihrer Suche.
roles-all = Alle Rollen zeigen
roles-made = Herkunft
roles-built-in = Eingebaut
roles-custom = Eigene
roles-given = Vergeben
roles-permits = Was sie erlaubt
roles-permits-admin = Was ihre Inhaber in dieser Konsole dürfen. Sie können nur geben, was Sie selbst haben.
roles-permits-bot = Was ihre Inhaber mit dem Bot dürfen, auf dem sie sie haben.
roles-built-in-text = Eine eingebaute Rolle bleibt, wie sie ist. Legen Sie eine eigene an, wenn Sie eine andere brauchen.
roles-permission = Berechtigung
roles-word = Erlaubt
roles-holders = Wer sie hat
roles-holder = Inhaber
roles-group = Gruppe
roles-not-active = Nicht aktiv
roles-bot = Bot
roles-choose-bot = Bot wählen
roles-since = Seit
roles-by = Gegeben von
roles-until = Bis
roles-over = Abgelaufen
roles-for-good = Ohne Ende
roles-search-holders = Teil einer Adresse oder eines Gruppennamens
roles-no-holders = Niemand hat diese Rolle. Geben Sie sie unten Benutzern oder Gruppen.
roles-no-holder-found = Keine Adresse und kein Name eines Inhabers enthält das.
roles-take = Wegnehmen
roles-give = Diese Rolle geben
roles-give-users = Benutzer
roles-give-users-hint = Beliebig viele E-Mail-Adressen, getrennt durch Leerzeichen, Kommas oder Zeilen.
roles-give-groups = Gruppen
roles-give-groups-hint = Namen von Gruppen, in jeder Zeile einer.
roles-give-until = Bis (UTC)
roles-give-until-hint = Lassen Sie das leer, wenn sie kein Ende haben soll.
roles-give-button = Rolle geben
roles-remove-title = Rolle { $role } entfernen?
roles-remove-text = Das lässt sich nicht rückgängig machen. Sie wird allen genommen, die sie unmittelbar haben:
roles-remove-button = { $role } entfernen
roles-done-made = Die Rolle { $role } ist angelegt. Geben Sie sie nun jemandem.
roles-done-changed = Die Rolle { $role } ist geändert.
roles-done-removed = Die Rolle { $role } ist entfernt.
roles-done-given = { $who } hat jetzt die Rolle { $role }.
roles-done-given-none = Alle haben die Rolle { $role } schon.
roles-done-taken = Die Rolle { $role } wurde { $who } genommen.
roles-done-taken-none = Niemand davon hat die Rolle { $role } dort.
