//! The words of the pages, in the reader's language: Fluent messages, English where one is missing.

use std::sync::LazyLock;

use axum::http::{HeaderMap, header};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

/// A language of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    English,
    German,
}

impl Language {
    /// Every language.
    #[cfg(test)]
    pub(super) const ALL: [Self; 2] = [Self::English, Self::German];

    /// Its tag (BCP 47).
    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// The one that the browser likes best, of those that there are (RFC 9110 §12.5.4); English where it says nothing.
    pub(super) fn chosen(headers: &HeaderMap) -> Self {
        let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut best = (0_u16, Self::English);
        for part in wanted.split(',').take(32) {
            let mut fields = part.split(';').map(str::trim);
            let tag = fields.next().unwrap_or_default();
            let weight = fields.find_map(|field| field.strip_prefix("q=")).and_then(thousandths).unwrap_or(1000);
            let language = match tag.split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
                "de" => Self::German,
                "en" => Self::English,
                _ => continue,
            };
            if weight > best.0 {
                best = (weight, language);
            }
        }
        best.1
    }
}

/// A weight as thousandths: `0.8` is 800.
fn thousandths(text: &str) -> Option<u16> {
    let value: f32 = text.parse().ok()?;
    (0.0..=1.0).contains(&value).then_some((value * 1000.0) as u16)
}

type Bundle = FluentBundle<FluentResource>;

fn bundle(language: Language, files: &[&str]) -> Bundle {
    let tag: LanguageIdentifier = language.tag().parse().expect("a language tag");
    let mut bundle = Bundle::new_concurrent(vec![tag]);
    // Names stand in elements of their own, which keep their direction to themselves.
    bundle.set_use_isolating(false);
    for file in files {
        let resource =
            FluentResource::try_new((*file).to_owned()).expect("messages are well-formed: a test sees to it");
        bundle.add_resource(resource).expect("no message is there twice: a test sees to it");
    }
    bundle
}

/// A file for each noun.
const ENGLISH: [&str; 12] = [
    include_str!("../../locales/en/frame.ftl"),
    include_str!("../../locales/en/dashboard.ftl"),
    include_str!("../../locales/en/users.ftl"),
    include_str!("../../locales/en/access.ftl"),
    include_str!("../../locales/en/groups.ftl"),
    include_str!("../../locales/en/roles.ftl"),
    include_str!("../../locales/en/bots.ftl"),
    include_str!("../../locales/en/apps.ftl"),
    include_str!("../../locales/en/audit.ftl"),
    include_str!("../../locales/en/settings.ftl"),
    include_str!("../../locales/en/sign_in.ftl"),
    include_str!("../../locales/en/me.ftl"),
];
const GERMAN: [&str; 12] = [
    include_str!("../../locales/de/frame.ftl"),
    include_str!("../../locales/de/dashboard.ftl"),
    include_str!("../../locales/de/users.ftl"),
    include_str!("../../locales/de/access.ftl"),
    include_str!("../../locales/de/groups.ftl"),
    include_str!("../../locales/de/roles.ftl"),
    include_str!("../../locales/de/bots.ftl"),
    include_str!("../../locales/de/apps.ftl"),
    include_str!("../../locales/de/audit.ftl"),
    include_str!("../../locales/de/settings.ftl"),
    include_str!("../../locales/de/sign_in.ftl"),
    include_str!("../../locales/de/me.ftl"),
];

static BUNDLES: LazyLock<[Bundle; 2]> =
    LazyLock::new(|| [bundle(Language::English, &ENGLISH), bundle(Language::German, &GERMAN)]);

/// The words of one language.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words(Language);

impl Words {
    pub(super) fn of(language: Language) -> Self {
        Self(language)
    }

    pub(super) fn language(self) -> Language {
        self.0
    }

    /// A text.
    pub(super) fn t(self, key: &str) -> String {
        self.with(key, &FluentArgs::new())
    }

    /// A text with something in it.
    pub(super) fn t1<'a>(self, key: &str, name: &'a str, value: impl Into<FluentValue<'a>>) -> String {
        let mut arguments = FluentArgs::new();
        arguments.set(name, value);
        self.with(key, &arguments)
    }

    /// A text with two things in it.
    pub(super) fn t2<'a>(
        self,
        key: &str,
        one: (&'a str, impl Into<FluentValue<'a>>),
        other: (&'a str, impl Into<FluentValue<'a>>),
    ) -> String {
        let mut arguments = FluentArgs::new();
        arguments.set(one.0, one.1);
        arguments.set(other.0, other.1);
        self.with(key, &arguments)
    }

    /// A text with as many things in it.
    pub(super) fn with(self, key: &str, arguments: &FluentArgs<'_>) -> String {
        let own = &BUNDLES[self.0 as usize];
        for bundle in [own, &BUNDLES[0]] {
            if let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) {
                let mut errors = Vec::new();
                return bundle.format_pattern(pattern, Some(arguments), &mut errors).into_owned();
            }
        }
        tracing::error!(key, "a text of the console is missing");
        key.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;
    use std::path::Path;

    use axum::http::HeaderValue;

    use super::*;

    /// The messages of a file, each with the names of what stands in it.
    fn messages(files: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
        let mut all = BTreeMap::new();
        let mut last = String::new();
        for line in files.iter().flat_map(|file| file.lines()) {
            if let Some((key, _)) = line.split_once(" =").filter(|(key, _)| !key.starts_with([' ', '#', '-'])) {
                last = key.to_owned();
                assert!(all.insert(last.clone(), BTreeSet::new()).is_none(), "{last} is there twice");
            }
            for part in line.split('$').skip(1) {
                let name: String = part.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
                all.get_mut(&last).expect("a message has begun").insert(name);
            }
        }
        all
    }

    #[test]
    fn both_languages_say_the_same_things() {
        let (english, german) = (messages(&ENGLISH), messages(&GERMAN));
        let keys = |messages: &BTreeMap<String, _>| messages.keys().cloned().collect::<BTreeSet<_>>();
        let only: Vec<_> = keys(&english).symmetric_difference(&keys(&german)).cloned().collect();
        assert!(only.is_empty(), "in one language alone: {only:?}");
        for (key, names) in &english {
            assert_eq!(names, &german[key], "what stands in {key}");
        }
        for language in Language::ALL {
            for key in english.keys() {
                assert!(!Words::of(language).t(key).is_empty(), "{key}");
            }
        }
    }

    /// What stands between `open` and the next quote in the files of a folder.
    fn used(folder: &Path, open: &[&str], found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                used(&path, open, found);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap_or_default();
            for open in open {
                let keys = text.split(open).skip(1).filter_map(|rest| rest.split('"').next());
                found.extend(keys.map(str::to_owned));
            }
        }
    }

    #[test]
    fn every_text_that_is_asked_for_is_there() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut keys = BTreeSet::new();
        used(&root.join("templates/console"), &["t(\"", "t1(\"", "t2(\""], &mut keys);
        used(&root.join("src/console"), &[".t(\"", ".t1(\"", ".t2(\"", "Flash::done(\""], &mut keys);
        let there = messages(&ENGLISH);
        let missing: Vec<_> = keys.iter().filter(|key| !there.contains_key(*key) && key.contains('-')).collect();
        assert!(missing.is_empty(), "asked for, and in no file of locales/: {missing:?}");
        assert!(keys.len() > 10, "{}", keys.len());
    }

    #[test]
    fn the_language_is_what_the_browser_likes_best_of_those_that_there_are() {
        let table = [
            ("", Language::English),
            ("de", Language::German),
            ("de-CH, en;q=0.5", Language::German),
            ("fr, en;q=0.8, de;q=0.9", Language::German),
            ("fr, en;q=0.8, de;q=0.7", Language::English),
            ("de;q=0", Language::English),
            ("de;q=x", Language::German),
            ("EN-gb", Language::English),
        ];
        for (wanted, expected) in table {
            let headers = HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, HeaderValue::from_static(wanted))]);
            assert_eq!(Language::chosen(&headers), expected, "{wanted}");
        }
    }
}
