//! What a name stands for, and what is looked up in it.
use super::{
    evaluator::{Each, Evaluator, Fault, Instance, Key, Member, Outcome, Scope, Set, Shape, Target},
    expand::within,
    files::TEMPLATE,
    platforms,
    syntax::{Access, Node},
    types,
    unknown::{ADDRESS, address_of, join, merged, placeless, taken_from},
};
use crate::model::{Item, Map, Mark, Number, Text, Unknown, Value};

impl<'p> Evaluator<'p> {
    pub(super) fn reference(&self, name: &Text, steps: &[Access], scope: Scope<'_, 'p>) -> Outcome {
        let mut frame = scope.names;
        while let Some(inner) = frame {
            if inner.name == name.as_ref() {
                return self.walk(inner.value, steps, scope);
            }
            if inner.name == TEMPLATE {
                let variable = inner.value.get(name).ok_or_else(|| Fault(format!("the template has no `{name}`")))?;
                return self.walk(variable, steps, scope);
            }
            frame = inner.outer;
        }
        let Some((Access::Name(member), rest)) = steps.split_first() else {
            return Err(Fault(format!("there is no `{name}` here")));
        };
        let instance = scope.instance;
        match name.as_ref() {
            "var" => self.stored(instance, self.variable(instance, member), rest, scope),
            "local" => self.stored(instance, self.local(instance, member), rest, scope),
            "module" => self.module(instance, member, rest, scope),
            "each" | "count" => self.each(name, member, rest, scope),
            "path" if member.as_ref() == "module" => Ok(self.module_path(instance)),
            // Terraform runs in the folder of the root.
            "path" if member.as_ref() == "root" => Ok(Value::from(".")),
            "path" => Ok(Value::unknown(format!("path.{member} depends on where the program runs"))),
            "terraform" | "tofu" => Ok(Value::unknown(format!("{name}.{member} is chosen when the program runs"))),
            "self" => Ok(Value::unknown("self is known after apply")),
            "data" | "resource" | "ephemeral" => match rest.split_first() {
                Some((Access::Name(last), rest)) => {
                    let prefix = if name.as_ref() == "data" { "data." } else { "" };
                    self.resource(instance, &format!("{prefix}{member}.{last}"), rest, scope)
                }
                _ => Err(Fault(format!("`{name}.{member}` names no resource"))),
            },
            kind => self.resource(instance, &format!("{kind}.{member}"), rest, scope),
        }
    }

    fn stored(
        &self,
        instance: &Instance<'p>,
        value: Result<std::rc::Rc<Value>, Fault>,
        steps: &[Access],
        scope: Scope<'_, 'p>,
    ) -> Outcome {
        match value {
            Ok(value) => self.walk(&value, steps, scope),
            Err(fault) => missing(instance, fault.0),
        }
    }

    fn each(&self, name: &str, member: &Text, steps: &[Access], scope: Scope<'_, 'p>) -> Outcome {
        match (scope.each, name, member.as_ref()) {
            (Each::Count(index), "count", "index") => self.walk(index, steps, scope),
            (Each::Pair { key, .. }, "each", "key") => self.walk(key, steps, scope),
            (Each::Pair { value, .. }, "each", "value") => self.walk(value, steps, scope),
            _ => Err(Fault(format!("there is no {name}.{member} here"))),
        }
    }

    fn module(&self, instance: &Instance<'p>, name: &str, steps: &[Access], scope: Scope<'_, 'p>) -> Outcome {
        let Some(call) = self.call_of(instance, name) else {
            return missing(instance, format!("there is no module `{name}`"));
        };
        match self.called(instance, name, call) {
            Some(set) => self.in_set(&set, steps, scope),
            None => Ok(Value::unknown(format!("module.{name} is not in the scan"))),
        }
    }

    fn resource(&self, instance: &Instance<'p>, address: &str, steps: &[Access], scope: Scope<'_, 'p>) -> Outcome {
        match self.declared(instance, address) {
            Some(set) => self.in_set(&set, steps, scope),
            None => Ok(undeclared(instance, address, steps)),
        }
    }

    /// Looks up an instance of a resource or module, and what is wanted of it.
    fn in_set(&self, set: &Set<'p>, steps: &[Access], scope: Scope<'_, 'p>) -> Outcome {
        let all = |steps: &[Access]| -> Result<Vec<Value>, Fault> {
            set.members.iter().map(|member| self.in_member(member, steps, scope)).collect()
        };
        // Members stand in the order of their keys.
        let place = |key: &Key| set.members.binary_search_by(|member| member.key.cmp(key)).ok();
        let found = |key: Key, rest: &[Access]| match place(&key).and_then(|at| set.members.get(at)) {
            Some(member) => self.in_member(member, rest, scope),
            None => Err(Fault(format!("there is no instance {key}"))),
        };
        match (&set.shape, steps.split_first(), set.members.first()) {
            (Shape::Single, _, Some(member)) => self.in_member(member, steps, scope),
            (Shape::Single, _, None) => Err(Fault("there is no instance".to_owned())),
            (Shape::Unknown(unknown), first, Some(member)) => {
                let rest = match first {
                    Some((Access::Index(_) | Access::Splat | Access::NameSplat, rest)) => rest,
                    Some((Access::Name(_), _)) | None => steps,
                };
                let value = self.in_member(member, rest, scope)?;
                let one = matches!(first, Some((Access::Index(_) | Access::Name(_), _)));
                Ok(if one && !super::unknown::has_unknown(&value) { value } else { any_of(&[value], &unknown.why) })
            }
            (Shape::Unknown(unknown), _, None) => Ok(Value::Unknown(Box::new(unknown.clone()))),
            (Shape::Count, None, _) => Ok(list(all(&[])?)),
            (Shape::Each, None, _) => {
                let values = all(&[])?;
                Ok(Value::Map(set.members.iter().map(|member| name_of(&member.key)).zip(values).collect::<Map>()))
            }
            (Shape::Count | Shape::Each, Some((Access::Index(index), rest)), _) => {
                match (self.value(index, scope)?, &set.shape) {
                    (Value::Unknown(unknown), _) => Ok(any_of(&all(rest)?, &unknown.why)),
                    (key, Shape::Count) => match types::number(&key) {
                        Ok(Value::Number(Number::Int(index))) => found(Key::Index(index), rest),
                        _ => Err(Fault("an instance is counted by whole numbers".to_owned())),
                    },
                    (key, _) => found(Key::Name(types::text(&key).map_err(Fault)?.into()), rest),
                }
            }
            (Shape::Count | Shape::Each, Some((step @ (Access::Splat | Access::NameSplat), rest)), _) => {
                let (inner, outer) = splat(step, rest);
                self.walk(&list(all(inner)?), outer, scope)
            }
            (Shape::Each, Some((Access::Name(name), rest)), _) => found(Key::Name(name.clone()), rest),
            (Shape::Count, Some((Access::Name(name), _)), _) => {
                Err(Fault(format!("`{name}` is looked up in a list of instances")))
            }
        }
    }

    fn in_member(&self, member: &Member<'p>, steps: &[Access], scope: Scope<'_, 'p>) -> Outcome {
        match &member.target {
            Target::Resource { .. } => {
                let values = self.values(member);
                let mut value = self.walk(&values, steps, scope)?;
                placeless(&mut value);
                Ok(value)
            }
            Target::Module(instance) => match steps.split_first() {
                Some((Access::Name(name), rest)) => self.stored(instance, self.output(instance, name), rest, scope),
                Some(_) => Err(Fault(format!("{} is looked up by the name of an output", member.address))),
                None => {
                    let mut outputs = Map::new();
                    for name in instance.module.outputs.keys() {
                        let value = self.output(instance, name)?;
                        outputs.put(name.clone(), self.copy(&value));
                    }
                    Ok(Value::Map(outputs))
                }
            },
        }
    }

    /// Goes down into a value. Copies only what it ends at.
    pub(super) fn walk(&self, value: &Value, steps: &[Access], scope: Scope<'_, 'p>) -> Outcome {
        let Some((step, rest)) = steps.split_first() else { return Ok(self.copy(value)) };
        if let Value::Unknown(unknown) = value {
            return Ok(Value::Unknown(unknown.clone()));
        }
        match step {
            Access::Name(name) => self.member(value, name, rest, scope),
            Access::Index(index) => match self.index(index, scope)? {
                Value::Unknown(unknown) => {
                    let candidates: Vec<Value> = match value {
                        Value::List(items) => items.iter().map(|item| self.walk(&item.value, rest, scope)).collect(),
                        Value::Map(map) => map.iter().map(|entry| self.walk(&entry.value, rest, scope)).collect(),
                        _ => Vec::new(),
                    }
                    .into_iter()
                    .map(|outcome: Outcome| self.settled(outcome))
                    .collect();
                    Ok(any_of(&candidates, &unknown.why))
                }
                key => match (value, &key) {
                    (Value::List(items), key) => {
                        let index = types::number(key).map_err(Fault)?.as_int().and_then(|at| usize::try_from(at).ok());
                        match index.and_then(|at| items.get(at)) {
                            Some(item) => self.walk(&item.value, rest, scope),
                            None => Err(Fault("the index is outside the list".to_owned())),
                        }
                    }
                    (value, key) => self.member(value, &types::text(key).map_err(Fault)?, rest, scope),
                },
            },
            Access::Splat | Access::NameSplat => {
                let (inner, outer) = splat(step, rest);
                let values = match value {
                    Value::Null => Vec::new(),
                    Value::List(items) => {
                        items.iter().map(|item| self.walk(&item.value, inner, scope)).collect::<Result<_, _>>()?
                    }
                    single => vec![self.walk(single, inner, scope)?],
                };
                self.walk(&list(values), outer, scope)
            }
        }
    }

    fn index(&self, index: &Node, scope: Scope<'_, 'p>) -> Outcome {
        self.value(index, scope)
    }

    /// A member of a map. What the configuration does not give of a resource is known after apply.
    fn member(&self, value: &Value, name: &str, rest: &[Access], scope: Scope<'_, 'p>) -> Outcome {
        let Value::Map(map) = value else {
            return Err(Fault(match value {
                Value::Null => format!("`{name}` is looked up in null"),
                _ => format!("`{name}` is looked up in something that has no members"),
            }));
        };
        let address = map.get(ADDRESS).and_then(Value::as_text);
        match (map.get(name), address) {
            (Some(Value::Unknown(unknown)), Some(address)) => {
                let mut unknown = unknown.clone();
                join(&mut unknown, &taken_from(address, name, ""));
                Ok(Value::Unknown(unknown))
            }
            (Some(Value::Null) | None, Some(address)) => {
                let why = format!("{}.{name} is known after apply", address_of(address));
                Ok(Value::Unknown(Box::new(taken_from(address, name, why))))
            }
            (Some(member), _) => self.walk(member, rest, scope),
            (None, None) => Err(Fault(format!("there is no member `{name}`"))),
        }
    }
}

/// Which steps a splat applies to each element, and which to the list of results.
fn splat<'s>(step: &Access, rest: &'s [Access]) -> (&'s [Access], &'s [Access]) {
    let end = match step {
        Access::NameSplat => rest.iter().position(|step| !matches!(step, Access::Name(_))).unwrap_or(rest.len()),
        Access::Name(_) | Access::Index(_) | Access::Splat => rest.len(),
    };
    rest.split_at_checked(end).unwrap_or((rest, &[]))
}

/// What is not declared; or may be, in a file that could not be read.
fn missing(instance: &Instance<'_>, why: String) -> Outcome {
    if instance.module.broken {
        return Ok(Value::unknown(format!("{why}, or it is in a file that could not be read")));
    }
    Err(Fault(why))
}

/// A resource that is declared nowhere is an error in Terraform, also inside `try`. Its address is known all the same.
fn undeclared(instance: &Instance<'_>, address: &str, steps: &[Access]) -> Value {
    let kind = address.strip_prefix("data.").unwrap_or(address).split('.').next().unwrap_or(address);
    let attribute = steps.iter().rev().find_map(|step| match step {
        Access::Name(name) => Some(name.as_ref()),
        Access::Index(_) | Access::Splat | Access::NameSplat => None,
    });
    let why = format!("there is no `{address}`");
    match platforms::of_kind(kind) {
        platforms::Standing::Platform(_) => {
            let address = within(&instance.address, address);
            Value::Unknown(Box::new(taken_from(&address, attribute.unwrap_or("id"), why)))
        }
        platforms::Standing::Helper | platforms::Standing::Unread(_) => Value::unknown(why),
    }
}

/// One of several, and it cannot be told which.
fn any_of(candidates: &[Value], why: &str) -> Value {
    if let Some((first, others)) = candidates.split_first()
        && !super::unknown::has_unknown(first)
        && !others.is_empty()
        && others.iter().all(|other| other == first)
    {
        return first.clone();
    }
    let taken = merged(candidates).unwrap_or_default();
    Value::Unknown(Box::new(Unknown { why: why.to_owned(), any: !taken.refers.is_empty(), refers: taken.refers }))
}

pub(super) fn list(values: Vec<Value>) -> Value {
    Value::List(values.into_iter().map(|value| Item { at: Mark::default(), value }).collect())
}

fn name_of(key: &Key) -> Text {
    match key {
        Key::Name(name) => name.clone(),
        Key::None | Key::Index(_) | Key::Unknown => key.to_string().into(),
    }
}
