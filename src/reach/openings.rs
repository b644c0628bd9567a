//! What a change opens: ways after it that no way before it held. What was open before is not the change's fault.
use super::{
    Target, kubernetes,
    networks::{Addresses, Ports, Traffic},
};
use crate::model::{Answer, Description, Resource, Text, Value, Way};

/// Whether a change of an object can open ways for workloads that stand, so that it is worth being weighed; what is gone is
/// `None`. What only closes, or says nothing of where anything leads, cannot.
#[must_use]
pub fn can_open(before: Option<&Resource>, after: Option<&Resource>, description: &Description) -> bool {
    let Some(kind) = after.or(before).map(|one| one.id.kind.as_ref()) else { return false };
    let after_has = |holds: &dyn Fn(&Resource) -> bool| after.is_some_and(holds);
    match kind {
        "Service" => after_has(&|one| kubernetes::opens_node_ports(&one.body).is_some()),
        "Endpoints" | "discovery.k8s.io/EndpointSlice" => {
            after_has(&|one| kubernetes::leads_outward(one, &Target::internet(description)))
        }
        "PersistentVolumeClaim" => after_has(&|one| one.body.find(&["spec", "volumeName"]).is_some()),
        "PersistentVolume" | "snapshot.storage.k8s.io/VolumeSnapshotContent" => after.is_some(),
        // A new policy without rules isolates, and allows nobody anything.
        kubernetes::POLICY => before.is_some() || after_has(&|one| kubernetes::has_rules(&one.body)),
        kind => kubernetes::reads(kind),
    }
}

/// Whether a change says anything of where ways lead: it can open some, or close some, so that others open more.
#[must_use]
pub fn bears_on_ways(before: Option<&Resource>, after: Option<&Resource>, description: &Description) -> bool {
    can_open(before, after, description) || can_open(after, before, description)
}

/// The ways after a change that go further than those before it, in order: open ones by address and port, unknown ones
/// by why. A way whose ranges are too many to be written out is new when it is not written the same.
#[must_use]
pub fn opened(before: &[Way], after: &[Way]) -> Vec<Way> {
    let held = before.iter().filter(|way| way.answer == Answer::Open).fold(Traffic::default(), |all, way| {
        traffic(way).map_or_else(|| all.clone(), |(addresses, ports)| all.with(&addresses, &ports))
    });
    let is_new = |way: &&Way| {
        let is_known = before.iter().any(|old| old.answer == way.answer && same(old, way));
        !is_known
            && match way.answer {
                Answer::Open => traffic(way)
                    .is_none_or(|(addresses, ports)| !Traffic::to(addresses, ports).difference(&held).is_empty()),
                // Where something was open already, not knowing adds nothing that counts more.
                Answer::Unknown => !before.iter().any(|old| old.answer == Answer::Open),
                Answer::Closed => false,
            }
    };
    after.iter().filter(is_new).cloned().collect()
}

/// Whether two ways of one answer say the same: to where, or what is not known. What hides one way hides every other of
/// its kind, wherever they lead.
fn same(one: &Way, other: &Way) -> bool {
    let facts: &[&str] = if one.answer == Answer::Unknown { &["why"] } else { &["to", "ports"] };
    facts.iter().all(|fact| one.facts.get(fact) == other.facts.get(fact))
}

/// What a way leads to; `None` where it is not written as ranges.
fn traffic(way: &Way) -> Option<(Addresses, Ports)> {
    let text = |fact: &str| way.facts.get(fact).and_then(Value::as_text).map(Text::from);
    let (to, ports) = (text("to")?, text("ports")?);
    let ranges = to.split(", ").map(|range| Addresses::parse(range).ok()).collect::<Option<Vec<_>>>()?;
    let addresses = ranges.iter().fold(Addresses::none(), |all, one| all.union(one));
    let ports = if *ports == *Ports::all().shown() { Ports::all() } else { parsed(&ports)? };
    Some((addresses, ports))
}

fn parsed(ports: &str) -> Option<Ports> {
    ports.split(", ").map(Ports::parse).try_fold(Ports::none(), |all, one| Some(all.union(&one?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(to: &str, ports: &str) -> Way {
        Way::open(to, ports, Vec::new())
    }

    #[test]
    fn only_what_no_way_held_before_is_opened() {
        let all = Ports::all().shown();
        let before = [open("192.0.2.0/24", "tcp/443"), open("198.51.100.0/24", &all)];
        // A part of what was open, on a port that was open.
        assert_eq!(opened(&before, &[open("192.0.2.128/25", "tcp/443")]), []);
        assert_eq!(opened(&before, &[open("198.51.100.7/32", "tcp/22")]), []);
        // Another port, another range, one range more.
        for new in [open("192.0.2.0/24", "tcp/22"), open("203.0.113.0/24", "tcp/443"), open("192.0.2.0/23", "tcp/443")]
        {
            assert_eq!(opened(&before, std::slice::from_ref(&new)), [new]);
        }
        assert_eq!(opened(&[], &before), before);
        assert_eq!(opened(&before, &before), []);
    }

    #[test]
    fn not_knowing_counts_where_nothing_was_open() {
        let unknown = Way::unknown("a policy is not read yet", Vec::new());
        assert_eq!(opened(&[], std::slice::from_ref(&unknown)).len(), 1);
        assert_eq!(opened(std::slice::from_ref(&unknown), std::slice::from_ref(&unknown)), []);
        assert_eq!(opened(&[open("0.0.0.0/0", "tcp/443")], std::slice::from_ref(&unknown)), []);
        // Ways to projects are not written as ranges.
        assert_eq!(opened(&[open("project lunge", "all ports")], std::slice::from_ref(&unknown)), []);
    }
}
