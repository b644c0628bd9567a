//! The people's words of reports, in English and Norwegian bokmål. The only file that names fluent.
//! Words of criteria and their reasons are not here: they stand in `criterion.yaml`.
use super::Language;
use fluent::{FluentArgs, FluentBundle, FluentResource, FluentValue};

const ENGLISH: &str = concat!(include_str!("en.ftl"), "\n", include_str!("evidence.en.ftl"));
const NORWEGIAN: &str = concat!(include_str!("nb.ftl"), "\n", include_str!("evidence.nb.ftl"));

/// All messages of one language.
pub(super) struct Phrases {
    bundle: FluentBundle<FluentResource>,
}

impl Phrases {
    pub(super) fn new(language: Language) -> Self {
        let (tag, text) = match language {
            Language::English => ("en", ENGLISH),
            Language::Norwegian => ("nb", NORWEGIAN),
        };
        let mut bundle = FluentBundle::new(vec![tag.parse().unwrap_or_default()]);
        // Direction marks around every value would end up in files and terminals; both languages run left to right.
        bundle.set_use_isolating(false);
        // A message that cannot be read is left out; a test reads both files whole.
        let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(readable, _)| readable);
        bundle.add_resource_overriding(resource);
        Self { bundle }
    }

    /// A message without places.
    pub(super) fn say(&self, key: &str) -> String {
        self.format(key, &FluentArgs::new())
    }

    /// A message that depends on `$count`.
    pub(super) fn count(&self, key: &str, count: usize) -> String {
        self.count_with(key, count, &[])
    }

    /// A message that depends on `$count` and has further places.
    pub(super) fn count_with(&self, key: &str, count: usize, places: &[(&str, &str)]) -> String {
        let mut args = arguments(places);
        args.set("count", FluentValue::from(count));
        self.format(key, &args)
    }

    /// A message with places.
    pub(super) fn with(&self, key: &str, places: &[(&str, &str)]) -> String {
        self.format(key, &arguments(places))
    }

    /// Whether there is a message of this name.
    pub(super) fn knows(&self, key: &str) -> bool {
        self.bundle.get_message(key).is_some_and(|message| message.value().is_some())
    }

    /// The text of a message; its name where there is none, which a test of every name rules out.
    fn format(&self, key: &str, args: &FluentArgs<'_>) -> String {
        let message = self.bundle.get_message(key);
        debug_assert!(message.is_some(), "no message is called {key}");
        let Some(pattern) = message.and_then(|message| message.value()) else { return key.to_owned() };
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, Some(args), &mut errors).into_owned();
        debug_assert!(errors.is_empty(), "{key}: {errors:?}");
        text
    }
}

fn arguments<'a>(places: &[(&'a str, &'a str)]) -> FluentArgs<'a> {
    // A text that looks like a number would be shown as one ("1.0" as "1") if it were not said to be a text.
    places.iter().map(|(name, text)| (*name, FluentValue::String((*text).into()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<&str> {
        text.lines()
            .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
            .filter_map(|line| line.split_once(" =").map(|(key, _)| key))
            .collect()
    }

    #[test]
    fn both_languages_hold_the_same_messages_in_the_same_order_without_errors() {
        assert_eq!(keys(ENGLISH), keys(NORWEGIAN));
        let distinct: std::collections::BTreeSet<&str> = keys(ENGLISH).into_iter().collect();
        assert_eq!(distinct.len(), keys(ENGLISH).len(), "a message is written twice");
        assert!(distinct.len() > 100);
        for text in [ENGLISH, NORWEGIAN] {
            assert!(FluentResource::try_new(text.to_owned()).is_ok());
        }
    }

    #[test]
    fn both_languages_ask_for_the_same_places() {
        let places = |text: &str| -> std::collections::BTreeSet<(String, String)> {
            let mut found = std::collections::BTreeSet::new();
            let mut key = String::new();
            for line in text.lines() {
                if let Some((name, _)) = line.split_once(" =").filter(|_| line.starts_with(char::is_alphabetic)) {
                    key = name.to_owned();
                }
                for after in line.split("{ $").skip(1) {
                    let name = after.split([' ', '}']).next().unwrap();
                    found.insert((key.clone(), name.to_owned()));
                }
            }
            found
        };
        assert_eq!(places(ENGLISH), places(NORWEGIAN));
    }

    #[test]
    fn numbers_agree_in_number() {
        let english = Phrases::new(Language::English);
        let norwegian = Phrases::new(Language::Norwegian);
        assert_eq!(english.count("heading-unread", 1), "one problem: something was not read, or cannot be relied on");
        assert_eq!(english.count("heading-unread", 0), "0 problems: something was not read, or cannot be relied on");
        assert_eq!(norwegian.count("tally-undetermined", 1), "1 uavklart");
        assert_eq!(norwegian.count("tally-undetermined", 0), "0 uavklarte");
        assert_eq!(norwegian.count("tally-undetermined", 21), "21 uavklarte");
        assert_eq!(norwegian.count("heading-waivers", 1), "ett unntak er uten virkning");
        assert_eq!(english.count("tally-met", 12345), "12345 met");
    }

    #[test]
    fn a_place_takes_a_text_as_it_is() {
        let english = Phrases::new(Language::English);
        assert_eq!(
            english.with("reason-not_evaluated", &[("why", "1.0 { $x } `é`")]),
            "could not be evaluated: 1.0 { $x } `é`"
        );
    }
}
