//! Storage that lies in the same place for two projects.
use super::{CLAIM, crossing, hop, spec, unknown};
use crate::{
    model::{Environment, Map, POD_TEMPLATES, Path, Platform, Resource, ResourceId, Text, Value, Way},
    reach::{
        doubt::{field, index, key},
        owners::{Owner, Owners},
    },
};
use std::collections::BTreeMap;

pub(super) const VOLUME: &str = "PersistentVolume";
pub(super) const SNAPSHOT: &str = "snapshot.storage.k8s.io/VolumeSnapshotContent";

/// How many places of other projects are named beside one: one is enough to know where to look.
const NAMED_MAX: usize = 3;

/// Sources of volumes that lie beyond the pod that mounts them, and where they say what lies there.
const LASTING: &[(&str, &[&str], Option<&str>)] = &[
    ("nfs", &["server"], Some("path")),
    ("cephfs", &["monitors"], Some("path")),
    ("glusterfs", &["endpoints"], Some("path")),
    ("rbd", &["pool", "image"], None),
    ("iscsi", &["iqn", "lun"], None),
    ("fc", &["targetWWNs", "lun", "wwids"], None),
    ("azureFile", &["secretNamespace", "secretName", "shareName"], None),
    ("azureDisk", &["diskURI"], None),
    ("awsElasticBlockStore", &["volumeID"], None),
    ("gcePersistentDisk", &["pdName"], None),
    ("cinder", &["volumeID"], None),
];

/// Sources that only a PersistentVolume leads to.
const OF_VOLUMES: &[(&str, &[&str], Option<&str>)] =
    &[("csi", &["driver", "volumeHandle"], None), ("hostPath", &[], Some("path")), ("local", &[], Some("path"))];

/// Drivers whose handles name a mount and not what is mounted: a share of a server.
const SHARES: [&str; 2] = ["nfs.csi.k8s.io", "smb.csi.k8s.io"];

/// Where storage lies: a family within which paths may contain each other, and the path, closed by a slash.
type Backing = (String, String);

/// One thing that leads to storage.
struct Holder<'a> {
    id: &'a ResourceId,
    owner: Owner,
    namespace: Text,
    path: Path,
    backing: Result<Backing, String>,
}

/// Every holder of a scan, by place.
pub(super) struct Volumes<'a> {
    holders: Vec<Holder<'a>>,
    of: BTreeMap<&'a ResourceId, Vec<usize>>,
    /// By cluster and family, then by path.
    by_place: BTreeMap<(&'a Text, String), BTreeMap<String, Vec<usize>>>,
    environment: &'a Environment,
}

impl<'a> Volumes<'a> {
    pub(super) fn of(environment: &'a Environment, owners: &Owners<'_>) -> Self {
        let mut volumes = Self { holders: Vec::new(), of: BTreeMap::new(), by_place: BTreeMap::new(), environment };
        let claims = claims(environment);
        for resource in environment.all().filter(|resource| resource.id.platform == Platform::Kubernetes) {
            match resource.id.kind.as_ref() {
                VOLUME => volumes.add_volume(resource, &claims, owners),
                SNAPSHOT => volumes.add_snapshot(resource, owners),
                _ => volumes.add_mounts(resource, owners),
            }
        }
        volumes
    }

    /// The ways of everything that a resource leads to.
    pub(super) fn ways(&self, subject: &Resource) -> Vec<Way> {
        let own = self.of.get(&subject.id).into_iter().flatten().filter_map(|at| self.holders.get(*at));
        own.flat_map(|holder| self.ways_of(holder)).collect()
    }

    fn ways_of(&self, holder: &Holder<'a>) -> Vec<Way> {
        let witness = || vec![hop(holder.id, holder.path.clone())];
        let (family, path) = match (&holder.backing, &holder.owner) {
            (_, Owner::NoProject) => return Vec::new(),
            (Err(why), _) => return vec![unknown("volume", why, witness())],
            (Ok(backing), _) => backing,
        };
        let mut ways = Vec::new();
        if holder.id.kind.as_ref() == VOLUME && holder.namespace.is_empty() {
            ways.push(unknown("volume", "no claim is named for it: a claim of any project may take it", witness()));
            return ways;
        }
        let cluster = self.environment.cluster(&holder.id.root);
        let none = BTreeMap::new();
        let places = self.by_place.get(&(cluster, family.clone())).unwrap_or(&none);
        let ancestors = path.match_indices('/').filter_map(|(at, _)| places.get(path.get(..=at)?));
        let below = places.range(path.clone()..).take_while(|(other, _)| other.starts_with(path.as_str()));
        let below = below.filter(|(other, _)| *other != path).map(|(_, holders)| holders);
        for other in ancestors.chain(below).flatten().filter_map(|at| self.holders.get(*at)) {
            if ways.len() >= NAMED_MAX {
                break;
            }
            let mut both = witness();
            both.push(hop(other.id, other.path.clone()));
            ways.extend(crossing(&holder.owner, &other.owner, ("volume", &other.namespace), both));
        }
        if ways.is_empty() {
            let hidden = self.environment.hidden_in(cluster).find(|problem| problem.hidden_kind().is_none_or(holds));
            ways.extend(hidden.map(|problem| {
                let why =
                    format!("`{}` could not be read and may hold storage in the same place", problem.origin.path());
                unknown("volume", &why, witness())
            }));
        }
        ways
    }

    fn add(&mut self, holder: Holder<'a>) {
        let at = self.holders.len();
        self.of.entry(holder.id).or_default().push(at);
        if let Ok((family, path)) = &holder.backing
            && holder.owner != Owner::NoProject
            && !holder.namespace.is_empty()
        {
            let cluster = self.environment.cluster(&holder.id.root);
            self.by_place.entry((cluster, family.clone())).or_default().entry(path.clone()).or_default().push(at);
        }
        self.holders.push(holder);
    }

    /// A volume is of each project that has a claim for it; of any where none is named.
    fn add_volume(&mut self, volume: &'a Resource, claims: &Claims<'a>, owners: &Owners<'_>) {
        let cluster = self.environment.cluster(&volume.id.root);
        let reserved = volume.body.find(&["spec", "claimRef", "namespace"]).and_then(Value::as_text).map(Text::from);
        let named = claims.get(&(cluster, volume.id.name.as_ref())).into_iter().flatten().map(|it| (*it).clone());
        let mut namespaces: Vec<Text> = reserved.into_iter().chain(named).collect();
        namespaces.sort();
        namespaces.dedup();
        if namespaces.is_empty() {
            namespaces.push("".into());
        }
        let Some((path, backing)) = volume.body.find(&["spec"]).and_then(|it| backing(it, &spec(&[]), true)) else {
            return;
        };
        for namespace in namespaces {
            let owner = if namespace.is_empty() { Owner::Untold } else { owners.owner(cluster, &namespace) };
            self.add(Holder { id: &volume.id, owner, namespace, path: path.clone(), backing: backing.clone() });
        }
    }

    /// The content of a snapshot leads to the volume that it is of.
    fn add_snapshot(&mut self, content: &'a Resource, owners: &Owners<'_>) {
        let text = |keys: &[&str]| content.body.find(keys).and_then(Value::as_text);
        let Some(handle) = text(&["spec", "source", "volumeHandle"]) else { return };
        let driver = text(&["spec", "driver"]).unwrap_or_default();
        let Some(namespace) = text(&["spec", "volumeSnapshotRef", "namespace"]).map(Text::from) else { return };
        let owner = owners.owner(self.environment.cluster(&content.id.root), &namespace);
        let backing = Ok((format!("csi {driver} {handle}"), "/".to_owned()));
        self.add(Holder { id: &content.id, owner, namespace, path: spec(&["source", "volumeHandle"]), backing });
    }

    /// Volumes that a pod mounts without a claim.
    fn add_mounts(&mut self, resource: &'a Resource, owners: &Owners<'_>) {
        let Some(pod) = &resource.pod else { return };
        let owner = owners.of_resource(&resource.id);
        let path = key(&pod.path, "volumes");
        let listed = field(&pod.spec, "volumes").and_then(Value::as_list).unwrap_or_default();
        for (at, volume) in listed.iter().enumerate() {
            if let Some((path, backing)) = backing(&volume.value, &index(&path, at), false) {
                let (owner, namespace) = (owner.clone(), resource.id.namespace.clone());
                self.add(Holder { id: &resource.id, owner, namespace, path, backing });
            }
        }
    }
}

/// Whether a workload mounts, without a claim, storage that lasts.
pub(super) fn mounts(resource: &Resource) -> bool {
    let volumes = resource.pod.as_ref().and_then(|pod| field(&pod.spec, "volumes")).and_then(Value::as_list);
    volumes.unwrap_or_default().iter().any(|volume| backing(&volume.value, &Path::new(), false).is_some())
}

/// Whether objects of a kind may lead to storage.
fn holds(kind: &Text) -> bool {
    let mut pods = POD_TEMPLATES.iter().map(|(kind, _)| *kind);
    [VOLUME, SNAPSHOT, CLAIM].contains(&kind.as_ref()) || pods.any(|of| of == kind.as_ref())
}

/// Namespaces of the claims that name a volume, by cluster and volume.
type Claims<'a> = BTreeMap<(&'a Text, &'a str), Vec<&'a Text>>;

fn claims(environment: &Environment) -> Claims<'_> {
    let mut claims = Claims::new();
    for claim in environment.all().filter(|resource| resource.id.kind.as_ref() == CLAIM) {
        if let Some(volume) = claim.body.find(&["spec", "volumeName"]).and_then(Value::as_text) {
            let cluster = environment.cluster(&claim.id.root);
            claims.entry((cluster, volume)).or_default().push(&claim.id.namespace);
        }
    }
    claims
}

/// Where the storage of a volume lies; `None` for what does not outlast its pod.
fn backing(volume: &Value, path: &Path, of_volume: bool) -> Option<(Path, Result<Backing, String>)> {
    let sources = LASTING.iter().chain(if of_volume { OF_VOLUMES } else { &[] });
    sources.into_iter().find_map(|(source, keys, inside)| {
        let stated = field(volume, source)?;
        let path = key(path, source);
        let Some(map) = stated.as_map() else { return Some((path, Err(format!("its `{source}` is not known")))) };
        Some((path, place(source, map, keys, *inside)))
    })
}

fn place(source: &str, map: &Map, keys: &[&str], inside: Option<&str>) -> Result<Backing, String> {
    let driver = map.get("driver").and_then(Value::as_text).unwrap_or_default();
    if source == "csi" && SHARES.contains(&driver) {
        let attributes = map.get("volumeAttributes").unwrap_or(&Value::Null);
        let text = |name: &str| match field(attributes, name) {
            None => Ok(""),
            Some(value) => value.as_text().ok_or_else(|| format!("the `{name}` of its share is not known")),
        };
        let (server, share) = match driver {
            "smb.csi.k8s.io" => (text("source")?, text("subDir")?.to_owned()),
            _ => (text("server")?, format!("{}/{}", text("share")?, text("subDir")?)),
        };
        return Ok((format!("nfs {server}"), closed(&share)));
    }
    let mut family = source.to_owned();
    for name in keys {
        match map.get(name).filter(|value| **value != Value::Null) {
            None => {}
            Some(value) if holds_unknown(value) => return Err(format!("the `{name}` of its `{source}` is not known")),
            Some(value) => family.push_str(&format!(" {}", shown(value))),
        }
    }
    match inside.and_then(|name| map.get(name)) {
        None => Ok((family, "/".to_owned())),
        Some(value) => match value.as_text() {
            Some(path) => Ok((family, closed(path))),
            None => Err(format!("the path of its `{source}` is not known")),
        },
    }
}

/// `/a/b/`: no path that only begins with the same letters begins with it.
fn closed(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.is_empty() { "/".to_owned() } else { format!("/{}/", parts.join("/")) }
}

fn holds_unknown(value: &Value) -> bool {
    match value {
        Value::Unknown(_) => true,
        Value::List(items) => items.iter().any(|item| holds_unknown(&item.value)),
        _ => false,
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        Value::List(items) => items.iter().map(|item| shown(&item.value)).collect::<Vec<_>>().join(","),
        other => format!("{other:?}"),
    }
}
