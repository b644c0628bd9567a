//! Files into criteria and rules that are ready to run.
use super::{
    BundleError, Fault, criterion,
    engine::{Program, Seen},
    rule::{Rule, RuleSource},
    subset,
};
use crate::model::{Criterion, CriterionId, Digest, Map, Platform, Text};
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The criteria and rules that are part of the program, by path: `policies/network/default_deny/criterion.yaml`.
pub const STANDARD: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/policies.rs"));

/// The name of the folder that holds what rules share.
const LIBRARY: &str = "lib";

/// Every criterion, loaded and checked, in order of id. Rules are compiled when they are first asked.
#[derive(Debug, Default)]
pub struct Bundle {
    /// SHA-256 over the places and contents of all files that weigh on a verdict.
    pub digest: Digest,
    pub criteria: Vec<Criterion>,
    rules: BTreeMap<Platform, Vec<Rule>>,
}

/// A file of a bundle, by its place.
struct File {
    shown: Text,
    text: Arc<str>,
    /// Part of the program: its Rego was checked by the program's own tests.
    standard: bool,
}

/// Where a file stands below the folder of policies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Spot {
    /// `network/no_internet_egress`, or `lib`.
    folder: String,
    file: String,
}

impl Bundle {
    /// The criteria that are part of the program.
    ///
    /// # Errors
    /// [`BundleError::Faults`]; the program's own tests would have shown them.
    pub fn standard() -> Result<Self, BundleError> {
        Self::from_files(STANDARD.iter().map(|(path, text)| (Text::from(*path), Arc::from(*text), true)))
    }

    /// The program's own criteria and those of a user, in the same form. The user's rules may import both libraries.
    ///
    /// # Errors
    /// [`BundleError::Faults`]: every fault of every file, an id that both have among them.
    pub fn extended(files: impl IntoIterator<Item = (String, String)>) -> Result<Self, BundleError> {
        let standard = STANDARD.iter().map(|(path, text)| (Text::from(*path), Arc::from(*text), true));
        Self::from_files(standard.chain(files.into_iter().map(|(path, text)| (path.into(), text.into(), false))))
    }

    /// Only these files, without the checks of their Rego: for files that were checked before.
    ///
    /// # Errors
    /// [`BundleError::Faults`]: every fault of every criterion.yaml.
    pub fn trusting(files: impl IntoIterator<Item = (String, String)>) -> Result<Self, BundleError> {
        Self::from_files(files.into_iter().map(|(path, text)| (path.into(), text.into(), true)))
    }

    /// Only these files, with every check: path and text. Only criterion.yaml and Rego files are looked at; tests of
    /// rules and profiles are not.
    ///
    /// # Errors
    /// [`BundleError::Faults`]: every fault of every file.
    pub fn load(files: impl IntoIterator<Item = (String, String)>) -> Result<Self, BundleError> {
        Self::from_files(files.into_iter().map(|(path, text)| (path.into(), text.into(), false)))
    }

    fn from_files(files: impl Iterator<Item = (Text, Arc<str>, bool)>) -> Result<Self, BundleError> {
        let mut faults = Vec::new();
        let files = sorted(files, &mut faults);
        let read: Vec<Result<criterion::Read, Vec<Fault>>> = files
            .par_iter()
            .filter(|(spot, _)| spot.file == "criterion.yaml")
            .map(|(spot, file)| read(&files, spot, file))
            .collect();
        let mut criteria: BTreeMap<CriterionId, (Text, Arc<Criterion>)> = BTreeMap::new();
        let mut rules: BTreeMap<Platform, Vec<Rule>> = BTreeMap::new();
        let mut numbers = 0..;
        for one in read {
            match one {
                Ok(read) => {
                    let shown = shown(&files, &read.criterion);
                    if let Some((other, _)) = criteria.get(&read.criterion.id) {
                        let cause = format!("the id `{}` is already that of {other}", read.criterion.id);
                        faults.push(Fault { path: shown, line: read.id_mark.line, cause, hint: None });
                        continue;
                    }
                    let criterion = Arc::new(read.criterion);
                    faults.extend(add_rules(&files, &criterion, &read.reason_marks, &shown, &mut numbers, &mut rules));
                    criteria.insert(criterion.id.clone(), (shown, criterion));
                }
                Err(found) => faults.extend(found),
            }
        }
        let unchecked: Vec<(&Spot, &File)> =
            files.iter().filter(|(spot, file)| spot.file.ends_with(".rego") && !file.standard).collect();
        faults.extend(check_rego(&files, &unchecked));
        faults.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
        faults.dedup();
        if !faults.is_empty() {
            return Err(BundleError::Faults(faults));
        }
        let criteria = criteria.into_values().map(|(_, criterion)| Criterion::clone(&criterion)).collect();
        Ok(Self { digest: digest(&files), criteria, rules })
    }

    /// The rules that ask about a kind.
    pub(super) fn asked(&self, platform: Platform, kind: &str) -> Vec<&Rule> {
        self.rules.get(&platform).into_iter().flatten().filter(|rule| rule.subjects.contains(kind)).collect()
    }

    /// Makes the rules of a platform ready for answers that are kept, on all cores: else who asks one first waits for it.
    pub fn prepare(&self, platform: Platform) {
        let rules = self.rules.get(&platform).into_iter().flatten().collect::<Vec<_>>();
        // What does not compile is said where it is asked.
        rules.into_par_iter().for_each(|rule| drop(rule.program().and_then(Program::kept)));
    }

    /// Kinds that rules of a platform look at beside their subjects, in order.
    #[must_use]
    pub fn joins(&self, platform: Platform) -> BTreeSet<Text> {
        self.rules.get(&platform).into_iter().flatten().flat_map(|rule| &rule.joins).cloned().collect()
    }

    /// The same bundle, with the rules of these criteria only; what is compiled is shared.
    #[must_use]
    pub fn only(&self, wanted: &dyn Fn(&CriterionId) -> bool) -> Self {
        let criteria = self.criteria.iter().filter(|one| wanted(&one.id)).cloned().collect();
        let kept = |rules: &Vec<Rule>| rules.iter().filter(|rule| wanted(&rule.criterion.id)).cloned().collect();
        let rules = self.rules.iter().map(|(platform, rules)| (*platform, kept(rules))).collect();
        Self { digest: self.digest, criteria, rules }
    }

    /// Kinds that rules of a platform judge or look at beside their subjects, in order.
    #[must_use]
    pub fn kinds(&self, platform: Platform) -> BTreeSet<Text> {
        let rules = self.rules.get(&platform).into_iter().flatten();
        rules.flat_map(|rule| rule.subjects.iter().chain(&rule.joins)).cloned().collect()
    }

    /// SHA-256 over the modules of each rule, its own last.
    #[must_use]
    pub fn rule_digests(&self) -> BTreeMap<(CriterionId, Platform), Digest> {
        let of = |rule: &Rule| {
            let mut hash = Sha256::new();
            for (_, text) in &rule.source.modules {
                hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
                hash.update(text.as_bytes());
            }
            ((rule.criterion.id.clone(), rule.platform), Digest(hash.finalize().into()))
        };
        self.rules.values().flatten().map(of).collect()
    }

    /// Every rule's package and the paths of its modules, its own last: what coverage is counted over.
    #[must_use]
    pub fn packages(&self) -> BTreeMap<String, Vec<String>> {
        let of = |rule: &Rule| {
            let paths = rule.source.modules.iter().map(|(path, _)| path.clone()).collect();
            (rule.package(), paths)
        };
        self.rules.values().flatten().map(of).collect()
    }
}

/// `input.parameters` of a criterion: as the profile has them, else the defaults.
pub(super) fn parameters(criterion: &Criterion, profile: &BTreeMap<CriterionId, Map>) -> Seen {
    let defaults = criterion.parameters.iter().map(|(name, parameter)| (name.clone(), &parameter.default));
    let mut values: BTreeMap<Text, &crate::model::Value> = defaults.collect();
    if let Some(of) = profile.get(&criterion.id) {
        values.extend(of.iter().map(|entry| (entry.key.clone(), &entry.value)));
    }
    // What is null is not set: a rule then finds no such parameter.
    let set = values.into_iter().filter(|(_, value)| !matches!(value, crate::model::Value::Null));
    Seen::object(set.map(|(name, value)| (name, Seen::of(value))))
}

/// The files that make up a bundle, by place. Two at one place are a fault.
fn sorted(files: impl Iterator<Item = (Text, Arc<str>, bool)>, faults: &mut Vec<Fault>) -> BTreeMap<Spot, File> {
    let mut sorted: BTreeMap<Spot, File> = BTreeMap::new();
    for (shown, text, standard) in files {
        let Some(spot) = spot(&shown) else { continue };
        if let Some(other) = sorted.get(&spot) {
            let cause = format!("{} is already at this place", other.shown);
            faults.push(Fault { path: shown, line: 1, cause, hint: None });
            continue;
        }
        sorted.insert(spot, File { shown, text, standard });
    }
    sorted
}

/// The place of a file that belongs to a bundle: `lib/x.rego`, or the last three parts of its path.
fn spot(path: &str) -> Option<Spot> {
    let mut parts = path.rsplit(['/', '\\']);
    let file = parts.next()?;
    if file.ends_with("_test.rego") || !(file == "criterion.yaml" || file.ends_with(".rego")) {
        return None;
    }
    let name = parts.next()?;
    let folder = match parts.next() {
        _ if name == LIBRARY => LIBRARY.to_owned(),
        Some(domain) => format!("{domain}/{name}"),
        None => name.to_owned(),
    };
    Some(Spot { folder, file: file.to_owned() })
}

fn read(files: &BTreeMap<Spot, File>, spot: &Spot, file: &File) -> Result<criterion::Read, Vec<Fault>> {
    let (domain, name) = spot.folder.split_once('/').unwrap_or(("", &spot.folder));
    let beside = files.keys().filter(|other| other.folder == spot.folder);
    let rules: BTreeSet<Text> = beside.filter_map(|other| other.file.strip_suffix(".rego")).map(Text::from).collect();
    criterion::read(&criterion::Place { path: &file.shown, domain, name, rules: &rules }, &file.text)
}

fn folder(criterion: &Criterion) -> String {
    format!("{}/{}", criterion.domain, criterion.name)
}

fn shown(files: &BTreeMap<Spot, File>, criterion: &Criterion) -> Text {
    let spot = Spot { folder: folder(criterion), file: "criterion.yaml".to_owned() };
    files.get(&spot).map_or_else(|| criterion.id.0.clone(), |file| file.shown.clone())
}

fn add_rules(
    files: &BTreeMap<Spot, File>,
    criterion: &Arc<Criterion>,
    reason_marks: &BTreeMap<Text, crate::model::Mark>,
    shown: &Text,
    numbers: &mut impl Iterator<Item = usize>,
    rules: &mut BTreeMap<Platform, Vec<Rule>>,
) -> Vec<Fault> {
    let mut sources: BTreeMap<Text, (usize, Arc<RuleSource>)> = BTreeMap::new();
    for (platform, block) in &criterion.platforms {
        let Some(name) = &block.rule else { continue };
        let (number, source) = sources.entry(name.clone()).or_insert_with(|| {
            (numbers.next().unwrap_or(usize::MAX), Arc::new(source(files, &folder(criterion), name)))
        });
        rules.entry(*platform).or_default().push(Rule {
            number: *number,
            criterion: criterion.clone(),
            platform: *platform,
            joins: block.joins.clone(),
            subjects: block.subjects.iter().cloned().collect(),
            source: source.clone(),
        });
    }
    let given = |reason: &str| {
        let quoted = format!("\"{reason}\"");
        sources.values().flat_map(|(_, source)| &source.modules).any(|(_, text)| text.contains(&quoted))
    };
    let idle = criterion.reasons.keys().filter(|reason| !sources.is_empty() && !given(reason));
    idle.map(|reason| Fault {
        path: shown.clone(),
        line: reason_marks.get(reason).map_or(1, |mark| mark.line),
        cause: format!("no rule gives the reason `{reason}`"),
        hint: Some("take the reason out, or write the head that gives it".to_owned()),
    })
    .collect()
}

/// A rule with every library file that it or its library names.
fn source(files: &BTreeMap<Spot, File>, folder: &str, name: &str) -> RuleSource {
    let main = Spot { folder: folder.to_owned(), file: format!("{name}.rego") };
    let mut wanted = vec![main.clone()];
    let mut found: BTreeSet<Spot> = BTreeSet::new();
    let (mut modules, mut is_standard) = (Vec::new(), true);
    while let Some(spot) = wanted.pop() {
        let Some(file) = files.get(&spot) else { continue };
        if !found.insert(spot) {
            continue;
        }
        let imported =
            library(&file.text).map(|name| Spot { folder: LIBRARY.to_owned(), file: format!("{name}.rego") });
        wanted.extend(imported);
        is_standard &= file.standard;
        modules.push((file.shown.to_string(), file.text.clone()));
    }
    // The library first, in order, the rule last: the same engine twice.
    modules.reverse();
    let shown = files.get(&main).map_or_else(String::new, |file| file.shown.to_string());
    if let Some(last) = modules.len().checked_sub(1)
        && let Some(library) = modules.get_mut(..last)
    {
        library.sort();
    }
    RuleSource::new(format!("{}.{name}", folder.replace('/', ".")), shown, modules, is_standard)
}

/// The names of the library packages that a text names: at least those that it imports.
fn library(text: &str) -> impl Iterator<Item = &str> {
    text.split("data.lib.").skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        rest.split_at(end).0
    })
}

/// Every fault of the Rego files of a user's bundle; what is part of the program was checked by its tests.
fn check_rego(files: &BTreeMap<Spot, File>, unchecked: &[(&Spot, &File)]) -> Vec<Fault> {
    if unchecked.is_empty() {
        return Vec::new();
    }
    let libraries: subset::Libraries<'_> = files
        .par_iter()
        .filter(|(spot, _)| spot.folder == LIBRARY)
        .filter_map(|(spot, file)| Some((spot.file.strip_suffix(".rego")?, subset::functions(&file.shown, &file.text))))
        .collect();
    let per_file = unchecked.par_iter().map(|(spot, file)| {
        let stem = spot.file.strip_suffix(".rego").unwrap_or(&spot.file);
        let package = format!("{}.{stem}", spot.folder.replace('/', "."));
        let is_rule = spot.folder != LIBRARY;
        let has_criterion =
            files.contains_key(&Spot { folder: spot.folder.clone(), file: "criterion.yaml".to_owned() });
        let mut faults = subset::check(&file.shown, &file.text, &package, is_rule, &libraries);
        if is_rule && !has_criterion {
            let cause = "a rule without a criterion.yaml beside it would never be asked".to_owned();
            faults.push(Fault { path: file.shown.clone(), line: 1, cause, hint: None });
        }
        faults
    });
    per_file.flatten().collect()
}

fn digest(files: &BTreeMap<Spot, File>) -> Digest {
    let mut hash = Sha256::new();
    for (spot, file) in files {
        // Lengths keep one file's end from passing for the next one's beginning.
        for part in [spot.folder.as_bytes(), spot.file.as_bytes(), file.text.as_bytes()] {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part);
        }
    }
    Digest(hash.finalize().into())
}
