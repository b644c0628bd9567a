//! What was evaluated of a root, as resources.
use super::{
    evaluator::{Evaluator, Instance, Member, Set, Shape, Target},
    module::Declared,
    platforms::{self, DATA, Standing},
    provider_facts,
    unknown::{finished, mentioned_in, merged},
};
use crate::model::{
    Hidden, Map, Origin, Platform, Problem, Provider, Resource, ResourceId, Scope as ResourceScope, Text, Unknown,
    Value,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

/// Resources of a root, and what was seen of kinds that nobody reads.
pub(super) struct Emission {
    pub(super) resources: Vec<Resource>,
    /// By provider: its types and the first place.
    unread: BTreeMap<String, (BTreeSet<Text>, Origin, Option<Platform>)>,
}

impl<'p> Evaluator<'p> {
    /// Every module instance below and with this one.
    pub(super) fn tree(&self, instance: &Rc<Instance<'p>>) -> Vec<Rc<Instance<'p>>> {
        let mut all = vec![Rc::clone(instance)];
        let mut next = 0;
        while let Some(instance) = all.get(next).cloned() {
            next += 1;
            for (name, call) in &instance.module.calls {
                let Some(set) = self.called(&instance, name, call) else { continue };
                all.extend(set.members.iter().filter_map(|member| match &member.target {
                    Target::Module(child) => Some(Rc::clone(child)),
                    Target::Resource { .. } => None,
                }));
            }
        }
        all
    }

    /// All resources of these instances; `majors` tells the versions of a provider.
    pub(super) fn emitted(&self, tree: &[Rc<Instance<'p>>], majors: &dyn Fn(&str) -> Vec<u32>) -> Emission {
        let mut emission = Emission { resources: Vec::new(), unread: BTreeMap::new() };
        for instance in tree {
            for (address, declarations) in &instance.module.resources {
                for (at, declared) in declarations.iter().enumerate() {
                    let platform = match platforms::of_kind(&declared.kind) {
                        Standing::Platform(platform) if !declared.data || DATA.contains(&declared.kind.as_ref()) => {
                            platform
                        }
                        Standing::Unread(platform) if !declared.data => {
                            emission.leave_out(declared, platform);
                            continue;
                        }
                        Standing::Platform(_) | Standing::Helper | Standing::Unread(_) => continue,
                    };
                    let set = match at {
                        0 => self.declared(instance, address),
                        _ => Some(Rc::new(self.expanded(instance, declared))),
                    };
                    for member in set.iter().flat_map(|set| &set.members) {
                        let doubt = set.as_ref().and_then(|set| doubt(instance, set));
                        let resource = self.resource_of(platform, declared, member, doubt.as_ref(), majors);
                        emission.resources.push(resource);
                    }
                }
            }
        }
        emission
    }

    fn resource_of(
        &self,
        platform: Platform,
        declared: &Declared,
        member: &Member<'p>,
        doubt: Option<&Doubt>,
        majors: &dyn Fn(&str) -> Vec<u32>,
    ) -> Resource {
        let mut values = match self.values(member).as_ref() {
            Value::Map(map) => map.clone(),
            _ => Map::new(),
        };
        if let Some(doubt) = doubt {
            doubt.lay_over(&mut values, declared);
        }
        let provider = platforms::provider(&declared.kind);
        let majors = majors(provider);
        if !declared.data {
            provider_facts::apply(&declared.kind, &mut values, &majors);
        }
        let body = body(&declared.kind, &member.address, finished(Value::Map(values)));
        resource(
            platform,
            self.root,
            &declared.kind,
            &member.address,
            declared.origin.clone(),
            body,
            (provider, majors),
        )
    }
}

/// `{type, address, values}`.
pub(super) fn body(kind: &str, address: &str, values: Value) -> Value {
    let mut body = Map::new();
    body.put("type", kind);
    body.put("address", address);
    body.put("values", values);
    Value::Map(body)
}

pub(super) fn resource(
    platform: Platform,
    root: &Text,
    kind: &str,
    address: &str,
    origin: Origin,
    body: Value,
    (provider, majors): (&str, Vec<u32>),
) -> Resource {
    let id = ResourceId { platform, root: root.clone(), kind: kind.into(), namespace: "".into(), name: address.into() };
    Resource {
        id,
        origin,
        body,
        pod: None,
        provider: Some(Provider { name: provider.into(), majors }),
        flows: None,
        scope: ResourceScope::Project,
    }
}

impl Emission {
    fn leave_out(&mut self, declared: &Declared, platform: Option<Platform>) {
        let provider = platforms::provider(&declared.kind).to_owned();
        let place = || (BTreeSet::new(), declared.origin.clone(), platform);
        self.unread.entry(provider).or_insert_with(place).0.insert(declared.kind.clone());
    }

    /// One problem for each provider whose resources nobody reads.
    pub(super) fn problems(&self, root: &Text) -> Vec<Problem> {
        self.unread
            .iter()
            .map(|(provider, (kinds, origin, platform))| {
                let kinds: Vec<&str> = kinds.iter().map(AsRef::as_ref).collect();
                let cause = format!("resources of the provider `{provider}` are not read: {}", kinds.join(", "));
                let hides = platform.map(|platform| Hidden {
                    platform: Some(platform),
                    root: Some(root.clone()),
                    ..Hidden::default()
                });
                Problem { origin: origin.clone(), cause, hides }
            })
            .collect()
    }
}

/// Why it cannot be told whether an instance exists at all.
struct Doubt {
    why: String,
    /// What lies below this address exists together with the instance.
    together: String,
}

fn doubt(instance: &Instance<'_>, set: &Set<'_>) -> Option<Doubt> {
    if let Some(module) = &instance.doubtful {
        let why = format!("how many instances {module} has is not known");
        return Some(Doubt { why, together: format!("{module}[?].") });
    }
    match &set.shape {
        Shape::Unknown(unknown) => Some(Doubt { why: unknown.why.clone(), together: "\0".to_owned() }),
        Shape::Single | Shape::Count | Shape::Each => None,
    }
}

impl Doubt {
    /// What may not exist must not vouch for another resource: its pointers are unknown, and refer to candidates.
    fn lay_over(&self, values: &mut Map, declared: &Declared) {
        for (name, value) in values.iter_mut() {
            let taken = merged([&*value]);
            let inside = taken.as_ref().is_some_and(|taken| {
                !taken.refers.is_empty()
                    && taken.refers.iter().all(|at| at.trim_start_matches('?').starts_with(&self.together))
            });
            if inside || !points(name, declared) {
                continue;
            }
            let refers = taken.map(|taken| taken.refers).unwrap_or_default();
            let why = format!("whether the resource exists is not known: {}", self.why);
            *value = Value::Unknown(Box::new(Unknown { why, any: !refers.is_empty(), refers }));
        }
    }
}

/// Whether a top-level attribute may name another resource: by its own name, or because it is taken from one.
fn points(name: &str, declared: &Declared) -> bool {
    const ENDINGS: [&str; 6] = ["_id", "_ids", "_name", "_names", "_arn", "_arns"];
    if ENDINGS.iter().any(|ending| name.ends_with(ending)) {
        return true;
    }
    let Some(attribute) = declared.body.attribute(name) else { return false };
    let mut names = BTreeSet::new();
    mentioned_in(&attribute.value, &mut names);
    names.iter().any(|mentioned| {
        let first = mentioned.split('.').next().unwrap_or(mentioned);
        first == "module"
            || first == "data"
            || matches!(platforms::of_kind(first), Standing::Platform(_) if first.contains('_'))
    })
}
