//! `count`, `for_each` and module calls: from one block to its instances.
use super::{
    evaluator::{Each, Evaluator, Inputs, Instance, Key, Member, Scope, Set, Shape, Target},
    module::{Declared, ModuleCall},
    platforms, roots,
    syntax::Body,
    types,
    unknown::merged,
};
use crate::model::{Number, Origin, Problem, Text, Unknown, Value};
use std::{cell::RefCell, rc::Rc};

/// Instances of one block. A configuration that makes more by hand-written count is a mistake or an attack.
const INSTANCES_MAX: usize = 20_000;

/// How deep module calls may nest; real ones nest three or four deep.
const MODULES_DEEP_MAX: usize = 24;

impl<'p> Evaluator<'p> {
    /// The instances of a resource or data source of a module, by its address there; the first declaration of two.
    pub(super) fn declared(&self, instance: &Instance<'p>, address: &str) -> Option<Rc<Set<'p>>> {
        if let Some(known) = instance.resources.borrow().get(address) {
            return match known {
                Some(set) => Some(Rc::clone(set)),
                None => Some(Rc::new(self.in_a_circle(address))),
            };
        }
        let declared = instance.module.resources.get(address)?.first()?;
        instance.resources.borrow_mut().insert(address.into(), None);
        let set = Rc::new(self.expanded(instance, declared));
        instance.resources.borrow_mut().insert(address.into(), Some(Rc::clone(&set)));
        Some(set)
    }

    /// The instances of a declaration.
    pub(super) fn expanded(&self, instance: &Instance<'p>, declared: &'p Declared) -> Set<'p> {
        let base = within(&instance.address, &declared.address());
        let (shape, keys) = self.keys((&declared.body, &declared.origin), instance, &base);
        let members = keys.into_iter().map(|(key, each)| Member {
            address: format!("{base}{key}"),
            key,
            each,
            target: Target::Resource { declared, instance: instance.number, values: RefCell::new(None) },
        });
        Set { members: members.collect(), shape }
    }

    /// The instances of a module call; `None` where the module is not in the scan.
    pub(super) fn called(&self, instance: &Instance<'p>, name: &str, call: &'p ModuleCall) -> Option<Rc<Set<'p>>> {
        if let Some(known) = instance.calls.borrow().get(name) {
            return known.clone();
        }
        // Whoever asks while it is worked out stands in a circle, and finds nothing here.
        instance.calls.borrow_mut().insert(name.into(), None);
        let set = self.modules(instance, name, call).map(Rc::new);
        instance.calls.borrow_mut().insert(name.into(), set.clone());
        set
    }

    fn modules(&self, instance: &Instance<'p>, name: &str, call: &'p ModuleCall) -> Option<Set<'p>> {
        let base = within(&instance.address, &format!("module.{name}"));
        let path = if instance.path.is_empty() { name.to_owned() } else { format!("{}.{name}", instance.path) };
        let platform = platforms::of_module(call.source.as_deref(), instance.module);
        let found = roots::source_folder(instance.folder, call.source.as_deref())
            .or_else(|| self.project.installed.get(self.root).and_then(|dirs| dirs.get(&path)).cloned());
        let Some((folder, module)) = found.as_ref().and_then(|folder| self.project.modules.get_key_value(folder))
        else {
            let source = call.source.as_deref().unwrap_or("an expression");
            let cause = format!(
                "module `{name}` is not in the scan (source: {source}): \
                 scan its folder too, run `terraform init` before the scan, or scan a plan"
            );
            self.hides(&call.origin, cause, platform);
            return None;
        };
        if self.calls_itself(instance, folder) {
            let cause = format!("module `{name}` calls itself, directly or through others: break the circle");
            self.hides(&call.origin, cause, platform);
            return None;
        }
        let (shape, keys) = self.keys((&call.body, &call.origin), instance, &base);
        let here = matches!(shape, Shape::Unknown(_)).then_some(&base);
        let members = keys.into_iter().map(|(key, each)| {
            let address = format!("{base}{key}");
            let doubtful = instance.doubtful.as_ref().or(here).cloned();
            let inputs = Inputs::Call { caller: instance.number, body: &call.body, each: each.clone() };
            let child = self.instance(folder, module, (address.clone(), path.clone()), inputs, doubtful);
            Member { key, each, address, target: Target::Module(child) }
        });
        Some(Set { members: members.collect(), shape })
    }

    fn calls_itself(&self, instance: &Instance<'p>, folder: &Text) -> bool {
        let mut folders = vec![instance.folder];
        let mut inputs = caller_of(instance);
        while let Some(caller) = inputs.and_then(|number| self.caller(number)) {
            folders.push(caller.folder);
            inputs = caller_of(&caller);
        }
        folders.len() > MODULES_DEEP_MAX || folders.contains(&folder)
    }

    /// What `count` or `for_each` say. An unknown one gives one instance that stands for all.
    fn keys(&self, (body, origin): (&Body, &Origin), instance: &Instance<'p>, base: &str) -> (Shape, Vec<(Key, Each)>) {
        let scope = Scope { instance, each: &Each::None, names: None };
        let evaluated = |name| body.attribute(name).map(|a| self.settled(self.value(&a.value, scope)));
        let (shape, keys) = match (evaluated("count"), evaluated("for_each")) {
            (Some(count), _) => counted(&count),
            (None, Some(collection)) => named(collection),
            (None, None) => return (Shape::Single, vec![(Key::None, Each::None)]),
        };
        if keys.len() > INSTANCES_MAX || self.pay(keys.len() as u64).is_err() {
            let why = format!("{base} has more than {INSTANCES_MAX} instances");
            self.problem(Problem::remark(origin.clone(), format!("{why}: they are read as one")));
            return unknown_keys(Unknown { why, ..Unknown::default() });
        }
        (shape, keys)
    }

    fn in_a_circle(&self, address: &str) -> Set<'p> {
        let unknown = self.circle(address, None);
        let (shape, _) = unknown_keys(merged([&unknown]).unwrap_or_default());
        Set { shape, members: Vec::new() }
    }
}

fn caller_of(instance: &Instance<'_>) -> Option<usize> {
    match instance.inputs {
        Inputs::Root(_) => None,
        Inputs::Call { caller, .. } => Some(caller),
    }
}

/// An address inside a module.
pub(super) fn within(module: &str, address: &str) -> String {
    if module.is_empty() { address.to_owned() } else { format!("{module}.{address}") }
}

fn counted(count: &Value) -> (Shape, Vec<(Key, Each)>) {
    match (count, types::number(count)) {
        (Value::Unknown(unknown), _) => {
            let why = once("the count is not known: ", &unknown.why);
            unknown_keys(Unknown { why, ..unknown.as_ref().clone() })
        }
        (_, Ok(Value::Number(Number::Int(count)))) => {
            let beyond = i64::try_from(INSTANCES_MAX).unwrap_or(i64::MAX).saturating_add(1);
            let keys = (0..count.min(beyond)).map(|index| (Key::Index(index), Each::Count(index.into())));
            (Shape::Count, keys.collect())
        }
        _ => unknown_keys(Unknown { why: "the count is no whole number".to_owned(), ..Unknown::default() }),
    }
}

fn named(collection: Value) -> (Shape, Vec<(Key, Each)>) {
    match collection {
        Value::Unknown(unknown) => unknown_keys(Unknown { why: keys_unknown(&unknown.why), ..*unknown }),
        Value::Map(map) => {
            let pair = |entry: crate::model::Entry| {
                let key = Value::Text(entry.key.clone());
                (Key::Name(entry.key), Each::Pair { key, value: entry.value })
            };
            (
                Shape::Each,
                map.into_iter().filter(|entry| entry.key.as_ref() != super::unknown::ADDRESS).map(pair).collect(),
            )
        }
        Value::List(items) => {
            let mut keys = Vec::with_capacity(items.len());
            for item in &items {
                let Ok(text) = types::text(&item.value) else {
                    let all = merged(items.iter().map(|item| &item.value)).unwrap_or_default();
                    let why = keys_unknown(&all.why);
                    return unknown_keys(Unknown { why, any: !all.refers.is_empty(), refers: all.refers });
                };
                let value = Value::from(text.as_str());
                keys.push((Key::Name(text.into()), Each::Pair { key: value.clone(), value }));
            }
            keys.sort_by(|(a, _), (b, _)| a.cmp(b));
            keys.dedup_by(|(a, _), (b, _)| a == b);
            (Shape::Each, keys)
        }
        _ => unknown_keys(Unknown { why: "for_each is no map or set".to_owned(), ..Unknown::default() }),
    }
}

fn unknown_keys(unknown: Unknown) -> (Shape, Vec<(Key, Each)>) {
    let any = !unknown.refers.is_empty();
    let value = Value::Unknown(Box::new(Unknown { any, ..unknown.clone() }));
    let each = if unknown.why.starts_with("the count") {
        Each::Count(value)
    } else {
        Each::Pair { key: value.clone(), value }
    };
    (Shape::Unknown(unknown), vec![(Key::Unknown, each)])
}

fn keys_unknown(why: &str) -> String {
    once("the keys of for_each are not known: ", why)
}

/// A reason that passes through several loops is given once.
fn once(prefix: &str, why: &str) -> String {
    if why.starts_with(prefix) { why.to_owned() } else { format!("{prefix}{why}") }
}
