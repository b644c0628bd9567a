//! One rule asked about the subjects of one view.
use super::{
    engine::{Said, Seen, Session},
    face::{Face, Subject},
    fingerprint::{self, Content},
    memory::{Answer, Fingerprint, Known, PASSING, Version},
    rule::Rule,
    siblings::{self, Siblings},
    sight::Sight,
};
use crate::model::{Resource, Text, View};
use std::sync::Arc;

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
        let versions = place.sight.versions(&rule.joins);
        let is_kept = place.known.is_some() && !versions.contains(&PASSING);
        let own = parameters.and_then(|(_, content)| *content).filter(|_| is_kept);
        let parameters = parameters.map(|(seen, _)| seen.clone());
        let mut opened = Self { rule, place, parameters, session: None, versions, shared: None };
        let ways = |opened: &Self| {
            if opened.sees_ways() { place.sight.joined_content(&rule.joins) } else { Vec::new() }
        };
        opened.shared = own.map(|own| ways(&opened).into_iter().chain([own]).collect());
        opened
    }

    pub(super) fn input(&self, subject: &Subject<'_>) -> Seen {
        let face = self.face(subject);
        let input = face.input(self.place.sight);
        let own = self.parameters.clone().map(|seen| ("parameters", seen));
        Seen::object(input.iter().cloned().chain(own))
    }

    /// `data` as a rule sees it that is asked about all subjects at once.
    pub(super) fn data(&self) -> Seen {
        self.place.sight.data(&self.rule.joins, self.place.chunk)
    }

    /// Whether the rule was asked the same before.
    pub(super) fn knows(&self, subject: &Subject<'_>) -> bool {
        let Some(known) = self.place.known else { return false };
        let face = self.face(subject);
        let question = self.question(&face, face.siblings(self.are_alike()));
        let is_known =
            |question| known.memory.answer(self.place.view, self.rule, (&self.versions, &question)).is_some();
        question.is_some_and(is_known)
    }

    /// What the rule says of a subject, and whether it applies where it says nothing; as before, where it was asked before.
    ///
    /// # Errors
    /// Why it cannot be asked.
    pub(super) fn answer(&mut self, subject: &Subject<'_>) -> Result<(Said, Result<bool, String>), String> {
        let (rule, view) = (self.rule, self.place.view);
        let face = self.face(subject);
        let siblings = face.siblings(self.are_alike());
        let kept = self.place.known.zip(self.question(&face, siblings));
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
        let (rule, sees_ways, Place { sight, known, .. }) = (self.rule, self.sees_ways(), self.place);
        let session = self.session.get_or_insert_with(|| open(rule, self.place));
        let session = session.as_mut().map_err(|cause| cause.clone())?;
        Ok(match known {
            Some(_) => {
                let reach = sees_ways.then(|| sight.reach(&rule.joins, &[subject.resource]));
                let reach = reach.unwrap_or_else(|| Seen::object::<Text>([]));
                session.ask_with(input, sight.environment(&rule.joins), reach)
            }
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

    /// What the rule sees of a subject.
    fn face(&self, subject: &Subject<'_>) -> Arc<Face> {
        subject.face(self.keeps().then(|| self.rule.words()))
    }

    /// Whether answers are kept by what the rule is shown: of the program's own rules, whose words are known to name all
    /// that they look at.
    fn keeps(&self) -> bool {
        self.place.known.is_some() && self.rule.is_standard()
    }

    /// Whether the rule can look at ways.
    fn sees_ways(&self) -> bool {
        !self.keeps() || self.rule.words().names_ways()
    }

    /// Whether the rule says the same of all siblings.
    fn are_alike(&self) -> bool {
        self.keeps() && siblings::are_alike(&self.rule.joins)
    }

    fn question(&self, face: &Face, siblings: Option<&Siblings>) -> Option<Fingerprint> {
        let shared = self.shared.as_ref()?;
        let ways = self.sees_ways().then(|| self.place.sight.ways_of_all());
        let own = face.content(ways, siblings);
        Some(fingerprint::question(shared.iter().copied().chain([own])))
    }

    /// Keeps what can be asked again.
    pub(super) fn close(self) {
        if let (Some(known), Some(Ok(session))) = (self.place.known, self.session) {
            known.memory.keep(self.rule, session);
        }
    }
}

fn open(rule: &Rule, place: Place<'_, '_>) -> Result<Session, String> {
    let Place { sight, chunk, known, .. } = place;
    match known {
        None => rule.program()?.session(&sight.data(&rule.joins, chunk)),
        Some(known) => known.memory.session(rule).map_or_else(|| rule.program()?.kept(), Ok),
    }
}
