//! `speguard scan`: a repository in, verdicts out.
use super::{
    Shell,
    evidence::{now, open},
    policies, print,
    progress::{Progress, Stage},
    read,
    record::{Done, Session},
    remark, would_deny,
};
use crate::{
    assess::assess,
    cli::{Format as FormatArgument, Scan, SeverityArgument},
    judge::outcome,
    model::{Document, Resource, Severity, Timestamp},
    record::{
        entry::{Instant, Trigger},
        timed::Timed,
    },
    report::{self, Format, Page},
};
use anyhow::Context;
use std::{collections::BTreeMap, fs, path::Path};

/// Scans, prints and writes what was asked for; gives the exit code (0, 1 or 3).
///
/// # Errors
/// Misuse, criteria that cannot be loaded, a report that cannot be written: exit code 2.
pub fn run(arguments: &Scan, shell: &Shell) -> anyhow::Result<u8> {
    if arguments.would_deny {
        return would_deny::run(arguments, shell);
    }
    let timed = |log| open::timed(log, arguments.record.log_timeout);
    let store = arguments.record.log.as_deref().map(timed).transpose()?;
    let how = (arguments.live.cluster, Trigger::Command);
    let session =
        store.as_ref().map(|store| Session::begin(store, &arguments.record, &arguments.sources, how)).transpose()?;
    let progress = Progress::new(shell.progress, shell.language);
    progress.enter(Stage::Criteria);
    let bundle = read::bundle(&arguments.judging)?;
    progress.enter(Stage::Sources);
    let reading = read::either(&arguments.sources, &arguments.live, &bundle)?;
    let environment = &reading.normalised.environment;
    let profile = read::profile(&arguments.judging, &bundle, &reading)?;
    let subjects: Vec<&Resource> = environment.all().collect();
    progress.enter(Stage::Judging);
    let assessment = assess(&bundle, environment, &subjects, &profile, reading.at);
    drop(progress);
    reading.note.iter().for_each(|note| remark(note));
    let fail_on = arguments.fail_on.map(severity);
    let verdict = outcome(&assessment, &bundle.criteria, fail_on);
    store.iter().for_each(Timed::start_again);
    let recording = match session {
        Some(session) => Some(session.finish(&Done {
            bundle: &bundle,
            environment,
            profile: &profile,
            profile_text: read::profile_text(&arguments.judging, &reading)?,
            policies: arguments.judging.policies.as_deref().map(policies::read).transpose()?.unwrap_or_default(),
            assessment: &assessment,
            document: &|path| bytes(&reading.documents, path),
            tools: &reading.tools,
            observed: observed(reading.at, arguments.sources.at.is_some())?,
            fail_on: fail_on.unwrap_or(Severity::Low).name(),
            exit: verdict.exit,
        })),
        None => None,
    };
    // What the log does not hold is never shown as good.
    let lost = recording.as_ref().is_some_and(|recording| !recording.is_recorded());
    let exit = if lost { NOT_RECORDED } else { verdict.exit };
    let sources = texts(&reading.documents);
    let page = Page {
        assessment: &assessment,
        environment,
        criteria: &bundle.criteria,
        waivers: &profile.waivers,
        sources: &sources,
        link_base: shell.link_base.as_deref(),
        language: shell.language,
        all: arguments.all,
        profile: &profile.name,
        tools: &reading.tools,
        exit,
        recording: recording.as_ref(),
        fail_on,
        set_aside: verdict.set_aside,
        colour: false,
    };
    for (as_what, file) in &arguments.reports {
        write(file, &report::render(format(*as_what), &page))?;
    }
    let printed = Page { colour: shell.colour, ..page };
    print(report::render(format(arguments.format), &printed).as_bytes())?;
    Ok(exit)
}

/// As for a report that could not be written.
const NOT_RECORDED: u8 = 2;

/// When the facts were read: now, or the time that was asked for.
fn observed(at: Timestamp, asked: bool) -> anyhow::Result<Instant> {
    if asked { Ok(at.into()) } else { now() }
}

fn bytes(documents: &[Document], path: &str) -> Option<Vec<u8>> {
    let mut named = documents.iter().filter(|document| document.origin.path().as_ref() == path);
    named.next().map(|document| document.bytes.to_vec())
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(file, text).with_context(|| format!("cannot write the report `{}`", file.display()))
}

/// Source texts by name; what a chart or an overlay was made from stands in for what was rendered.
fn texts(documents: &[Document]) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    for document in documents {
        match &document.render {
            Some(render) => {
                for (path, bytes) in render.sources.iter() {
                    texts.entry(path.to_string()).or_insert_with(|| String::from_utf8_lossy(bytes).into_owned());
                }
            }
            None => {
                let path = document.origin.path().to_string();
                texts.entry(path).or_insert_with(|| String::from_utf8_lossy(&document.bytes).into_owned());
            }
        }
    }
    texts
}

const fn format(argument: FormatArgument) -> Format {
    match argument {
        FormatArgument::Text => Format::Text,
        FormatArgument::Json => Format::Json,
        FormatArgument::Sarif => Format::Sarif,
        FormatArgument::Markdown => Format::Markdown,
    }
}

const fn severity(argument: SeverityArgument) -> Severity {
    match argument {
        SeverityArgument::Low => Severity::Low,
        SeverityArgument::Medium => Severity::Medium,
        SeverityArgument::High => Severity::High,
        SeverityArgument::Critical => Severity::Critical,
    }
}
