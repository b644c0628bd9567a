//! What network security groups let out: priorities ascending, first match, then Azure's default rules.
//!
//! Source: Azure's documentation, "Network security groups" (default rules 65000, 65001, 65500) and "Virtual network
//! service tags".
use super::{
    rules::{Rule, read},
    sight::{Pointing, Sight, blocks, value},
};
use crate::model::{Hop, Resource, Step, Value};
use crate::reach::networks::{Addresses, Ports, Traffic};

/// What a group lets out to the internet.
#[derive(Clone, Debug, Default)]
pub(super) struct Allowed {
    /// What each rule opens that no earlier rule decided; the last entry may be Azure's default rule.
    pub(super) open: Vec<Opening>,
    /// Service tags behind which anybody can have a place of their own.
    pub(super) tags: Vec<(String, String, Hop)>,
    /// Rules that cannot be read, with the reason, where they could still decide something.
    pub(super) unknown: Vec<(String, Hop)>,
}

#[derive(Clone, Debug)]
pub(super) struct Opening {
    pub(super) traffic: Traffic,
    pub(super) by: Hop,
    /// Azure's own default rule, not one that somebody wrote.
    pub(super) by_default: bool,
}

impl Allowed {
    /// No group at all: everything is let out.
    pub(super) fn everything(internet: &Addresses, by: Hop) -> Self {
        let traffic = Traffic::to(internet.clone(), Ports::all());
        Self { open: vec![Opening { traffic, by, by_default: true }], ..Self::default() }
    }

    pub(super) fn not_known(why: String, at: Hop) -> Self {
        Self { unknown: vec![(why, at)], ..Self::default() }
    }

    pub(super) const fn is_closed(&self) -> bool {
        self.open.is_empty() && self.tags.is_empty() && self.unknown.is_empty()
    }

    /// What both let out. A group that lets out nothing closes, whatever is not known of the other.
    pub(super) fn and(self, other: &Self) -> Self {
        if self.is_closed() || other.is_closed() {
            return Self::default();
        }
        let theirs = other.open.iter().fold(Traffic::default(), |all, opening| add(&all, &opening.traffic));
        let open = self
            .open
            .into_iter()
            .map(|opening| Opening { traffic: both(&opening.traffic, &theirs), ..opening })
            .filter(|opening| !opening.traffic.is_empty())
            .collect();
        let tags = self
            .tags
            .into_iter()
            .filter(|(tag, ..)| !theirs.is_empty() || other.tags.iter().any(|(held, ..)| held == tag))
            .collect();
        Self { open, tags, unknown: self.unknown.into_iter().chain(other.unknown.clone()).collect() }
    }
}

/// What is in both sets.
pub(super) fn both(one: &Traffic, other: &Traffic) -> Traffic {
    one.difference(&one.difference(other))
}

fn add(one: &Traffic, other: &Traffic) -> Traffic {
    other.pieces().iter().fold(one.clone(), |all, (addresses, ports)| all.with(addresses, ports))
}

/// What a group lets out to the internet.
pub(super) fn outbound(sight: &Sight<'_>, group: &Resource, internet: &Addresses) -> Allowed {
    let apart = sight.pointing("azurerm_network_security_rule", "network_security_group_name", group);
    let rules = match all_rules(group, &apart) {
        Ok(rules) => rules,
        Err((why, at)) => return Allowed::not_known(why, at),
    };
    let mut undecided = Traffic::to(internet.clone(), Ports::all());
    let mut allowed = Allowed::default();
    for (_, rule) in rules {
        if undecided.is_empty() {
            break;
        }
        match rule {
            Rule::Inbound => {}
            Rule::Unread { why, at } => allowed.unknown.push((why, at)),
            Rule::Allow { traffic, tags, at } => {
                allowed.tags.extend(tags.into_iter().map(|(tag, ports)| (tag, ports, at.clone())));
                let opened = both(&traffic, &undecided);
                undecided = undecided.difference(&traffic);
                if !opened.is_empty() {
                    allowed.open.push(Opening { traffic: opened, by: at, by_default: false });
                }
            }
            Rule::Deny { traffic } => undecided = undecided.difference(&traffic),
        }
    }
    if !undecided.is_empty() {
        let by = Hop { resource: group.id.clone(), path: vec![Step::Key("values".to_owned())] };
        allowed.open.push(Opening { traffic: undecided, by, by_default: true });
    }
    allowed
}

/// All outbound rules by ascending priority; those whose priority is not known come first, because they may.
fn all_rules(group: &Resource, apart: &Pointing<'_>) -> Result<Vec<(i64, Rule)>, (String, Hop)> {
    let path = |index| vec![Step::Key("values".to_owned()), Step::Key("security_rule".to_owned()), Step::Index(index)];
    let at = Hop { resource: group.id.clone(), path: vec![Step::Key("values".to_owned())] };
    let inline = blocks(value(group, "security_rule")).map_err(|why| (why, at.clone()))?;
    // One that may not be there, and would only let in, changes nothing on the way out.
    let inbound = |rule: &&&Resource| value(rule, "direction").and_then(Value::as_text) == Some("Inbound");
    if let Some(rule) = apart.perhaps.iter().find(|rule| !inbound(rule)) {
        return Err((format!("`{}` may be a rule of this group", rule.id.name), at));
    }
    if !inline.is_empty() && !apart.certain.is_empty() {
        return Err((
            "its rules stand partly in the group and partly beside it, so that the last run decides".to_owned(),
            at,
        ));
    }
    let mut rules: Vec<_> = inline
        .into_iter()
        .map(|(index, block)| read(block, Hop { resource: group.id.clone(), path: path(index) }))
        .collect();
    rules.extend(apart.certain.iter().map(|rule| {
        let at = Hop { resource: rule.id.clone(), path: vec![Step::Key("values".to_owned())] };
        match rule.body.get("values") {
            Some(Value::Map(values)) => read(values, at),
            _ => (i64::MIN, Rule::Unread { why: "the rule cannot be read".to_owned(), at }),
        }
    }));
    rules.sort_by_key(|(priority, _)| *priority);
    Ok(rules)
}
