# Benutzer

users-new = Neuer Benutzer
users-search = Teil von Name, Adresse oder Organisations-ID
users-status = Status
users-any = Alle
users-all = Alle Benutzer
users-may = Darf
users-name = Name
users-email = E-Mail
users-created = Angelegt
users-changed = Geändert
users-signed-in = Zuletzt angemeldet
users-never = Nie
users-id = Benutzer-ID
users-org-user-id = Organisations-ID
users-org-user-id-hint = Die Kennung, die Ihre Organisation vergeben hat. Sie kann später nicht geändert werden.
users-owner = Inhaber des Kontos
users-yes = Ja
users-no = Nein

users-invited = Eingeladen
users-active = Aktiv
users-suspended = Ausgesetzt
users-locked = Gesperrt

users-flag-builder = Den Builder benutzen
users-flag-bots = Bots anlegen
users-flag-data-tables = Datentabellen benutzen
users-bots-need-builder = (setzt den Builder voraus)
users-give-data-tables = Erlauben
users-take-data-tables = Entziehen

users-of-group = Nur direkte Mitglieder einer Gruppe.
users-to-group = Zur Gruppe
users-of-role = Nur Inhaber einer Rolle, auf welchem Weg auch immer.
users-to-role = Zur Rolle
users-none-found = Niemand entspricht dieser Suche. Suchen Sie nach weniger, oder sehen Sie sich alle Benutzer an.
users-none = Es gibt noch keine Benutzer. Legen Sie den ersten an, oder übernehmen Sie Benutzer über die API.
users-none-here = Auf dieser Seite entspricht niemand der Suche. Gehen Sie weiter zur nächsten.
users-too-many-to-sort = Zu viele, um sortiert zu werden: Sie stehen in der Reihenfolge, in der sie angelegt wurden. Suchen Sie nach mehr Buchstaben, um zu sortieren.
users-total = { $n ->
    [one] Ein Benutzer
   *[other] { $n } Benutzer
}
users-shown = { $n ->
    [one] Ein Benutzer auf dieser Seite
   *[other] { $n } Benutzer auf dieser Seite
}
users-tick = { $name } auswählen
users-tick-all = Alle auf dieser Seite auswählen
users-with-ticked = Mit den Ausgewählten
users-everybody = Nicht nur mit diesen: mit der ganzen Liste, auf allen Seiten
users-nobody-ticked = Niemand war ausgewählt, darum wurde nichts getan. Wählen Sie jemanden aus, und drücken Sie den Knopf noch einmal.

users-do-suspend = Aussetzen
users-do-reactivate = Wieder zulassen
users-do-unlock = Entsperren
users-do-resend = Erneut einladen
users-do-revoke = Einladung zurückziehen
users-do-remove = Entfernen
users-do-end-sessions = Sitzungen beenden

users-count = { $n ->
    [one] ein Benutzer
   *[other] { $n } Benutzer
}
users-done-suspended = Ausgesetzt: { $name }.
users-done-reactivated = Wieder aktiv: { $name }.
users-done-unlocked = Entsperrt: { $name }.
users-done-resent = Erneut eingeladen: { $name }.
users-done-revoked = Einladung zurückgezogen: { $name }.
users-done-removed = Entfernt: { $name }.
users-done-sessions-ended = Sitzungen beendet: { $name }.
users-done-created = Angelegt: { $name }.
users-done-invited = Angelegt und eingeladen: { $name }.
users-done-saved = Gespeichert: { $name }.

users-new-title = Neuer Benutzer
users-create = Anlegen
users-invite = Eine Einladung per E-Mail senden
users-edit = Bearbeiten
users-edit-title = Benutzer bearbeiten
users-remove-title = Diesen Benutzer entfernen?
users-remove-text = Gruppen, Rollen, Aufgaben, Einladungen und Sitzungen gehen mit. Das kann nicht rückgängig gemacht werden.
users-remove-button = Ja, entfernen

users-confirm-text = Noch ist nichts geschehen. Es betrifft:
users-confirm-remove = Noch ist nichts geschehen. Mit diesen Benutzern gehen ihre Gruppen, Rollen, Aufgaben, Einladungen und Sitzungen. Das kann nicht rückgängig gemacht werden.
users-confirm-others = Die Liste hat sich geändert, seit Sie gefragt wurden; es ist nichts geschehen. Sehen Sie sich die Zahl an, und bestätigen Sie noch einmal.
users-confirm-all = Die ganze Liste:
users-left-title = Nicht bei allen gelungen
users-left-done = { $n ->
    [one] Bei einem Benutzer ist es geschehen, bei diesen nicht:
   *[other] Bei { $n } Benutzern ist es geschehen, bei diesen nicht:
}
users-left-why = Warum nicht
users-left-more = { $n ->
    [one] und bei einem weiteren
   *[other] und bei { $n } weiteren
}
users-back = Zurück zur Liste

users-facts = Angaben
users-groups = Gruppen
users-groups-none = In keiner Gruppe.
users-tasks = Bot-Aufgaben
users-tasks-none = Keine Aufgaben.
users-tasks-all = Alle Aufgaben
users-invitations = Einladungen
users-good-until = gültig bis
users-invitation-open = Wartet
users-invitation-expired = Abgelaufen
users-invitation-accepted = Angenommen
users-invitation-revoked = Zurückgezogen
users-sessions = Sitzungen
users-to-log = Was das Protokoll über diesen Benutzer sagt

users-field-first-name = Vorname
users-field-last-name = Nachname
users-field-company = Firma
users-field-department = Abteilung
users-field-company-phone = Telefon der Firma
users-field-work-number = Telefon am Arbeitsplatz
users-field-street = Straße
users-field-suite = Zusatz
users-field-city = Ort
users-field-zip = Postleitzahl
users-field-state = Bundesland
users-field-country = Land
users-field-job-title = Position
users-field-picture = Bild
users-field-colour = Farbe
users-recent = Was zuletzt geschah
users-recent-none = Nichts unter den { $n } neuesten Ereignissen.
