//! One rule asked about the subjects of one view.
use super::{
    bundle::Rule,
    engine::{Said, Seen, Session},
    fingerprint::{self, Content},
    memory::{Answer, Fingerprint, Known, Version},
    siblings::{self, Siblings},
    sight::Sight,
};
use crate::model::{Resource, View};
use std::sync::OnceLock;

/// A subject as rules see it: made once, and only where one of them is asked.
pub(super) struct Subject<'a> {
    pub(super) resource: &'a Resource,
    input: OnceLock<Vec<(&'static str, Seen)>>,
    content: OnceLock<Content>,
    siblings: OnceLock<Option<Siblings>>,
    /// As all siblings have it.
    common: OnceLock<Content>,
}

impl<'a> Subject<'a> {
    pub(super) const fn new(resource: &'a Resource) -> Self {
        Self {
            resource,
            input: OnceLock::new(),
            content: OnceLock::new(),
            siblings: OnceLock::new(),
            common: OnceLock::new(),
        }
    }
}

/// What is seen, from where, of which subjects; and what is kept of questions before.
#[derive(Clone, Copy)]
pub(super) struct Place<'p, 'a> {
    pub(super) sight: &'p Sight<'a>,
    pub(super) view: &'p View,
    pub(super) chunk: &'p [&'a Resource],
    pub(super) known: Option<&'p Known>,
}

/// A rule that can be asked. It is made ready when the first question has no answer yet.
pub(super) struct Opened<'p, 'a> {
    pub(super) rule: &'p Rule,
    pub(super) place: Place<'p, 'a>,
    parameters: Option<Seen>,
    session: Option<Result<Session, String>>,
    /// The state of the kinds that it joins.
    versions: Vec<Version>,
    /// The content of what else all questions share; `None` where no answer is kept.
    shared: Option<Vec<Content>>,
}

impl<'p, 'a> Opened<'p, 'a> {
    pub(super) fn new(rule: &'p Rule, place: Place<'p, 'a>, parameters: Option<&(Seen, Option<Content>)>) -> Self {
        let own = parameters.and_then(|(_, content)| *content).filter(|_| place.known.is_some());
        let shared = own.map(|own| place.sight.joined_content(&rule.joins).into_iter().chain([own]).collect());
        let (parameters, versions) = (parameters.map(|(seen, _)| seen.clone()), place.sight.versions(&rule.joins));
        Self { rule, place, parameters, session: None, versions, shared }
    }

    pub(super) fn input(&self, subject: &Subject<'_>) -> Seen {
        let input = subject.input.get_or_init(|| self.place.sight.input(subject.resource));
        let own = self.parameters.clone().map(|seen| ("parameters", seen));
        Seen::object(input.iter().cloned().chain(own))
    }

    /// `data` as a rule sees it that is asked about all subjects at once.
    pub(super) fn data(&self) -> Seen {
        self.place.sight.data(&self.rule.joins, self.place.chunk)
    }

    /// What the rule says of a subject, and whether it applies where it says nothing; as before, where it was asked before.
    ///
    /// # Errors
    /// Why it cannot be asked.
    pub(super) fn answer(&mut self, subject: &Subject<'_>) -> Result<(Said, Result<bool, String>), String> {
        let (rule, view) = (self.rule, self.place.view);
        let siblings = self.siblings(subject);
        let kept = self.place.known.zip(self.question(subject, siblings));
        if let Some((known, question)) = &kept
            && let Some(answer) = known.memory.answer(view, rule, (&self.versions, question))
        {
            return Ok(answer.say(siblings));
        }
        let said = self.ask(subject)?;
        let is_silent = |members: &Result<Vec<_>, _>| members.as_ref().is_ok_and(Vec::is_empty);
        let applies = if is_silent(&said.deny) && is_silent(&said.undetermined) { self.applies() } else { Ok(true) };
        if let (Some((known, question)), Some(answer)) = (kept, Answer::of(&said, &applies, siblings)) {
            known.memory.remember(view, rule, (&self.versions, question), answer);
        }
        Ok((said, applies))
    }

    /// Asks the engine.
    ///
    /// # Errors
    /// Why it cannot be asked.
    pub(super) fn ask(&mut self, subject: &Subject<'_>) -> Result<Said, String> {
        let input = self.input(subject);
        let (rule, Place { sight, known, .. }) = (self.rule, self.place);
        let session = self.session.get_or_insert_with(|| open(rule, self.place, &self.versions));
        let session = session.as_mut().map_err(|cause| cause.clone())?;
        Ok(match known {
            Some(_) => session.ask_with(&input, &sight.reach(&rule.joins, &[subject.resource])),
            None => session.ask(&input),
        })
    }

    /// Of the subject that was asked about last.
    ///
    /// # Errors
    /// Why it cannot be told.
    pub(super) fn applies(&mut self) -> Result<bool, String> {
        match &mut self.session {
            Some(Ok(session)) => session.applies(),
            Some(Err(cause)) => Err(cause.clone()),
            None => Err("it was not asked".to_owned()),
        }
    }

    /// The siblings of a subject, where the rule says the same of them all.
    fn siblings<'s>(&self, subject: &'s Subject<'_>) -> Option<&'s Siblings> {
        let is_same = self.place.known.is_some() && self.rule.is_standard() && siblings::are_alike(&self.rule.joins);
        let siblings = is_same.then(|| subject.siblings.get_or_init(|| Siblings::of(subject.resource)));
        siblings.and_then(Option::as_ref)
    }

    fn question(&self, subject: &Subject<'_>, siblings: Option<&Siblings>) -> Option<Fingerprint> {
        let shared = self.shared.as_ref()?;
        let place = if siblings.is_some() { &subject.common } else { &subject.content };
        let own = || fingerprint::subject(subject.resource, self.place.sight.ways_of_all(), siblings);
        let own = *place.get_or_init(own);
        Some(fingerprint::question(shared.iter().copied().chain([own])))
    }

    /// Keeps what can be asked again.
    pub(super) fn close(self) {
        if let (Some(known), Some(Ok(session))) = (self.place.known, self.session) {
            known.memory.keep(self.place.view, self.rule, &self.versions, session);
        }
    }
}

fn open(rule: &Rule, place: Place<'_, '_>, versions: &[Version]) -> Result<Session, String> {
    let Place { sight, view, chunk, known } = place;
    let program = rule.program();
    match known {
        None => program.and_then(|program| program.session(&sight.data(&rule.joins, chunk))),
        Some(known) => match known.memory.session(view, rule, versions) {
            Some(session) => Ok(session),
            None => program.and_then(|program| program.kept(&sight.environment(&rule.joins))),
        },
    }
}
