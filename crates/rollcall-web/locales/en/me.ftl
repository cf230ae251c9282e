# The words of one's own page, in English.

me-title = How you sign in
me-password = Password
me-password-since = Set
me-password-until = Good until
me-password-none = You have no password yet. With one, you need no link from the host to sign in.
me-password-present = Present password
me-password-wrong = This is not your password. After five failures in a row you are locked out for 30 minutes.
me-password-ends = A new password ends all your other sessions.
me-factor = Second factor
me-factor-since = In use since
me-factor-none = With a second factor, whoever knows your password still cannot sign in.
me-factor-needs-password = Set a password first.
me-factor-add = Add a second factor
me-factor-password = Your password, for changing this
me-factor-remove = Remove the second factor
me-codes-left = Recovery codes left
me-codes-renew = Make new recovery codes
me-sessions = Sessions
me-session-browser = Browser
me-session-unnamed = (unnamed)
me-session-ip = From
me-session-began = Began
me-session-seen = Last seen
me-session-until = Over at the latest
me-session-end = End
me-session-this = This one
me-sessions-end-others = End all others

factor-title = Add a second factor
factor-text = Read this picture with an authenticator app on your telephone. It counts once you have entered a code from it.
factor-picture = Picture for authenticator apps; the same text is below
factor-typed = Or type this into the app:
factor-open = Open in an app on this machine
factor-code = Code from the app
factor-refused = This code is not right. Check that the clock of your telephone is, and enter the code that it shows now.
factor-button = Use it from now on

codes-title = Your recovery codes
codes-text = Each of them stands in once for a code of your app, should you lose it. They are shown now and never again: keep them where your password is not.
codes-copy = Copy
codes-done = I have kept them

done-password-changed = Your password is changed, and your other sessions have ended.
done-factor-removed = The second factor is removed.
done-session-ended = The session has ended.
done-sessions-ended = All your other sessions have ended.
