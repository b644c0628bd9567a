//! What a person sees while they wait: on a terminal, on standard error, gone when the work is done.
use crate::report::Language;
use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

/// How often the sign of life moves: often enough to be seen, too seldom to cost.
const TICK: Duration = Duration::from_millis(120);

/// The stages of a run.
#[derive(Clone, Copy, Debug)]
pub enum Stage {
    Criteria,
    Sources,
    Judging,
}

/// A line that says which stage a run is in; nothing where nobody looks.
#[derive(Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
    language: Language,
}

impl Progress {
    /// Shows itself only when `shown`.
    #[must_use]
    pub fn new(shown: bool, language: Language) -> Self {
        let bar = shown.then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(TICK);
            bar
        });
        Self { bar, language }
    }

    /// Says that a stage has begun.
    pub fn enter(&self, stage: Stage) {
        if let Some(bar) = &self.bar {
            bar.set_message(words(stage, self.language));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

const fn words(stage: Stage, language: Language) -> &'static str {
    match (stage, language) {
        (Stage::Criteria, Language::English) => "loading criteria",
        (Stage::Criteria, Language::Norwegian) => "laster kriterier",
        (Stage::Sources, Language::English) => "reading sources",
        (Stage::Sources, Language::Norwegian) => "leser kilder",
        (Stage::Judging, Language::English) => "judging",
        (Stage::Judging, Language::Norwegian) => "vurderer",
    }
}
