//! Renderings of an assessment. Pure: text out, written by the roof.
//! Start at [`render`]. Nothing here reads a file or a clock, and nothing from a file reaches a screen uncleaned.
mod about;
pub mod admission;
mod chapter;
mod clean;
pub mod evidence;
mod excerpt;
mod fingerprint;
mod json;
mod markdown;
mod mask;
pub mod openreports;
mod pen;
mod place;
mod reach;
mod sarif;
mod sentence;
mod text;
mod unread;
mod words;
pub mod would_deny;

pub use about::criterion;
pub use clean::{clean, clean_json};
pub use json::schema as output_schema;
pub use reach::{ReachPage, reach_json, reach_text};

use crate::model::{Assessment, Criterion, Environment, Recording, Severity, Waiver, Words};
use std::collections::BTreeMap;

/// What every rendering is made from.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    pub assessment: &'a Assessment,
    pub environment: &'a Environment,
    pub criteria: &'a [Criterion],
    /// Every waiver of the profile, expired ones too: a report names reason, owner and expiry of those that apply.
    pub waivers: &'a [Waiver],
    /// Source texts by path (as [`crate::model::Origin`] writes it), for excerpts. A file that is absent is shown
    /// without one.
    pub sources: &'a BTreeMap<String, String>,
    /// What stands before a path in a markdown link, ending in `/`: on a forge, the address of the repository's
    /// files at this commit (GitHub Actions: `$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/blob/$GITHUB_SHA/`).
    /// `None` = links are relative.
    pub link_base: Option<&'a str>,
    pub language: Language,
    /// Every judgement, not only breaches and unknowns.
    pub all: bool,
    pub profile: &'a str,
    pub tools: &'a BTreeMap<String, String>,
    /// The exit code that the run will end with.
    pub exit: u8,
    /// Whether the run became evidence; `None` where no log was asked for.
    pub recording: Option<&'a Recording>,
    /// `--fail-on`: judgements below it weigh nothing; how many were set aside so.
    pub fail_on: Option<Severity>,
    pub set_aside: usize,
    /// Colour in text.
    pub colour: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
    English,
    Norwegian,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    #[default]
    Text,
    Json,
    Sarif,
    Markdown,
}

/// Renders a page in a format.
#[must_use]
pub fn render(format: Format, page: &Page<'_>) -> String {
    match format {
        Format::Text => text::render(page),
        Format::Json => json::render(page),
        Format::Sarif => sarif::render(page),
        Format::Markdown => markdown::render(page),
    }
}

impl Language {
    /// The text in this language.
    pub(crate) fn of(self, words: &Words) -> &str {
        match self {
            Self::English => &words.en,
            Self::Norwegian => &words.nb,
        }
    }
}
