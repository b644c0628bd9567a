//! What persons state: which document is the description, and which waivers and attestations count. Files go before
//! objects of a live cluster: of each of the three, objects count only where no file states any.
use super::{NormaliseError, Options, recognise::Reader, sources::Found, spe};
use crate::model::{Attestation, Description, Document, Origin, Problem, Text, Value, Waiver};

/// Everything stated.
pub(super) struct Stated {
    pub(super) description: Description,
    pub(super) waivers: Vec<Waiver>,
    pub(super) attestations: Vec<Attestation>,
    pub(super) problems: Vec<Problem>,
}

/// Reads the description, and the waivers and attestations that it lets count.
///
/// # Errors
/// [`NormaliseError`] where it cannot be told which description counts, or the one asked for is none.
pub(super) fn read(documents: &[Document], found: &[Found<'_>], options: &Options) -> Result<Stated, NormaliseError> {
    let mut problems = Vec::new();
    let chosen = chosen(found, options)?;
    if chosen.is_none_or(Found::is_live) {
        problems.extend(overlooked(documents, found, options));
    }
    let description = match chosen {
        Some(found) => {
            let (mut description, faults) = spe::description(&found.origin(), &found.parsed.value, options.at);
            problems.extend(faults);
            settle_sources(&mut description, documents);
            description
        }
        None => spe::unstated(),
    };
    let mut stated = Stated { description, waivers: Vec::new(), attestations: Vec::new(), problems };
    for one in found {
        if is_outranked(one, found, chosen) {
            let cause = "does not count: files that are read state the same kind of thing, and go before the cluster";
            stated.problems.push(Problem::remark(one.origin(), cause));
            continue;
        }
        match one.reader {
            Reader::Waiver if counts(one, "waivers", &mut stated) => {
                match spe::waiver(&one.origin(), &one.parsed.value) {
                    Ok(waiver) => stated.waivers.push(waiver),
                    Err(problem) => stated.problems.push(problem),
                }
            }
            Reader::Attestation if counts(one, "attestations", &mut stated) => {
                match spe::attestation(&one.origin(), &one.parsed.value) {
                    Ok(attestation) => stated.attestations.push(attestation),
                    Err(problem) => stated.problems.push(problem),
                }
            }
            _ => {}
        }
    }
    Ok(stated)
}

/// Whether an object of the cluster stands back behind a file.
fn is_outranked(one: &Found<'_>, found: &[Found<'_>], chosen: Option<&Found<'_>>) -> bool {
    one.is_live()
        && match one.reader {
            Reader::Description => chosen.is_some_and(|chosen| !chosen.is_live()),
            Reader::Waiver | Reader::Attestation => {
                found.iter().any(|other| other.reader == one.reader && !other.is_live())
            }
            _ => false,
        }
}

/// Names the sources of clusters from the repository, as documents are named: people write them from where spe.yaml is.
fn settle_sources(description: &mut Description, documents: &[Document]) {
    let home = home(description).to_owned();
    for source in description.clusters.iter_mut().flat_map(|cluster| &mut cluster.sources) {
        let written = source.path.trim_start_matches("./").trim_end_matches('/');
        let from_home = match written {
            "" | "." => home.clone(),
            _ => below(&home, written),
        };
        let holds = |folder: &str| {
            let is_below =
                |path: &str| path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            folder == "." || documents.iter().any(|document| is_below(document.origin.path()))
        };
        if holds(&from_home) {
            source.path = from_home.into();
        }
    }
}

/// The folder of spe.yaml.
fn home(description: &Description) -> &str {
    description.origin.as_ref().and_then(|origin| Some(origin.path().rsplit_once('/')?.0)).unwrap_or(".")
}

/// The one description that counts.
fn chosen<'a>(found: &'a [Found<'a>], options: &Options) -> Result<Option<&'a Found<'a>>, NormaliseError> {
    let descriptions = found.iter().filter(|one| one.reader == Reader::Description && one.document.render.is_none());
    let (live, files): (Vec<&Found<'_>>, Vec<&Found<'_>>) = descriptions.partition(|one| one.is_live());
    let mut candidates: Vec<&Found<'_>> =
        files.into_iter().filter(|one| is_candidate(one.document.origin.path(), options)).collect();
    if candidates.is_empty() && options.description.is_none() {
        candidates = live;
    }
    match (candidates.as_slice(), &options.description) {
        ([], Some(path)) => Err(NormaliseError::NoDescription { path: path.clone() }),
        ([], None) => Ok(None),
        ([one], _) => Ok(Some(one)),
        ([first, second, ..], _) => Err(NormaliseError::TwoDescriptions { first: place(first), second: place(second) }),
    }
}

fn is_candidate(path: &str, options: &Options) -> bool {
    match &options.description {
        Some(description) => description.as_ref() == path,
        None => options.roots.iter().any(|root| root.as_ref() == path || below(root, "spe.yaml") == path),
    }
}

fn below(folder: &str, name: &str) -> String {
    match folder {
        "" | "." => name.to_owned(),
        _ => format!("{}/{name}", folder.trim_end_matches('/')),
    }
}

fn place(found: &Found<'_>) -> Text {
    if found.is_live() {
        return found.document.origin.path().clone();
    }
    format!("{}:{}", found.document.origin.path(), found.parsed.at.line).into()
}

/// Files that look like a description and are not used as one: silence would read as if they were.
fn overlooked(documents: &[Document], found: &[Found<'_>], options: &Options) -> Vec<Problem> {
    let elsewhere = found.iter().filter(|one| one.reader == Reader::Description && !one.is_live()).map(|one| {
        let cause =
            "this description is not used: it is not `spe.yaml` at the root of a scanned path; name it with `--spe`";
        Problem::remark(one.origin(), cause)
    });
    let is_at_root = |document: &&Document| {
        document.render.is_none()
            && options.roots.iter().any(|root| below(root, "spe.yaml") == document.origin.path().as_ref())
    };
    let others = documents.iter().filter(is_at_root).map(|document| {
        let cause =
            "not a description: it needs `apiVersion: speguard.io/v1alpha1` and `kind: SecureProcessingEnvironment`";
        Problem::new(document.origin.clone(), cause)
    });
    elsewhere.chain(others).collect()
}

/// Whether a waiver or attestation lies in the folder that the description gives for them, where it gives one.
fn counts(one: &Found<'_>, key: &str, stated: &mut Stated) -> bool {
    let description = &stated.description;
    // The folder is one of files beside a file.
    if one.is_live() || matches!(description.origin, Some(Origin::Object { .. })) {
        return true;
    }
    let Some(folder) = description.spec.get(key).and_then(Value::as_text) else { return true };
    let folder = below(home(description), folder.trim_start_matches("./").trim_end_matches('/'));
    let path = one.document.origin.path();
    if path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/')) {
        return true;
    }
    let cause = format!("does not count: it lies outside `{folder}`, the folder that spe.yaml gives for {key}");
    stated.problems.push(Problem::remark(one.origin(), cause));
    false
}
