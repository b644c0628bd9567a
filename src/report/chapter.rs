//! Judgements in the order people read them: by criterion, the heaviest first; within it, alike with alike.
use super::{
    Page,
    place::{Row, rows},
};
use crate::model::{Criterion, CriterionId, Finding, Severity, Standing, Verdict};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

/// What is shown of one criterion.
#[derive(Debug)]
pub(super) struct Chapter<'a> {
    pub(super) id: &'a CriterionId,
    pub(super) criterion: Option<&'a Criterion>,
    /// The heaviest first.
    pub(super) groups: Vec<Group<'a>>,
    /// Judgements by standing, those included that are not shown, in order of weight.
    pub(super) tally: BTreeMap<Standing, usize>,
}

/// Judgements that stand alike, have the same verdict and the same reasons.
#[derive(Debug)]
pub(super) struct Group<'a> {
    pub(super) standing: Standing,
    pub(super) rows: Vec<Row<'a>>,
}

/// One chapter for each criterion that something is shown of: what is not met or undetermined, or with `all`
/// everything.
pub(super) fn chapters<'a>(page: &Page<'a>) -> Vec<Chapter<'a>> {
    let mut by_criterion: BTreeMap<&CriterionId, Vec<Row<'a>>> = BTreeMap::new();
    for row in rows(page) {
        by_criterion.entry(&row.judgement.criterion).or_default().push(row);
    }
    let mut chapters: Vec<Chapter<'a>> = by_criterion
        .into_iter()
        .map(|(id, rows)| Chapter {
            id,
            criterion: rows.first().and_then(|row| row.criterion),
            tally: tally(&rows),
            groups: groups(rows.into_iter().filter(|row| page.all || falls_short(row))),
        })
        .filter(|chapter| !chapter.groups.is_empty())
        .collect();
    // The sort is stable: within one weight the order is that of the ids.
    chapters.sort_by_key(|chapter| (chapter.weight(), Reverse(chapter.severity())));
    chapters
}

/// Whether a verdict is shown unasked.
pub(super) fn falls_short(row: &Row<'_>) -> bool {
    match row.judgement.verdict {
        Verdict::NotMet { .. } | Verdict::Undetermined { .. } => true,
        Verdict::Met | Verdict::NotApplicable => false,
    }
}

fn tally(rows: &[Row<'_>]) -> BTreeMap<Standing, usize> {
    let mut tally = BTreeMap::new();
    for row in rows {
        *tally.entry(row.judgement.standing()).or_default() += 1;
    }
    tally
}

fn groups<'a>(rows: impl Iterator<Item = Row<'a>>) -> Vec<Group<'a>> {
    let mut groups: BTreeMap<(u8, &str, BTreeSet<&str>), Group<'a>> = BTreeMap::new();
    for row in rows {
        let standing = row.judgement.standing();
        let reasons = findings(&row).map(|(_, finding)| finding.reason.as_str()).collect();
        groups
            .entry((weight(standing), row.judgement.verdict.name(), reasons))
            .or_insert_with(|| Group { standing, rows: Vec::new() })
            .rows
            .push(row);
    }
    groups.into_values().collect()
}

/// Breaches, then what could not be told; `true` = a breach.
pub(super) fn findings<'a>(row: &Row<'a>) -> impl Iterator<Item = (bool, &'a Finding)> + use<'a> {
    let verdict = &row.judgement.verdict;
    let breaches = verdict.findings().iter().map(|finding| (true, finding));
    breaches.chain(verdict.unknown().iter().map(|finding| (false, finding)))
}

/// How far up a standing is shown; 0 = first.
const fn weight(standing: Standing) -> u8 {
    match standing {
        Standing::NotMet => 0,
        Standing::Undetermined => 1,
        Standing::Warned => 2,
        Standing::Waived => 3,
        Standing::Observed => 4,
        Standing::Met => 5,
        Standing::NotApplicable => 6,
    }
}

impl Chapter<'_> {
    fn weight(&self) -> u8 {
        self.groups.iter().map(|group| weight(group.standing)).min().unwrap_or(u8::MAX)
    }

    fn severity(&self) -> Severity {
        self.criterion.map_or(Severity::Critical, |criterion| criterion.severity)
    }
}
