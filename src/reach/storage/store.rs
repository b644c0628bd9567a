//! Where a chain ended, and the way that this makes.
use crate::model::{Answer, Hop, Map, Value, Way};

/// Where a chain ended: what the way is about, and what led there.
pub(super) struct Store<'a> {
    pub(super) claim: &'a str,
    pub(super) class: &'a str,
    pub(super) provisioner: &'a str,
    pub(super) witness: Vec<Hop>,
}

impl Store<'_> {
    fn facts(&self) -> Map {
        [("claim", self.claim), ("class", self.class), ("provisioner", self.provisioner)].into_iter().collect()
    }

    pub(super) fn closed(self, by: &str, customer_key: Value) -> Way {
        let mut facts = self.facts();
        facts.put("by", by);
        facts.put("customer_key", customer_key);
        Way { answer: Answer::Closed, facts, witness: self.witness }
    }

    pub(super) fn attested(self) -> Way {
        self.closed("attested", Value::Bool(false))
    }

    pub(super) fn open(self, why: &str) -> Way {
        let mut facts = self.facts();
        facts.put("why", why);
        Way { answer: Answer::Open, facts, witness: self.witness }
    }

    pub(super) fn unknown(self, why: &str) -> Way {
        Way { answer: Answer::Unknown, ..self.open(why) }
    }
}

pub(super) fn attested(claim: &str, class: &str, provisioner: &str, witness: Vec<Hop>) -> Way {
    Store { claim, class, provisioner, witness }.attested()
}

pub(super) fn unknown(claim: &str, class: &str, provisioner: &str, why: &str, witness: Vec<Hop>) -> Way {
    Store { claim, class, provisioner, witness }.unknown(why)
}
