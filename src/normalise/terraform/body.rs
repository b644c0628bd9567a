//! The body of a resource: attributes, nested blocks and dynamic blocks.
use super::{
    evaluator::{Cached, Evaluator, Frame, Instance, Member, Scope, Target},
    expression::pairs,
    module::Declared,
    platforms,
    syntax::{Block, Body},
    unknown::{ADDRESS, ALSO, HELPER, last_wins, mentioned, merged},
};
use crate::model::{Entry, Item, Map, Mark, Text, Unknown, Value};
use std::{collections::BTreeSet, rc::Rc};

/// Arguments of Terraform itself, not of the provider.
const META_ATTRIBUTES: [&str; 4] = ["count", "for_each", "provider", "depends_on"];
const META_BLOCKS: [&str; 4] = ["lifecycle", "provisioner", "connection", "timeouts"];

impl<'p> Evaluator<'p> {
    /// What the configuration gives of an instance, with its address under [`ADDRESS`]. Unset is absent.
    pub(super) fn values(&self, member: &Member<'p>) -> Rc<Value> {
        let Target::Resource { declared, instance, values } = &member.target else { return Rc::default() };
        let pending = match &*values.borrow() {
            Some(Cached::Ready(value)) => return Rc::clone(value),
            Some(Cached::Pending) => true,
            None => false,
        };
        let Some(instance) = self.caller(*instance).filter(|_| !pending) else {
            return Rc::new(self.circle(&member.address, Some(&declared.origin)));
        };
        values.replace(Some(Cached::Pending));
        let marker = match platforms::of_kind(&declared.kind) {
            platforms::Standing::Helper => format!("{HELPER}{}", member.address),
            _ if declared.data => self.with_arguments(member, declared, &instance),
            _ => member.address.clone(),
        };
        let scope = Scope { instance: &instance, each: &member.each, names: None };
        let outcome = self.deeper(|| Ok(Value::Map(self.body(&declared.body, scope, &marker, true))));
        let value = Rc::new(self.settled(outcome));
        values.replace(Some(Cached::Ready(Rc::clone(&value))));
        value
    }

    /// The mark of a data source: its address, and those of resources that its arguments mention.
    fn with_arguments(&self, member: &Member<'p>, declared: &Declared, instance: &Instance<'p>) -> String {
        let mut names = BTreeSet::new();
        mentioned(&declared.body, &mut names);
        let mut marker = member.address.clone();
        for name in names {
            let kind = name.split('.').next().unwrap_or(&name);
            let platform = matches!(platforms::of_kind(kind), platforms::Standing::Platform(_));
            let found = if platform { self.declared(instance, &name) } else { None };
            for one in found.iter().flat_map(|set| &set.members) {
                marker.push(ALSO);
                marker.push_str(&one.address);
            }
        }
        marker
    }

    fn body(&self, body: &Body, scope: Scope<'_, 'p>, marker: &str, top: bool) -> Map {
        let mut entries = vec![Entry { key: ADDRESS.into(), at: Mark::default(), value: marker.into() }];
        for attribute in &body.attributes {
            if top && META_ATTRIBUTES.contains(&attribute.name.as_ref()) {
                continue;
            }
            let value = self.settled(self.value(&attribute.value, scope));
            if value != Value::Null {
                entries.push(Entry { key: attribute.name.clone(), at: attribute.at, value });
            }
        }
        let mut map = last_wins(entries);
        for block in &body.blocks {
            if top && META_BLOCKS.contains(&block.kind.as_ref()) {
                continue;
            }
            // A list of kinds without end would cost its square. What is left out is said with the steps.
            if self.pay(1 + map.len() as u64 / 16).is_err() {
                break;
            }
            match (block.kind.as_ref(), block.labels.first()) {
                ("dynamic", Some(kind)) => self.dynamic(&mut map, kind, block, scope, marker),
                _ => {
                    let value = Value::Map(self.body(&block.body, scope, marker, false));
                    push(&mut map, &block.kind, block.at, value);
                }
            }
        }
        map
    }

    /// Blocks made by a loop. Where it is not known how many, the whole list is unknown.
    fn dynamic(&self, map: &mut Map, kind: &Text, block: &Block, scope: Scope<'_, 'p>, marker: &str) {
        let Some(content) = block.body.blocks.iter().find(|inner| inner.kind.as_ref() == "content") else { return };
        let Some(collection) = block.body.attribute("for_each") else { return };
        let iterator = block.body.attribute("iterator").and_then(|iterator| iterator.value.name()).unwrap_or(kind);
        let collection = self.settled(self.value(&collection.value, scope));
        let one = |key: Value, value: Value| {
            let pair: Map = [("key", key), ("value", value)].into_iter().collect();
            let frame = Frame { name: iterator, value: &Value::Map(pair), outer: scope.names };
            Value::Map(self.body(&content.body, Scope { names: Some(&frame), ..scope }, marker, false))
        };
        match (&collection, pairs(&collection)) {
            (Value::Unknown(unknown), _) => {
                let why = format!("the number of `{kind}` blocks is not known: {}", unknown.why);
                let made = one(collection.clone(), collection.clone());
                let taken = merged([&made, &collection]).unwrap_or_default();
                let any = !taken.refers.is_empty();
                make_unknown(map, kind, block.at, Unknown { why, refers: taken.refers, any });
            }
            (_, Ok(pairs)) => {
                for (key, value) in pairs {
                    let value = one(key, self.copy(value));
                    push(map, kind, block.at, value);
                }
            }
            (_, Err(fault)) => {
                let why = format!("the number of `{kind}` blocks is not known: {}", fault.0);
                make_unknown(map, kind, block.at, Unknown { why, ..Unknown::default() });
            }
        }
    }
}

/// Adds a block to the list under its kind; a list that is already unknown stays so.
fn push(map: &mut Map, kind: &Text, at: Mark, value: Value) {
    let item = Item { at, value };
    match map.get_mut(kind) {
        Some(Value::List(items)) => items.push(item),
        Some(Value::Unknown(unknown)) => {
            if let Some(more) = merged([&item.value]) {
                super::unknown::join(unknown, &more);
                unknown.any = !unknown.refers.is_empty();
            }
        }
        _ => {
            map.insert(Entry { key: kind.clone(), at, value: Value::List(vec![item]) });
        }
    }
}

fn make_unknown(map: &mut Map, kind: &Text, at: Mark, mut unknown: Unknown) {
    if let Some(more) = map.get(kind).and_then(|old| merged([old])) {
        super::unknown::join(&mut unknown, &more);
        unknown.any = !unknown.refers.is_empty();
    }
    map.insert(Entry { key: kind.clone(), at, value: Value::Unknown(Box::new(unknown)) });
}
