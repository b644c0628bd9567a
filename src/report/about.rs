//! A criterion for a person: what `speguard criteria show` prints. Start at [`criterion`].
use super::{Language, clean::clean, pen::Pen, sentence::fact, words::Phrases};
use crate::model::{Criterion, Parameter};

/// The criterion with its requirement, reasons, parameters, platforms and sources with the status of each, as
/// lines of at most 100 columns without colour. What only exists in English stays so.
#[must_use]
pub fn criterion(criterion: &Criterion, language: Language) -> String {
    let phrases = Phrases::new(language);
    let mut pen = Pen::new(false);
    let title = clean(language.of(&criterion.title)).into_owned();
    pen.line(&format!("{}  {title}", clean(&criterion.id.0)));
    pen.line(&format!("{}/{}", clean(&criterion.domain), clean(&criterion.name)));
    pen.gap();
    let severity = phrases.say(&format!("severity-{}", criterion.severity.name()));
    let level = phrases.say(&format!("level-{}", criterion.level.name()));
    let how = phrases.say(&format!("verification-{}", criterion.verification.name()));
    entry(&mut pen, &phrases, "label-severity", &severity);
    entry(&mut pen, &phrases, "label-level", &level);
    entry(&mut pen, &phrases, "label-verification", &how);
    entry(&mut pen, &phrases, "label-requirement", language.of(&criterion.requirement));
    entry(&mut pen, &phrases, "label-why", language.of(&criterion.why));
    platforms(&mut pen, &phrases, criterion, language);
    let reasons = criterion.reasons.iter().map(|(name, reason)| format!("{name}: {}", language.of(&reason.words)));
    list(&mut pen, &phrases, "label-reasons", reasons);
    let parameters = criterion.parameters.iter().map(|(name, parameter)| shown(name, parameter, &phrases));
    list(&mut pen, &phrases, "label-parameters", parameters);
    list(&mut pen, &phrases, "label-stated", criterion.attest.iter().cloned());
    list(&mut pen, &phrases, "label-evidence", criterion.evidence.iter().cloned());
    let sources = criterion.sources.iter().map(|source| {
        let key = format!("status-{}", source.status);
        let meaning = if phrases.knows(&key) { format!(": {}", phrases.say(&key)) } else { String::new() };
        let note = source.note.as_ref().map_or_else(String::new, |note| format!(" ({note})"));
        format!("{} [{}]{note}{meaning}", source.reference, source.status)
    });
    list(&mut pen, &phrases, "label-sources", sources);
    if let Some(note) = &criterion.note {
        pen.gap();
        entry(&mut pen, &phrases, "label-note", note);
    }
    pen.into_text()
}

fn entry(pen: &mut Pen, phrases: &Phrases, key: &str, text: &str) {
    pen.prose(&format!("{}: ", phrases.say(key)), 2, &clean(text));
}

fn list(pen: &mut Pen, phrases: &Phrases, key: &str, entries: impl Iterator<Item = String>) {
    let mut entries = entries.peekable();
    if entries.peek().is_none() {
        return;
    }
    pen.gap();
    pen.line(&format!("{}:", phrases.say(key)));
    for entry in entries {
        pen.prose("  ", 4, &clean(&entry));
    }
}

/// Each platform: whether it is judged, of which kinds, and what to do.
fn platforms(pen: &mut Pen, phrases: &Phrases, criterion: &Criterion, language: Language) {
    pen.gap();
    if criterion.platforms.is_empty() {
        entry(pen, phrases, "label-platforms", &phrases.say("platforms-none"));
        return;
    }
    pen.line(&format!("{}:", phrases.say("label-platforms")));
    for (platform, rule) in &criterion.platforms {
        let judged = if rule.rule.is_some() { "platform-judged" } else { "platform-no-rule" };
        let subjects: Vec<&str> = rule.subjects.iter().map(AsRef::as_ref).collect();
        let text = format!("{platform} ({}): {}", phrases.say(judged), subjects.join(", "));
        pen.prose("  ", 4, &clean(&text));
        if let Some(remedy) = &rule.remedy {
            pen.prose(&format!("    {}: ", phrases.say("label-remedy")), 6, &clean(language.of(remedy)));
        }
    }
}

/// `name: about (default …, at least …: because)`.
fn shown(name: &str, parameter: &Parameter, phrases: &Phrases) -> String {
    let value = |key: &str, value: &crate::model::Value| phrases.with(key, &[("value", &fact(value, phrases))]);
    let mut parts = vec![value("parameter-default", &parameter.default)];
    if parameter.from_environment {
        parts.push(phrases.say("parameter-environment"));
    }
    if let Some(bound) = &parameter.bound {
        parts.extend(bound.minimum.iter().map(|minimum| value("parameter-minimum", minimum)));
        parts.extend(bound.maximum.iter().map(|maximum| value("parameter-maximum", maximum)));
        parts.extend(
            bound.items_max.iter().map(|most| phrases.with("parameter-items", &[("value", &most.to_string())])),
        );
        parts.extend(
            bound.one_of.iter().map(|values| phrases.with("parameter-one_of", &[("value", &one_of(values, phrases))])),
        );
        if let Some(last) = parts.last_mut() {
            last.push_str(&format!(" ({})", bound.because));
        }
    }
    format!("{name}: {}; {}", parameter.about, parts.join(", "))
}

fn one_of(values: &[crate::model::Value], phrases: &Phrases) -> String {
    values.iter().map(|value| fact(value, phrases)).collect::<Vec<_>>().join(", ")
}
