//! The resources of one Terraform root, and which of them their values point at.
use crate::model::{Environment, Map, Platform, Problem, Resource, Text, Value, View};
use std::collections::BTreeMap;

/// What resources of one root see of each other.
#[derive(Debug, Default)]
pub(in crate::reach) struct Sight<'a> {
    kinds: BTreeMap<&'a str, Vec<&'a Resource>>,
    /// By address; `None` where two resources share one.
    addresses: BTreeMap<&'a str, Option<&'a Resource>>,
    /// Why more of these may be there: a source of the root that was not read.
    unread: Option<String>,
}

/// Where a value leads, among resources of one kind.
#[derive(Clone, Debug)]
pub(in crate::reach) enum Pointer<'a> {
    /// Not set.
    Absent,
    To(&'a Resource),
    /// Something that is not in sight: its id, or what it is taken from.
    Beyond(String),
    /// It cannot be told; one clause says why.
    Unknown(String),
}

/// Resources that point at another: for certain, and perhaps.
#[derive(Debug, Default)]
pub(in crate::reach) struct Pointing<'a> {
    pub(in crate::reach) certain: Vec<&'a Resource>,
    /// Whose pointer is unknown, or leads to one of several.
    pub(in crate::reach) perhaps: Vec<&'a Resource>,
}

impl<'a> Sight<'a> {
    /// What the resources of a root see.
    #[must_use]
    pub(in crate::reach) fn of(environment: &'a Environment, root: &Text) -> Self {
        let view = View::Root(Platform::Azurerm, root.clone());
        let problem = environment.hidden(Platform::Azurerm, root).next();
        let why =
            |problem: &Problem| format!("what was not read may decide ({}: {})", problem.origin.path(), problem.cause);
        let mut sight = Self { unread: problem.map(why), ..Self::default() };
        for (id, resources) in &environment.resources {
            if !environment.sees(&view, id) || id.platform != Platform::Azurerm {
                continue;
            }
            let only = if let [resource] = resources.as_slice() { Some(resource) } else { None };
            sight.addresses.insert(&id.name, only);
            sight.kinds.entry(&id.kind).or_default().extend(resources);
        }
        sight
    }

    /// Why what is not in sight may be there all the same.
    #[must_use]
    pub(in crate::reach) fn unread(&self) -> Option<&str> {
        self.unread.as_deref()
    }

    /// All of a kind, in order of address.
    #[must_use]
    pub(in crate::reach) fn all(&self, kind: &str) -> &[&'a Resource] {
        self.kinds.get(kind).map_or(&[], Vec::as_slice)
    }

    /// Where a value leads, among resources of a kind: by reference, by the id of a plan, or by name.
    #[must_use]
    pub(in crate::reach) fn follow(&self, value: Option<&Value>, kind: &str) -> Pointer<'a> {
        match value {
            None | Some(Value::Null) => Pointer::Absent,
            Some(Value::Text(text)) if text.is_empty() => Pointer::Absent,
            Some(Value::Text(text)) => {
                let found = self.all(kind).iter().find(|resource| is_called(resource, text));
                found.map_or_else(|| Pointer::Beyond(text.to_string()), |resource| Pointer::To(resource))
            }
            Some(Value::Unknown(unknown)) => {
                let mut candidates = unknown.refers.iter().filter(|address| self.is_kind(address, kind));
                match (candidates.next(), candidates.next()) {
                    (Some(address), None) if !unknown.any => self
                        .addresses
                        .get(address.as_str())
                        .copied()
                        .flatten()
                        .map_or_else(|| Pointer::Unknown(format!("`{address}` is defined twice")), Pointer::To),
                    (Some(_), _) => Pointer::Unknown("it leads to one of several".to_owned()),
                    (None, _) => match unknown.refers.first() {
                        Some(address) => Pointer::Beyond(address.clone()),
                        None => Pointer::Unknown(unknown.why.clone()),
                    },
                }
            }
            Some(_) => Pointer::Unknown("it is not of the expected type".to_owned()),
        }
    }

    /// Resources of a kind whose attribute points at a resource.
    #[must_use]
    pub(in crate::reach) fn pointing(&self, kind: &str, attribute: &str, target: &Resource) -> Pointing<'a> {
        let mut pointing = Pointing::default();
        for resource in self.all(kind) {
            let value = value(resource, attribute);
            if points(value, target) {
                pointing.certain.push(*resource);
            } else if may_point(value, target) {
                pointing.perhaps.push(*resource);
            }
        }
        pointing
    }

    fn is_kind(&self, address: &str, kind: &str) -> bool {
        self.all(kind).iter().any(|resource| resource.id.name.as_ref() == address)
    }
}

/// Whether a value is taken from a resource for certain, or is its id.
#[must_use]
pub(in crate::reach) fn points(value: Option<&Value>, target: &Resource) -> bool {
    match value {
        Some(Value::Unknown(unknown)) => {
            !unknown.any && unknown.refers.iter().any(|address| *address == *target.id.name)
        }
        Some(Value::Text(text)) => is_called(target, text),
        _ => false,
    }
}

/// Whether a value could be taken from a resource, and that cannot be told.
#[must_use]
pub(in crate::reach) fn may_point(value: Option<&Value>, target: &Resource) -> bool {
    value.and_then(Value::as_unknown).is_some_and(|unknown| {
        unknown.refers.is_empty() || (unknown.any && unknown.refers.iter().any(|address| *address == *target.id.name))
    })
}

/// By its id, which Azure compares without case, or by its name where a name is all that is given.
fn is_called(resource: &Resource, text: &str) -> bool {
    let says = |attribute| value(resource, attribute).and_then(Value::as_text);
    if text.contains('/') {
        says("id").is_some_and(|id| id.eq_ignore_ascii_case(text))
    } else {
        says("name").is_some_and(|name| name.eq_ignore_ascii_case(text))
    }
}

/// An attribute of a Terraform resource; `None` where it is not set. An unreadable body gives itself.
#[must_use]
pub(in crate::reach) fn value<'a>(resource: &'a Resource, attribute: &str) -> Option<&'a Value> {
    match resource.body.get("values") {
        Some(Value::Map(values)) => set(values, attribute),
        Some(unknown @ Value::Unknown(_)) => Some(unknown),
        _ => None,
    }
}

/// A member of a map that is set: Terraform's null is not.
#[must_use]
pub(in crate::reach) fn set<'a>(map: &'a Map, attribute: &str) -> Option<&'a Value> {
    map.get(attribute).filter(|value| **value != Value::Null)
}

/// The blocks of a name with their place in the list; `Err` gives what keeps from reading them.
///
/// # Errors
/// The reason, where the list or one of its blocks is unknown.
pub(in crate::reach) fn blocks(holder: Option<&Value>) -> Result<Vec<(usize, &Map)>, String> {
    match holder {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::List(items)) => items
            .iter()
            .enumerate()
            .map(|(index, item)| match &item.value {
                Value::Map(map) => Ok((index, map)),
                Value::Unknown(unknown) => Err(unknown.why.clone()),
                _ => Err("a block is not of the expected type".to_owned()),
            })
            .collect(),
        Some(Value::Unknown(unknown)) => Err(unknown.why.clone()),
        Some(_) => Err("a block is not of the expected type".to_owned()),
    }
}
