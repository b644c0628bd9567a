//! What was seen and said before, kept by who asks about one environment again and again while it changes.
//!
//! A rule has no clock and no chance: what it says follows from its input and its data. So a question whose input and ways
//! have the content of an earlier one, about the same state of the kinds that the rule joins, has the same answer.
use super::{
    bundle::{Rule, RuleSource},
    engine::{Said, Seen, Session},
    siblings::Siblings,
};
use crate::model::{Platform, Resource, Text, Value, View};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Answers to one rule that are kept; as many again of those before. About 50 bytes each.
const ANSWERS_KEPT: usize = 100_000;

/// The content of a question: the first 24 bytes of a SHA-256, for which no two of the same are ever found.
pub(super) type Fingerprint = [u8; 24];

/// The state of a kind; another one where any of its objects has come, gone or changed. 0 = it has none.
pub(super) type Version = u64;

/// What was said to a question.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// Nothing was found, and the rule applies.
    Applies,
    /// Nothing was found where nothing applies.
    DoesNotApply,
    /// Members of `deny` and `undetermined`.
    Finds(Arc<(Vec<Value>, Vec<Value>)>),
}

impl Answer {
    /// What can be said again, of siblings too where there are any; `None` for an evaluation that did not end, which may be
    /// for want of time.
    pub(super) fn of(said: &Said, applies: &Result<bool, String>, siblings: Option<&Siblings>) -> Option<Self> {
        let common = |found: &Vec<Value>| siblings.map_or_else(|| found.clone(), |of| of.all_common(found));
        match (said, applies) {
            (Said { deny: Ok(deny), undetermined: Ok(undetermined) }, Ok(applies)) => {
                Some(match (deny.is_empty() && undetermined.is_empty(), applies) {
                    (true, true) => Self::Applies,
                    (true, false) => Self::DoesNotApply,
                    (false, _) => Self::Finds(Arc::new((common(deny), common(undetermined)))),
                })
            }
            _ => None,
        }
    }

    pub(super) fn say(self, siblings: Option<&Siblings>) -> (Said, Result<bool, String>) {
        let own = |found: &Vec<Value>| siblings.map_or_else(|| found.clone(), |of| of.all_own(found));
        let said = |deny, undetermined| Said { deny: Ok(deny), undetermined: Ok(undetermined) };
        match self {
            Self::Applies => (said(Vec::new(), Vec::new()), Ok(true)),
            Self::DoesNotApply => (said(Vec::new(), Vec::new()), Ok(false)),
            Self::Finds(found) => (said(own(&found.0), own(&found.1)), Ok(true)),
        }
    }
}

/// A rule, by the view that it is asked in, its number and its platform.
type Asked = (View, usize, Platform);

/// Kept from one state of an environment to the next.
#[derive(Debug, Default)]
pub struct Memory {
    kinds: Mutex<BTreeMap<(View, Text), Kind>>,
    rules: Mutex<BTreeMap<Asked, Arc<Mutex<Kept>>>>,
}

/// What is kept of one state of an environment, by who asks about it many times; and of those before, where it was made
/// with the [`Memory`] of those.
#[derive(Debug, Default)]
pub struct Known {
    pub(super) memory: Arc<Memory>,
    kinds: Mutex<BTreeMap<(View, Text), (Version, Seen)>>,
}

impl Known {
    #[must_use]
    pub fn with(memory: &Arc<Memory>) -> Self {
        Self { memory: Arc::clone(memory), kinds: Mutex::default() }
    }

    /// The kind as rules see it in this state.
    pub(super) fn kind(&self, key: (View, Text), of: &[&Resource], see: impl FnOnce() -> Seen) -> (Version, Seen) {
        let mut kinds = lock(&self.kinds);
        kinds.entry(key.clone()).or_insert_with(|| self.memory.kind(key, of, see)).clone()
    }
}

/// A kind as rules see it, and the bodies that this was made of.
#[derive(Debug)]
struct Kind {
    of: Vec<(Text, Text, Value)>,
    seen: Seen,
    version: Version,
}

impl Kind {
    fn holds(&self, resources: &[&Resource]) -> bool {
        self.of.len() == resources.len() && self.of.iter().zip(resources).all(|(known, one)| is_same(known, one))
    }
}

/// What is kept of one rule in one state of the kinds that it joins.
#[derive(Debug, Default)]
struct Kept {
    /// The rule itself: another bundle may have another of the same number.
    source: Option<Arc<RuleSource>>,
    joined: Vec<Version>,
    sessions: Vec<Session>,
    answers: HashMap<Fingerprint, Answer>,
    /// Those of before, until as many have been asked for again or are new.
    before: HashMap<Fingerprint, Answer>,
}

impl Memory {
    /// How many answers are kept.
    #[must_use]
    pub fn size(&self) -> usize {
        let rules = lock(&self.rules);
        rules.values().map(|kept| lock(kept)).map(|kept| kept.answers.len() + kept.before.len()).sum()
    }

    /// The kind as it was seen before, where it holds the same; else as it is seen now.
    fn kind(&self, key: (View, Text), of: &[&Resource], see: impl FnOnce() -> Seen) -> (Version, Seen) {
        let mut kinds = lock(&self.kinds);
        let known = kinds.get(&key);
        if let Some(known) = known.filter(|known| known.holds(of)) {
            return (known.version, known.seen.clone());
        }
        let version = known.map_or(1, |known| known.version + 1);
        let bodies = of.iter().map(|one| (one.id.namespace.clone(), one.id.name.clone(), one.body.clone()));
        let one = Kind { of: bodies.collect(), seen: see(), version };
        let told = (version, one.seen.clone());
        kinds.insert(key, one);
        told
    }

    fn of<T>(&self, view: &View, rule: &Rule, joined: &[Version], with: impl FnOnce(&mut Kept) -> T) -> T {
        let key = (view.clone(), rule.number, rule.platform);
        let kept = Arc::clone(lock(&self.rules).entry(key).or_default());
        let mut kept = lock(&kept);
        let is_of_it = kept.source.as_ref().is_some_and(|source| Arc::ptr_eq(source, &rule.source));
        if !is_of_it || kept.joined != joined {
            *kept = Kept { source: Some(Arc::clone(&rule.source)), joined: joined.to_vec(), ..Kept::default() };
        }
        with(&mut kept)
    }

    /// What was said to a question of the same content.
    pub(super) fn answer(
        &self,
        view: &View,
        rule: &Rule,
        (joined, question): (&[Version], &Fingerprint),
    ) -> Option<Answer> {
        self.of(view, rule, joined, |kept| {
            if let Some(answer) = kept.answers.get(question) {
                return Some(answer.clone());
            }
            let answer = kept.before.remove(question)?;
            kept.put(*question, answer.clone());
            Some(answer)
        })
    }

    pub(super) fn remember(
        &self,
        view: &View,
        rule: &Rule,
        (joined, question): (&[Version], Fingerprint),
        answer: Answer,
    ) {
        self.of(view, rule, joined, |kept| kept.put(question, answer));
    }

    /// A session that nobody else asks now.
    pub(super) fn session(&self, view: &View, rule: &Rule, joined: &[Version]) -> Option<Session> {
        self.of(view, rule, joined, |kept| kept.sessions.pop())
    }

    /// Gives a session back.
    pub(super) fn keep(&self, view: &View, rule: &Rule, joined: &[Version], session: Session) {
        self.of(view, rule, joined, |kept| kept.sessions.push(session));
    }
}

impl Kept {
    fn put(&mut self, question: Fingerprint, answer: Answer) {
        if self.answers.len() >= ANSWERS_KEPT {
            self.before = std::mem::take(&mut self.answers);
        }
        self.answers.insert(question, answer);
    }
}

/// Bodies that share their entries need not be compared.
fn is_same((namespace, name, body): &(Text, Text, Value), one: &Resource) -> bool {
    let shares = || match (body, &one.body) {
        (Value::Map(known), Value::Map(body)) => known.shares(body),
        _ => false,
    };
    *namespace == one.id.namespace && *name == one.id.name && (shares() || *body == one.body)
}

/// What a thread that panicked has left is whole: each entry is put in one step.
fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
