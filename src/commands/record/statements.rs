//! Waivers and attestations as entries: one when a document is new or changed, one when it is gone or over. Names stand
//! in the document, which is kept in a blob, and in the entry only as commitments under the document's own key.
use super::{Done, keep};
use crate::{
    commands::evidence::{random, ulid},
    model::{Attestation, Digest, Timestamp, Waiver},
    record::{
        blob,
        entry::{
            Attestation as AttestationEntry, AttestationEvent, Body, Commitment, DigestText, Instant,
            Waiver as WaiverEntry, WaiverEvent,
        },
        log::{Draft, Log},
        redact::{BlobKey, commitment},
        segment::digest,
        store::Store,
    },
};

/// What has changed of waivers and attestations since the log last told.
///
/// # Errors
/// What the store says.
pub(super) fn drafts(store: &dyn Store, log: &Log<'_>, scope: &str, done: &Done<'_>) -> anyhow::Result<Vec<Draft>> {
    let mut drafts = Vec::new();
    let at = done.observed;
    let mut push = |body: Body| -> anyhow::Result<()> {
        drafts.push(Draft { observed: at, id: ulid()?, body });
        Ok(())
    };
    let over = |expires: Timestamp| Instant::from(expires) <= at;
    let state = log.state();
    for waiver in done.profile.waivers.iter().filter(|waiver| !over(waiver.expires)) {
        let known = state.waivers.get(&(scope.to_owned(), waiver.id.0.clone()));
        let bytes = (done.document)(waiver.origin.path()).unwrap_or_default();
        if known.is_some_and(|known| is_same(store, log, known.document, &bytes)) {
            continue;
        }
        let event = if known.is_some() { WaiverEvent::Renewed } else { WaiverEvent::Created };
        push(Body::Waiver(waiver_entry(log, scope, waiver, event, &bytes)?))?;
    }
    for ((_, name), known) in state.waivers.iter().filter(|((of, _), _)| of == scope) {
        let here = done.profile.waivers.iter().find(|waiver| waiver.id.0 == *name);
        let event = match here {
            Some(waiver) if over(waiver.expires) => WaiverEvent::Expired,
            None if known.expires <= at => WaiverEvent::Expired,
            None => WaiverEvent::Revoked,
            Some(_) => continue,
        };
        push(Body::Waiver(WaiverEntry { event, ..known.clone() }))?;
    }
    for stated in done.profile.attestations.iter().filter(|stated| !over(stated.expires)) {
        let known = state.attestations.get(&(scope.to_owned(), stated.id.0.clone()));
        let bytes = (done.document)(stated.origin.path()).unwrap_or_default();
        if known.is_some_and(|known| is_same(store, log, known.document, &bytes)) {
            continue;
        }
        let event = if known.is_some() { AttestationEvent::Replaced } else { AttestationEvent::Filed };
        push(Body::Attestation(attestation_entry(log, scope, stated, event, &bytes)?))?;
    }
    for ((_, name), known) in state.attestations.iter().filter(|((of, _), _)| of == scope) {
        let here = done.profile.attestations.iter().find(|stated| stated.id.0 == *name);
        let event = match here {
            Some(stated) if over(stated.expires) => AttestationEvent::Expired,
            None if known.valid_until <= at => AttestationEvent::Expired,
            None => AttestationEvent::Withdrawn,
            Some(_) => continue,
        };
        push(Body::Attestation(AttestationEntry { event, ..known.clone() }))?;
    }
    Ok(drafts)
}

/// Whether the log keeps these bytes already. A document that was erased is told anew.
fn is_same(store: &dyn Store, log: &Log<'_>, known: DigestText, bytes: &[u8]) -> bool {
    let known = Digest(known.0);
    let prefixes = super::prefixes(log);
    let path = format!("{}/{}", super::holder(store, &prefixes, known.into()), blob::path(&known));
    let stored = store.get(&path).ok().flatten().unwrap_or_default();
    blob::read_document(&stored, &known).is_ok_and(|document| document.bytes == bytes)
}

fn stored(log: &Log<'_>, bytes: &[u8]) -> anyhow::Result<(DigestText, BlobKey)> {
    let key: BlobKey = random()?;
    Ok((keep(log, &log.place().prefix(), &blob::document(&key, bytes)?)?, key))
}

fn committed(key: &BlobKey, text: &str) -> Option<Commitment> {
    (!text.trim().is_empty()).then(|| Commitment(commitment(key, text.trim().as_bytes())))
}

fn waiver_entry(
    log: &Log<'_>,
    scope: &str,
    waiver: &Waiver,
    event: WaiverEvent,
    bytes: &[u8],
) -> anyhow::Result<WaiverEntry> {
    let (document, key) = stored(log, bytes)?;
    Ok(WaiverEntry {
        event,
        scope: scope.to_owned(),
        waiver: waiver.id.0.clone(),
        criteria: vec![waiver.criterion.0.to_string()],
        reasons: waiver.reasons.clone(),
        requester_c: committed(&key, &waiver.owner),
        approver_c: committed(&key, &waiver.approver),
        granted: waiver.granted.into(),
        expires: waiver.expires.into(),
        document,
    })
}

fn attestation_entry(
    log: &Log<'_>,
    scope: &str,
    stated: &Attestation,
    event: AttestationEvent,
    bytes: &[u8],
) -> anyhow::Result<AttestationEntry> {
    let (document, key) = stored(log, bytes)?;
    Ok(AttestationEntry {
        event,
        scope: scope.to_owned(),
        attestation: stated.id.0.clone(),
        criterion: stated.criterion.0.to_string(),
        owner_c: Commitment(commitment(&key, stated.owner.trim().as_bytes())),
        statement: digest(stated.statement.as_bytes()),
        valid_from: stated.stated.into(),
        valid_until: stated.expires.into(),
        evidence: u64::try_from(stated.evidence.len())?,
        document,
    })
}
