//! Findings as sentences: the words of their reasons, filled with their facts.
use super::{Language, words::Phrases};
use crate::model::{Criterion, Finding, Value};
use std::collections::BTreeMap;

/// A fact is shown up to this length; longer ones say how long they are. JSON carries them whole.
///
/// A sentence is read by people; a fact of this size (several lines) is a policy or a script pasted into a field.
const FACT_CHARACTERS_MAX: usize = 300;

/// Lists and maps inside facts are shown this deep. Rules give texts, numbers and flat lists.
const FACT_DEPTH_MAX: usize = 4;

/// Names the facts of the built-in reasons, which have their words in `words/`.
const BUILT_IN: &[(&str, &str, &[&str])] = &[
    (Finding::NOT_EVALUATED, "reason-not_evaluated", &["why"]),
    (Finding::NOT_LISTED, "reason-not_listed", &["kind", "cause"]),
    (Finding::STATED_NOT_MET, "reason-stated_not_met", &["owner", "statement"]),
    (Finding::NOT_STATED, "reason-not_stated", &[]),
    (Finding::STATEMENT_EXPIRED, "reason-statement_expired", &["expires"]),
];

/// What a finding says, in one clause: lower case, no full stop, no control characters cleaned yet.
///
/// A reason that neither the criterion nor this program declares is shown by its name and facts; bundles with such
/// a reason are refused at load.
pub(super) fn sentence(
    criterion: Option<&Criterion>,
    finding: &Finding,
    phrases: &Phrases,
    language: Language,
) -> String {
    if let Some(reason) = criterion.and_then(|criterion| criterion.reasons.get(finding.reason.as_str())) {
        return fill(language.of(&reason.words), &finding.facts, phrases);
    }
    if finding.reason == Finding::MAY_BE_UNREAD {
        let of = |name: &str| finding.facts.get(name).map_or_else(String::new, |value| fact(value, phrases));
        let absent = Finding { reason: of("absent"), ..finding.clone() };
        let claim = sentence(criterion, &absent, phrases, language);
        let places = [("claim", claim.as_str()), ("unread", &of("unread")), ("cause", &of("cause"))];
        return phrases.with("reason-may_be_unread", &places);
    }
    if let Some((_, key, names)) = BUILT_IN.iter().find(|(reason, ..)| *reason == finding.reason) {
        let facts: Vec<(&str, String)> = names
            .iter()
            .map(|name| (*name, finding.facts.get(*name).map_or_else(String::new, |f| fact(f, phrases))))
            .collect();
        let places: Vec<(&str, &str)> = facts.iter().map(|(name, text)| (*name, text.as_str())).collect();
        return phrases.with(key, &places);
    }
    let facts: Vec<String> =
        finding.facts.iter().map(|(name, value)| format!("{name}: {}", fact(value, phrases))).collect();
    if facts.is_empty() { finding.reason.clone() } else { format!("{} ({})", finding.reason, facts.join(", ")) }
}

/// The words with each `{fact}` replaced. A place without a fact stays as written, so that it is seen.
fn fill(words: &str, facts: &BTreeMap<String, Value>, phrases: &Phrases) -> String {
    let mut text = String::with_capacity(words.len() + 32);
    let mut rest = words;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((name, behind)) = after.split_once('}') else {
            text.push('{');
            rest = after;
            continue;
        };
        match facts.get(name) {
            Some(value) => text.push_str(&fact(value, phrases)),
            None => text.push_str(&format!("{{{name}}}")),
        }
        rest = behind;
    }
    text.push_str(rest);
    text
}

/// A fact as people read it: lists joined with commas, numbers plain, an unknown with its reason.
pub(super) fn fact(value: &Value, phrases: &Phrases) -> String {
    let text = plain(value, phrases, 0);
    // Counting is linear, and most facts are short: the bytes are asked first.
    if text.len() <= FACT_CHARACTERS_MAX {
        return text;
    }
    match text.char_indices().nth(FACT_CHARACTERS_MAX) {
        None => text,
        Some((end, _)) => {
            let start = text.get(..end).unwrap_or_default();
            phrases.count_with("fact-cut", text.chars().count(), &[("text", start)])
        }
    }
}

fn plain(value: &Value, phrases: &Phrases, depth: usize) -> String {
    if depth > FACT_DEPTH_MAX {
        return "…".to_owned();
    }
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(bool) => bool.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) if text.is_empty() => "\"\"".to_owned(),
        Value::Text(text) => text.to_string(),
        Value::List(items) if items.is_empty() => phrases.say("fact-none"),
        Value::List(items) => {
            items.iter().map(|item| plain(&item.value, phrases, depth + 1)).collect::<Vec<_>>().join(", ")
        }
        Value::Map(map) if map.is_empty() => phrases.say("fact-none"),
        Value::Map(map) => map
            .iter()
            .map(|entry| format!("{}: {}", entry.key, plain(&entry.value, phrases, depth + 1)))
            .collect::<Vec<_>>()
            .join(", "),
        // A rule gives `{"$unknown": why}` on as it got it.
        Value::Unknown(unknown) => phrases.with("fact-unknown", &[("why", &unknown.why)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(words: &str, finding: &Finding, expected: &str) {
        assert_eq!(fill(words, &finding.facts, &Phrases::new(Language::English)), expected);
    }

    #[test]
    fn facts_fill_the_words() {
        let finding = Finding::bare("x")
            .with("to", vec!["10.0.0.0/8", "::/0"])
            .with("days", 30)
            .with("open", true)
            .with("none", Value::List(Vec::new()))
            .with("value", Value::unknown("var.x has no value"));
        check(
            "{to} for {days} days: {open} {none} {value}",
            &finding,
            "10.0.0.0/8, ::/0 for 30 days: true none not known (var.x has no value)",
        );
    }

    #[test]
    fn a_breach_that_may_be_settled_elsewhere_says_what_was_not_read() {
        let finding = Finding::bare(Finding::MAY_BE_UNREAD)
            .with("absent", "lost")
            .with("unread", "main.tf")
            .with("cause", "not readable");
        let said = sentence(None, &finding, &Phrases::new(Language::English), Language::English);
        let expected = ", as far as was read; what is missing may stand in what was not read (main.tf: not readable)";
        assert!(said.starts_with("lost") && said.ends_with(expected), "{said}");
    }

    #[test]
    fn a_place_without_a_fact_is_seen() {
        check("{to} and { {", &Finding::bare("x"), "{to} and { {");
    }

    #[test]
    fn a_fact_cannot_fill_another_place() {
        check("{a} {b}", &Finding::bare("x").with("a", "{b}").with("b", "c"), "{b} c");
    }

    #[test]
    fn a_long_fact_says_how_long_it_is() {
        let text = fact(&Value::from("ø".repeat(1000)), &Phrases::new(Language::English));
        assert_eq!(text, format!("{} … (1000 characters in all)", "ø".repeat(FACT_CHARACTERS_MAX)));
    }

    #[test]
    fn built_in_reasons_have_words_in_both_languages() {
        let finding = Finding::bare(Finding::STATED_NOT_MET).with("owner", "Kari").with("statement", "ikke ferdig");
        let say = |language| sentence(None, &finding, &Phrases::new(language), language);
        assert_eq!(say(Language::English), "Kari states that it is not met: ikke ferdig");
        assert_eq!(say(Language::Norwegian), "Kari erklærer at det ikke er oppfylt: ikke ferdig");
        let bare =
            |reason: &str| sentence(None, &Finding::bare(reason), &Phrases::new(Language::English), Language::English);
        assert_eq!(bare(Finding::NOT_STATED), "nobody has stated it yet");
        assert_eq!(bare("undeclared"), "undeclared");
    }
}
