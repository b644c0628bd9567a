//! From judgements to places: which resource a judgement is about, and where a finding stands.
use super::Page;
use crate::model::{Criterion, CriterionId, Environment, Finding, Judgement, Mark, Platform, Resource, ResourceId};
use std::collections::BTreeMap;

/// A judgement with what it is about. `None` = not in the page, which a report shows as it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    pub(super) judgement: &'a Judgement,
    pub(super) criterion: Option<&'a Criterion>,
    pub(super) resource: Option<&'a Resource>,
}

/// A place in a file; line 0 = the file as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place<'a> {
    pub(super) file: &'a str,
    pub(super) mark: Mark,
}

/// Every judgement in the order of the assessment, each with its resource.
///
/// Where an id is defined twice, both resources were judged: the first judgement of a criterion on that id belongs
/// to the first resource, the second to the second.
pub(super) fn rows<'a>(page: &Page<'a>) -> Vec<Row<'a>> {
    let criteria: BTreeMap<&CriterionId, &Criterion> = page.criteria.iter().map(|known| (&known.id, known)).collect();
    let mut seen: BTreeMap<(&CriterionId, Platform, &ResourceId), usize> = BTreeMap::new();
    let mut rows = Vec::with_capacity(page.assessment.judgements.len());
    for judgement in &page.assessment.judgements {
        let resources = page.environment.resources.get(&judgement.resource).map_or(&[][..], Vec::as_slice);
        let nth = if resources.len() > 1 {
            let next = seen.entry((&judgement.criterion, judgement.platform, &judgement.resource)).or_default();
            *next += 1;
            *next - 1
        } else {
            0
        };
        rows.push(Row {
            judgement,
            criterion: criteria.get(&judgement.criterion).copied(),
            resource: resources.get(nth).or_else(|| resources.first()),
        });
    }
    rows
}

impl<'a> Row<'a> {
    /// The resource that a finding's path is in.
    pub(super) fn holder(&self, finding: &Finding, environment: &'a Environment) -> Option<&'a Resource> {
        match &finding.at {
            Some(id) if *id != self.judgement.resource => environment.resources.get(id)?.first(),
            Some(_) | None => self.resource,
        }
    }

    /// The id of the resource that a finding's path is in.
    pub(super) fn at(&self, finding: &'a Finding) -> &'a ResourceId {
        finding.at.as_ref().unwrap_or(&self.judgement.resource)
    }

    /// Where a finding stands: what its path leads to, else the nearest parent with a place, else the resource.
    pub(super) fn place(&self, finding: &Finding, environment: &'a Environment) -> Place<'a> {
        match self.holder(finding, environment) {
            Some(resource) => {
                let (file, mark) = resource.place(&finding.path);
                Place { file, mark }
            }
            None => self.origin(),
        }
    }

    /// Where the judged resource stands; its root where it is not in the page.
    pub(super) fn origin(&self) -> Place<'a> {
        match self.resource {
            Some(resource) => Place { file: resource.origin.path(), mark: resource.origin.mark() },
            None => Place { file: &self.judgement.resource.root, mark: Mark::default() },
        }
    }
}

impl Place<'_> {
    /// `file:line:column`, without what is 0.
    pub(super) fn shown(&self) -> String {
        match (self.mark.line, self.mark.column) {
            (0, _) => self.file.to_owned(),
            (line, 0) => format!("{}:{line}", self.file),
            (line, column) => format!("{}:{line}:{column}", self.file),
        }
    }
}
