//! `speguard evidence rejudge`: the same revision by the same criteria gives the same rows, or it says which differ.
use super::{open, prove::manifest, say};
use crate::{
    assess::assess,
    cli::{Sources, evidence::Rejudge},
    commands::{read, record},
    evaluate::Bundle,
    judge::{Profile, profile},
    model::{Resource, Timestamp},
    record::{
        entry::{Body, Bundle as BundleEntry, DigestText, Run},
        place::Place,
        row::{ResultSet, Row},
        segment::digest,
        store::Store,
    },
};
use anyhow::{Context, ensure};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The object of a `bundle` entry.
#[derive(Deserialize)]
struct Kept {
    files: BTreeMap<String, String>,
    profile: KeptProfile,
}

#[derive(Deserialize)]
struct KeptProfile {
    name: String,
    text: String,
}

/// More differences than this do not help.
const SHOWN_MAX: usize = 20;

/// Judges again and compares; gives the exit code.
///
/// # Errors
/// A run, bundle or path that cannot be read.
pub(super) fn run(arguments: &Rejudge) -> anyhow::Result<u8> {
    let store = &*open::store(&arguments.log.log)?;
    let place = open::place(store, &arguments.log)?;
    let (_, checkpoint) = open::newest(store, &place)?;
    let (_, _, run) = manifest(store, &place, checkpoint.size, &arguments.run)?;
    let (observed, bundle, pepper) = beside(store, &place, checkpoint.size, &run)?;
    let rows = record::results(store, &place.prefix(), run.results_blob)
        .and_then(|results| Ok((results, record::read_key(store, &place.prefix(), pepper)?)));
    let (results, pepper) = match rows {
        Ok(rows) => rows,
        Err(error) => {
            say(&format!("the rows of the run are not here: {error:#}\nNothing can be compared.\n"))?;
            return Ok(3);
        }
    };
    let kept = kept(store, &bundle)?;
    let mut files: Vec<(String, String)> = kept.files.into_iter().collect();
    files.retain(|(path, _)| !path.ends_with("_test.rego"));
    let criteria = Bundle::trusting(files)?;
    ensure!(DigestText::from(criteria.digest) == bundle.bundle, "the kept criteria are not those that the entry names");
    let mut sources = Sources { paths: vec![arguments.path.clone()], ..Sources::default() };
    sources.at = Some(observed);
    let reading = read::sources(&sources)?;
    let environment = &reading.normalised.environment;
    let profile = Profile {
        waivers: reading.normalised.waivers.clone(),
        attestations: reading.normalised.attestations.clone(),
        ..profile::check(&kept.profile.text, &kept.profile.name, &criteria.criteria, &environment.description)?
    };
    let subjects: Vec<&Resource> = environment.all().collect();
    let at: Timestamp = reading.at;
    let assessment = assess(&criteria, environment, &subjects, &profile, at);
    let row_sources = record::row_sources(environment, &profile, &criteria, &pepper);
    let again = ResultSet::of(&assessment, &criteria.criteria, &row_sources, results.key());
    let text = compare(&run, environment.digest.into(), &results, &again);
    let same = again.root() == results.root();
    say(&text)?;
    Ok(u8::from(!same))
}

/// What stands beside a run in the log: when its facts were read, its bundle, and the blob with the key of its pseudonyms.
fn beside(store: &dyn Store, place: &Place, size: u64, run: &Run) -> anyhow::Result<(String, BundleEntry, DigestText)> {
    let (mut observed, mut bundle, mut pepper) = (None, None, None);
    open::entries(store, place, size, &mut |_, _, entry| {
        match entry.body {
            Body::Bundle(one) if one.bundle == run.bundle && one.profile == run.profile => bundle = Some(one),
            Body::RunStart(start) if start.run == run.run => pepper = Some(start.pepper),
            Body::Run(one) if one.run == run.run => observed = Some(entry.common.time.observed),
            _ => {}
        }
        Ok(())
    })?;
    let observed = observed.context("the run is missing")?;
    let pepper = pepper.context("the start of the run is missing")?;
    Ok((observed.to_string(), bundle.context("no entry names the criteria of the run")?, pepper))
}

fn kept(store: &dyn Store, bundle: &BundleEntry) -> anyhow::Result<Kept> {
    let hex = bundle.object.hex();
    let path = format!("bundles/sha256/{}/{hex}", hex.get(..2).unwrap_or_default());
    let bytes = store.get(&path)?.with_context(|| format!("the criteria of the run, `{path}`, are missing"))?;
    ensure!(digest(&bytes) == bundle.object, "`{path}` is not what its name says");
    serde_json::from_slice(&bytes).with_context(|| format!("`{path}` cannot be read"))
}

fn compare(run: &Run, environment: DigestText, before: &ResultSet, again: &ResultSet) -> String {
    let mut text = format!("run {} of {} ({} rows)\n", run.run, run.scope, before.size());
    if environment != run.environment {
        text.push_str("what was read differs from what the run read: this is not its revision, or not all of it\n");
    }
    if before.root() == again.root() {
        text.push_str("the same rows: every verdict, effect and finding is as recorded\n");
        return text;
    }
    // Rows are compared whole: under one blob key, equal rows have equal salts and commitments.
    let old: BTreeMap<_, &Row> = before.rows().lines().iter().map(|row| (&row.key, row)).collect();
    let new: BTreeMap<_, &Row> = again.rows().lines().iter().map(|row| (&row.key, row)).collect();
    let keys: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let say = |row: Option<&&Row>| row.map_or("no row", |row| row.outcome.name());
    let mut count = 0_usize;
    for key in keys {
        let (one, other) = (old.get(*key), new.get(*key));
        if one == other {
            continue;
        }
        count += 1;
        if count <= SHOWN_MAX {
            let same = say(one) == say(other);
            let what =
                if same { "another finding or input".to_owned() } else { format!("{} -> {}", say(one), say(other)) };
            text.push_str(&format!("  {} {}: {what}\n", key.criterion, key.resource));
        }
    }
    text.push_str(&format!("{count} rows differ\n"));
    text
}
