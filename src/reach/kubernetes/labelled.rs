//! Who carries a label, and who asks for one: found without trying each.
use super::selector::{Labels, Selector};
use crate::model::Text;
use std::collections::BTreeMap;

/// Things by the labels that they carry.
#[derive(Debug, Default)]
pub(super) struct Carriers {
    by_label: BTreeMap<Text, BTreeMap<Text, Vec<usize>>>,
    /// By key: those whose value is not known.
    untold: BTreeMap<Text, Vec<usize>>,
    /// Those that may carry more labels than are known.
    unsure: Vec<usize>,
}

impl Carriers {
    pub(super) fn add(&mut self, at: usize, labels: &Labels) {
        for (key, value) in labels.pairs() {
            match value {
                Some(value) => self.by_label.entry(key.clone()).or_default().entry(value.clone()).or_default().push(at),
                None => self.untold.entry(key.clone()).or_default().push(at),
            }
        }
        if labels.may_be_more() {
            self.unsure.push(at);
        }
    }

    /// Everything that may carry a label; some of it twice.
    pub(super) fn of(&self, (key, value): (&Text, &Text)) -> impl Iterator<Item = usize> + Clone {
        let known = self.by_label.get(key).and_then(|by_value| by_value.get(value)).into_iter().flatten();
        known.chain(self.untold.get(key).into_iter().flatten()).chain(&self.unsure).copied()
    }
}

/// Things by a label that they ask the other side for.
#[derive(Debug, Default)]
pub(super) struct Askers(BTreeMap<Text, BTreeMap<Text, Vec<usize>>>);

impl Askers {
    pub(super) fn add(&mut self, at: usize, (key, value): &(Text, Text)) {
        self.0.entry(key.clone()).or_default().entry(value.clone()).or_default().push(at);
    }

    /// Everything that asks for a label that these may hold; some of it twice.
    pub(super) fn met_by(&self, labels: &Labels) -> Vec<usize> {
        if labels.may_be_more() {
            return self.0.values().flat_map(BTreeMap::values).flatten().copied().collect();
        }
        let mut met = Vec::new();
        for (key, value) in labels.pairs() {
            let Some(by_value) = self.0.get(key) else { continue };
            match value {
                Some(value) => met.extend(by_value.get(value).into_iter().flatten()),
                None => met.extend(by_value.values().flatten()),
            }
        }
        met
    }
}

/// The label without which a selector selects nothing, owned.
pub(super) fn asked_by(selector: &Selector) -> Option<(Text, Text)> {
    selector.anchor().map(|(key, value)| (key.clone(), value.clone()))
}
