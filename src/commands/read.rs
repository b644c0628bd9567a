//! Sources and criteria, as every command that judges reads them.
use super::{
    code,
    live::{self, Cluster},
};
use crate::{
    cli::{Connection, Judging, Live as LiveArguments, Sources},
    collect::{self, Collected},
    evaluate::Bundle,
    judge::{Profile, profile},
    model::{Document, Timestamp, listed},
    normalise::{self, Normalised, Options},
};
use anyhow::{Context, bail};
use std::{collections::BTreeMap, fs, path::Path, time::SystemTime};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// Everything that was read, and by what it is judged.
#[derive(Debug)]
pub struct Reading {
    pub at: Timestamp,
    pub normalised: Normalised,
    /// The documents by their names, for excerpts.
    pub documents: Vec<Document>,
    /// Versions of the programs that rendered something.
    pub tools: BTreeMap<String, String>,
    /// What there is to say beside the answer, for standard error.
    pub note: Option<String>,
}

/// Reads what was asked for.
///
/// # Errors
/// Misuse: a path that does not exist, a time that is none, two descriptions.
pub fn sources(sources: &Sources) -> anyhow::Result<Reading> {
    let at = time(sources.at.as_deref())?;
    let roots = sources.paths();
    let mut paths = roots.clone();
    paths.extend(sources.var_file.iter().cloned());
    paths.extend(sources.spe.iter().cloned());
    let request = collect::Request { paths, helm_values: sources.helm_values.clone(), plain: false };
    let collected = collect::files(&request)?;
    let source = sources.source.as_deref().map(code::read).transpose()?;
    let mut documents = collected.documents;
    let code = source.iter().flat_map(|source| source.documents.clone()).collect::<Vec<Document>>();
    let options = Options {
        description: sources.spe.as_deref().map(collect::shown),
        roots: roots.iter().map(|path| collect::shown(path)).collect(),
        var_files: sources.var_file.iter().map(|path| collect::shown(path)).collect(),
        beside: collected.beside,
        source,
        at,
    };
    let normalised = normalise::environment(&documents, collected.problems, &options)?;
    let note = match (&normalised.sourced, &sources.source) {
        (Some(sourced), Some(folder)) => code::note(sourced, folder)?,
        _ => None,
    };
    documents.extend(code);
    Ok(Reading { at, normalised, documents, tools: collected.tools, note })
}

/// Reads a live cluster, in the light of what persons state in the files.
///
/// # Errors
/// Misuse, as for [`sources`]; a cluster that cannot be asked at all.
pub fn cluster(sources: &Sources, arguments: &Connection, bundle: &Bundle) -> anyhow::Result<Reading> {
    let at = time(sources.at.as_deref())?;
    let (mut collected, options) = beside(sources, at)?;
    let Cluster { live, statements, mut problems, version } = live::read(arguments, bundle)?;
    problems.extend(collected.problems);
    collected.documents.extend(statements);
    let normalised = normalise::live_environment(&collected.documents, live, problems, &options)?;
    let tools = BTreeMap::from([("kubernetes".to_owned(), version)]);
    Ok(Reading { at, normalised, documents: collected.documents, tools, note: None })
}

/// The files that are read beside a live cluster, and how.
///
/// # Errors
/// A path that does not exist.
pub fn beside(sources: &Sources, at: Timestamp) -> anyhow::Result<(Collected, Options)> {
    let mut paths = sources.paths.clone();
    paths.extend(sources.spe.iter().cloned());
    let collected = collect::files(&collect::Request { paths, plain: true, ..collect::Request::default() })?;
    let options = Options {
        description: sources.spe.as_deref().map(collect::shown),
        roots: sources.paths.iter().map(|path| collect::shown(path)).collect(),
        at,
        ..Options::default()
    };
    Ok((collected, options))
}

/// A live cluster where one is asked for, else the files.
///
/// # Errors
/// As [`cluster`] and [`sources`].
pub fn either(files: &Sources, arguments: &LiveArguments, bundle: &Bundle) -> anyhow::Result<Reading> {
    if arguments.cluster {
        return cluster(files, &arguments.connection, bundle);
    }
    let crate::cli::Connection { kubeconfig, context, cluster_name } = &arguments.connection;
    if kubeconfig.is_some() || context.is_some() || cluster_name.is_some() {
        bail!("--kubeconfig, --context and --cluster-name are about a live cluster: ask for it with --cluster");
    }
    sources(files)
}

/// The criteria: the built-in ones and those of `--policies`.
///
/// # Errors
/// A criterion or rule that cannot be loaded, with file and line.
pub fn bundle(judging: &Judging) -> anyhow::Result<Bundle> {
    Ok(match &judging.policies {
        Some(folder) => Bundle::extended(super::policies::read(folder)?)?,
        None => Bundle::standard()?,
    })
}

/// The profile that was asked for, else the description's, else `minimum`, with the waivers and attestations read.
///
/// # Errors
/// A profile that does not exist or does not hold, with file and line.
pub fn profile(judging: &Judging, bundle: &Bundle, reading: &Reading) -> anyhow::Result<Profile> {
    let description = &reading.normalised.environment.description;
    let (path, text) = profile_text(judging, reading)?;
    Ok(Profile {
        waivers: reading.normalised.waivers.clone(),
        attestations: reading.normalised.attestations.clone(),
        ..profile::check(&text, &path, &bundle.criteria, description)?
    })
}

/// The name or file of the profile, and its text.
///
/// # Errors
/// A profile that does not exist.
pub fn profile_text(judging: &Judging, reading: &Reading) -> anyhow::Result<(String, String)> {
    match (&judging.profile, &reading.normalised.environment.description.profile) {
        (Some(asked), _) => asked_for(asked),
        (None, Some(stated)) => stated_in(stated, reading),
        (None, None) => asked_for(DEFAULT_PROFILE),
    }
}

/// What is judged by where nobody says: what the law asks at least.
const DEFAULT_PROFILE: &str = "minimum";

/// The path and text of a profile by its name or file.
fn asked_for(profile: &str) -> anyhow::Result<(String, String)> {
    if let Some(text) = profile::built_in(profile) {
        return Ok((profile.to_owned(), text.to_owned()));
    }
    let known: Vec<_> = profile::built_in_names().collect();
    let text = fs::read_to_string(profile).with_context(|| {
        format!("no profile `{profile}`: built in are {}, and no such file can be read", listed(&known))
    })?;
    Ok((profile.to_owned(), text))
}

/// Likewise for a profile that the description names: a file stands beside the description, and was read with it.
fn stated_in(profile: &str, reading: &Reading) -> anyhow::Result<(String, String)> {
    if let Some(text) = profile::built_in(profile) {
        return Ok((profile.to_owned(), text.to_owned()));
    }
    let description = reading.normalised.environment.description.origin.as_ref().map(|origin| origin.path().as_ref());
    let place = description.unwrap_or("spe.yaml");
    let beside = Path::new(place).parent().unwrap_or_else(|| Path::new("")).join(profile);
    let found = reading.documents.iter().find(|document| Path::new(document.origin.path().as_ref()) == beside);
    let Some(document) = found else {
        let known: Vec<_> = profile::built_in_names().collect();
        bail!(
            "{place} names the profile `{profile}`: built in are {}, and `{}` is not among the files read",
            listed(&known),
            beside.display()
        );
    };
    Ok((beside.display().to_string(), String::from_utf8_lossy(&document.bytes).into_owned()))
}

/// The time of a run: as given, else the clock's.
///
/// # Errors
/// Text that is not RFC 3339.
pub fn time(given: Option<&str>) -> anyhow::Result<Timestamp> {
    match given {
        Some(text) => {
            let at = OffsetDateTime::parse(text, &Rfc3339)
                .with_context(|| format!("`--at {text}` is not a time: write it as 2026-11-24T12:00:00Z"))?;
            Ok(Timestamp(at.unix_timestamp()))
        }
        None => {
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).context("the clock is before 1970")?;
            Ok(Timestamp(i64::try_from(since.as_secs()).context("the clock is beyond all calendars")?))
        }
    }
}
