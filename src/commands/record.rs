//! A scan that becomes evidence: `run_start` before anything is read, the run and what changed after all is judged.
use super::evidence::{now, open, random, ulid};
use crate::{
    cli::{Record, Sources},
    evaluate::{Bundle, STANDARD},
    judge::Profile,
    model::{Assessment, Environment, Recording, ResourceId},
    normalise,
    record::{
        blob::{self, Blob},
        entry::{Body, Bundle as BundleEntry, DigestText, Instant, RunStart, Trigger, Ulid},
        journal::JournalError,
        log::{Draft, Log, LogError},
        place::Place,
        redact::BlobKey,
        row::{Population, ResultSet, Sources as RowSources},
        run::{Finished, Peppers, manifest, transitions},
        segment::digest,
        state::{ScopeState, State},
        store::Store,
    },
};
use anyhow::{Context, bail};
use std::collections::BTreeMap;

mod scope;
mod statements;

/// A run that has begun.
pub struct Session<'s> {
    store: &'s dyn Store,
    log: Log<'s>,
    run: Ulid,
    scope: String,
    revision: Option<String>,
    trigger: Trigger,
    started: Instant,
    pepper: (DigestText, BlobKey),
}

/// What was read and judged.
pub struct Done<'a> {
    pub bundle: &'a Bundle,
    pub environment: &'a Environment,
    pub profile: &'a Profile,
    /// Its name or file, and its text.
    pub profile_text: (String, String),
    /// Criteria of `--policies`, by path.
    pub policies: Vec<(String, String)>,
    pub assessment: &'a Assessment,
    /// The bytes of a file that was read, by its name.
    pub document: &'a dyn Fn(&str) -> Option<Vec<u8>>,
    pub tools: &'a BTreeMap<String, String>,
    pub observed: Instant,
    pub fail_on: &'a str,
    pub exit: u8,
}

impl<'s> Session<'s> {
    /// Opens the log and enters that a run begins. Nothing has been read yet.
    ///
    /// # Errors
    /// No log, no key, another year's shard, a store that cannot be written: the scan does not begin.
    pub fn begin(
        store: &'s dyn Store,
        record: &Record,
        sources: &Sources,
        (is_cluster, trigger): (bool, Trigger),
    ) -> anyhow::Result<Self> {
        let started = now()?;
        let arguments = record.shard().context("say which log, with --log")?;
        let mut log = open::writer(store, &arguments, started)?;
        let pepper = pepper(store, &log, started)?;
        let scope = match &record.scope {
            Some(scope) => scope.clone(),
            None if is_cluster => {
                bail!("say what the cluster is called with `--scope NAME`: its runs are compared with each other by it")
            }
            None => scope::default(&sources.paths()),
        };
        // What a cluster holds is of no commit, even where spe.yaml is.
        let commit = || if is_cluster { None } else { scope::revision(&sources.paths()) };
        let revision = record.revision.clone().or_else(commit);
        let run = ulid()?;
        let start = RunStart { run, scope: scope.clone(), trigger, revision: revision.clone(), pepper: pepper.0 };
        let id = ulid()?;
        log.append(started, &mut |_| Ok(vec![Draft { observed: started, id, body: Body::RunStart(start.clone()) }]))?;
        Ok(Self { store, log, run, scope, revision, trigger, started, pepper })
    }

    /// Enters what the run found. An error is part of the answer: the run is then no evidence.
    #[must_use]
    pub fn finish(mut self, done: &Done<'_>) -> Recording {
        match self.enter(done) {
            Ok(receipt) => {
                let warning = self.log.publish().err();
                let warning = warning.map(|error| format!("no checkpoint covers it yet: {error}"));
                Recording::Recorded { receipt, warning }
            }
            Err(error) => {
                let cause = format!("{error:#}");
                let unclear = error.downcast_ref::<LogError>();
                let unclear = matches!(unclear, Some(LogError::Journal(JournalError::Unclear(_))));
                if unclear { Recording::Unknown { cause } } else { Recording::NotRecorded { cause } }
            }
        }
    }

    fn enter(&mut self, done: &Done<'_>) -> anyhow::Result<crate::model::Receipt> {
        let prefix = self.log.place().prefix();
        let before = self.last_results(self.log.state())?;
        let sources = row_sources(done.environment, done.profile, done.bundle, &self.pepper.1);
        let (results, same) = ResultSet::following(
            before.as_ref().map(|(_, set)| set),
            done.assessment,
            &done.bundle.criteria,
            &sources,
            &random()?,
        );
        let results_blob = match &before {
            Some((digest, _)) if same => {
                again(self.store, &self.log, *digest)?;
                *digest
            }
            _ => keep(&self.log, &prefix, &blob::results(&results)?)?,
        };
        let versions =
            done.environment.all().map(|resource| (&resource.id, normalise::resource_digest(resource).to_string()));
        let population = Population::of(versions, &self.pepper.1, &random()?);
        let population_blob = keep(&self.log, &prefix, &blob::population(&population)?)?;
        let statements = statements::drafts(self.store, &self.log, &self.scope, done)?;
        let bundle = self.bundle_entry(done)?;
        let ended = now()?;
        let (scope, revision) = (self.scope.clone(), self.revision.clone());
        let finished = Finished {
            run: self.run,
            scope: &scope,
            trigger: self.trigger,
            revision: revision.as_deref(),
            started: self.started,
            observed: done.observed,
            ended,
            fail_on: done.fail_on,
            exit: done.exit,
            assessment: done.assessment,
            criteria: &done.bundle.criteria,
            tools: done.tools,
            kinds: kinds(done.environment),
            results: &results,
            results_blob,
            population: &population,
            population_blob,
        };
        let mut ids = Vec::new();
        // Enough for every row and what stands beside them; drawn here, because what follows may be asked again.
        for _ in 0..results.size() + before.as_ref().map_or(0, |(_, set)| set.size()) + 2 {
            ids.push(ulid()?);
        }
        let receipts = self.append_run(&finished, &statements, bundle.as_ref(), &ids)?;
        receipts.last().cloned().context("nothing was entered")
    }

    /// Appends bundle, statements, changes and, last, the manifest, as one segment.
    fn append_run(
        &mut self,
        finished: &Finished<'_>,
        statements: &[Draft],
        bundle: Option<&BundleEntry>,
        ids: &[Ulid],
    ) -> anyhow::Result<Vec<crate::model::Receipt>> {
        let (store, prefixes) = (self.store, prefixes(&self.log));
        let (scope, pepper) = (self.scope.clone(), self.pepper);
        let appended = self.log.append(finished.ended, &mut |state: &State| {
            let mut ids = ids.iter().copied();
            let mut id = || ids.next().unwrap_or(finished.run);
            let of = state.scopes.get(&scope);
            let last = of.and_then(|of| of.last.as_ref());
            let late = last.is_some_and(|(observed, _)| *observed > finished.observed);
            let mut drafts: Vec<Draft> = Vec::new();
            if let Some(bundle) = bundle.filter(|bundle| state.bundle.as_ref() != Some(bundle)) {
                drafts.push(Draft { observed: finished.observed, id: id(), body: Body::Bundle(bundle.clone()) });
            }
            drafts.extend(statements.iter().cloned());
            let mut count = 0;
            if !late {
                // Another writer may have made the last run: its rows must be here, or nobody can tell what changed.
                let unfounded = |error: anyhow::Error| LogError::Unfounded(format!("{error:#}"));
                let before =
                    last.map(|(_, run)| results(store, holder(store, &prefixes, run.results_blob), run.results_blob));
                let before = before.transpose();
                let before = before.map_err(unfounded)?;
                let peppers = peppers(store, &prefixes, of, pepper).map_err(unfounded)?;
                let changed = transitions(finished, before.as_ref(), of, &peppers, &mut id);
                count = changed.len();
                drafts.extend(changed);
            }
            let plan = state.plan.as_ref().map(|plan| plan.digest);
            let run = manifest(finished, plan, late, count);
            drafts.push(Draft { observed: finished.observed, id: id(), body: Body::Run(Box::new(run)) });
            Ok(drafts)
        });
        Ok(appended?)
    }

    /// The rows of the last run of the scope, with their blob; `None` where there was none, or where they were erased.
    fn last_results(&self, state: &State) -> anyhow::Result<Option<(DigestText, ResultSet)>> {
        let last = state.scopes.get(&self.scope).and_then(|scope| scope.last.as_ref());
        let Some((_, run)) = last else { return Ok(None) };
        let prefixes = prefixes(&self.log);
        let set = results(self.store, holder(self.store, &prefixes, run.results_blob), run.results_blob)?;
        Ok(Some((run.results_blob, set)))
    }

    /// The entry of the criteria, the profile and the program, where they differ from the last.
    fn bundle_entry(&self, done: &Done<'_>) -> anyhow::Result<Option<BundleEntry>> {
        let mut files: BTreeMap<String, String> =
            STANDARD.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        files.extend(done.policies.iter().cloned());
        let (profile, text) = &done.profile_text;
        let whole = serde_json::json!({"files": files, "profile": {"name": profile, "text": text}});
        let bytes = serde_json::to_vec(&whole)?;
        let object = digest(&bytes);
        let entry = BundleEntry {
            bundle: done.assessment.bundle.into(),
            profile: done.assessment.profile.into(),
            object,
            tool: format!("speguard {}", env!("CARGO_PKG_VERSION")),
            engine: "regorus".to_owned(),
            criteria: u64::try_from(done.bundle.criteria.len())?,
        };
        if self.log.state().bundle.as_ref() == Some(&entry) {
            return Ok(None);
        }
        let hex = object.hex();
        self.log.keep(&format!("bundles/sha256/{}/{hex}", hex.get(..2).unwrap_or_default()), &bytes)?;
        Ok(Some(entry))
    }
}

fn keep(log: &Log<'_>, prefix: &str, blob: &Blob) -> anyhow::Result<DigestText> {
    log.keep(&format!("{prefix}/{}", blob::path(&blob.digest)), &blob.bytes)?;
    Ok(blob.digest.into())
}

/// Where blobs of the emitter may lie: in its shard of this year, and in those of earlier ones.
fn prefixes(log: &Log<'_>) -> Vec<String> {
    std::iter::once(log.place()).chain(log.earlier()).map(Place::prefix).collect()
}

/// The shard that holds a blob; the first where none does.
fn holder<'p>(store: &dyn Store, prefixes: &'p [String], digest: DigestText) -> &'p str {
    let path = blob::path(&crate::model::Digest(digest.0));
    let holds = |prefix: &&String| store.get(&format!("{prefix}/{path}")).is_ok_and(|bytes| bytes.is_some());
    prefixes.iter().find(holds).or(prefixes.first()).map_or("", String::as_str)
}

/// A blob of an earlier year that an entry of this one refers to is kept with both.
fn again(store: &dyn Store, log: &Log<'_>, digest: DigestText) -> anyhow::Result<()> {
    let (prefixes, path) = (prefixes(log), blob::path(&crate::model::Digest(digest.0)));
    let (own, holder) = (log.place().prefix(), holder(store, &prefixes, digest));
    if own != holder
        && let Some(bytes) = store.get(&format!("{holder}/{path}"))?
    {
        log.keep(&format!("{own}/{path}"), &bytes)?;
    }
    Ok(())
}

/// A result set out of the log.
///
/// # Errors
/// A blob that is missing or damaged.
pub fn results(store: &dyn Store, prefix: &str, digest: DigestText) -> anyhow::Result<ResultSet> {
    let digest = crate::model::Digest(digest.0);
    let path = format!("{prefix}/{}", blob::path(&digest));
    let bytes = store.get(&path)?.with_context(|| {
        format!("the results of the last run, `{path}`, are missing: without them nobody can tell what changed; name another --scope to begin anew")
    })?;
    blob::read_results(&bytes, &digest).with_context(|| format!("`{path}` is damaged"))
}

/// The key of pseudonyms, and the blob it is kept in: that of the quarter, else a new one.
///
/// # Errors
/// What the store says.
pub fn pepper(store: &dyn Store, log: &Log<'_>, at: Instant) -> anyhow::Result<(DigestText, BlobKey)> {
    let prefix = log.place().prefix();
    if let Some((since, digest)) = log.state().pepper
        && scope::quarter(since) == scope::quarter(at)
        && let Ok(key) = read_key(store, &prefix, digest)
    {
        return Ok((digest, key));
    }
    let key: BlobKey = random()?;
    Ok((keep(log, &prefix, &blob::document(&key, b"")?)?, key))
}

/// The key in a blob.
///
/// # Errors
/// A blob that is missing or damaged.
pub fn read_key(store: &dyn Store, prefix: &str, digest: DigestText) -> anyhow::Result<BlobKey> {
    let missing = || format!("`{}` is missing", key_path(prefix, digest));
    kept_key(store, prefix, digest)?.with_context(missing)
}

/// The key in a blob; `None` where it was erased.
///
/// # Errors
/// A blob that cannot be read or is damaged.
pub fn kept_key(store: &dyn Store, prefix: &str, digest: DigestText) -> anyhow::Result<Option<BlobKey>> {
    let path = key_path(prefix, digest);
    let Some(bytes) = store.get(&path)? else { return Ok(None) };
    let document = blob::read_document(&bytes, &crate::model::Digest(digest.0));
    Ok(Some(document.with_context(|| format!("`{path}` is damaged"))?.key))
}

fn key_path(prefix: &str, digest: DigestText) -> String {
    format!("{prefix}/{}", blob::path(&crate::model::Digest(digest.0)))
}

/// The keys by which the open deviations of a scope were named. One that was erased links nothing any more.
fn peppers(
    store: &dyn Store,
    prefixes: &[String],
    scope: Option<&ScopeState>,
    present: (DigestText, BlobKey),
) -> anyhow::Result<Peppers> {
    let mut earlier = BTreeMap::new();
    for open in scope.into_iter().flat_map(|scope| scope.open.values()) {
        if open.pepper != present.0
            && !earlier.contains_key(&open.pepper)
            && let Ok(key) = read_key(store, holder(store, prefixes, open.pepper), open.pepper)
        {
            earlier.insert(open.pepper, key);
        }
    }
    Ok(Peppers { present, earlier })
}

/// What rows say beside the assessment.
#[must_use]
pub fn row_sources<'a>(
    environment: &Environment,
    profile: &Profile,
    bundle: &Bundle,
    pepper: &'a BlobKey,
) -> RowSources<'a> {
    let mut inputs: BTreeMap<ResourceId, Vec<crate::model::Digest>> = BTreeMap::new();
    for resource in environment.all() {
        inputs.entry(resource.id.clone()).or_default().push(normalise::resource_digest(resource));
    }
    let statements = profile.attestations.iter();
    let statements =
        statements.map(|stated| (stated.id.clone(), crate::model::Digest(digest(stated.statement.as_bytes()).0)));
    RowSources {
        pepper,
        rules: bundle.rule_digests(),
        inputs,
        statements: statements.collect(),
        waivers: BTreeMap::new(),
    }
}

fn kinds(environment: &Environment) -> BTreeMap<String, u64> {
    let mut kinds = BTreeMap::new();
    for resource in environment.all() {
        *kinds.entry(resource.id.kind.to_string()).or_default() += 1;
    }
    kinds
}
