//! What an API server hands on to the person who asked: why a change is denied, and what is wrong beside that.
use super::{Language, clean::clean, sentence::sentence, words::Phrases};
use crate::model::{Criterion, Finding, ResourceId, shown};
use std::cell::RefCell;

/// One criterion that a change falls short of.
#[derive(Clone, Debug)]
pub struct Ground<'a> {
    pub criterion: &'a Criterion,
    /// Whose shortfall it is: the object of the request, or one whose ways it opens.
    pub resource: &'a ResourceId,
    pub findings: Vec<&'a Finding>,
}

/// The API server cuts warnings that are longer (apiserver, `warning.AddWarning`: 4 KiB for all, 256 in practice).
const WARNING_CHARACTERS_MAX: usize = 256;

/// Findings that a ground names; the rest is counted.
pub(super) const FINDINGS_SHOWN: usize = 5;

thread_local! {
    /// Reading the words takes as long as judging.
    static PHRASES: RefCell<Option<(Language, Phrases)>> = const { RefCell::new(None) };
}

pub(super) fn with<T>(language: Language, say: impl FnOnce(&Phrases) -> T) -> T {
    PHRASES.with_borrow_mut(|kept| {
        kept.take_if(|(of, _)| *of != language);
        let (_, phrases) = kept.get_or_insert_with(|| (language, Phrases::new(language)));
        say(phrases)
    })
}

/// Why a change is denied: each criterion with its findings, the fields they stand at, the remedy, and how an exception
/// is asked for.
#[must_use]
pub fn denial(request: &ResourceId, grounds: &[Ground<'_>], language: Language) -> String {
    with(language, |phrases| {
        let mut text =
            phrases.count_with("admission-denied", grounds.len(), &[("address", &clean(&request.address()))]);
        for ground in grounds {
            let title = language.of(&ground.criterion.title);
            text.push_str(&format!("\n{} {}", clean(&ground.criterion.id.0), clean(title)));
            if ground.resource != request {
                text.push_str(&format!(": {}", clean(&ground.resource.address())));
            }
            for finding in ground.findings.iter().take(FINDINGS_SHOWN) {
                text.push_str(&format!("\n  - {}", said(ground, finding, phrases, language)));
            }
            if let Some(more) = ground.findings.len().checked_sub(FINDINGS_SHOWN).filter(|more| *more > 0) {
                text.push_str(&format!("\n  - {}", phrases.count("more-findings", more)));
            }
            let rule = ground.criterion.platforms.get(&ground.resource.platform);
            if let Some(remedy) = rule.and_then(|rule| rule.remedy.as_ref()) {
                text.push_str(&format!("\n  {}: {}", phrases.say("label-remedy"), clean(language.of(remedy))));
            }
            let full = ground.resource.full();
            let places = [("id", ground.criterion.id.0.as_ref()), ("resource", &clean(&full))];
            text.push_str(&format!("\n  {}", phrases.with("admission-waiver", &places)));
        }
        text
    })
}

/// One line for each ground that does not deny.
#[must_use]
pub fn warning(ground: &Ground<'_>, language: Language) -> String {
    with(language, |phrases| {
        let first = ground.findings.first().map_or_else(String::new, |one| said(ground, one, phrases, language));
        let text = format!("{} {}: {first}", clean(&ground.criterion.id.0), clean(&ground.resource.address()));
        let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        match text.chars().count() > WARNING_CHARACTERS_MAX {
            true => text.chars().take(WARNING_CHARACTERS_MAX - 1).chain(['…']).collect(),
            false => text,
        }
    })
}

/// Words of admission that are about no criterion, by their name in the language files.
#[must_use]
pub fn phrase(name: &str, places: &[(&str, &str)], language: Language) -> String {
    let cleaned: Vec<(&str, String)> = places.iter().map(|(key, text)| (*key, clean(text).into_owned())).collect();
    let places: Vec<(&str, &str)> = cleaned.iter().map(|(key, text)| (*key, text.as_str())).collect();
    with(language, |phrases| phrases.with(name, &places))
}

/// A finding's sentence, and the field where it stands.
pub(super) fn said(ground: &Ground<'_>, finding: &Finding, phrases: &Phrases, language: Language) -> String {
    let mut text = clean(&sentence(Some(ground.criterion), finding, phrases, language)).into_owned();
    let elsewhere = finding.at.as_ref().map(|at| clean(&at.address()).into_owned());
    let path = shown(&finding.path);
    let place = match (elsewhere, path.is_empty()) {
        (Some(at), true) => at,
        (Some(at), false) => format!("{at} {path}"),
        (None, true) => return text,
        (None, false) => path,
    };
    text.push_str(&format!(" ({})", clean(&place)));
    text
}
