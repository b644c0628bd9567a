//! `speguard evidence verify`: what holds, what does not, and what was not checked.
use super::{
    anchor::certificates,
    continuity::{self, Asked, Continuity},
    folder, open,
};
use crate::{
    cli::evidence::{EvidenceFormat, Verify},
    commands::{Shell, print},
    record::{
        entry::DigestText,
        store::Stored,
        trust::TrustPolicy,
        verify::{Against, Check, Failure, Outcome, Report, ahead, verify_each, verify_package},
        watching::Watching,
    },
    report::{clean, clean_json},
};
use anyhow::Context;
use std::{fs, path::Path};

/// Verifies; gives the exit code.
///
/// # Errors
/// Files that cannot be read.
pub(super) fn run(arguments: &Verify, shell: &Shell) -> anyhow::Result<u8> {
    let trust = trust(arguments.trust.as_deref())?;
    let known = arguments.known.iter().map(|path| {
        let bytes = fs::read(path).with_context(|| format!("cannot read the checkpoint `{}`", path.display()))?;
        Ok((path.display().to_string(), bytes))
    });
    let known: Vec<(String, Vec<u8>)> = known.collect::<anyhow::Result<_>>()?;
    let tsa_roots = arguments.tsa_roots.as_ref().map(|path| certificates(path)).transpose()?.unwrap_or_default();
    let against = Against { trust: trust.as_ref(), known: &known, tsa_roots: &tsa_roots, ..Against::default() };
    let asked = Asked::of(arguments)?;
    let (mut report, watching) = match (&arguments.package, &arguments.log) {
        (Some(path), _) => {
            let report = verify_package(&*folder::package(path)?, &against);
            let watching = Watching::of(&report.entries, asked.question());
            (report, watching)
        }
        (None, Some(log)) => {
            let store = &*open::existing(log)?;
            let mut watching = Watching::new(&ahead(&Stored(store), asked.question().as_of), asked.question());
            let report = verify_each(&Stored(store), &against, &mut |passing| watching.take(passing));
            (report, watching)
        }
        (None, None) => anyhow::bail!("say which log, with --log, or which package, with --package"),
    };
    let found = continuity::examine(&mut report, watching, &asked);
    let text = match arguments.format {
        EvidenceFormat::Text => text(&report, &continuity::text(&found, &asked, shell.language)),
        EvidenceFormat::Json => json(&report, &found)?,
    };
    print(text.as_bytes())?;
    Ok(report.exit())
}

/// The trust file, if one was given.
///
/// # Errors
/// A file that cannot be read or is no trust file.
pub(super) fn trust(path: Option<&Path>) -> anyhow::Result<Option<TrustPolicy>> {
    let read = |path: &Path| {
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read the trust file `{}`", path.display()))?;
        TrustPolicy::parse(&text).with_context(|| format!("`{}` is no trust file", path.display()))
    };
    path.map(read).transpose()
}

fn text(report: &Report, continuity: &str) -> String {
    let mut text = String::new();
    for head in &report.heads {
        text.push_str(&format!(
            "{}: {} entries, root {}\n",
            clean(&head.origin),
            head.size,
            DigestText(head.root).hex()
        ));
    }
    text.push('\n');
    for check in &report.checks {
        let (mark, words) = match &check.outcome {
            Outcome::Held(what) => ("holds          ", what.clone()),
            Outcome::Failed { kind, cause } => ("FAILS          ", format!("{} ({})", cause, kind.name())),
            Outcome::NotEstablished(cause) => ("not established", cause.clone()),
        };
        text.push_str(&format!("{mark}  {:<11} {}: {}\n", check.name, clean(&check.subject), clean(&words)));
    }
    for (path, cause) in &report.unreadable {
        text.push_str(&format!("UNREADABLE       {}: {}\n", clean(path), clean(cause)));
    }
    text.push_str(continuity);
    text.push_str("\nNot checked:\n");
    for one in &report.not_checked {
        text.push_str(&format!("  - {}\n", clean(one)));
    }
    let changed =
        |check: &Check| matches!(&check.outcome, Outcome::Failed { kind, .. } if *kind != Failure::Continuity);
    let verdict = match report.exit() {
        0 => "The log is established, and nothing is wrong.",
        1 if !report.checks.iter().any(changed) => "Time is missing that nobody declared: see what fails above.",
        1 => "The log is not what was written: see what fails above.",
        2 => "Not everything could be read, so nothing of this is an answer: make the files readable and run again.",
        _ => "Nothing wrong was found, but not everything is established.",
    };
    text.push_str(&format!("\n{verdict}\n"));
    text
}

fn json(report: &Report, continuity: &[Continuity]) -> anyhow::Result<String> {
    let checks: Vec<serde_json::Value> = report
        .checks
        .iter()
        .map(|check| {
            let (result, kind, words) = match &check.outcome {
                Outcome::Held(what) => ("held", None, what),
                Outcome::Failed { kind, cause } => ("failed", Some(kind.name()), cause),
                Outcome::NotEstablished(cause) => ("not_established", None, cause),
            };
            serde_json::json!({"check": check.name, "subject": check.subject, "result": result, "kind": kind, "words": words})
        })
        .collect();
    let heads: Vec<serde_json::Value> = report
        .heads
        .iter()
        .map(|head| serde_json::json!({"origin": head.origin, "size": head.size, "root": DigestText(head.root), "newest": head.newest.map(|at| at.to_string())}))
        .collect();
    let whole = serde_json::json!({"version": 1, "exit": report.exit(), "shards": heads, "checks": checks, "unreadable": report.unreadable, "not_checked": report.not_checked, "continuity": continuity::json(continuity)});
    Ok(format!("{}\n", clean_json(&serde_json::to_string_pretty(&whole)?)))
}
