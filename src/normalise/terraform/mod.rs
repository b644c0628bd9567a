//! Terraform and OpenTofu code, and plans, as resources. Start at [`read`]; `plan::read` reads `terraform show -json`.
//!
//! Every folder of configuration that no other folder of the scan calls as a module is a root. A root is evaluated as
//! Terraform would, as far as that is possible without a disk, a state and the providers: variables with their
//! defaults and variable files, locals, functions, `count`, `for_each`, dynamic blocks, local modules and modules that
//! `terraform init` has fetched. What cannot be told is an unknown with its reason.
//!
//! # What a rule finds in a body
//! - `{type, address, values}`; nested blocks are lists of objects, also in JSON; what is null or unset is absent.
//! - **Defaults are filled in.** For types and attributes of `provider_facts.json` an unset attribute has the provider's
//!   default, also inside blocks that are there (`site_config[0].minimum_tls_version`). Where the majors that may read
//!   the configuration differ it is an unknown that says "state it, or pin the provider". An attribute of the table is
//!   therefore never absent, and a rule need not know a default. Old names are read under today's
//!   (`enable_https_traffic_only` → `https_traffic_only_enabled`, `log` → `enabled_log`).
//! - A reference to an attribute that the configuration gives is its value. To one that it does not give
//!   (`azurerm_subnet.a.id`) it is an unknown with `refers: ["azurerm_subnet.a"]`. `refers` is kept through templates,
//!   functions, locals, variables and outputs. In a text that is put together it holds only what an identifier
//!   was taken from: `"${azurerm_storage_account.a.id}/blobServices/default"` refers to the account,
//!   `"nsg-${azurerm_resource_group.a.name}"` to nothing, because it names something else.
//! - Where `count` or the keys of `for_each` are unknown, one instance `type.name[?]` stands for all. It may not exist at
//!   all: its pointers to other resources (`*_id`, `*_name` and whatever is taken from a resource) are unknowns with
//!   `any: true`, so that it cannot vouch for another resource. A `dynamic` block with an unknown `for_each` makes the
//!   whole list of its blocks an unknown.
//! - `file`, `templatefile` and their relatives see what was scanned: documents, and files whose name stands in the code
//!   (`Options::beside`). Of a file that was not read, the answer is unknown; so is `fileexists`.
//! - Values that Terraform marks sensitive are unknowns ("var.a is sensitive").
//! - Data sources are resources only for the few types of `platforms::DATA`; others are seen through what refers to them
//!   (`refers: ["data.azurerm_subnet.a"]`).
mod body;
pub(super) mod code;
mod dates;
mod emit;
mod evaluator;
mod expand;
mod expression;
mod files;
mod functions;
mod json;
mod module;
mod parse;
pub(super) mod plan;
mod plan_references;
mod platforms;
mod provider_facts;
mod reference;
mod roots;
mod syntax;
mod types;
mod unknown;
mod versions;

use super::{Options, Partial};
use crate::model::{Document, Hidden, Origin, Platform, Problem, Text};
use evaluator::{Evaluator, Inputs, Project};
use rayon::prelude::*;
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use syntax::{Body, Node};

/// Larger files are not written by people, and a parse costs about a second for five megabytes.
const FILE_BYTES_MAX: usize = 8 << 20;

/// Stack of the thread that evaluates: deep enough for `evaluator::DEPTH_MAX` levels in a debug build.
const STACK_BYTES: usize = 256 << 20;

/// Reads all Terraform documents of a scan: configuration, variable files, lock files and `modules.json`; `all` are the
/// documents that the functions of files may find.
pub(super) fn read(documents: &[&Document], all: &[Document], options: &Options) -> Partial {
    if documents.is_empty() {
        return Partial::default();
    }
    let evaluate = || {
        let mut read = Read::new(documents);
        let files = all.iter().filter(|document| document.render.is_none()).chain(&options.beside);
        read.project.files =
            files.map(|document| (document.origin.path().clone(), Arc::clone(&document.bytes))).collect();
        read.evaluated(options)
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, evaluate);
        thread.ok().and_then(|thread| thread.join().ok()).unwrap_or_else(|| {
            let origin = documents.first().map_or_else(|| Origin::file("."), |document| document.origin.clone());
            let cause = "the evaluation of terraform code broke down: please report this";
            Partial { resources: Vec::new(), problems: vec![Problem::new(origin, cause)] }
        })
    })
}

/// What a document is, by its name.
enum Role {
    Configuration,
    Variables,
    Lock,
    Installed,
    Other,
}

/// One document, parsed.
enum Parsed {
    Body(Body),
    Json(serde_json::Value),
}

#[derive(Default)]
struct Read {
    project: Project,
    /// Variable files by path.
    variables: BTreeMap<Text, Body>,
    locked: BTreeMap<Text, versions::Locked>,
    /// Files that could not be read: folder, problem without `hides`, and the platform that is named in it.
    broken: Vec<(Text, Problem, Option<Platform>)>,
    problems: Vec<Problem>,
}

impl Read {
    fn new(documents: &[&Document]) -> Self {
        let mut read = Self::default();
        let replaced: BTreeSet<&str> =
            documents.iter().filter_map(|document| stem(document.origin.path(), [".tofu", ".tofu.json"])).collect();
        let parsed: Vec<_> = documents
            .par_iter()
            .map(|document| (document.origin.path(), role(document.origin.path()), document))
            .filter(|(path, role, _)| match role {
                // OpenTofu reads `a.tofu` in place of `a.tf`.
                Role::Configuration => stem(path, [".tf", ".tf.json"]).is_none_or(|stem| !replaced.contains(stem)),
                Role::Variables | Role::Lock | Role::Installed => true,
                Role::Other => false,
            })
            .map(|(path, role, document)| (path, role, parsed(document), &document.bytes))
            .collect();
        let mut files: BTreeMap<Text, (Vec<module::File>, bool)> = BTreeMap::new();
        for (path, role, parsed, bytes) in parsed {
            let folder = roots::folder(path);
            match (role, parsed) {
                (Role::Configuration, Ok(parsed)) => {
                    let body = match parsed {
                        Parsed::Body(body) => body,
                        Parsed::Json(json) => json::body(&json),
                    };
                    files.entry(folder).or_default().0.push(module::File { path: path.clone(), body });
                }
                (Role::Variables, Ok(Parsed::Body(body))) => drop(read.variables.insert(path.clone(), body)),
                (Role::Variables, Ok(Parsed::Json(json))) => {
                    read.variables.insert(path.clone(), json::assignments(&json));
                }
                (Role::Lock, Ok(Parsed::Body(body))) => drop(read.locked.insert(folder, versions::locked(&body))),
                (Role::Installed, Ok(Parsed::Json(json))) => {
                    let root = roots::joined(&folder, "../..").unwrap_or(folder);
                    read.project.installed.insert(root.clone(), roots::installed(&root, &json));
                }
                (Role::Lock | Role::Installed | Role::Other, Ok(_)) => {}
                (Role::Configuration, Err(problem)) => {
                    files.entry(folder.clone()).or_default().1 = true;
                    read.broken.push((folder, problem, platform_in(bytes)));
                }
                (Role::Variables, Err(problem)) => read.broken.push((folder, problem, None)),
                (Role::Lock | Role::Installed | Role::Other, Err(problem)) => read.problems.push(problem),
            }
        }
        for (folder, (files, broken)) in files {
            let module = module::module(files, broken, &mut read.problems);
            read.project.modules.insert(folder, module);
        }
        read
    }

    fn evaluated(mut self, options: &Options) -> Partial {
        let mut partial = Partial { resources: Vec::new(), problems: std::mem::take(&mut self.problems) };
        let roots = roots::roots(&self.project.modules);
        for path in options.var_files.iter().filter(|path| !self.variables.contains_key(*path)) {
            let read = self.broken.iter().any(|(_, problem, _)| problem.origin.path() == path);
            if !roots.is_empty() && !read {
                let cause = "the variable file is not among the scanned files: give its path as the scan shows it";
                partial.problems.push(Problem::new(Origin::file(path.clone()), cause));
            }
        }
        let mut used: BTreeMap<&Text, BTreeSet<&Text>> = BTreeMap::new();
        for root in &roots {
            self.root(root, options, &mut partial, &mut used);
        }
        for (folder, problem, platform) in &self.broken {
            let mut roots = used.get(folder).into_iter().flatten();
            let root = roots.next().filter(|_| roots.next().is_none()).map(|root| (*root).clone());
            let hides = Some(Hidden { platform: *platform, root, ..Hidden::default() });
            partial.problems.push(Problem { hides, ..problem.clone() });
        }
        partial
    }

    fn root<'p>(
        &'p self,
        root: &'p Text,
        options: &'p Options,
        partial: &mut Partial,
        used: &mut BTreeMap<&'p Text, BTreeSet<&'p Text>>,
    ) {
        let Some(module) = self.project.modules.get(root) else { return };
        let evaluator = Evaluator::new(&self.project, root);
        let inputs = Inputs::Root(self.assignments(root, options));
        let instance = evaluator.instance(root, module, (String::new(), String::new()), inputs, None);
        let tree = evaluator.tree(&instance);
        let folders = evaluator.folders.borrow().clone();
        let known: RefCell<BTreeMap<String, Vec<u32>>> = RefCell::default();
        let majors = |provider: &str| {
            let worked_out = known.borrow().get(provider).cloned();
            worked_out.unwrap_or_else(|| {
                let majors = self.majors(root, &folders, provider);
                known.borrow_mut().insert(provider.to_owned(), majors.clone());
                majors
            })
        };
        let emission = evaluator.emitted(&tree, &majors);
        for folder in folders {
            used.entry(folder).or_default().insert(root);
        }
        partial.problems.extend(emission.problems(root));
        partial.resources.extend(emission.resources);
        drop(tree);
        partial.problems.extend(evaluator.into_problems());
    }

    fn majors(&self, root: &Text, folders: &BTreeSet<&Text>, provider: &str) -> Vec<u32> {
        let modules = folders.iter().filter_map(|folder| self.project.modules.get(*folder));
        versions::majors(provider, self.locked.get(root), modules, provider_facts::known(provider))
    }

    /// The assignments of a root's variable files, in Terraform's order; later ones win.
    fn assignments<'p>(&'p self, root: &str, options: &'p Options) -> BTreeMap<&'p str, &'p Node> {
        let here = |path: &Text| roots::folder(path).as_ref() == root;
        let name = |path: &Text| path.rsplit('/').next().unwrap_or(path).to_owned();
        let fixed = ["terraform.tfvars", "terraform.tfvars.json"];
        let own =
            fixed.iter().filter_map(|fixed| self.variables.iter().find(|(path, _)| here(path) && name(path) == *fixed));
        let automatic = self
            .variables
            .iter()
            .filter(|(path, _)| here(path) && (path.ends_with(".auto.tfvars") || path.ends_with(".auto.tfvars.json")));
        let given = options.var_files.iter().filter_map(|path| self.variables.get_key_value(path));
        own.chain(automatic)
            .chain(given)
            .flat_map(|(_, body)| &body.attributes)
            .map(|attribute| (attribute.name.as_ref(), &attribute.value))
            .collect()
    }
}

fn role(path: &str) -> Role {
    let ends = |endings: &[&str]| endings.iter().any(|ending| path.ends_with(ending));
    if ends(&[".tf", ".tf.json", ".tofu", ".tofu.json"]) {
        Role::Configuration
    } else if ends(&[".tfvars", ".tfvars.json"]) {
        Role::Variables
    } else if ends(&[".terraform.lock.hcl"]) {
        Role::Lock
    } else if path == ".terraform/modules/modules.json" || ends(&["/.terraform/modules/modules.json"]) {
        Role::Installed
    } else {
        Role::Other
    }
}

fn stem<'p>(path: &'p str, endings: [&str; 2]) -> Option<&'p str> {
    endings.iter().find_map(|ending| path.strip_suffix(ending))
}

/// The body or JSON of a document, or the problem with it.
fn parsed(document: &Document) -> Result<Parsed, Problem> {
    let path = document.origin.path();
    let problem = |line: u32, column: u32, cause: String| Problem::new(Origin::at(path.clone(), line, column), cause);
    if document.bytes.len() > FILE_BYTES_MAX {
        return Err(problem(1, 1, format!("the file is larger than {FILE_BYTES_MAX} bytes and was not read")));
    }
    let text = std::str::from_utf8(&document.bytes)
        .map_err(|_| problem(1, 1, "the file is not UTF-8: convert it".to_owned()))?
        .trim_start_matches('\u{feff}');
    if path.ends_with(".json") {
        return serde_json::from_str(text).map(Parsed::Json).map_err(|error| {
            let place = |number: usize| u32::try_from(number.max(1)).unwrap_or(u32::MAX);
            problem(place(error.line()), place(error.column()), format!("not valid JSON: {error}"))
        });
    }
    parse::body(text)
        .map(Parsed::Body)
        .map_err(|error| problem(error.at.line, error.at.column, format!("not read as HCL: {}", error.cause)))
}

/// The one platform that an unreadable file names in its resource types.
fn platform_in(bytes: &[u8]) -> Option<Platform> {
    let text = String::from_utf8_lossy(bytes);
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    platforms::only(words.filter(|word| word.contains('_')))
}
