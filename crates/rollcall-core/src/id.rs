//! Public ids, as clients know them: a prefix and a UUID of version 5, or 24 hex digits (API contract §1, Ids).

use std::fmt;

use uuid::Uuid;

use crate::chance;

/// The namespace of every derived id: a UUID of our own, fixed for ever, so that the same account file gives the same
/// ids everywhere.
const NAMESPACE: Uuid = Uuid::from_u128(0x9f2d_5c1e_7a40_5b8e_9d3c_52f1_c0a7_6e11);

fn derived(account: &str, kind: &str, name: &str) -> Uuid {
    // The length of the account's name keeps ("ab", "c") and ("a", "bc") apart.
    Uuid::new_v5(&NAMESPACE, format!("{}:{account}/{kind}/{name}", account.len()).as_bytes())
}

fn random() -> Uuid {
    Uuid::new_v5(&NAMESPACE, &chance::bytes::<32>())
}

fn hex24(uuid: Uuid) -> String {
    uuid.simple().to_string()[..24].to_owned()
}

macro_rules! prefixed_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $kind:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// The id of the thing of that name in that account: the same on every machine.
            pub fn derive(account: &str, name: &str) -> Self {
                Self(format!(concat!($prefix, "{}"), derived(account, $kind, name)))
            }

            /// An id that nothing has.
            pub fn random() -> Self {
                Self(format!(concat!($prefix, "{}"), random()))
            }

            /// Reads an id that somebody chose.
            ///
            /// # Errors
            /// A sentence that shows the form.
            pub fn parse(text: &str) -> Result<Self, String> {
                match text.strip_prefix($prefix).map(|rest| (rest.len(), Uuid::try_parse(rest))) {
                    Some((36, Ok(uuid))) => Ok(Self(format!(concat!($prefix, "{}"), uuid.hyphenated()))),
                    _ => Err(format!(concat!("{:?} is not an id of the form ", $prefix, "00000000-0000-5000-8000-000000000000"), text)),
                }
            }
        }

        id_text!($name);
    };
}

macro_rules! hex_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// The id of the thing of that name in that account: the same on every machine.
            pub fn derive(account: &str, name: &str) -> Self {
                Self(hex24(derived(account, $kind, name)))
            }

            /// An id that nothing has.
            pub fn random() -> Self {
                Self(hex24(random()))
            }

            /// Reads an id that somebody chose.
            ///
            /// # Errors
            /// A sentence that shows the form.
            pub fn parse(text: &str) -> Result<Self, String> {
                if text.len() == 24 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(format!("{text:?} is not an id of 24 lower-case hex digits"))
                }
            }
        }

        id_text!($name);
    };
}

macro_rules! id_text {
    ($name:ident) => {
        impl $name {
            /// An id read back from the store.
            #[allow(dead_code, reason = "not every kind of id is read back")]
            pub(crate) fn stored(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

prefixed_id!(
    /// A user's public id, `u-…`.
    UserId, "u-", "user"
);
prefixed_id!(
    /// A group's public id, `e-…`.
    GroupId, "e-", "group"
);
prefixed_id!(
    /// An organisation's public id, `o-…`: one for each account here.
    OrgId, "o-", "organisation"
);
prefixed_id!(
    /// A bot's public id, `st-…`.
    BotId, "st-", "bot"
);
prefixed_id!(
    /// A dialog task's public id, `dg-…`.
    DialogId, "dg-", "dialog"
);
prefixed_id!(
    /// A client app's public id, `cs-…`.
    ClientId, "cs-", "app"
);
prefixed_id!(
    /// The public id of a request to erase, `eud-…`.
    ErasureId, "eud-", "erasure"
);
hex_id!(
    /// A role's public id.
    RoleId, "role"
);
hex_id!(
    /// An uploaded file's public id.
    FileId, "file"
);
hex_id!(
    /// An account's public id.
    AccountId, "account"
);

/// A stable UUID that names a role across installations (`refId` on the wire).
pub fn role_reference(account: &str, name: &str) -> String {
    derived(account, "role-reference", name).to_string()
}

/// A UUID for a role that no other has.
pub(crate) fn random_role_reference() -> String {
    random().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_ids_are_the_same_everywhere_and_of_version_five() {
        let id = UserId::derive("Acme", "ada@acme.test");
        assert_eq!(id, UserId::derive("Acme", "ada@acme.test"));
        assert_ne!(id, UserId::derive("Acme2", "ada@acme.test"));
        assert_eq!(id.as_str().as_bytes()[16], b'5', "{id}");
        assert_eq!(UserId::random().as_str().as_bytes()[16], b'5');
        assert_eq!(UserId::parse(id.as_str()), Ok(id));
    }

    #[test]
    fn an_id_of_the_wrong_form_is_refused_with_the_form() {
        for bad in ["", "u-", "e-06b41cdd-7678-5394-b958-40ca5662f502", "u-06b41cdd76785394b95840ca5662f502", "u-zz"] {
            assert!(UserId::parse(bad).unwrap_err().contains("u-0000"), "{bad}");
        }
        assert!(RoleId::parse("5D9D920DABDC1E6E8EC99342").is_err());
        assert!(RoleId::parse("5d9d920dabdc1e6e8ec99342").is_ok());
    }
}
