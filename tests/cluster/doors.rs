//! The other two doors: what the background audit says of the watched inventory, and what admission says of each object
//! when it is created in an environment without it.
use super::agreement::lines;
use crate::criteria::BUNDLE;
use speguard::{
    cli::Judging,
    collect::{
        self,
        cluster::{Access, Change, Cluster, Part, Served},
    },
    commands::{cases, read},
    evaluate::{Evaluation, Light, evaluate},
    judge::Profile,
    model::{CriterionId, Document, Enforcement, Origin, ResourceId, Text, Verdict},
    normalise::Options,
    reach,
    serve::{
        inventory::{Extent, Frame, Inventory},
        review::{Operation, Request},
        ruling::{Law, rule},
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// What a cluster holds, as the service knows it.
pub(super) struct Doors {
    inventory: Inventory,
    served: Vec<Served>,
    profile: Profile,
    /// Each object as it came, by its id.
    objects: BTreeMap<ResourceId, Document>,
}

impl Doors {
    /// Lists the cluster into an inventory, in the light of a case's description.
    pub(super) fn open(kubeconfig: &Path, case: &cases::Case, reading: &read::Reading) -> Self {
        let profile = read::profile(&Judging::default(), &BUNDLE, reading).unwrap();
        // Everything weighs, so that everything shows.
        let enforcement = BUNDLE.criteria.iter().map(|one| (one.id.clone(), Enforcement::Deny)).collect();
        let profile = Profile { enforcement, waivers: Vec::new(), ..profile };
        let (cluster, _) =
            Cluster::connect(&Access { kubeconfig: Some(kubeconfig.to_owned()), context: None }).unwrap();
        let kinds = BUNDLE.kinds(speguard::model::Platform::Kubernetes);
        let found = cluster.kinds(&|kind| kind != "Secret" && (kinds.contains(kind) || reach::reads(kind))).unwrap();
        let mut paths = vec![case.path.clone()];
        paths.extend(case.description.clone());
        let collected =
            collect::files(&collect::Request { paths, plain: true, ..collect::Request::default() }).unwrap();
        let frame = Frame {
            documents: collected.documents,
            problems: collected.problems,
            options: Options {
                description: case.description.as_deref().map(collect::shown),
                roots: vec![collect::shown(&case.path)],
                at: reading.at,
                ..Options::default()
            },
            name: None,
            unseen: reading.normalised.environment.unseen.clone(),
        };
        let mut context: BTreeSet<Text> = BUNDLE.joins(speguard::model::Platform::Kubernetes);
        context.extend(found.served.iter().map(|one| &one.kind).filter(|kind| reach::reads(kind)).cloned());
        let inventory = Inventory::new(frame, context, &found.served, found.problems);
        let mut objects = BTreeMap::new();
        for (at, served) in found.served.iter().enumerate() {
            inventory.take(at, Change::Begin);
            let taken = cluster.list(served, &mut |part| {
                if let Part::Page(page) = &part {
                    objects.extend(items(page));
                }
                inventory.take(at, Change::Part(part));
            });
            taken.unwrap();
            inventory.take(at, Change::Listed);
        }
        Self { inventory, served: found.served, profile, objects }
    }

    /// What the background audit says of a criterion.
    pub(super) fn audited(&self, criterion: Option<&CriterionId>) -> Vec<Evaluation> {
        let snapshot = self.inventory.snapshot(Extent::Whole).unwrap();
        let environment = &snapshot.environment;
        let subjects: Vec<_> = environment.all().collect();
        let reach = reach::derive(environment, &subjects);
        let light = Light { environment, reach: &reach, parameters: &self.profile.parameters, known: None };
        evaluate(&BUNDLE, &light, &subjects).into_iter().filter(|one| Some(&one.criterion) == criterion).collect()
    }

    /// Whether admission holds a criterion against an object that is created, in a cluster that does not have it yet;
    /// `None` for what is never sent.
    pub(super) fn is_held_against(&self, criterion: &CriterionId, id: &ResourceId) -> Option<bool> {
        let document = self.objects.get(id)?;
        let at = self.served.iter().position(|served| served.kind == id.kind)?;
        self.inventory.take(at, Change::Gone(document.clone()));
        let request = Request {
            uid: "u".to_owned(),
            operation: Operation::Create,
            kind: id.kind.to_string(),
            list: self.served[at].path.to_string(),
            subresource: String::new(),
            namespace: id.namespace.to_string(),
            name: id.name.to_string(),
            dry_run: true,
            object: Some(document.clone()),
            old_object: None,
        };
        let law = Law { bundle: &BUNDLE, profile: &self.profile, warn_only: &BTreeSet::new() };
        let at_time = read::time(Some(cases::AT)).unwrap();
        let ruling = rule(&law, &self.inventory, &request, at_time).unwrap();
        self.inventory.take(at, Change::Put(document.clone()));
        assert_eq!(ruling.fault, None, "{}", id.address());
        let own = ruling.denied.iter().chain(&ruling.warned).filter(|one| one.resource == *id);
        Some(own.map(|one| &one.criterion).any(|one| one == criterion))
    }
}

/// The objects of a page, each with kind and version, as a review has them.
fn items(page: &Document) -> Vec<(ResourceId, Document)> {
    let mut list: serde_json::Value = serde_json::from_slice(&page.bytes).unwrap();
    let kind = list["kind"].as_str().unwrap().trim_end_matches("List").to_owned();
    let version = list["apiVersion"].clone();
    let items = list["items"].as_array_mut().unwrap();
    let one = |item: &mut serde_json::Value| {
        if item["kind"].is_null() {
            item["kind"] = kind.as_str().into();
            item["apiVersion"] = version.clone();
        }
        let origin = Origin::Object { path: page.origin.path().clone() };
        let document = Document { origin, bytes: serde_json::to_vec(item).unwrap().into(), render: None };
        (speguard::normalise::object(&document).unwrap().id, document)
    };
    items.iter_mut().map(one).collect()
}

/// Where admission and audit say something else than the scan of files did.
pub(super) fn disagreements(
    kubeconfig: &Path,
    case: &cases::Case,
    reading: &read::Reading,
    evaluations: &[Evaluation],
) -> Vec<String> {
    let doors = Doors::open(kubeconfig, case, reading);
    let of_case: BTreeSet<&ResourceId> = evaluations.iter().map(|one| &one.resource).collect();
    let audited = doors.audited(case.id(&BUNDLE));
    let audited = lines(audited.iter().filter(|one| of_case.contains(&one.resource)));
    let expected = lines(evaluations);
    let mut wrong = Vec::new();
    if audited != expected {
        wrong.push(format!("file {expected:#?}\n  audit {audited:#?}"));
    }
    // What is exempt is never sent.
    let exempt = &reading.normalised.environment.description.exempt_namespaces;
    for one in evaluations.iter().filter(|one| !exempt.contains(&one.resource.namespace)) {
        let falls_short = matches!(one.verdict, Verdict::NotMet { .. } | Verdict::Undetermined { .. });
        if let Some(held) = doors.is_held_against(&one.criterion, &one.resource)
            && held != falls_short
        {
            wrong.push(format!(
                "{}: a scan says {}, admission holds {held}",
                one.resource.address(),
                one.verdict.name()
            ));
        }
    }
    wrong
}
