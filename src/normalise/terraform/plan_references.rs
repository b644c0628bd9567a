//! What the unknown values of a plan are taken from, by the `configuration` part of the plan.
use super::{plan::Planned, unknown};
use crate::model::{Item, Text, Unknown, Value};
use std::collections::{BTreeMap, BTreeSet};

/// How many references may lead to one another: an output of a module that takes it from a module, and so on.
const HOPS_MAX: usize = 32;

pub(super) struct References<'v> {
    root: Option<&'v Value>,
    /// Instances by module address and `type.name`.
    instances: BTreeMap<(&'v str, String), Vec<&'v str>>,
}

/// What is looked for: addresses, and whether they are only candidates.
#[derive(Default)]
struct Found {
    addresses: BTreeSet<String>,
    any: bool,
}

impl<'v> References<'v> {
    pub(super) fn new(plan: &'v Value, planned: &[Planned<'v>]) -> Self {
        let mut instances: BTreeMap<(&str, String), Vec<&str>> = BTreeMap::new();
        for one in planned {
            instances.entry((one.module, format!("{}.{}", one.kind, one.name))).or_default().push(one.address);
        }
        Self { root: plan.find(&["configuration", "root_module"]), instances }
    }

    /// The unknown at a path of attribute names of an instance.
    pub(super) fn unknown(&self, one: &Planned<'v>, path: &[Text]) -> Unknown {
        let shown: Vec<&str> = path.iter().map(AsRef::as_ref).collect();
        let why = format!("{}.{} is known after apply", one.address, shown.join("."));
        let mut found = Found::default();
        if let Some(declared) = self.declared(one) {
            let mut expressions = declared.get("expressions");
            for name in path {
                // What is inside the value of an attribute is not told apart: it is taken from some of its references.
                if expressions.and_then(references_of).is_some() {
                    found.any = true;
                    break;
                }
                expressions = expressions.and_then(|expressions| match expressions {
                    // All blocks of a kind: which of them made this one is not told.
                    Value::List(items) => items.iter().find_map(|item| item.value.get(name)),
                    other => other.get(name),
                });
            }
            self.follow(expressions, one, declared, one.module, HOPS_MAX, &mut found);
        }
        let any = found.any && !found.addresses.is_empty();
        Unknown { why, refers: found.addresses.into_iter().collect(), any }
    }

    /// The resource in the configuration.
    fn declared(&self, one: &Planned<'v>) -> Option<&'v Value> {
        let resources = self.module(one.module)?.get("resources")?.as_list()?;
        resources.iter().map(|item| &item.value).find(|resource| {
            let is = |name, text| resource.get(name).and_then(Value::as_text) == Some(text);
            is("type", one.kind) && is("name", one.name)
        })
    }

    /// A module of the configuration by an address of an instance of it.
    fn module(&self, address: &str) -> Option<&'v Value> {
        calls(address)
            .into_iter()
            .try_fold(self.root?, |module, name| module.get("module_calls")?.get(&name)?.get("module"))
    }

    fn follow(
        &self,
        expression: Option<&'v Value>,
        one: &Planned<'v>,
        declared: &'v Value,
        module: &str,
        hops: usize,
        found: &mut Found,
    ) {
        let Some(references) = expression.and_then(references_of) else { return };
        let texts: Vec<&str> = references.iter().filter_map(|item| item.value.as_text()).collect();
        // Each reference is followed by its own beginnings: `azurerm_subnet.a.id`, `azurerm_subnet.a`.
        let whole = texts.iter().filter(|text| {
            !texts
                .iter()
                .any(|other| other.len() > text.len() && other.starts_with(**text) && next_is_step(other, text))
        });
        for reference in whole {
            self.resolve(reference, one, declared, module, hops, found);
        }
    }

    fn resolve(
        &self,
        reference: &str,
        one: &Planned<'v>,
        declared: &'v Value,
        module: &str,
        hops: usize,
        found: &mut Found,
    ) {
        let Some(hops) = hops.checked_sub(1) else { return };
        let (first, second, rest) = steps(reference);
        match first {
            "var" => {
                let Some((caller, name)) = caller(module) else { return };
                let call = self.module(&caller).and_then(|module| module.get("module_calls")?.get(&name));
                let variable = second.split('[').next().unwrap_or(second);
                let expression = call.and_then(|call| call.get("expressions")?.get(variable));
                self.follow(expression, one, declared, &caller, hops, found);
                found.any |= caller.contains('[') || module.contains('[');
            }
            "each" | "count" => {
                let mut candidates = Found::default();
                self.follow(declared.get("for_each_expression"), one, declared, module, hops, &mut candidates);
                keep_same_key(&mut candidates, one);
                found.any |= candidates.any;
                found.addresses.extend(candidates.addresses);
            }
            "module" => {
                let name = second.split('[').next().unwrap_or(second);
                let base = if module.is_empty() { String::new() } else { format!("{module}.") };
                let child = format!("{base}module.{second}");
                let output = rest.split(['.', '[']).next().unwrap_or(rest);
                let called =
                    self.module(module).and_then(|module| module.get("module_calls")?.get(name)?.get("module"));
                let expression = called.and_then(|called| called.get("outputs")?.get(output)?.get("expression"));
                self.follow(expression, one, declared, &child, hops, found);
            }
            "local" | "path" | "terraform" | "self" | "data" => {}
            kind => {
                let name = second.split('[').next().unwrap_or(second);
                let attribute = rest.rsplit('.').next().unwrap_or(rest).split('[').next().unwrap_or("");
                self.instances_of(kind, name, reference, attribute, module, found);
            }
        }
    }

    /// The instances that a reference may mean. Only what identifies a resource is taken: from the name of one, another
    /// text may have been made.
    fn instances_of(&self, kind: &str, name: &str, reference: &str, attribute: &str, module: &str, found: &mut Found) {
        if !unknown::identifies(attribute) && !attribute.is_empty() {
            return;
        }
        if !matches!(super::platforms::of_kind(kind), super::platforms::Standing::Platform(_)) {
            return;
        }
        let known = self.instances.get(&(module, format!("{kind}.{name}")));
        let prefix = if module.is_empty() { String::new() } else { format!("{module}.") };
        let meant = format!("{prefix}{reference}");
        let exact = known.into_iter().flatten().find(|address| {
            address.ends_with(']')
                && (meant == **address || next_is_step(&meant, address) && meant.starts_with(**address))
        });
        match (exact, known) {
            (Some(address), _) => drop(found.addresses.insert((*address).to_owned())),
            (None, Some(all)) => {
                found.any |= all.len() > 1;
                found.addresses.extend(all.iter().map(|address| (*address).to_owned()));
            }
            (None, None) => {}
        }
    }
}

/// Whether what follows a beginning is a step (`.x`, `[0]`) and not more of the same name.
fn next_is_step(whole: &str, beginning: &str) -> bool {
    whole.get(beginning.len()..).is_some_and(|rest| rest.starts_with(['.', '[']))
}

/// The references of an expression, where it is one: a block may have an attribute of that name.
fn references_of(expression: &Value) -> Option<&[Item]> {
    expression.get("references")?.as_list()
}

/// `module.net["a.x"].made` gives `module`, `net["a.x"]`, `made`.
fn steps(reference: &str) -> (&str, &str, &str) {
    let (first, after) = reference.split_once('.').unwrap_or((reference, ""));
    let end = after.find(['.', '[']).unwrap_or(after.len());
    let rest = after_key(after.get(end..).unwrap_or(""));
    let second = after.get(..after.len() - rest.len()).unwrap_or(after);
    (first, second, rest.strip_prefix('.').unwrap_or(rest))
}

/// Names of the calls in a module address: `module.a["k"].module.b` gives `a`, `b`.
pub(super) fn calls(address: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = address;
    while let Some(after) = rest.strip_prefix("module.") {
        let end = after.find(['.', '[']).unwrap_or(after.len());
        let (name, tail) = after.split_at_checked(end).unwrap_or((after, ""));
        names.push(name.to_owned());
        rest = after_key(tail);
        rest = rest.strip_prefix('.').unwrap_or(rest);
    }
    names
}

/// What follows an instance key.
fn after_key(text: &str) -> &str {
    if let Some(quoted) = text.strip_prefix("[\"") {
        let mut escaped = false;
        for (at, c) in quoted.char_indices() {
            match c {
                '"' if !escaped => return quoted.get(at + 2..).unwrap_or(""),
                '\\' => escaped = !escaped,
                _ => escaped = false,
            }
        }
        return "";
    }
    match text.strip_prefix('[') {
        Some(index) => index.split_once(']').map_or("", |(_, rest)| rest),
        None => text,
    }
}

/// The address of the module that calls one, and the name of the call.
fn caller(module: &str) -> Option<(String, String)> {
    let name = calls(module).pop()?;
    let at = module.rfind(&format!("module.{name}"))?;
    let caller = module.get(..at)?.trim_end_matches('.');
    Some((caller.to_owned(), name))
}

/// `each.value` of a loop over a resource is the instance with the same key.
fn keep_same_key(candidates: &mut Found, one: &Planned<'_>) {
    let Some(Value::Text(key)) = one.index else { return };
    let ending = format!("[{}]", serde_json::Value::from(key.as_ref()));
    let same: BTreeSet<String> =
        candidates.addresses.iter().filter(|address| address.ends_with(&ending)).cloned().collect();
    if same.len() == 1 {
        *candidates = Found { addresses: same, any: false };
    } else {
        candidates.any |= !candidates.addresses.is_empty();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_taken_apart_whatever_its_keys_hold() {
        assert_eq!(steps(r#"module.net["a.x"].made"#), ("module", r#"net["a.x"]"#, "made"));
        assert_eq!(steps("azurerm_subnet.a[0].id"), ("azurerm_subnet", "a[0]", "id"));
        assert_eq!(steps("azurerm_subnet.a.b[0].id"), ("azurerm_subnet", "a", "b[0].id"));
        assert_eq!(steps("module.net"), ("module", "net", ""));
        assert_eq!(steps("path"), ("path", "", ""));
    }

    #[test]
    fn calls_are_read_from_a_module_address_whatever_its_keys_hold() {
        assert_eq!(calls(r#"module.a["x.module.y\"]"].module.b[0]"#), ["a", "b"]);
        assert_eq!(caller(r#"module.a["k"].module.b[0]"#), Some((r#"module.a["k"]"#.to_owned(), "b".to_owned())));
        assert_eq!(caller("module.a"), Some((String::new(), "a".to_owned())));
        assert_eq!(caller(""), None);
    }
}
