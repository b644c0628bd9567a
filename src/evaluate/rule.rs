//! A rule, and the files that it is made of.
use super::{engine::Program, face::Words};
use crate::model::{Criterion, Platform, Text};
use std::{
    collections::BTreeSet,
    sync::{Arc, OnceLock},
};

/// The rule of one criterion on one platform.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    /// Rules that share a file share a number.
    pub(super) number: usize,
    pub(super) criterion: Arc<Criterion>,
    pub(super) platform: Platform,
    pub(super) joins: Vec<Text>,
    pub(super) subjects: BTreeSet<Text>,
    pub(super) source: Arc<RuleSource>,
}

/// A rule file and the library files it needs, compiled once.
#[derive(Debug)]
pub(super) struct RuleSource {
    /// `network.no_internet_egress.ways`
    package: String,
    main: String,
    /// Path and text.
    pub(super) modules: Vec<(String, Arc<str>)>,
    program: OnceLock<Result<Program, String>>,
    words: OnceLock<Words>,
    /// Part of the program, with all that it needs.
    is_standard: bool,
}

impl RuleSource {
    /// `main` is the path of the module that holds the package; the modules are those that it needs and itself.
    pub(super) const fn new(
        package: String,
        main: String,
        modules: Vec<(String, Arc<str>)>,
        is_standard: bool,
    ) -> Self {
        Self { package, main, modules, program: OnceLock::new(), words: OnceLock::new(), is_standard }
    }
}

impl Rule {
    /// Whether objects of a kind weigh on what the rule says, as subjects or beside them.
    pub(super) fn looks_at(&self, kind: &Text) -> bool {
        self.subjects.contains(kind) || self.joins.contains(kind)
    }

    pub(super) fn is_standard(&self) -> bool {
        self.source.is_standard
    }

    /// Every word of the rule and of the library that it needs.
    pub(super) fn words(&self) -> &Words {
        self.source.words.get_or_init(|| Words::of(self.source.modules.iter().map(|(_, text)| &**text)))
    }

    pub(super) fn package(&self) -> String {
        self.source.package.clone()
    }

    /// # Errors
    /// The engine's message, where the rule does not compile: each of its questions is then not evaluated.
    pub(super) fn program(&self) -> Result<&Program, String> {
        let RuleSource { package, main, modules, program, .. } = &*self.source;
        let compile = || {
            let modules: Vec<(&str, &str)> = modules.iter().map(|(path, text)| (path.as_str(), &**text)).collect();
            Program::compile(&modules, main, package)
        };
        program.get_or_init(compile).as_ref().map_err(Clone::clone)
    }
}
