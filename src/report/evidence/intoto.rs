//! A run as an in-toto statement (Statement v1) in a DSSE envelope. Signing is the caller's: a key never comes here.
//! Start at [`statement`], then [`envelope`].
use super::{Edition, figures::rfc3339};
use crate::model::{Digest, RunLine};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value as Json, json};

/// Type of a statement in an envelope (in-toto attestation framework, "Envelope layer").
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// The form of [`statement`]'s predicate; a change that readers must know of is a new version.
pub const PREDICATE_TYPE: &str = "https://speguard.io/evidence/run/v1";

/// A run with what its entry commits to.
#[derive(Clone, Copy, Debug)]
pub struct RunSubject<'a> {
    pub run: &'a RunLine,
    /// Root and size of the tree over all resources that were seen.
    pub population_root: Digest,
    pub population_size: u64,
    /// Root and size of the tree over all rows.
    pub results_root: Digest,
    pub results_size: u64,
    pub bundle: Digest,
    pub profile: Digest,
    pub plan: Option<Digest>,
    /// In any order; each criterion once.
    pub tallies: &'a [CriterionTally],
}

/// Rows of one criterion by verdict; the last three are parts of `not_met`.
#[derive(Clone, Debug, Default)]
pub struct CriterionTally {
    pub criterion: String,
    pub met: u64,
    pub not_met: u64,
    pub undetermined: u64,
    pub not_applicable: u64,
    pub waived: u64,
    pub warned: u64,
    pub observed: u64,
}

/// The statement about one run: JSON on one line, the bytes that are signed.
///
/// The subject is the population that was judged: its digest is the RFC 6962 root over it (SHA-256), not the hash of a
/// file. A criterion stands in every list of the predicate that applies to it, and in `passed` only if all of its rows
/// that apply are met.
#[must_use]
pub fn statement(edition: &Edition<'_>, subject: &RunSubject<'_>) -> String {
    let (header, run) = (edition.header, subject.run);
    let mut tallies: Vec<&CriterionTally> = subject.tallies.iter().collect();
    tallies.sort_by(|one, other| one.criterion.cmp(&other.criterion));
    let named = |holds: fn(&CriterionTally) -> bool| -> Vec<&str> {
        tallies.iter().filter(|tally| holds(tally)).map(|tally| tally.criterion.as_str()).collect()
    };
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{
            "name": format!("population of run {} in scope {}", run.id, run.scope),
            "digest": {"sha256": subject.population_root.hex()},
        }],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "verifier": {"id": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION")},
            "timeCreated": rfc3339(run.ended),
            "environment": header.environment,
            "run": {
                "id": run.id,
                "scope": run.scope,
                "emitter": run.emitter,
                "trigger": run.trigger,
                "started": rfc3339(run.started),
                "observed": rfc3339(run.observed),
                "ended": rfc3339(run.ended),
                "exit": run.exit,
                "late": run.late,
                "unread": run.problems,
            },
            "log": {"origin": header.origin, "size": header.size, "root": header.root, "index": run.index},
            "policies": [
                {"name": "bundle", "digest": digest(subject.bundle)},
                {"name": "profile", "digest": digest(subject.profile)},
            ],
            "plan": subject.plan.map(digest),
            "population": {"root": digest(subject.population_root), "size": subject.population_size},
            "results": {"root": digest(subject.results_root), "size": subject.results_size},
            "passed": named(|one| one.met > 0 && one.not_met == 0 && one.undetermined == 0),
            "failed": named(|one| one.not_met > one.waived.saturating_add(one.warned).saturating_add(one.observed)),
            "warned": named(|one| one.warned.saturating_add(one.observed) > 0),
            "waivers": named(|one| one.waived > 0),
            "undetermined": named(|one| one.undetermined > 0),
            "counts": tallies.iter().map(|tally| counts(tally)).collect::<Vec<_>>(),
        },
    })
    .to_string()
}

fn counts(tally: &CriterionTally) -> Json {
    json!({
        "criterion": tally.criterion,
        "met": tally.met,
        "notMet": tally.not_met,
        "undetermined": tally.undetermined,
        "notApplicable": tally.not_applicable,
        "waived": tally.waived,
        "warned": tally.warned,
        "observed": tally.observed,
    })
}

/// A DSSE envelope around a statement, one line of JSON. `sign` is handed the bytes of [`pae`] and gives the raw
/// signature; `keyid` is a hint and nothing to rely on (DSSE protocol v1.0).
///
/// # Errors
/// Those of `sign`.
pub fn envelope<E>(statement: &str, keyid: &str, sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>) -> Result<String, E> {
    let signature = sign(&pae(PAYLOAD_TYPE, statement.as_bytes()))?;
    let envelope = json!({
        "payloadType": PAYLOAD_TYPE,
        "payload": STANDARD.encode(statement),
        "signatures": [{"keyid": keyid, "sig": STANDARD.encode(signature)}],
    });
    Ok(format!("{envelope}\n"))
}

/// The pre-authentication encoding: what a signature of a payload covers. Lengths are of bytes.
///
/// Source: DSSE protocol v1.0, "Signature Definition".
#[must_use]
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

fn digest(digest: Digest) -> Json {
    json!({"sha256": digest.hex()})
}

#[cfg(test)]
mod tests {
    use super::*;

    /// DSSE protocol v1.0, "Test Vectors".
    #[test]
    fn the_encoding_is_that_of_the_standard() {
        assert_eq!(
            pae("http://example.com/HelloWorld", b"hello world"),
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
    }

    #[test]
    fn lengths_are_of_bytes_and_nothing_is_still_a_payload() {
        assert_eq!(pae("blå", "ø".as_bytes()), "DSSEv1 4 blå 2 ø".as_bytes());
        assert_eq!(pae("", b""), b"DSSEv1 0  0 ");
        assert_eq!(pae("a", &[0xff]), b"DSSEv1 1 a 1 \xff");
    }
}
