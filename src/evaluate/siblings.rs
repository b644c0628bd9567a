//! Workloads that a controller or a program makes: alike but for five letters that the API server has drawn for each name, or
//! for the number that it ends in, so that what a rule says of one it says of all.
//!
//! A rule sees each of them by its own name. Only what is kept of its answer bears a common name, and gets the own one back when it
//! is said again. That holds where a rule takes names as names: it is done for the program's own rules alone, and not where
//! they look at kinds that name workloads. And it holds where the names stand only where they name the workload, its container
//! and its token's volume: an account, a claim or a Secret of the same name is another one for each sibling.
use crate::model::{Item, Map, Resource, Text, Value};
use std::borrow::Cow;

/// What names are drawn from, without vowels so that no word comes of it (k8s.io/apimachinery, `util/rand`).
const ALPHABET: &str = "bcdfghjklmnpqrstvwxz2456789";

/// How many letters are drawn (k8s.io/apiserver, `storage/names`).
const DRAWN: usize = 5;

/// Of at least so many letters and digits is the end of a name that a program gave.
const NUMBER: usize = 5;

/// The volume with the account's token, which gets a name of its own in each Pod (Kubernetes, admission `serviceaccount`).
const TOKEN: &str = "kube-api-access-";

/// What stands for the letters that were drawn: no name holds it.
const COMMON: &str = "\u{1}";

/// The kinds of workloads that are made again and again. What a StatefulSet makes has its name.
const KINDS: [&str; 4] = ["Pod", "apps/ReplicaSet", "apps/Deployment", "batch/Job"];

/// Kinds whose objects name workloads. A claim is named after a Pod only where a volume is made for each, which are left out.
const NAMING: [&str; 7] = [
    "Pod",
    "apps/ReplicaSet",
    "apps/Deployment",
    "batch/Job",
    "Endpoints",
    "discovery.k8s.io/EndpointSlice",
    "autoscaling/HorizontalPodAutoscaler",
];

/// The names of one workload that were drawn or counted, and what its siblings have in their place.
#[derive(Clone, Debug)]
pub(super) struct Siblings(Vec<(String, String)>);

/// Whether what a rule says of a workload does not depend on which of its siblings it is, by the kinds that it looks at beside it.
pub(super) fn are_alike(joins: &[Text]) -> bool {
    !joins.iter().any(|kind| NAMING.contains(&kind.as_ref()))
}

impl Siblings {
    /// By what a rule is shown of a workload. `None` where its name tells it from others by a word, and where volumes are made for
    /// each Pod by its name.
    pub(super) fn of(resource: &Resource, shown: &Value) -> Option<Self> {
        let pod = resource.pod.as_ref().filter(|_| KINDS.contains(&resource.id.kind.as_ref()))?;
        let name = resource.id.name.as_ref();
        let stem = resource.body.find(&["metadata", "generateName"]).and_then(Value::as_text);
        let stem = stem.filter(|stem| name.strip_prefix(stem).is_some_and(is_drawn)).or_else(|| numbered(name))?;
        // A Pod may have none. What cannot be read stands alone for nobody it is shown to.
        let volumes = pod.spec.get("volumes").and_then(Value::as_list).unwrap_or_default();
        if volumes.iter().any(|volume| volume.value.get("ephemeral").is_some()) {
            return None;
        }
        let mut names = vec![(name.to_owned(), format!("{stem}{COMMON}"))];
        let tokens = volumes.iter().filter_map(|volume| volume.value.get("name").and_then(Value::as_text));
        let tokens = tokens.filter(|name| name.strip_prefix(TOKEN).is_some_and(is_drawn));
        names.extend(tokens.map(|name| (name.to_owned(), format!("{TOKEN}{COMMON}"))));
        // Two of them could not be told apart again.
        (names.len() <= 2 && stands_alone(shown, &mut Vec::new(), &names)).then_some(Self(names))
    }

    /// Whether bytes hold a name of this one.
    pub(super) fn is_named_in(&self, bytes: &[u8]) -> bool {
        let text = String::from_utf8_lossy(bytes);
        self.0.iter().any(|(own, _)| text.contains(own.as_str()))
    }

    /// A text as all siblings have it.
    pub(super) fn common<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.0.iter().fold(text.into(), |text, (own, common)| replaced(text, own, common))
    }

    /// Values as all siblings have them.
    pub(super) fn all_common(&self, values: &[Value]) -> Vec<Value> {
        let common = |text: &Text| self.common(text).as_ref().into();
        values.iter().map(|value| renamed(value, &common)).collect()
    }

    /// Values of all siblings as this one has them.
    pub(super) fn all_own(&self, values: &[Value]) -> Vec<Value> {
        let own = |text: &Text| {
            let text = Cow::Borrowed(text.as_ref());
            self.0.iter().fold(text, |text, (own, common)| replaced(text, common, own)).as_ref().into()
        };
        values.iter().map(|value| renamed(value, &own)).collect()
    }
}

/// Whether names stand nowhere but as what they are: that of the workload, then that of the token's volume and its mounts; and
/// what stands for them nowhere at all.
fn stands_alone<'v>(value: &'v Value, path: &mut Vec<&'v str>, names: &[(String, String)]) -> bool {
    let is_named = |text: &str| names.iter().any(|(own, _)| text.contains(own)) || text.contains(COMMON);
    let is_name = |text: &str| names.first().is_some_and(|(own, _)| text == own);
    let is_token = |text: &str| names.get(1).is_some_and(|(own, _)| text == own);
    let is_place = |text: &str, path: &[&str]| match path.strip_prefix(&["spec", "template"]).unwrap_or(path) {
        ["metadata", "name"] | ["spec", "containers" | "initContainers", "name"] => is_name(text),
        ["spec", "volumes", "name"]
        | ["spec", "containers" | "initContainers" | "ephemeralContainers", "volumeMounts", "name"] => is_token(text),
        _ => false,
    };
    match value {
        Value::Text(text) => !is_named(text) || is_place(text, path),
        Value::List(items) => items.iter().all(|item| stands_alone(&item.value, path, names)),
        Value::Map(map) => map.iter().all(|entry| {
            path.push(&entry.key);
            let stands = !is_named(&entry.key) && stands_alone(&entry.value, path, names);
            path.pop();
            stands
        }),
        Value::Unknown(_) => false,
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}

/// The stem of a name that ends in a number, or in letters and digits: `task-` of `task-00017` and of `task-4f9c2d`.
fn numbered(name: &str) -> Option<&str> {
    let end = name.rsplit('-').next()?;
    let is_number = end.len() >= NUMBER && end.chars().any(|letter| letter.is_ascii_digit());
    (is_number && end.chars().all(|letter| letter.is_ascii_digit() || letter.is_ascii_lowercase()))
        .then(|| name.strip_suffix(end))?
        .filter(|stem| !stem.is_empty())
}

fn is_drawn(letters: &str) -> bool {
    letters.len() == DRAWN && letters.chars().all(|letter| ALPHABET.contains(letter))
}

fn replaced<'t>(text: Cow<'t, str>, from: &str, to: &str) -> Cow<'t, str> {
    if text.contains(from) { text.replace(from, to).into() } else { text }
}

fn renamed(value: &Value, rename: &dyn Fn(&Text) -> Text) -> Value {
    match value {
        Value::Text(text) => Value::Text(rename(text)),
        Value::List(items) => {
            let item = |item: &Item| Item { at: item.at, value: renamed(&item.value, rename) };
            Value::List(items.iter().map(item).collect())
        }
        Value::Map(map) => {
            let mut whole = Map::new();
            for entry in map {
                whole.put(rename(&entry.key), renamed(&entry.value, rename));
            }
            whole.into()
        }
        other => other.clone(),
    }
}
