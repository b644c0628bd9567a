//! What encrypts the storage that Kubernetes objects ask for: claim → class → provisioner → provider.
//!
//! Subjects are claims, workloads that bring claims of their own (StatefulSet templates, ephemeral volumes), KubeVirt
//! DataVolumes, classes and volumes made by hand. One way per claim; a workload that asks for none has none (`[]`).
//! Every way has the facts `claim` (its name), `class` and `provisioner` (`""` where there is none), and
//! - closed: `by` (`platform default`, `parameter`, `attested`) and `customer_key` (whether a key of one's own is named;
//!   an unknown where that cannot be read);
//! - open: `why`, one English clause;
//! - unknown: `why`.
//!
//! The last hop is the place to edit: the class's parameter or provisioner, the volume's source, or the claim where no
//! class could be followed. What lies on nodes (emptyDir, images, swap) and keys themselves are judged elsewhere.
mod provisioners;
mod store;

use crate::{
    model::{Environment, Hop, Path, Platform, Reach, Resource, ResourceId, Step, Text, Value, Way, shown},
    reach::doubt::{Doubt, field, index, key, list},
};
use provisioners::{Encryption, Provisioner};
use std::collections::{BTreeMap, BTreeSet};
use store::{Store, attested, unknown};

const CLASS: &str = "storage.k8s.io/StorageClass";
const CLAIM: &str = "PersistentVolumeClaim";
const VOLUME: &str = "PersistentVolume";
const DATA_VOLUME: &str = "cdi.kubevirt.io/DataVolume";
/// Annotations that make a class the default one, the older form last.
const IS_DEFAULT: [&str; 2] =
    ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];
/// How a claim named its class before `storageClassName` (still honoured, and outranks it).
const CLASS_ANNOTATION: &str = "volume.beta.kubernetes.io/storage-class";

/// Whether what encrypts a claim is read from objects of this kind.
pub(super) fn reads(kind: &str) -> bool {
    KINDS.contains(&kind)
}

/// Kinds that say what encrypts a claim.
pub(super) const KINDS: [&str; 4] = [CLASS, CLAIM, VOLUME, DATA_VOLUME];

/// Fills `storage` for every subject that asks for storage or describes it.
pub(super) fn derive(environment: &Environment, subjects: &[&Resource], reach: &mut Reach) {
    let stores = Stores::index(environment);
    for subject in subjects.iter().filter(|subject| subject.id.platform == Platform::Kubernetes) {
        add(&stores, subject, reach);
    }
}

/// Fills `storage` for one subject.
pub(super) fn add<'a>(stores: &Stores<'a>, subject: &'a Resource, reach: &mut Reach) {
    let ways = match subject.id.kind.as_ref() {
        CLASS => vec![stores.class(subject, &subject.id.name, Vec::new())],
        VOLUME => vec![stores.volume(subject, &subject.id.name, Vec::new())],
        CLAIM => vec![stores.claim(&Claim::own(subject))],
        DATA_VOLUME => vec![stores.data_volume(subject)],
        _ if subject.pod.is_some() => stores.workload(subject),
        _ => return,
    };
    let all = reach.storage.entry(subject.id.clone()).or_default();
    for way in ways {
        if !all.contains(&way) {
            all.push(way);
        }
    }
}

/// A claim: where it stands and what it says.
struct Claim<'a> {
    resource: &'a Resource,
    name: &'a str,
    /// The claim's metadata, for the older annotation.
    metadata: Option<&'a Value>,
    spec: Option<&'a Value>,
    path: Path,
}

/// By cluster and name; more than one where it is defined twice.
type ByName<'a> = BTreeMap<(&'a Text, &'a str), Vec<&'a Resource>>;

/// Classes and volumes, and which classes are attested.
pub(super) struct Stores<'a> {
    environment: &'a Environment,
    classes: ByName<'a>,
    volumes: ByName<'a>,
    attested: BTreeSet<&'a str>,
}

impl<'a> Claim<'a> {
    fn own(resource: &'a Resource) -> Self {
        Self {
            resource,
            name: &resource.id.name,
            metadata: field(&resource.body, "metadata"),
            spec: field(&resource.body, "spec"),
            path: vec![Step::Key("spec".to_owned())],
        }
    }

    /// A template inside a workload.
    fn template(resource: &'a Resource, value: &'a Value, path: &[Step], name: Option<&'a str>) -> Self {
        let metadata = field(value, "metadata");
        let own = metadata.and_then(|metadata| field(metadata, "name")).and_then(Value::as_text);
        let spec = field(value, "spec");
        Self { resource, name: name.or(own).unwrap_or(""), metadata, spec, path: key(path, "spec") }
    }

    fn hop(&self, field: &str) -> Hop {
        Hop { resource: self.resource.id.clone(), path: key(&self.path, field) }
    }

    /// The class's name and where it is given; `None` where the default class is meant.
    fn class(&self) -> Result<Option<(&'a str, Hop)>, Way> {
        let annotation = self.metadata.and_then(|metadata| metadata.find(&["annotations", CLASS_ANNOTATION]));
        if let Some(name) = annotation.and_then(Value::as_text) {
            return Ok(Some((name, Hop { resource: self.resource.id.clone(), path: self.path.clone() })));
        }
        let unreadable = |value: &Value, path: &[Step]| {
            let doubt = Doubt::of(value, path, "readable");
            let hop = Hop { resource: self.resource.id.clone(), path: path.to_vec() };
            unknown(self.name, "", "", &doubt.why, vec![hop])
        };
        let Some(spec) = self.spec else { return Ok(None) };
        if spec.as_map().is_none() {
            return Err(unreadable(spec, &self.path));
        }
        match field(spec, "storageClassName") {
            None => Ok(None),
            Some(Value::Text(name)) => Ok(Some((name, self.hop("storageClassName")))),
            Some(other) => Err(unreadable(other, &key(&self.path, "storageClassName"))),
        }
    }
}

impl<'a> Stores<'a> {
    pub(super) fn index(environment: &'a Environment) -> Self {
        let (mut classes, mut volumes) = (ByName::new(), ByName::new());
        for (id, resources) in environment.resources.iter().filter(|(id, _)| id.platform == Platform::Kubernetes) {
            let all = match id.kind.as_ref() {
                CLASS => &mut classes,
                VOLUME => &mut volumes,
                _ => continue,
            };
            all.entry((environment.cluster(&id.root), id.name.as_ref())).or_default().extend(resources);
        }
        let stated = environment.description.spec.get("encrypted_storage_classes").and_then(Value::as_list);
        let name = |value: &'a Value| value.as_text().or_else(|| value.get("name").and_then(Value::as_text));
        let attested = stated.unwrap_or_default().iter().filter_map(|item| name(&item.value)).collect();
        Self { environment, classes, volumes, attested }
    }

    /// What carries a name in the cluster of a resource.
    fn find<'b>(&self, near: &'b ResourceId, all: &'b ByName<'a>, name: &'b str) -> &'b [&'a Resource]
    where
        'a: 'b,
    {
        all.get(&(self.environment.cluster(&near.root), name)).map_or(&[], Vec::as_slice)
    }

    /// Claims that a workload brings: StatefulSet templates and ephemeral volumes.
    fn workload(&self, subject: &'a Resource) -> Vec<Way> {
        let mut ways = Vec::new();
        let spec = [Step::Key("spec".to_owned())];
        if subject.id.kind.as_ref() == "apps/StatefulSet" {
            let path = key(&spec, "volumeClaimTemplates");
            match list(subject.body.find(&["spec", "volumeClaimTemplates"]), &path) {
                Ok(items) => ways.extend(
                    items
                        .iter()
                        .enumerate()
                        .map(|(at, item)| self.claim(&Claim::template(subject, &item.value, &index(&path, at), None))),
                ),
                Err(doubt) => ways.push(doubtful(subject, &doubt)),
            }
        }
        let Some(pod) = &subject.pod else { return ways };
        let path = key(&pod.path, "volumes");
        let body = subject.body.at(&path).or_else(|| pod.spec.as_unknown().map(|_| &pod.spec));
        match list(body, &path) {
            Ok(items) => {
                for (at, item) in items.iter().enumerate() {
                    let path = key(&key(&index(&path, at), "ephemeral"), "volumeClaimTemplate");
                    let name = field(&item.value, "name").and_then(Value::as_text);
                    let template = item.value.find(&["ephemeral", "volumeClaimTemplate"]);
                    ways.extend(template.map(|template| self.claim(&Claim::template(subject, template, &path, name))));
                    if item.value.as_unknown().is_some() {
                        ways.push(doubtful(subject, &Doubt::of(&item.value, &path, "a volume")));
                    }
                }
            }
            Err(doubt) => ways.push(doubtful(subject, &doubt)),
        }
        ways
    }

    fn claim(&self, claim: &Claim<'a>) -> Way {
        let volume = claim.spec.and_then(|spec| field(spec, "volumeName"));
        if let Some(name) = volume.and_then(Value::as_text) {
            let hop = claim.hop("volumeName");
            return match self.find(&claim.resource.id, &self.volumes, name) {
                [volume] => self.volume(volume, claim.name, vec![hop]),
                [] => {
                    unknown(claim.name, "", "", &format!("the volume `{name}` is not among what was read"), vec![hop])
                }
                _ => unknown(claim.name, "", "", &format!("the volume `{name}` is defined twice"), vec![hop]),
            };
        }
        match claim.class() {
            Err(way) => way,
            Ok(Some(("", hop))) => {
                unknown(claim.name, "", "", "it binds to a volume made by hand, and does not say which", vec![hop])
            }
            Ok(Some((name, hop))) => self.named_class(claim, name, hop),
            Ok(None) => self.default_class(claim),
        }
    }

    fn named_class(&self, claim: &Claim<'a>, name: &str, hop: Hop) -> Way {
        match self.find(&claim.resource.id, &self.classes, name) {
            [class] => self.class(class, claim.name, vec![hop]),
            _ if self.attested.contains(name) => attested(claim.name, name, "", vec![hop]),
            [] => unknown(claim.name, name, "", &format!("the class `{name}` is not among what was read"), vec![hop]),
            _ => unknown(claim.name, name, "", &format!("the class `{name}` is defined twice"), vec![hop]),
        }
    }

    /// The one default class; with two, the newest wins, which files do not tell.
    fn default_class(&self, claim: &Claim<'a>) -> Way {
        let hop = Hop { resource: claim.resource.id.clone(), path: claim.path.clone() };
        let cluster = self.environment.cluster(&claim.resource.id.root);
        let classes = self.classes.iter().filter(|((of, _), _)| *of == cluster);
        let defaults: Vec<&Resource> = classes.flat_map(|(_, classes)| classes).copied().filter(is_default).collect();
        let why = match defaults.as_slice() {
            [class] => match self.environment.hidden(Platform::Kubernetes, &claim.resource.id.root).next() {
                None => return self.class(class, claim.name, vec![hop]),
                Some(problem) => {
                    format!("`{}` could not be read and may hold another default class", problem.origin.path())
                }
            },
            [] => "it names no class, and no default class is among what was read".to_owned(),
            _ => "it names no class, and there are several default classes".to_owned(),
        };
        unknown(claim.name, "", "", &why, vec![hop])
    }

    /// What a class does; `before` is what led to it.
    fn class(&self, class: &'a Resource, claim: &str, mut before: Vec<Hop>) -> Way {
        let name = class.id.name.as_ref();
        let at = |steps: &[&str]| {
            let path = steps.iter().map(|step| Step::Key((*step).to_owned())).collect();
            Hop { resource: class.id.clone(), path }
        };
        let parameters = field(&class.body, "parameters");
        let Some(provisioner) = field(&class.body, "provisioner").and_then(Value::as_text) else {
            before.push(at(&[]));
            return unknown(claim, name, "", "its provisioner is not known", before);
        };
        let row = provisioners::find(provisioner);
        let place = match row.map(|row| row.encryption) {
            Some(Encryption::Parameter) if parameters.is_some_and(|it| parameter(it, "encrypted").is_some()) => {
                at(&["parameters", "encrypted"])
            }
            Some(Encryption::Parameter) if parameters.is_some() => at(&["parameters"]),
            Some(Encryption::Parameter) => at(&[]),
            _ => at(&["provisioner"]),
        };
        before.push(place);
        let store = Store { claim, class: name, provisioner, witness: before };
        self.weigh(row, parameters, store)
    }

    /// What a volume made by hand lies on.
    fn volume(&self, volume: &'a Resource, claim: &str, mut before: Vec<Hop>) -> Way {
        let spec = field(&volume.body, "spec").unwrap_or(&Value::Null);
        let class = field(spec, "storageClassName").and_then(Value::as_text).unwrap_or("");
        let driver = spec.find(&["csi", "driver"]).and_then(Value::as_text);
        let source = provisioners::SOURCES.iter().find(|(key, _)| field(spec, key).is_some());
        let (steps, provisioner): (&[&str], &str) = match (driver, source) {
            (Some(driver), _) => (&["spec", "csi", "driver"], driver),
            (None, Some((key, provisioner))) => (&["spec", key], provisioner),
            (None, None) => (&["spec"], ""),
        };
        let path = steps.iter().map(|step| Step::Key((*step).to_owned())).collect();
        before.push(Hop { resource: volume.id.clone(), path });
        let store = Store { claim, class, provisioner, witness: before };
        match provisioners::find(provisioner) {
            Some(row) if row.encryption == Encryption::Parameter && !self.attested.contains(class) => {
                store.unknown("a volume made by hand does not say whether its disk is encrypted")
            }
            row => self.weigh(row, None, store),
        }
    }

    fn data_volume(&self, subject: &'a Resource) -> Way {
        let form = ["pvc", "storage"].into_iter().find(|form| subject.body.find(&["spec", form]).is_some());
        let form = form.unwrap_or("pvc");
        let claim = Claim {
            spec: subject.body.find(&["spec", form]),
            path: vec![Step::Key("spec".to_owned()), Step::Key(form.to_owned())],
            ..Claim::own(subject)
        };
        match (form, claim.class()) {
            // KubeVirt has a default class of its own, which outranks the cluster's.
            ("storage", Ok(None)) => {
                let hop = Hop { resource: subject.id.clone(), path: claim.path };
                unknown(
                    claim.name,
                    "",
                    "",
                    "it names no class, and the default one for machines is not known",
                    vec![hop],
                )
            }
            _ => self.claim(&claim),
        }
    }

    fn weigh(&self, row: Option<&Provisioner>, parameters: Option<&Value>, store: Store<'_>) -> Way {
        let own_key = row.and_then(|row| row.key_parameter).and_then(|key| parameter(parameters?, key));
        let own_key = match own_key {
            None => Value::Bool(false),
            Some(Value::Text(text)) => Value::Bool(!text.is_empty()),
            Some(other) => other.clone(),
        };
        let is_attested = self.attested.contains(store.class);
        match row.map(|row| row.encryption) {
            Some(Encryption::PlatformDefault) => store.closed("platform default", own_key),
            Some(Encryption::Parameter) => match parameters.and_then(|it| parameter(it, "encrypted")) {
                Some(Value::Text(text)) if text.as_ref() == "true" => store.closed("parameter", own_key),
                _ if is_attested => store.attested(),
                None => store.open("`encrypted` is not set, and the account's default is not shown"),
                Some(Value::Text(_)) => store.open("`encrypted` is not \"true\""),
                Some(other) => {
                    let path = [Step::Key("parameters".to_owned()), Step::Key("encrypted".to_owned())];
                    store.unknown(&Doubt::of(other, &path, "a text").why)
                }
            },
            _ if is_attested => store.attested(),
            Some(Encryption::Nothing) => store.open("its provisioner encrypts nothing"),
            Some(Encryption::NotTold(why)) => store.unknown(why),
            None if store.provisioner.is_empty() => store.unknown("what it lies on is not known"),
            None => store.unknown("its provisioner is not known to speguard"),
        }
    }
}

/// A part of a workload that may hold claims and cannot be read.
fn doubtful(subject: &Resource, doubt: &Doubt) -> Way {
    let path = doubt.path.clone().unwrap_or_default();
    let name = shown(&path);
    unknown(&name, "", "", &doubt.why, vec![Hop { resource: subject.id.clone(), path }])
}

fn is_default(class: &&Resource) -> bool {
    let annotations = class.body.find(&["metadata", "annotations"]);
    IS_DEFAULT.iter().any(|name| annotations.and_then(|it| it.get(name)).and_then(Value::as_text) == Some("true"))
}

/// A parameter by its name in lower case: the drivers compare without regard to case.
fn parameter<'a>(parameters: &'a Value, name: &str) -> Option<&'a Value> {
    match parameters {
        Value::Map(map) => map.iter().find(|entry| entry.key.eq_ignore_ascii_case(name)).map(|entry| &entry.value),
        Value::Unknown(_) => Some(parameters),
        _ => None,
    }
}
