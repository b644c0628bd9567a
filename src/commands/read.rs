//! Sources and criteria, as every command that judges reads them.
use crate::{
    cli::{Judging, Sources},
    collect,
    evaluate::Bundle,
    judge::Profile,
    model::{Document, Timestamp},
    normalise::{self, Normalised, Options},
};
use anyhow::Context;
use std::{collections::BTreeMap, time::SystemTime};
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
}

/// Reads what was asked for.
///
/// # Errors
/// Misuse: a path that does not exist, a time that is none, two descriptions.
pub fn sources(sources: &Sources) -> anyhow::Result<Reading> {
    let at = time(sources.at.as_deref())?;
    let mut paths = sources.paths.clone();
    paths.extend(sources.var_file.iter().cloned());
    paths.extend(sources.spe.iter().cloned());
    let request = collect::Request { paths, helm_values: sources.helm_values.clone() };
    let collected = collect::files(&request)?;
    let options = Options {
        description: sources.spe.as_deref().map(collect::shown),
        roots: sources.paths.iter().map(|path| collect::shown(path)).collect(),
        var_files: sources.var_file.iter().map(|path| collect::shown(path)).collect(),
        at,
    };
    let normalised = normalise::environment(&collected.documents, collected.problems, &options)?;
    Ok(Reading { at, normalised, documents: collected.documents, tools: collected.tools })
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

/// The profile that was asked for, else the description's, else `minimum`.
///
/// # Errors
/// A profile that does not exist or does not hold.
pub fn profile(_judging: &Judging, _bundle: &Bundle, _normalised: &Normalised) -> anyhow::Result<Profile> {
    Ok(Profile::default())
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
