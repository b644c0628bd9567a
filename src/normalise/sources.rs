//! Which document goes to which reader. A new format is a row here.
use super::{
    Options, Partial, Sourced, clusters, keycloak, kubernetes,
    parse::{self, Stream},
    recognise::{Reader, recognise},
    rendered::Places,
    terraform,
    tree::Parsed,
};
use crate::model::{Description, Document, Hidden, Origin, Platform, Problem, Resource, Text, Value};
use rayon::prelude::*;
use std::{collections::BTreeMap, sync::Arc};

/// One YAML or JSON document of a file, and who reads it.
pub(super) struct Found<'a> {
    pub(super) document: &'a Document,
    pub(super) parsed: Parsed,
    pub(super) reader: Reader,
    /// The way back into the repository, for rendered documents.
    places: Option<Arc<Places>>,
}

impl Found<'_> {
    /// Whether it is an object of a live cluster.
    pub(super) fn is_live(&self) -> bool {
        is_live(self.document)
    }

    pub(super) fn origin(&self) -> Origin {
        if self.is_live() {
            return self.document.origin.clone();
        }
        if let Some(places) = &self.places {
            return places.place(self.parsed.at.line);
        }
        Origin::File { path: self.document.origin.path().clone(), mark: self.parsed.at }
    }
}

/// Parses and recognises every document that is not Terraform's, in order.
pub(super) fn find(documents: &[Document]) -> (Vec<Found<'_>>, Vec<Problem>) {
    let read: Vec<(&Document, Stream, Option<Arc<Places>>)> = documents
        .par_iter()
        .filter(|document| {
            is_live(document) || !is_terraform(document.origin.path()) && !is_bicep(document.origin.path())
        })
        .map(|document| {
            let path = document.origin.path();
            (
                document,
                parse::parse(&document.bytes, path.ends_with(".json") || is_live(document)),
                Places::of(document).map(Arc::new),
            )
        })
        .collect();
    let mut found = Vec::new();
    let mut problems = Vec::new();
    for (document, stream, places) in read {
        for fault in stream.faults {
            let own = || Origin::File { path: document.origin.path().clone(), mark: fault.at };
            let origin = places.as_ref().map_or_else(own, |places| places.place(fault.at.line));
            let root = document.render.as_ref().map(|render| render.root.clone());
            let hides = fault.lost.then(|| Hidden { platform: lost(document), root, ..Hidden::default() });
            problems.push(Problem { origin, cause: fault.cause, hides });
        }
        for parsed in stream.documents {
            let reader = recognise(&parsed.value);
            if reader != Reader::Nothing {
                found.push(Found { document, parsed, reader, places: places.clone() });
            }
        }
    }
    (found, problems)
}

/// The platform of what a document holds that cannot be parsed: what a program rendered, and what names neither a plan
/// nor a realm, can only hold objects of a cluster. `None` = any.
fn lost(document: &Document) -> Option<Platform> {
    const OTHERS: [&[u8]; 2] = [b"terraform_version", b"\"realm\""];
    let names = |word: &[u8]| document.bytes.windows(word.len()).any(|part| part == word);
    (document.render.is_some() || !OTHERS.into_iter().any(names)).then_some(Platform::Kubernetes)
}

/// Reads Terraform code and everything else whose reader is known, in the light of the description.
pub(super) fn read(
    documents: &[Document],
    found: Vec<Found<'_>>,
    description: &Description,
    options: &Options,
) -> (Partial, Option<Sourced>) {
    let mut all = Partial::default();
    let by_name = |is: fn(&str) -> bool| -> Vec<&Document> {
        documents.iter().filter(|document| !is_live(document) && is(document.origin.path())).collect()
    };
    let terraform = by_name(is_terraform);
    if !terraform.is_empty() {
        let mut declared = terraform::read(&terraform, documents, options);
        keycloak::realms(&mut declared);
        all.add(declared);
    }
    for document in by_name(is_bicep) {
        all.problems.push(not_read(document.origin.clone(), "a Bicep file", Platform::Arm));
    }
    let plans = found.iter().filter(|found| found.reader == Reader::Plan).map(|found| found.document.origin.path());
    let plans = terraform::plan::roots(plans, &terraform);
    let defined = defined(&found);
    let code = options.source.as_ref().map(terraform::code::Code::read);
    let light = Light { description, plans: &plans, defined: &defined, code: code.as_ref() };
    let read: Vec<(Option<Text>, Partial)> = found
        .into_par_iter()
        .map(|found| {
            let plan = (found.reader == Reader::Plan).then(|| found.document.origin.path().clone());
            (plan, read_one(found, &light))
        })
        .collect();
    let mut sourced = code.map(|_| Sourced::default());
    for (plan, partial) in read {
        if let (Some(sourced), Some(plan)) = (&mut sourced, plan) {
            sourced.plans += 1;
            sourced.resources += partial.resources.len();
            sourced.unmatched += partial.resources.iter().filter(|one| *one.origin.path() == plan).count();
        }
        all.add(partial);
    }
    (all, sourced)
}

/// What every document is read in the light of.
struct Light<'a> {
    description: &'a Description,
    plans: &'a terraform::plan::Roots,
    /// Kinds that definitions in the scan put into namespaces, or not.
    defined: &'a BTreeMap<Text, bool>,
    /// The code that plans were made from.
    code: Option<&'a terraform::code::Code>,
}

/// Kinds that definitions in the scan put into namespaces, or not.
fn defined(found: &[Found<'_>]) -> BTreeMap<Text, bool> {
    let field =
        |one: &Found<'_>, keys: &[&str]| one.parsed.value.find(keys).and_then(Value::as_text).map(str::to_owned);
    let definitions = found.iter().filter(|one| field(one, &["kind"]).as_deref() == Some("CustomResourceDefinition"));
    definitions
        .filter_map(|one| {
            let (group, kind) = (field(one, &["spec", "group"])?, field(one, &["spec", "names", "kind"])?);
            Some((format!("{group}/{kind}").into(), field(one, &["spec", "scope"])? == "Namespaced"))
        })
        .collect()
}

fn read_one(found: Found<'_>, light: &Light<'_>) -> Partial {
    let Light { description, plans, defined, code } = *light;
    let origin = found.origin();
    let Found { document, parsed, reader, places } = found;
    let problem = match reader {
        Reader::Kubernetes => {
            let path = document.origin.path();
            let root = match &document.render {
                Some(render) => render.root.clone(),
                None => clusters::plain_root(description, path),
            };
            let of = if document.render.is_some() { &root } else { path };
            let namespace = clusters::source(description, of).and_then(|source| source.namespace.clone());
            let mut read = kubernetes::read(document, parsed, &kubernetes::Place { root, namespace, defined });
            let realms: Vec<Partial> = read.resources.iter().filter_map(imported_realm).collect();
            realms.into_iter().for_each(|realm| read.add(realm));
            if let Some(places) = places {
                read.resources.iter_mut().for_each(|resource| places.settle(resource));
                read.problems.iter_mut().for_each(|problem| problem.origin = places.place(problem.origin.mark().line));
            }
            return read;
        }
        Reader::Realm => return keycloak::read(&origin, parsed.value),
        Reader::Plan => {
            let mut planned = terraform::plan::read(document, &parsed.value, plans, code);
            keycloak::realms(&mut planned);
            return planned;
        }
        Reader::Unread { what, platform } => not_read(origin, what, platform),
        Reader::Broken(cause) => Problem::hiding(origin, cause, Platform::Kubernetes, None),
        Reader::Description | Reader::Waiver | Reader::Attestation | Reader::Nothing => return Partial::default(),
    };
    Partial { resources: Vec::new(), problems: vec![problem] }
}

/// The realm that Keycloak's operator will import.
fn imported_realm(resource: &Resource) -> Option<Partial> {
    if resource.id.kind.as_ref() != "k8s.keycloak.org/KeycloakRealmImport" {
        return None;
    }
    let realm = resource.body.find(&["spec", "realm"])?;
    Some(keycloak::read(&resource.origin, realm.clone()))
}

fn not_read(origin: Origin, what: &str, platform: Platform) -> Problem {
    Problem::hiding(origin, format!("{what}: recognised, and not read yet"), platform, None)
}

/// Whether a document is an object of a live cluster, whose name says nothing of its form.
fn is_live(document: &Document) -> bool {
    matches!(document.origin, Origin::Object { .. })
}

/// Files that belong to a Terraform or OpenTofu configuration; such a folder is read as one.
fn is_terraform(path: &str) -> bool {
    const ENDINGS: [&str; 8] = [
        ".tf",
        ".tofu",
        ".tf.json",
        ".tofu.json",
        ".tfvars",
        ".tfvars.json",
        ".terraform.lock.hcl",
        ".terraform/modules/modules.json",
    ];
    ENDINGS.iter().any(|ending| path.ends_with(ending))
}

fn is_bicep(path: &str) -> bool {
    path.ends_with(".bicep")
}
