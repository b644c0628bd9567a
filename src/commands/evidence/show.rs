//! `speguard evidence show`: entries as they stand, with what is kept beside them.
use super::open;
use crate::{
    cli::evidence::{EvidenceFormat, Show, ShowKind},
    commands::{Shell, print, record},
    record::{
        blob,
        entry::{Body, DigestText, Entry, Instant, Run},
        period,
        place::Place,
        store::Store,
    },
    report::{Language, clean, clean_json},
};
use anyhow::{Context, ensure};
use serde_json::{Value as Json, json};

/// One entry that is shown, with what was joined to it.
struct Shown {
    index: u64,
    entry: Json,
    joined: Option<Json>,
}

/// Prints what was asked for; gives the exit code: 3 where something that belongs to it was erased.
///
/// # Errors
/// A log that cannot be read, an id that does not exist.
pub(super) fn run(arguments: &Show, shell: &Shell) -> anyhow::Result<u8> {
    let store = &*open::store(&arguments.log.log)?;
    let place = open::place(store, &arguments.log)?;
    let (_, checkpoint) = open::newest(store, &place)?;
    let until = arguments.as_of.as_deref().map(period::moment).transpose()?;
    let mut shown = Vec::new();
    let mut erased = false;
    open::entries(store, &place, checkpoint.size, &mut |index, bytes, entry| {
        let recorded = entry.common.time.recorded;
        let wanted = arguments.index.is_none_or(|asked| asked == index)
            && until.is_none_or(|until| recorded <= Instant(until))
            && is_kind(arguments.kind, &entry.body)
            && arguments.id.as_deref().is_none_or(|id| is_named(&entry, id));
        if wanted {
            let alone = arguments.id.is_some() || arguments.index.is_some();
            let joined = if alone { joined(store, &place, &entry.body, &mut erased) } else { None };
            shown.push(Shown { index, entry: serde_json::from_slice(bytes)?, joined });
        }
        Ok(())
    })?;
    ensure!(!shown.is_empty() || (arguments.id.is_none() && arguments.index.is_none()), "the log holds no such entry");
    let text = match arguments.format {
        EvidenceFormat::Json => {
            let all: Vec<Json> =
                shown.iter().map(|one| json!({"index": one.index, "entry": one.entry, "joined": one.joined})).collect();
            let whole = json!({"origin": place.origin, "size": checkpoint.size, "entries": all});
            format!("{}\n", clean_json(&serde_json::to_string_pretty(&whole)?))
        }
        EvidenceFormat::Text => text(&place, checkpoint.size, &shown, shell.language),
    };
    print(text.as_bytes())?;
    Ok(if erased { 3 } else { 0 })
}

const fn is_kind(kind: ShowKind, body: &Body) -> bool {
    match kind {
        ShowKind::Entry => true,
        ShowKind::Run => matches!(body, Body::Run(_)),
        ShowKind::Plan => matches!(body, Body::Plan(_)),
        ShowKind::Bundle | ShowKind::Tool => matches!(body, Body::Bundle(_)),
        ShowKind::Key => matches!(body, Body::Key(_) | Body::Shard(_)),
        ShowKind::Waiver => matches!(body, Body::Waiver(_)),
        ShowKind::Attestation => matches!(body, Body::Attestation(_)),
        ShowKind::Deviation => match body {
            Body::Transition(transition) => transition.deviation.is_some(),
            Body::Deviation(_) => true,
            _ => false,
        },
        ShowKind::Gap => matches!(body, Body::Gap(_)),
        ShowKind::Anchor => matches!(body, Body::Anchor(_)),
        ShowKind::Decision => matches!(body, Body::Decision(_)),
        ShowKind::Reconciliation => matches!(body, Body::Reconciliation(_)),
        ShowKind::Breach => matches!(body, Body::Breach(_)),
        ShowKind::Rollup => matches!(body, Body::Rollup(_)),
        ShowKind::Epoch => matches!(body, Body::Epoch(_)),
        ShowKind::Heartbeat => matches!(body, Body::Heartbeat(_)),
    }
}

/// Whether an entry is, or is about, what an id names.
fn is_named(entry: &Entry, id: &str) -> bool {
    let own = entry.common.id.to_string() == id;
    own || match &entry.body {
        Body::Run(run) => run.run.to_string() == id,
        Body::RunStart(start) => start.run.to_string() == id,
        Body::Transition(transition) => transition.deviation.is_some_and(|deviation| deviation.to_string() == id),
        Body::Deviation(deviation) => deviation.deviation.to_string() == id,
        Body::Decision(decision) => decision.request == id,
        Body::Waiver(waiver) => waiver.waiver == id,
        Body::Attestation(stated) => stated.attestation == id,
        _ => false,
    }
}

/// What a blob beside the log says more. Erased blobs are said to be so.
fn joined(store: &dyn Store, place: &Place, body: &Body, erased: &mut bool) -> Option<Json> {
    let found = match body {
        Body::Run(run) => rows(store, place, run),
        Body::Waiver(waiver) => document(store, place, waiver.document),
        Body::Attestation(stated) => document(store, place, stated.document),
        _ => return None,
    };
    Some(found.unwrap_or_else(|error| {
        *erased = true;
        json!({"not here": format!("{error:#}")})
    }))
}

/// The rows that fall short, with their findings.
fn rows(store: &dyn Store, place: &Place, run: &Run) -> anyhow::Result<Json> {
    let results = record::results(store, &place.prefix(), run.results_blob)?;
    let short = results.iter().filter(|(row, _)| row.outcome.falls_short());
    let row = |(row, findings): (&crate::record::row::Row, &[crate::record::row::FindingLine])| {
        json!({
            "criterion": row.key.criterion,
            "platform": row.key.platform,
            "kind": row.key.kind,
            "resource": row.key.resource,
            "verdict": row.outcome.name(),
            "effect": row.effect.map(crate::model::Effect::name),
            "findings": findings.iter().map(crate::record::row::FindingLine::value).collect::<Vec<_>>(),
        })
    };
    Ok(short.map(row).collect())
}

fn document(store: &dyn Store, place: &Place, digest: DigestText) -> anyhow::Result<Json> {
    let digest = crate::model::Digest(digest.0);
    let path = format!("{}/{}", place.prefix(), blob::path(&digest));
    let bytes = store.get(&path)?.with_context(|| format!("`{path}` is missing or was erased"))?;
    let document = blob::read_document(&bytes, &digest)?;
    Ok(String::from_utf8_lossy(&document.bytes).into_owned().into())
}

/// Words around the entries. What stands in an entry is told by the names that it has there.
struct Words {
    none: &'static str,
    entry: &'static str,
    beside: &'static str,
    entries: &'static str,
    verdicts: [(&'static str, &'static str); 7],
}

const ENGLISH: Words = Words {
    none: "none",
    entry: "entry",
    beside: "kept beside it",
    entries: "entries",
    verdicts: [
        ("met", "met"),
        ("not_met", "not met"),
        ("undetermined", "undetermined"),
        ("not_applicable", "not applicable"),
        ("waived", "waived"),
        ("warned", "warned"),
        ("observed", "observed"),
    ],
};

const NORWEGIAN: Words = Words {
    none: "ingen",
    entry: "post",
    beside: "oppbevart ved siden av",
    entries: "poster",
    verdicts: [
        ("met", "oppfylt"),
        ("not_met", "ikke oppfylt"),
        ("undetermined", "ikke avgjort"),
        ("not_applicable", "ikke aktuelt"),
        ("waived", "unntatt"),
        ("warned", "varslet"),
        ("observed", "observert"),
    ],
};

fn text(place: &Place, size: u64, shown: &[Shown], language: Language) -> String {
    let words = match language {
        Language::English => &ENGLISH,
        Language::Norwegian => &NORWEGIAN,
    };
    let mut text = format!("{}: {size} {}\n", place.origin, words.entries);
    if shown.is_empty() {
        text.push_str(&format!("{}\n", words.none));
    }
    for Shown { index, entry, joined } in shown {
        let of = |key: &str| entry.get(key).and_then(Json::as_str).unwrap_or_default();
        let recorded = entry.pointer("/time/recorded").and_then(Json::as_str).unwrap_or_default();
        text.push_str(&format!("\n{} {index}  {}  {recorded}\n", words.entry, of("type")));
        for (key, value) in entry.as_object().into_iter().flatten() {
            match key.as_str() {
                "v" | "type" | "shard" | "seq" | "time" => {}
                "counts" => counts(value, words, &mut text),
                _ => text.push_str(&format!("  {key}: {}\n", plain(value))),
            }
        }
        if let Some(joined) = joined {
            text.push_str(&format!("  -- {}\n", words.beside));
            beside(joined, words, &mut text);
        }
    }
    text
}

/// One line for each criterion, by the words of verdicts.
fn counts(value: &Json, words: &Words, text: &mut String) {
    text.push_str("  counts:\n");
    for count in value.as_array().into_iter().flatten() {
        let said: Vec<String> = words
            .verdicts
            .iter()
            .filter_map(|(key, word)| Some(format!("{} {word}", count.get(key)?.as_u64().filter(|count| *count > 0)?)))
            .collect();
        let criterion = count.get("criterion").and_then(Json::as_str).unwrap_or_default();
        text.push_str(&format!("    {criterion}  {}\n", said.join(", ")));
    }
}

fn beside(joined: &Json, words: &Words, text: &mut String) {
    match joined {
        Json::Array(rows) => {
            for row in rows {
                let of = |key: &str| row.get(key).and_then(Json::as_str).unwrap_or_default();
                let verdict = words.verdicts.iter().find(|(key, _)| *key == of("verdict")).map_or("", |(_, word)| word);
                text.push_str(&format!("    {}  {}  {verdict} ({})\n", of("criterion"), of("resource"), of("effect")));
                for finding in row.get("findings").and_then(Json::as_array).into_iter().flatten() {
                    let reason = finding.get("reason").and_then(Json::as_str).unwrap_or_default();
                    text.push_str(&format!("      {reason} {}\n", plain(finding.get("facts").unwrap_or(&Json::Null))));
                }
            }
        }
        Json::String(document) => {
            for line in document.lines() {
                text.push_str(&format!("    {}\n", clean(line)));
            }
        }
        other => text.push_str(&format!("    {}\n", plain(other))),
    }
}

/// A value on one line, without what could drive a terminal.
fn plain(value: &Json) -> String {
    match value {
        Json::String(text) => clean(text).into_owned(),
        other => clean(&other.to_string()).into_owned(),
    }
}
