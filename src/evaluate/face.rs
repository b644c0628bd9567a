//! A subject as one rule is shown it, where answers are kept.
//!
//! Pods differ in what hardly any rule looks at: what is run, with which variables and arguments. So of a workload's metadata
//! and its template's, its pod and its containers a rule of the program itself is shown only the fields that a word of it or of
//! its library names.
//! It cannot look at another one but by listing all fields there, which none does; and it is given no other, so that what is
//! kept of it is the answer to what it was shown.
use super::{engine::Seen, fingerprint, fingerprint::Content, siblings::Siblings, sight::Sight};
use crate::model::{Map, PodView, Reach, Resource, Step, Text, Value};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

/// Where the template of a workload's Pods stands, with their metadata (a CronJob's stands deeper and is shown whole).
const TEMPLATE: [&str; 2] = ["spec", "template"];

/// Which of the fields of a subject are shown, by their position among all of its fields.
type Shown = u128;

/// Every word of a rule and its library: more than what they name.
#[derive(Clone, Debug, Default)]
pub(super) struct Words(BTreeSet<Text>);

impl Words {
    /// Whether they name `data.reach`, which they cannot look at else.
    pub(super) fn names_ways(&self) -> bool {
        self.0.contains("reach")
    }

    pub(super) fn of<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        let is_between = |letter: char| !letter.is_ascii_alphanumeric() && letter != '_';
        Self(texts.into_iter().flat_map(|text| text.split(is_between)).map(Text::from).collect())
    }
}

/// A subject, by how rules see it: made once for all that see the same of it, and only where one of them is asked.
pub(super) struct Subject<'a> {
    pub(super) resource: &'a Resource,
    /// The fields that are shown only to who names them; `None` where everything is shown.
    fields: OnceLock<Option<Vec<Text>>>,
    faces: Mutex<Vec<(Shown, Arc<Face>)>>,
}

/// What some rules see of a subject.
pub(super) struct Face {
    pub(super) resource: Resource,
    siblings: Option<Siblings>,
    input: OnceLock<Vec<(&'static str, Seen)>>,
    /// With and without its ways, as it has them and as all siblings have it.
    contents: [OnceLock<Content>; 4],
}

impl<'a> Subject<'a> {
    pub(super) const fn new(resource: &'a Resource) -> Self {
        Self { resource, fields: OnceLock::new(), faces: Mutex::new(Vec::new()) }
    }

    /// What a rule of these words sees; everything, where it has none.
    pub(super) fn face(&self, words: Option<&Words>) -> Arc<Face> {
        let fields = || self.fields.get_or_init(|| fields(self.resource)).as_ref();
        let fields = words.and_then(|words| Some((words, fields()?)));
        let bit = |nth: usize| u32::try_from(nth).ok().and_then(|nth| Shown::checked_shl(1, nth)).unwrap_or(0);
        let shown = fields.map_or(Shown::MAX, |(Words(words), fields)| {
            let named = fields.iter().enumerate().filter(|(_, field)| words.contains(*field));
            named.map(|(nth, _)| bit(nth)).sum()
        });
        let mut faces = self.faces.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, face)) = faces.iter().find(|(of, _)| *of == shown) {
            return Arc::clone(face);
        }
        let resource = fields.map_or_else(|| self.resource.clone(), |(words, _)| only(self.resource, words));
        let face = Arc::new(Face {
            siblings: Siblings::of(self.resource, &resource.body),
            resource,
            input: OnceLock::new(),
            contents: Default::default(),
        });
        faces.push((shown, Arc::clone(&face)));
        face
    }
}

impl Face {
    /// `input` without the parameters.
    pub(super) fn input(&self, sight: &Sight<'_>) -> &[(&'static str, Seen)] {
        self.input.get_or_init(|| sight.input(&self.resource))
    }

    /// Its siblings, where a rule says the same of them all.
    pub(super) fn siblings(&self, are_alike: bool) -> Option<&Siblings> {
        self.siblings.as_ref().filter(|_| are_alike)
    }

    /// Of what is seen, with its ways where these are seen too; with siblings, of what is seen of each of them.
    pub(super) fn content(&self, reach: Option<&Reach>, siblings: Option<&Siblings>) -> Content {
        let [own, own_ways, common, common_ways] = &self.contents;
        let place = match (reach, siblings) {
            (None, None) => own,
            (Some(_), None) => own_ways,
            (None, Some(_)) => common,
            (Some(_), Some(_)) => common_ways,
        };
        *place.get_or_init(|| fingerprint::subject(&self.resource, reach, siblings))
    }
}

/// The fields of a workload's metadata, pod and containers; `None` of what is no workload, and where they are too many.
fn fields(resource: &Resource) -> Option<Vec<Text>> {
    let pod = resource.pod.as_ref()?;
    let keys = |value: &Value| value.as_map().map(|map| map.iter().map(|entry| entry.key.clone()).collect::<Vec<_>>());
    let lists = PodView::LISTS.iter().filter_map(|list| pod.spec.get(list)?.as_list());
    let containers = lists.flatten().map(|container| &container.value);
    let template = resource.body.find(&TEMPLATE).and_then(|template| template.get("metadata"));
    let all = resource.body.get("metadata").into_iter().chain(template).chain([&pod.spec]).chain(containers);
    let fields: BTreeSet<Text> = all.filter_map(keys).flatten().collect();
    (fields.len() < Shown::BITS as usize).then(|| fields.into_iter().collect())
}

/// A workload with the fields of its metadata, pod and containers that are named.
fn only(resource: &Resource, words: &Words) -> Resource {
    let mut shown = resource.clone();
    if let Some(metadata) = step(&mut shown.body, "metadata") {
        retain(metadata, words);
    }
    let template = TEMPLATE.iter().try_fold(&mut shown.body, |value, key| step(value, key));
    if let Some(metadata) = template.and_then(|template| step(template, "metadata")) {
        retain(metadata, words);
    }
    if let Some(pod) = &mut shown.pod {
        of_pod(&mut pod.spec, words);
        let place = pod.path.iter().try_fold(&mut shown.body, |value, part| match part {
            Step::Key(key) => step(value, key),
            Step::Index(_) => None,
        });
        place.into_iter().for_each(|spec| of_pod(spec, words));
    }
    shown
}

fn of_pod(spec: &mut Value, words: &Words) {
    retain(spec, words);
    for list in PodView::LISTS {
        if let Some(Value::List(containers)) = step(spec, list) {
            containers.iter_mut().for_each(|container| retain(&mut container.value, words));
        }
    }
}

fn retain(value: &mut Value, Words(words): &Words) {
    if let Value::Map(map) = value {
        map.retain(|entry| words.contains(&entry.key));
    }
}

fn step<'v>(value: &'v mut Value, key: &str) -> Option<&'v mut Value> {
    let Value::Map(map) = value else { return None };
    Map::get_mut(map, key)
}
