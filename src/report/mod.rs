//! Renderings of an assessment. Pure: text out, written by the roof.
use crate::model::{Assessment, Criterion, Environment, Severity};
use std::collections::BTreeMap;

/// What every rendering is made from.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    pub assessment: &'a Assessment,
    pub environment: &'a Environment,
    pub criteria: &'a [Criterion],
    /// Source texts by path, for excerpts.
    pub sources: &'a BTreeMap<String, String>,
    pub language: Language,
    /// Every judgement, not only breaches and unknowns.
    pub all: bool,
    pub profile: &'a str,
    pub tools: &'a BTreeMap<String, String>,
    /// The exit code that the run will end with.
    pub exit: u8,
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
pub fn render(_format: Format, _page: &Page<'_>) -> String {
    String::new()
}
