//! Single sign-on: which provider is to sign the account's people in. It is kept, checked and told; nobody signs in by it
//! yet.

mod certificate;
mod check;
mod configure;

pub use check::{Draft, DraftMapping, DraftPair, Field, Part};
pub use configure::{Intent, Refusal, configure, disable};

use crate::clock::Time;
use crate::error::{Code, Error, Result};
use crate::op::View;
use crate::policy::{Permission, Right};
use crate::seal::sha256;
use crate::store;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// Each of them with its word.
            pub const WORDS: &[(&str, Self)] = &[$(($word, Self::$variant),)+];

            /// The word by which files and the store name it.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// Reads the store's word.
            pub(crate) fn stored(word: &str) -> Option<Self> {
                Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, value)| *value)
            }
        }
    };
}

words!(
    /// How the provider and Rollcall talk.
    Protocol {
        /// SAML 2.0.
        Saml "saml",
        /// WS-Federation.
        WsFed "wsfed",
        /// OpenID Connect.
        Oidc "oidc",
    }
);

words!(
    /// Whose service the provider is.
    Provider {
        /// Okta.
        Okta "okta",
        /// OneLogin.
        OneLogin "onelogin",
        /// Bitium.
        Bitium "bitium",
        /// Anybody else's.
        Others "others",
    }
);

words!(
    /// What becomes, at a sign-in, of the roles and groups that somebody has already.
    Synchronisation {
        /// They are replaced by those that the provider names.
        Replace "replace",
        /// They stay, and those that the provider names are added.
        Add "add",
    }
);

words!(
    /// What an attribute of the provider stands for.
    Kind {
        /// A role.
        Role "role",
        /// A group.
        Group "group",
    }
);

words!(
    /// A right that is no role.
    Flag {
        /// May use the builder.
        Developer "developer",
        /// May create bots.
        BotCreator "bot creator",
        /// May use data tables and views.
        DataTables "data tables",
    }
);

impl Flag {
    /// What it lets its holder do, for the ceiling.
    pub(crate) fn right(self) -> Right {
        match self {
            Self::Developer => Right::Develop,
            Self::BotCreator => Right::CreateBots,
            Self::DataTables => Right::UseDataTables,
        }
    }
}

/// What somebody with an attribute gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The role or group of this public id.
    Id(String),
    /// A right that is no role.
    Flag(Flag),
}

/// Whoever comes with this attribute of this value gets the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The attribute's name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// What it stands for.
    pub kind: Kind,
    /// What it gives.
    pub target: Target,
}

/// How attributes become roles, groups and rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// What becomes of those that somebody has already.
    pub synchronisation: Synchronisation,
    /// At least one.
    pub pairs: Vec<Pair>,
}

/// A configuration that has passed [`Draft::check`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How the provider talks.
    pub protocol: Protocol,
    /// Whose service it is, where that was said.
    pub provider: Option<Provider>,
    /// Where people are sent to sign in.
    pub sign_on_url: Option<String>,
    /// The name of the provider in what it signs.
    pub issuer: String,
    /// The id that the provider knows Rollcall by.
    pub client_id: Option<String>,
    /// What the provider signs with: base64 of DER.
    pub certificates: Vec<String>,
    /// Whether requests leave out which way of signing in is wanted.
    pub omit_context: bool,
    /// How attributes become roles, groups and rights, where they do.
    pub mapping: Option<Mapping>,
    /// Whether people whom Rollcall does not know are turned away.
    pub restrict_onboarding: bool,
    /// No second factor for those who begin at the provider.
    pub skip_2fa_idp: bool,
    /// No second factor for those who begin here.
    pub skip_2fa_sp: bool,
}

/// Settings that are on, and who set them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configured {
    /// What is on.
    pub settings: Settings,
    /// Since when it is as it is.
    pub modified_at: Time,
    /// The public id of whoever changed it last.
    pub modified_by: String,
    /// Their name.
    pub modified_by_name: String,
}

/// Single sign-on of an account, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Names the account to its provider: 64 hex digits.
    pub callback: String,
    /// What is on; none where it is off.
    pub configured: Option<Configured>,
}

/// Single sign-on of the account, on or off.
///
/// # Errors
/// When the database fails.
pub fn show(view: &View<'_>) -> Result<Shown> {
    view.expect(Permission::ViewSso)?;
    Ok(Shown { callback: callback(view)?, configured: store::sso::find(view.tx, view.account)? })
}

/// Refuses the id of a bot that the account does not have. Single sign-on is the account's; the vendor's clients may ask
/// for it by any of its bots.
///
/// # Errors
/// [`Code::NotFound`], naming the id.
pub fn check_bot(view: &View<'_>, bot: &str) -> Result<()> {
    view.expect(Permission::ViewSso)?;
    known_bot(view, Some(bot))
}

fn known_bot(view: &View<'_>, bot: Option<&str>) -> Result<()> {
    let Some(bot) = bot.map(str::trim) else { return Ok(()) };
    match store::bots::find_by_ids(view.tx, view.account, &[bot])?.is_empty() {
        true => Err(Error::new(Code::NotFound, format!("Unknown bot id {bot}"))),
        false => Ok(()),
    }
}

/// What the provider hands back to say for whom it has signed somebody in. It is made of the random beginning of the
/// account's chain, so that it tells nothing, is the same on every replica, and outlives restarts, restores and moves:
/// providers are configured with it.
fn callback(view: &View<'_>) -> Result<String> {
    let chain = store::accounts::chain_id(view.tx, view.account)?;
    Ok(crate::seal::hex(&sha256(format!("single sign-on callback of {chain}").as_bytes())))
}
