//! What holds a secret cannot be shown or sent, and is wiped: held by the compiler, for each such type. A new one belongs
//! here.

use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::InstallationKey;
use crate::apps::token::Known;
use crate::apps::{Credential, NewApp, Verifier};
use crate::chance::Secret;
use crate::keys::{EncryptionKey, Ring};
use crate::mail::{Claimed, Draft, Due, Letter};

/// Does not compile where a type has `Display` (and with it `to_string` and the log's `%`) or `Serialize`: two
/// implementations fit then, and neither is chosen.
macro_rules! is_never_shown {
    ($($secret:ty),+ $(,)?) => {$(
        const _: fn() = || {
            #[allow(dead_code, reason = "they are asked for by the compiler alone")]
            trait Shown<By> {
                fn ask() {}
            }
            struct ByDisplay;
            struct BySerialize;
            impl<T: ?Sized> Shown<()> for T {}
            impl<T: ?Sized + std::fmt::Display> Shown<ByDisplay> for T {}
            impl<T: ?Sized + serde::Serialize> Shown<BySerialize> for T {}
            let _ = <$secret as Shown<_>>::ask;
        };
    )+};
}

is_never_shown!(
    Secret,
    InstallationKey,
    Ring,
    Credential,
    NewApp,
    Verifier,
    Known,
    EncryptionKey,
    Draft<'static>,
    Letter,
    Due,
    Claimed,
);

const _: fn() = || {
    fn is_wiped<T: ZeroizeOnDrop>() {}
    is_wiped::<Secret>();
    // What opened values and drafts are in.
    is_wiped::<Zeroizing<Vec<u8>>>();
};

#[cfg(test)]
mod tests {
    use crate::clock::Time;
    use crate::mail::LetterKind;

    use super::*;

    #[test]
    fn no_secret_is_in_what_is_printed_of_whatever_holds_it() {
        let (text, key) = (Secret::client_secret(), InstallationKey::generate());
        let letter = Letter {
            kind: LetterKind::Invitation,
            to: "ada@acme.test".into(),
            first_name: None,
            account_name: "Acme".into(),
            token: text.clone(),
            expires: Time(0),
        };
        let due = Due { id: 1, attempts: 0, written: Time(0), letter: letter.clone() };
        let app = NewApp { credential: Some(Credential::Secret(text.clone())), ..NewApp::default() };
        let parsed = InstallationKey::parse(key.expose()).unwrap();
        let refused = InstallationKey::parse(&format!("{}x", key.expose())).unwrap_err();
        let printed = [
            format!("{text:?} {text:#?}"),
            format!("{parsed:?} {refused:?} {refused}"),
            format!("{:?} {app:?}", Credential::Secret(text.clone())),
            format!("{letter:?} {due:#?}"),
            format!("{:?}", Claimed { letters: vec![due], unreadable: Vec::new() }),
        ];
        for printed in printed {
            assert!(printed.contains("***"), "{printed}");
            assert!(!printed.contains(text.expose()) && !printed.contains(key.expose()), "{printed}");
        }
    }
}
