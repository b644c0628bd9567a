//! What was seen and said before, kept by who asks about one environment again and again while it changes.
//!
//! A rule has no clock and no chance: what it says follows from its input and its data. So a question whose input and ways
//! have the content of an earlier one, about the same state of the kinds that the rule joins, has the same answer.
use super::{
    engine::{Said, Seen, Session},
    rule::{Rule, RuleSource},
    siblings::Siblings,
};
use crate::model::{Platform, Resource, Text, Value, View};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// Answers to one rule that are kept; as many again of those before. About 50 bytes each.
const ANSWERS_KEPT: usize = 100_000;

/// The content of a question: the first 24 bytes of a SHA-256, for which no two of the same are ever found.
pub(super) type Fingerprint = [u8; 24];

/// The state of a kind; another one where any of its objects has come, gone or changed. 0 = it has none.
pub(super) type Version = u64;

/// The state of a kind that is never seen again.
pub(super) const PASSING: Version = Version::MAX;

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

/// So many states of a kind are kept: the one that stands, and the one with what is under way laid over it.
const STATES_KEPT: usize = 2;

/// A rule, by the view that it is asked in, its number and its platform.
type Asked = (View, usize, Platform);

/// Kept from one state of an environment to the next.
#[derive(Debug, Default)]
pub struct Memory {
    /// The states of each kind; the one that was asked for last comes last.
    kinds: Mutex<BTreeMap<(View, Text), Vec<Kind>>>,
    versions: AtomicU64,
    /// What is kept of each rule, likewise.
    rules: Mutex<BTreeMap<Asked, Arc<Mutex<Vec<Kept>>>>>,
    sessions: Mutex<BTreeMap<(usize, Platform), Idle>>,
}

/// What is kept of one state of an environment, by who asks about it many times; and of those before, where it was made
/// with the [`Memory`] of those.
#[derive(Debug, Default)]
pub struct Known {
    pub(super) memory: Arc<Memory>,
    kinds: Mutex<BTreeMap<(View, Text), (Version, Seen)>>,
    is_passing: bool,
}

impl Known {
    #[must_use]
    pub fn with(memory: &Arc<Memory>) -> Self {
        Self { memory: Arc::clone(memory), ..Self::default() }
    }

    /// Of an environment that is asked about once, beside the one that the memory is of: what both have in common is taken
    /// from it, and nothing is kept of the rest.
    #[must_use]
    pub fn beside(memory: &Arc<Memory>) -> Self {
        Self { is_passing: true, ..Self::with(memory) }
    }

    /// The kind as rules see it in this state.
    pub(super) fn kind(&self, key: (View, Text), of: &[&Resource], see: impl FnOnce() -> Seen) -> (Version, Seen) {
        let mut kinds = lock(&self.kinds);
        let one = || match self.is_passing {
            true => self.memory.held(&key, of).unwrap_or_else(|| (PASSING, see())),
            false => self.memory.kind(key.clone(), of, see),
        };
        kinds.entry(key.clone()).or_insert_with(one).clone()
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

/// Sessions of one rule that nobody asks now.
#[derive(Debug)]
struct Idle {
    source: Arc<RuleSource>,
    sessions: Vec<Session>,
}

/// What is kept of one rule in one state of the kinds that it joins.
#[derive(Debug)]
struct Kept {
    /// The rule itself: another bundle may have another of the same number.
    source: Arc<RuleSource>,
    joined: Vec<Version>,
    answers: HashMap<Fingerprint, Answer>,
    /// Those of before, until as many have been asked for again or are new.
    before: HashMap<Fingerprint, Answer>,
}

impl Memory {
    /// How many answers are kept.
    #[must_use]
    pub fn size(&self) -> usize {
        let rules = lock(&self.rules);
        let of = |kept: &Kept| kept.answers.len() + kept.before.len();
        rules.values().map(|states| lock(states).iter().map(of).sum::<usize>()).sum()
    }

    /// The kind as it was seen before, where it holds the same.
    fn held(&self, key: &(View, Text), of: &[&Resource]) -> Option<(Version, Seen)> {
        let mut kinds = lock(&self.kinds);
        let states = kinds.get_mut(key)?;
        let at = states.iter().rposition(|known| known.holds(of))?;
        latest(states, at).map(|known| (known.version, known.seen.clone()))
    }

    /// The kind as it was seen before, where it holds the same; else as it is seen now.
    fn kind(&self, key: (View, Text), of: &[&Resource], see: impl FnOnce() -> Seen) -> (Version, Seen) {
        if let Some(known) = self.held(&key, of) {
            return known;
        }
        let version = self.versions.fetch_add(1, Ordering::Relaxed) + 1;
        let bodies = of.iter().map(|one| (one.id.namespace.clone(), one.id.name.clone(), one.body.clone()));
        let one = Kind { of: bodies.collect(), seen: see(), version };
        let told = (version, one.seen.clone());
        add(lock(&self.kinds).entry(key).or_default(), one);
        told
    }

    fn of<T>(&self, view: &View, rule: &Rule, joined: &[Version], with: impl FnOnce(&mut Kept) -> T) -> T {
        let key = (view.clone(), rule.number, rule.platform);
        let states = Arc::clone(lock(&self.rules).entry(key).or_default());
        let mut states = lock(&states);
        let is_of_it = |kept: &Kept| Arc::ptr_eq(&kept.source, &rule.source) && kept.joined == joined;
        if let Some(kept) = states.iter().rposition(is_of_it).and_then(|at| latest(&mut states, at)) {
            return with(kept);
        }
        let (answers, before) = (HashMap::new(), HashMap::new());
        let mut kept = Kept { source: Arc::clone(&rule.source), joined: joined.to_vec(), answers, before };
        let told = with(&mut kept);
        add(&mut states, kept);
        told
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
    pub(super) fn session(&self, rule: &Rule) -> Option<Session> {
        let mut idle = lock(&self.sessions);
        let idle = idle.get_mut(&(rule.number, rule.platform))?;
        if Arc::ptr_eq(&idle.source, &rule.source) { idle.sessions.pop() } else { None }
    }

    /// Gives a session back.
    pub(super) fn keep(&self, rule: &Rule, session: Session) {
        let new = || Idle { source: Arc::clone(&rule.source), sessions: Vec::new() };
        let mut idle = lock(&self.sessions);
        let idle = idle.entry((rule.number, rule.platform)).or_insert_with(new);
        if !Arc::ptr_eq(&idle.source, &rule.source) {
            *idle = new();
        }
        idle.sessions.push(session);
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

/// Puts a state last, and the oldest one out where they are too many.
fn add<T>(states: &mut Vec<T>, one: T) {
    if states.len() >= STATES_KEPT {
        states.remove(0);
    }
    states.push(one);
}

/// Puts the state at a position last.
fn latest<T>(states: &mut [T], at: usize) -> Option<&mut T> {
    states.get_mut(at..)?.rotate_left(1);
    states.last_mut()
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
