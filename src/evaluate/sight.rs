//! What a rule sees: the input of one subject, and the data of its view (policies/README.md gives both shapes).
use super::{
    engine::Seen,
    fingerprint::{self, Content},
    memory::{Known, Version},
    rule::Rule,
};
use crate::model::{
    Absence, ENVIRONMENT_KIND, Environment, Hidden, Platform, Problem, Reach, Resource, ResourceId, Step, Text,
    Unknown, Value, View, Way, Ways,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::OnceLock,
};

/// Every resource by its view, found in one pass.
pub(super) struct Index<'a> {
    pub(super) views: BTreeMap<View, Vec<&'a Resource>>,
    /// Realms and the Environment: seen by all.
    everywhere: Vec<&'a Resource>,
    clusters: BTreeMap<&'a Text, &'a Text>,
    environment: &'a Environment,
}

impl<'a> Index<'a> {
    pub(super) fn new(environment: &'a Environment) -> Self {
        let roots = |cluster: &'a crate::model::Cluster| cluster.roots.iter().map(|root| (root, &cluster.name));
        let clusters = environment.clusters.iter().flat_map(roots).collect();
        let mut index = Self { views: BTreeMap::new(), everywhere: Vec::new(), clusters, environment };
        for resource in environment.all() {
            if resource.id.kind.as_ref() == ENVIRONMENT_KIND || resource.id.platform == Platform::Keycloak {
                index.everywhere.push(resource);
            }
            if resource.id.kind.as_ref() != ENVIRONMENT_KIND {
                index.views.entry(index.view(&resource.id)).or_default().push(resource);
            }
        }
        index
    }

    /// [`Environment::view`] without walking the clusters again.
    pub(super) fn view(&self, id: &ResourceId) -> View {
        match id.platform {
            platform if id.kind.as_ref() == ENVIRONMENT_KIND => View::Whole(platform),
            Platform::Kubernetes => View::Cluster((*self.clusters.get(&id.root).unwrap_or(&&id.root)).clone()),
            Platform::Keycloak => View::Whole(Platform::Keycloak),
            platform => View::Root(platform, id.root.clone()),
        }
    }

    /// What stands in a view, by view of origin: more than one only where a platform is seen whole.
    fn seen_from(&self, view: &View) -> Vec<&'a Resource> {
        let platform = match view {
            View::Cluster(_) => Platform::Kubernetes,
            View::Root(platform, _) | View::Whole(platform) => *platform,
        };
        let mut seen: Vec<&Resource> = match view {
            View::Whole(_) => {
                let of = |(view, resources): (&View, &Vec<&'a Resource>)| match view {
                    View::Cluster(_) if platform == Platform::Kubernetes => resources.clone(),
                    View::Root(other, _) | View::Whole(other) if *other == platform => resources.clone(),
                    View::Cluster(_) | View::Root(..) | View::Whole(_) => Vec::new(),
                };
                self.views.iter().flat_map(of).collect()
            }
            View::Cluster(_) | View::Root(..) => self.views.get(view).cloned().unwrap_or_default(),
        };
        let elsewhere = |resource: &&&Resource| match resource.id.kind.as_ref() {
            // The same description stands under every platform: one of them is enough.
            ENVIRONMENT_KIND => resource.id.platform == platform,
            _ => platform != Platform::Keycloak,
        };
        seen.extend(self.everywhere.iter().filter(elsewhere));
        seen
    }
}

impl<'a> Index<'a> {
    /// Problems whose unread part may hold something that a view would show. A root of no cluster may be of any.
    fn hidden_from(&self, view: &View) -> Vec<&'a Problem> {
        let platform = match view {
            View::Cluster(_) => Platform::Kubernetes,
            View::Root(platform, _) | View::Whole(platform) => *platform,
        };
        let may_hold = |hidden: &Hidden| {
            hidden.platform.is_none_or(|of| of == platform)
                && hidden.root.as_ref().is_none_or(|root| match view {
                    View::Cluster(name) => self.clusters.get(root).is_none_or(|cluster| *cluster == name),
                    View::Root(_, own) => root == own,
                    View::Whole(_) => true,
                })
        };
        let problems = self.environment.problems.iter();
        problems.filter(|problem| problem.hides.as_ref().is_some_and(may_hold)).collect()
    }
}

/// How resources are called where a platform is seen whole: kinds that several views hold carry their root.
#[derive(Default)]
struct Naming<'a> {
    prefixed: BTreeSet<&'a Text>,
    kinds: BTreeMap<(&'a Text, &'a Text), &'a Text>,
}

impl<'a> Naming<'a> {
    fn new(index: &Index<'a>, view: &View, seen: &[&'a Resource]) -> Self {
        let View::Whole(_) = view else { return Self::default() };
        let mut holders: BTreeMap<&Text, BTreeSet<View>> = BTreeMap::new();
        for resource in seen {
            let holder = match resource.id.platform {
                // One view for all realms: what tells them apart is their root.
                Platform::Keycloak => View::Root(Platform::Keycloak, resource.id.root.clone()),
                _ => index.view(&resource.id),
            };
            holders.entry(&resource.id.kind).or_default().insert(holder);
        }
        let prefixed: BTreeSet<&Text> =
            holders.into_iter().filter(|(_, holders)| holders.len() > 1).map(|(kind, _)| kind).collect();
        if prefixed.is_empty() {
            return Self::default();
        }
        let kinds = seen.iter().map(|resource| ((&resource.id.root, &resource.id.name), &resource.id.kind)).collect();
        Self { prefixed, kinds }
    }

    fn name(&self, id: &ResourceId) -> Text {
        if self.prefixed.contains(&id.kind) { format!("{}:{}", id.root, id.name).into() } else { id.name.clone() }
    }

    fn body(&self, resource: &Resource) -> Seen {
        self.value(&resource.id.root, &resource.body)
    }

    fn value(&self, root: &Text, value: &Value) -> Seen {
        if self.prefixed.is_empty() {
            return Seen::of(value);
        }
        Seen::renamed(value, &|address| match self.kinds.get(&(root, &Text::from(address))) {
            Some(kind) if self.prefixed.contains(kind) => format!("{root}:{address}"),
            _ => address.to_owned(),
        })
    }
}

type Places = BTreeMap<Text, BTreeMap<Text, Seen>>;

/// The resources of one kind, by namespace and name.
fn places(naming: &Naming<'_>, resources: &[&Resource]) -> Seen {
    let mut places = Places::new();
    for resource in resources {
        let names = places.entry(resource.id.namespace.clone()).or_default();
        let name = naming.name(&resource.id);
        let body = if names.contains_key(&name) { defined_twice() } else { naming.body(resource) };
        names.insert(name, body);
    }
    nested(places)
}

/// What can be seen from one view: the kinds that the rules asked there join, and no others.
pub(super) struct Sight<'a> {
    reach: &'a Reach,
    naming: Naming<'a>,
    kinds: BTreeMap<Text, (Version, Seen)>,
    /// The ways of joined kinds, by topic: made once, because every rule that joins the kind sees them.
    joined: BTreeMap<&'static str, BTreeMap<Text, Seen>>,
    /// Content of the ways of joined kinds.
    contents: OnceLock<BTreeMap<Text, Content>>,
    /// Those that rules join.
    resources: Vec<&'a Resource>,
    /// Who of them is called what, for findings that point elsewhere.
    names: OnceLock<BTreeMap<(Text, Text, Text), &'a ResourceId>>,
    hidden: Vec<&'a Problem>,
    unseen: &'a BTreeMap<Text, Text>,
}

impl<'a> Sight<'a> {
    pub(super) fn new(
        index: &Index<'a>,
        reach: &'a Reach,
        view: &View,
        joins: &BTreeSet<&Text>,
        known: Option<&Known>,
    ) -> Self {
        let seen = index.seen_from(view);
        let naming = Naming::new(index, view, &seen);
        let resources: Vec<&'a Resource> =
            seen.into_iter().filter(|resource| joins.contains(&resource.id.kind)).collect();
        let mut joined: BTreeMap<&Text, Vec<&'a Resource>> = BTreeMap::new();
        for resource in &resources {
            joined.entry(&resource.id.kind).or_default().push(resource);
        }
        let see = |kind: &Text, resources: &[&Resource]| match known {
            Some(known) => known.kind((view.clone(), kind.clone()), resources, || places(&naming, resources)),
            None => (0, places(&naming, resources)),
        };
        let kinds = joined.iter().map(|(kind, resources)| ((*kind).clone(), see(kind, resources))).collect();
        let ids: Vec<&ResourceId> = joined.into_values().flatten().map(|one| &one.id).collect();
        let joined = topics(reach).map(|(topic, ways)| (topic, by_kind(&naming, ways, ids.iter().copied())));
        let (hidden, unseen) = (index.hidden_from(view), &index.environment.unseen);
        let (contents, names) = (OnceLock::new(), OnceLock::new());
        Self { reach, naming, kinds, joined: joined.into(), contents, resources, names, hidden, unseen }
    }

    /// `data` of a rule that joins these kinds, asked about these subjects.
    pub(super) fn data(&self, joins: &[Text], subjects: &[&Resource]) -> Seen {
        Seen::object([("environment", self.environment(joins)), ("reach", self.reach(joins, subjects))])
    }

    /// The state of the kinds that a rule joins.
    pub(super) fn versions(&self, joins: &[Text]) -> Vec<Version> {
        joins.iter().map(|kind| self.kinds.get(kind).map_or(0, |(version, _)| *version)).collect()
    }

    /// The content of the ways of the kinds that a rule joins; all zeros, which no digest is, of a kind that has none.
    pub(super) fn joined_content(&self, joins: &[Text]) -> Vec<Content> {
        let kind = |kind: &Text| self.kinds.get_key_value(kind).map(|(kind, _)| kind);
        let all = self.contents.get_or_init(|| {
            fingerprint::joined(self.reach, kind).into_iter().map(|(kind, one)| (kind.clone(), one)).collect()
        });
        joins.iter().map(|kind| all.get(kind).copied().unwrap_or_default()).collect()
    }

    /// Every way that was derived.
    pub(super) const fn ways_of_all(&self) -> &'a Reach {
        self.reach
    }

    /// `data.environment`.
    pub(super) fn environment(&self, joins: &[Text]) -> Seen {
        Seen::object(joins.iter().filter_map(|kind| Some((kind.clone(), self.kinds.get(kind)?.1.clone()))))
    }

    /// `data.reach`.
    pub(super) fn reach(&self, joins: &[Text], subjects: &[&Resource]) -> Seen {
        Seen::object(topics(self.reach).map(|(topic, ways)| (topic, self.ways(topic, ways, joins, subjects))))
    }

    fn ways(&self, topic: &str, ways: &Ways, joins: &[Text], subjects: &[&Resource]) -> Seen {
        let own = subjects.iter().map(|resource| &resource.id).filter(|id| !joins.contains(&id.kind));
        let mut kinds = by_kind(&self.naming, ways, own);
        if let Some(joined) = self.joined.get(topic) {
            let of = |kind: &Text| Some((kind.clone(), joined.get(kind)?.clone()));
            kinds.extend(joins.iter().filter_map(of));
        }
        Seen::object(kinds)
    }

    /// `input` of a subject, without the parameters, which differ by criterion.
    pub(super) fn input(&self, resource: &Resource) -> Vec<(&'static str, Seen)> {
        let mut input = vec![
            ("address", address(&self.naming, &resource.id)),
            ("scope", Seen::text(&resource.scope.name().into())),
            ("resource", self.naming.body(resource)),
        ];
        if let Some(pod) = &resource.pod {
            let spec = self.naming.value(&resource.id.root, &pod.spec);
            input.push(("pod", Seen::object([("spec", spec), ("path", steps(&pod.path))])));
        }
        if let Some(provider) = &resource.provider {
            let majors = Seen::list(provider.majors.iter().map(|major| Seen::of(&i64::from(*major).into())));
            let name = Seen::text(&provider.name);
            input.push(("provider", Seen::object([("name", name), ("majors", majors)])));
        }
        if let Some(flows) = &resource.flows {
            input.push(("flows", Seen::of(flows)));
        }
        input
    }

    /// What may hold that which a rule about the subject did not find, and why it was not read: the first problem, or
    /// kind that was not looked at, among the kinds that the rule looks at or that reach derives its facts from.
    pub(super) fn may_be_unread(
        &self,
        subject: &ResourceId,
        absence: Absence,
        rule: &Rule,
    ) -> Option<(&'a str, &'a str)> {
        let own = if subject.kind.as_ref() == "Namespace" { &subject.name } else { &subject.namespace };
        let looked_at = |kind: &Text| rule.looks_at(kind) || self.reach.missed.contains(kind);
        let may_hold = |problem: &&&Problem| match (&problem.hides, absence) {
            (Some(Hidden { kind: Some(kind), .. }), _) if !looked_at(kind) => false,
            (Some(Hidden { namespace: Some(namespace), .. }), Absence::Namespace) => namespace == own,
            (Some(_), _) => true,
            (None, _) => false,
        };
        let problem = self.hidden.iter().find(may_hold).map(|one| (one.origin.path().as_ref(), one.cause.as_str()));
        // What no live scan looks at lies in no namespace.
        let may_be_unseen = subject.platform == Platform::Kubernetes && absence == Absence::Anywhere;
        let unseen = || self.unseen.iter().find(|(kind, _)| may_be_unseen && looked_at(kind));
        problem.or_else(|| unseen().map(|(kind, why)| (kind.as_ref(), why.as_ref())))
    }

    /// The first kind that a rule joins and that could not be listed, with the problem that says so.
    pub(super) fn not_listed(&self, rule: &Rule) -> Option<(&'a Text, &'a Problem)> {
        let joined = |problem: &&'a Problem| Some((problem.hidden_kind()?, *problem));
        self.hidden.iter().filter_map(joined).find(|(kind, _)| rule.joins.contains(kind))
    }

    /// The resource that a rule calls `[kind, namespace, name]`. What is not in sight is taken to be of the subject's
    /// root, so that a finding is never lost for its place.
    pub(super) fn resource(&self, subject: &ResourceId, kind: &str, namespace: &str, name: &str) -> ResourceId {
        let called = (kind.into(), namespace.into(), name.into());
        let name = |one: &&'a Resource| (key(&self.naming, &one.id), &one.id);
        if let Some(id) = self.names.get_or_init(|| self.resources.iter().map(name).collect()).get(&called) {
            return (*id).clone();
        }
        let (kind, namespace, name) = called;
        if subject.kind == kind && subject.namespace == namespace && self.naming.name(subject) == name {
            return subject.clone();
        }
        let hops = |(_, ways): (_, &'a Ways)| ways.get(subject).into_iter().flatten().flat_map(|way| &way.witness);
        let hop = topics(self.reach)
            .into_iter()
            .flat_map(hops)
            .map(|hop| &hop.resource)
            .find(|id| id.kind == kind && id.namespace == namespace && self.naming.name(id) == name);
        hop.cloned().unwrap_or_else(|| ResourceId {
            platform: subject.platform,
            root: subject.root.clone(),
            kind,
            namespace,
            name,
        })
    }
}

/// Every topic of reach, by the name that rules know it by.
pub(super) fn topics(reach: &Reach) -> [(&'static str, &Ways); 5] {
    let Reach { internet, projects, logs, storage, isolation, missed: _ } = reach;
    [("internet", internet), ("projects", projects), ("logs", logs), ("storage", storage), ("isolation", isolation)]
}

/// The ways of some resources, as a rule sees them: by kind, namespace and name.
fn by_kind<'i>(naming: &Naming<'_>, ways: &Ways, ids: impl Iterator<Item = &'i ResourceId>) -> BTreeMap<Text, Seen> {
    let mut kinds: BTreeMap<Text, Places> = BTreeMap::new();
    for id in ids {
        if let Some(of) = ways.get(id) {
            let seen = Seen::list(of.iter().map(|one| way(naming, id, one)));
            let names = kinds.entry(id.kind.clone()).or_default().entry(id.namespace.clone()).or_default();
            names.insert(naming.name(id), seen);
        }
    }
    kinds.into_iter().map(|(kind, places)| (kind, nested(places))).collect()
}

fn way(naming: &Naming<'_>, subject: &ResourceId, way: &Way) -> Seen {
    let (at, path): (_, &[Step]) =
        way.witness.last().map_or((subject, &[]), |hop| (&hop.resource, hop.path.as_slice()));
    let facts = way.facts.iter().map(|entry| (entry.key.clone(), naming.value(&at.root, &entry.value)));
    let answer = Seen::text(&way.answer.name().into());
    let place = [("answer", answer), ("at", address(naming, at)), ("path", steps(path))];
    Seen::object(facts.chain(place.map(|(key, value)| (Text::from(key), value))))
}

/// `[kind, namespace, name]`.
fn address(naming: &Naming<'_>, id: &ResourceId) -> Seen {
    Seen::list([&id.kind, &id.namespace, &naming.name(id)].map(Seen::text))
}

fn key(naming: &Naming<'_>, id: &ResourceId) -> (Text, Text, Text) {
    (id.kind.clone(), id.namespace.clone(), naming.name(id))
}

fn nested(places: Places) -> Seen {
    Seen::object(places.into_iter().map(|(namespace, names)| (namespace, Seen::object(names))))
}

fn defined_twice() -> Seen {
    let unknown = Unknown { why: "defined twice".to_owned(), ..Unknown::default() };
    Seen::of(&Value::Unknown(Box::new(unknown)))
}

fn steps(path: &[Step]) -> Seen {
    Seen::list(path.iter().map(|step| match step {
        Step::Key(key) => Seen::text(&key.as_str().into()),
        Step::Index(index) => Seen::of(&i64::try_from(*index).unwrap_or(i64::MAX).into()),
    }))
}
