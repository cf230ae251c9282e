# Was jemand hat, und warum

access-title = Wirksame Rechte
access-none = Keine Rollen. Geben Sie eine auf der Seite einer Rolle, oder nehmen Sie den Benutzer in eine Gruppe auf, die eine hat.
access-not-active = Wer nicht aktiv ist, darf nichts davon benutzen.
access-role = Rolle
access-on = Wo
access-on-console = Konsole
access-paths = Auf welchem Weg
access-direct = Direkt
access-until = bis
access-more = { $n ->
    [one] und auf einem weiteren Weg
   *[other] und auf { $n } weiteren Wegen
}
access-rights = Rechte in der Konsole
access-via-manual = von Hand
access-via-api = über die API
access-via-csv = aus einer Benutzerdatei
access-via-scim = über SCIM
access-via-directory = aus dem Verzeichnis
access-has-role = Wer sie letztlich hat, und warum
access-has-group = Wer letztlich darin ist, und warum
access-has-bot = Wer letztlich eine Rolle auf diesem Bot hat, und warum
access-nobody-role = Niemand hat sie, weder direkt noch durch eine Gruppe.
access-nobody-group = Niemand ist darin, weder direkt noch durch eine Gruppe darin.
access-nobody-bot = Niemand hat eine Rolle auf diesem Bot, weder direkt noch durch eine Gruppe.
access-reach-text = Direkt oder durch Gruppen in Gruppen; zu jedem Schritt, wer ihn gemacht hat, und wann.
access-person = Wer
access-as = Als
access-via-file = aus der Kontodatei
access-via-console = in der Konsole
access-in-users = In der Benutzerliste
