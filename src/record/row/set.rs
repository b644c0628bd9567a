//! The rows of one assessment.
use super::{
    FindingLine, Line as _, Row, RowError, RowKey, Sorted,
    finding::{self, committed},
    named, resource_key,
};
use crate::{
    model::{
        Assessment, AttestationId, Criterion, CriterionId, Digest, Effect, Finding, Judgement, Platform, ResourceId,
        Standing, Verdict, VerdictName, WaiverId,
    },
    record::{
        merkle::Hash,
        redact::{BlobKey, commitment, salt},
    },
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What an assessment does not say and a row does.
#[derive(Debug)]
pub struct Sources<'a> {
    /// Links names that must not be kept from run to run. A new one makes new rows of them.
    pub pepper: &'a [u8; 32],
    pub rules: BTreeMap<(CriterionId, Platform), Digest>,
    /// What was judged, under each id in the order of the environment. Absent = the row says nothing of its input.
    pub inputs: BTreeMap<ResourceId, Vec<Digest>>,
    /// What persons stated.
    pub statements: BTreeMap<AttestationId, Digest>,
    /// How the log names each waiver. Absent = by its own name.
    pub waivers: BTreeMap<WaiverId, String>,
}

/// All rows of one assessment under one key, and their findings.
#[derive(Clone, Debug)]
pub struct ResultSet {
    key: BlobKey,
    rows: Sorted<Row>,
    /// Of each row, in the order of the rows.
    findings: Vec<Vec<FindingLine>>,
}

/// How many rows of a criterion say what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub met: u64,
    pub not_met: u64,
    pub not_applicable: u64,
    pub undetermined: u64,
    pub waived: u64,
    /// The part of `waived` that is undetermined: a waiver lies over it, and nobody knows whether it is needed.
    pub waived_undetermined: u64,
    pub warned: u64,
    pub observed: u64,
}

/// Why rows and findings are no result set.
#[derive(Debug, thiserror::Error)]
pub enum SetError {
    #[error(transparent)]
    NotSorted(#[from] super::NotSorted),
    #[error("row {row} cannot be read")]
    Row {
        /// Counted from 1.
        row: usize,
        #[source]
        source: RowError,
    },
    #[error("the findings of row {row} are not those that it commits to")]
    Findings { row: usize },
}

impl ResultSet {
    /// The rows of an assessment, one for each judgement.
    ///
    /// Judgements of one criterion on equal ids are told apart by an ordinal in their order, which is that of the
    /// environment.
    #[must_use]
    pub fn of(assessment: &Assessment, criteria: &[Criterion], sources: &Sources<'_>, key: &BlobKey) -> Self {
        let severities: BTreeMap<&CriterionId, &'static str> =
            criteria.iter().map(|criterion| (&criterion.id, criterion.severity.name())).collect();
        let mut seen: BTreeMap<(&CriterionId, Platform, &ResourceId), usize> = BTreeMap::new();
        let mut rows: Vec<(Row, Vec<FindingLine>)> = Vec::with_capacity(assessment.judgements.len());
        for judgement in &assessment.judgements {
            let ordinal = seen.entry((&judgement.criterion, judgement.platform, &judgement.resource)).or_default();
            *ordinal += 1;
            let severity = severities.get(&judgement.criterion).copied().unwrap_or_default();
            rows.push(row(judgement, *ordinal, severity, sources, key));
        }
        rows.sort_by_cached_key(|(row, _)| row.encoded());
        let (rows, findings): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
        Self { key: *key, rows: Sorted::in_order(rows), findings }
    }

    /// The rows of an assessment under the key of the run before, where they are the same rows; else under a fresh
    /// key. `true` = they are the same: root and blob are those of the run before, and nothing new is to be kept.
    #[must_use]
    pub fn following(
        before: Option<&Self>,
        assessment: &Assessment,
        criteria: &[Criterion],
        sources: &Sources<'_>,
        fresh: &BlobKey,
    ) -> (Self, bool) {
        if let Some(before) = before {
            let again = Self::of(assessment, criteria, sources, &before.key);
            if again.root() == before.root() && again.size() == before.size() {
                return (again, true);
            }
        }
        (Self::of(assessment, criteria, sources, fresh), false)
    }

    /// Rows and findings as they were read: sorted, each key once, salts and commitments made with this key.
    ///
    /// # Errors
    /// [`SetError`] with the first row that does not hold.
    pub fn check(key: BlobKey, rows: Vec<(Row, Vec<FindingLine>)>) -> Result<Self, SetError> {
        for (nth, (row, findings)) in rows.iter().enumerate() {
            row.check_salt(&key).map_err(|source| SetError::Row { row: nth + 1, source })?;
            if row.findings_c != committed(&key, findings) {
                return Err(SetError::Findings { row: nth + 1 });
            }
        }
        let (rows, findings): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
        Ok(Self { key, rows: Sorted::check(rows)?, findings })
    }

    #[must_use]
    pub const fn key(&self) -> &BlobKey {
        &self.key
    }

    #[must_use]
    pub const fn rows(&self) -> &Sorted<Row> {
        &self.rows
    }

    /// Each row with its findings, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Row, &[FindingLine])> {
        self.rows.lines().iter().zip(self.findings.iter().map(Vec::as_slice))
    }

    /// `results_root` of a run.
    #[must_use]
    pub const fn root(&self) -> Hash {
        self.rows.root()
    }

    /// `results_size` of a run.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.rows.size()
    }

    /// The rows of each criterion, counted.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<&str, Counts> {
        let mut counts: BTreeMap<&str, Counts> = BTreeMap::new();
        for row in self.rows.lines() {
            counts.entry(&row.key.criterion).or_default().add(row);
        }
        counts
    }

    /// `counts` of a run: `[criterion, {met, not_met, not_applicable, undetermined}, {waived, warned, observed}]` for
    /// each criterion, in order.
    #[must_use]
    pub fn manifest_counts(&self) -> Value {
        let entry = |(criterion, counts): (&str, Counts)| {
            let Counts { met, not_met, not_applicable, undetermined, waived, warned, observed, .. } = counts;
            json!([
                criterion,
                {"met": met, "not_met": not_met, "not_applicable": not_applicable, "undetermined": undetermined},
                {"waived": waived, "warned": warned, "observed": observed},
            ])
        };
        self.counts().into_iter().map(entry).collect()
    }
}

impl Counts {
    const fn add(&mut self, row: &Row) {
        let count = match row.outcome {
            VerdictName::Met => &mut self.met,
            VerdictName::NotMet => &mut self.not_met,
            VerdictName::NotApplicable => &mut self.not_applicable,
            VerdictName::Undetermined => &mut self.undetermined,
        };
        *count += 1;
        if matches!((row.outcome, row.effect), (VerdictName::Undetermined, Some(Effect::Waived))) {
            self.waived_undetermined += 1;
        }
        let count = match row.effect {
            Some(Effect::Waived) => &mut self.waived,
            Some(Effect::Warned) => &mut self.warned,
            Some(Effect::Observed) => &mut self.observed,
            Some(Effect::Counted) | None => return,
        };
        *count += 1;
    }
}

fn row(
    judgement: &Judgement,
    ordinal: usize,
    severity: &str,
    sources: &Sources<'_>,
    key: &BlobKey,
) -> (Row, Vec<FindingLine>) {
    let Judgement { criterion, platform, resource, verdict, waiver, .. } = judgement;
    let findings = finding::lines(verdict, sources.pepper);
    let row_key = RowKey {
        criterion: criterion.0.to_string(),
        platform: platform.name().to_owned(),
        kind: named(&resource.kind, sources.pepper),
        resource: resource_key(resource, ordinal, sources.pepper),
    };
    let effect = effect(judgement.standing());
    let name =
        |waiver: &WaiverId| sources.waivers.get(waiver).cloned().unwrap_or_else(|| named(&waiver.0, sources.pepper));
    let row = Row {
        outcome: verdict.into(),
        is_error: is_error(verdict),
        waiver: waiver.as_ref().filter(|_| effect == Some(Effect::Waived)).map(name).unwrap_or_default(),
        effect,
        severity: severity.to_owned(),
        rule_digest: sources.rules.get(&(criterion.clone(), *platform)).map(ToString::to_string).unwrap_or_default(),
        input_c: input(judgement, ordinal, sources)
            .map(|digest| commitment(key, digest.to_string().as_bytes()))
            .unwrap_or_default(),
        findings_c: committed(key, &findings),
        salt: salt(key, &row_key.encoded()),
        key: row_key,
    };
    (row, findings)
}

/// A statement is its own input; everything else is judged by the resource.
fn input<'a>(judgement: &Judgement, ordinal: usize, sources: &'a Sources<'_>) -> Option<&'a Digest> {
    match &judgement.attestation {
        Some(statement) => sources.statements.get(statement),
        None => sources.inputs.get(&judgement.resource)?.get(ordinal.checked_sub(1)?),
    }
}

const fn effect(standing: Standing) -> Option<Effect> {
    match standing {
        Standing::Met | Standing::NotApplicable => None,
        Standing::NotMet | Standing::Undetermined => Some(Effect::Counted),
        Standing::Waived => Some(Effect::Waived),
        Standing::Warned => Some(Effect::Warned),
        Standing::Observed => Some(Effect::Observed),
    }
}

/// Whether what could not be told includes a rule that could not be run to the end: a fault of ours outweighs a value
/// that is not known.
fn is_error(verdict: &Verdict) -> bool {
    match verdict {
        Verdict::Undetermined { unknown } => unknown.iter().any(|one| one.reason == Finding::NOT_EVALUATED),
        Verdict::Met | Verdict::NotApplicable | Verdict::NotMet { .. } => false,
    }
}
