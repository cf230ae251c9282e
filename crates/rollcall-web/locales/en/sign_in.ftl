# The words of signing in, in English.

sign-in-title = Sign in
sign-in-email = E-mail address
sign-in-password = Password
sign-in-account = Account
sign-in-account-hint = Only needed where your address is in several accounts.
sign-in-button = Sign in
sign-in-forgotten = Forgotten your password?
sign-in-refused = You are not signed in: address and password do not fit, or you are no administrator. After five failures in a row, nobody is let in for 30 minutes.
sign-in-host = Without a password: rollcall admin link EMAIL, on the host, prints a link that signs you in.
sign-in-no-cookies = Your browser will not keep you signed in: it sends nothing that is to be kept over a connection that others can read. Open this page by https, or on the machine itself by http://127.0.0.1.

code-title = One more step
code-field = Code
code-hint = The six digits of your authenticator, or one of your recovery codes.
code-refused = This code is not right, or was used before. Wait for the next one. After five failures in a row, nobody is let in for 30 minutes.
code-back = Start again

new-password = New password
new-password-repeat = New password once more
new-password-button = Set the password
new-password-hint = At least { $min } characters with capital and small letters, digits and special characters, no spaces, and none of the last { $last } passwords.
new-password-too-short = It is too short.
new-password-too-long = It is longer than 200 characters.
new-password-no-upper = It has no capital letter.
new-password-no-lower = It has no small letter.
new-password-no-digit = It has no digit.
new-password-no-special = It has no special character, such as ! or ?.
new-password-has-space = It has a space.
new-password-used-before = You have had it before. Take another one.
new-password-repeat-differs = The two are not the same.

due-title = Set a new password
due-text = The time of your password is over. You come in once you have set a new one.

reset-title = Set a new password
reset-text = This link sets a new password, once, for
done-password-set = Your password is set, and all sessions have ended. Sign in with it.

forgotten-title = Forgotten your password
forgotten-text = We send you a link by which you set a new one.
forgotten-button = Send the link
forgotten-asked = If this is the address of an administrator, a letter is on its way. Its link is good for 15 minutes. No second letter is sent within five minutes.
forgotten-back = Back to signing in

set-up-title = Set up Rollcall
set-up-text = You become the first administrator of this account.
set-up-first-name = First name
set-up-last-name = Last name
set-up-email-wrong = This is no e-mail address.
set-up-name-wrong = A name has no control characters, and at most 200 characters.
set-up-button = Become the administrator
done-set-up = You are the administrator. Sign in with your password.
