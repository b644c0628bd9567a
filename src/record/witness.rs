//! A client of C2SP tlog-witness: a checkpoint and a consistency proof in, cosignature lines out.
//!
//! A witness cosigns a log only as it grows, so a log that was rewritten or shown in two versions no longer gets its
//! signature. The lines are returned as text: whoever holds the witness's key verifies them. Start at [`cosign`].
use super::{
    http::{self, HttpError, Plain},
    merkle::Hash,
    note::decimal,
};
use base64::{Engine, engine::general_purpose::STANDARD};

/// A tree has fewer than 2^63 entries, so no consistency proof is longer. Source: C2SP tlog-witness, add-checkpoint.
pub const PROOF_LINES_MAX: usize = 63;
/// Sixteen signatures of five kilobytes, the most that a note's reader must accept (C2SP signed-note), with room.
pub const ANSWER_BYTES_MAX: u64 = 128 * 1024;
/// What a witness says beside its status is for a person to read; more than this is a page of something else.
pub const MESSAGE_CHARS_MAX: usize = 200;

/// What a witness said.
#[derive(Debug)]
pub enum Answer {
    /// 200: one or more note signature lines, not yet verified.
    Cosigned(String),
    /// 409: the size that the witness cosigned last, from which it wants the proof.
    Conflict {
        size: u64,
    },
    /// Anything else, among it 403, 404 and 422, with what that means.
    Refused {
        status: u16,
        message: String,
    },
    Unreachable(HttpError),
}

/// Why a checkpoint was not cosigned.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    #[error("the checkpoint has no tree size on its second line")]
    Checkpoint,
    #[error(
        "the log was rewound: the witness has cosigned size {known}, and ours is {ours}; \
         if a newer checkpoint was sent meanwhile, send the newest"
    )]
    Rewound { known: u64, ours: u64 },
    #[error("the witness has cosigned another tree of size {size}: two histories of this log exist")]
    Forked { size: u64 },
    #[error("the witness wants a proof from size {size}, which this log does not have")]
    Unproven { size: u64 },
    #[error("the proof has {lines} lines, {PROOF_LINES_MAX} at most")]
    ProofTooLong { lines: usize },
    #[error("the witness moved on to size {size} while it was asked; ask again")]
    Moved { size: u64 },
    #[error("the witness refused the checkpoint: {message} (status {status})")]
    Refused { status: u16, message: String },
    #[error("the witness could not be asked")]
    Unreachable(#[from] HttpError),
}

/// Writes the body of `add-checkpoint`: the old size, the consistency proof from it, an empty line, the checkpoint.
///
/// The checkpoint is the signed note, with the log's signatures and without cosignatures, which only make it longer.
/// Source: C2SP tlog-witness, add-checkpoint.
pub fn body(old_size: u64, proof: &[Hash], checkpoint_note: &str) -> String {
    let lines: String = proof.iter().map(|hash| STANDARD.encode(hash) + "\n").collect();
    format!("old {old_size}\n{lines}\n{checkpoint_note}")
}

/// Sends one body to the witness behind the prefix and reads its answer; whatever happens is an answer.
pub fn add_checkpoint(prefix: &str, body: &str, plain: Plain) -> Answer {
    let url = format!("{}/add-checkpoint", prefix.trim_end_matches('/'));
    match http::post(&url, "text/plain; charset=utf-8", body.as_bytes(), plain, ANSWER_BYTES_MAX) {
        Ok(answer) => read(&answer),
        Err(cause) => Answer::Unreachable(cause),
    }
}

/// Has a checkpoint cosigned: with the proof from `known_size`, the size that this witness is thought to have cosigned
/// last (0 when not known), and once more from the size that it names itself.
///
/// `proof_for` gives the consistency proof from a size to the checkpoint's; it is asked neither for 0 nor for the
/// checkpoint's own size. The lines that come back are not verified.
///
/// # Errors
/// [`WitnessError::Rewound`] when the witness knows a larger tree than ours and [`WitnessError::Forked`] when it knows
/// another one of the same size: both are alarms. The rest says what to repair.
pub fn cosign(
    prefix: &str,
    known_size: u64,
    proof_for: &dyn Fn(u64) -> Option<Vec<Hash>>,
    note: &str,
    plain: Plain,
) -> Result<String, WitnessError> {
    let ours = size(note).ok_or(WitnessError::Checkpoint)?;
    match attempt(prefix, known_size, ours, proof_for, note, plain)? {
        Outcome::Cosigned(lines) => Ok(lines),
        Outcome::Moved(known) => match attempt(prefix, known, ours, proof_for, note, plain)? {
            Outcome::Cosigned(lines) => Ok(lines),
            Outcome::Moved(size) => Err(WitnessError::Moved { size }),
        },
    }
}

enum Outcome {
    Cosigned(String),
    Moved(u64),
}

fn attempt(
    prefix: &str,
    known: u64,
    ours: u64,
    proof_for: &dyn Fn(u64) -> Option<Vec<Hash>>,
    note: &str,
    plain: Plain,
) -> Result<Outcome, WitnessError> {
    if known > ours {
        return Err(WitnessError::Rewound { known, ours });
    }
    let is_trivial = known == 0 || known == ours;
    let proof = if is_trivial { Some(Vec::new()) } else { proof_for(known) };
    let proof = proof.ok_or(WitnessError::Unproven { size: known })?;
    if proof.len() > PROOF_LINES_MAX {
        return Err(WitnessError::ProofTooLong { lines: proof.len() });
    }
    match add_checkpoint(prefix, &body(known, &proof, note), plain) {
        Answer::Cosigned(lines) => Ok(Outcome::Cosigned(lines)),
        // From the right size only a differing root is left to conflict with; witnesses answer that with 409 or 422.
        Answer::Conflict { size } if size == known && known == ours => Err(WitnessError::Forked { size }),
        Answer::Refused { status: 409 | 422, .. } if known == ours => Err(WitnessError::Forked { size: ours }),
        Answer::Conflict { size } if size > ours => Err(WitnessError::Rewound { known: size, ours }),
        Answer::Conflict { size } => Ok(Outcome::Moved(size)),
        Answer::Refused { status, message } => Err(WitnessError::Refused { status, message }),
        Answer::Unreachable(cause) => Err(cause.into()),
    }
}

/// The tree size on the second line of a checkpoint. Source: C2SP tlog-checkpoint.
fn size(note: &str) -> Option<u64> {
    decimal(note.split('\n').nth(1)?)
}

fn read(answer: &http::Answer) -> Answer {
    let text = String::from_utf8_lossy(&answer.body);
    let known = text.strip_suffix('\n').and_then(decimal);
    match (answer.status, known) {
        (200, _) if is_signatures(&text) => Answer::Cosigned(text.into_owned()),
        (409, Some(size)) if answer.content_type == "text/x.tlog.size" => Answer::Conflict { size },
        (status, _) => Answer::Refused { status, message: message(status, &text) },
    }
}

/// Lines that start with an em dash, each ended (C2SP signed-note); invalid UTF-8 has been replaced and fails later.
fn is_signatures(text: &str) -> bool {
    text.ends_with('\n') && text.lines().all(|line| line.starts_with("\u{2014} "))
}

/// What a status means, by C2SP tlog-witness, and the first line of what the witness said, without control characters.
fn message(status: u16, said: &str) -> String {
    let meaning = match status {
        200 => "its answer holds no signature lines",
        300..=399 => "it answers from another address, which is not followed; set that one",
        400 => "it cannot read the request",
        403 => "no signature on the checkpoint is by a key that it trusts for this log; give it the log's key",
        404 => "it does not know this log; have its operator add it",
        409 => "it has cosigned another state of this log and does not say which",
        422 => "the proof does not lead from what it cosigned to this checkpoint; the log may have been rewritten",
        429 => "it is asked too often",
        _ => "it failed",
    };
    let said = said.lines().next().unwrap_or_default().trim();
    let said: String = said.replace(char::is_control, "\u{fffd}").chars().take(MESSAGE_CHARS_MAX).collect();
    if said.is_empty() || status == 200 { meaning.to_owned() } else { format!("{meaning}; it says `{said}`") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, content_type: &str, body: &str) -> String {
        let answer = http::Answer { status, content_type: content_type.to_owned(), body: body.as_bytes().to_vec() };
        format!("{:?}", read(&answer))
    }

    #[test]
    fn the_body_is_the_one_of_the_specification() {
        let expected = "old 20852014\n\
            PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n\
            jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n\
            \n\
            example.com/behind-the-sofa\n20852163\n";
        let hashes = ["PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=", "jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk="];
        let proof = hashes.map(|hash| STANDARD.decode(hash).unwrap().try_into().unwrap());
        assert_eq!(body(20_852_014, &proof, "example.com/behind-the-sofa\n20852163\n"), expected);
        assert_eq!(body(0, &[], "o\n1\n"), "old 0\n\no\n1\n");
    }

    #[test]
    fn each_answer_is_told_apart() {
        let lines = "\u{2014} w AAAA\n\u{2014} w BBBB\n";
        assert_eq!(answer(200, "", lines), format!("Cosigned({lines:?})"));
        assert_eq!(answer(409, "text/x.tlog.size", "20852014\n"), "Conflict { size: 20852014 }");
        for (status, content_type, body, words) in [
            (200, "", "", "no signature lines"),
            (200, "", "\u{2014} w AAAA", "no signature lines"),
            (200, "text/html", "<p>hello</p>\n", "no signature lines"),
            (302, "", "", "another address"),
            (403, "", "no key\nmore\n", "a key that it trusts for this log; give it the log's key; it says `no key`"),
            (404, "", "", "does not know this log"),
            (409, "text/plain", "12\n", "does not say which"),
            (409, "text/x.tlog.size", "012\n", "does not say which"),
            (409, "text/x.tlog.size", "12", "does not say which"),
            (422, "", "\u{1b}[31m", "may have been rewritten; it says `\u{fffd}[31m`"),
            (500, "", "", "it failed"),
        ] {
            let told = read(&http::Answer { status, content_type: content_type.to_owned(), body: body.into() });
            let Answer::Refused { status: same, message } = told else { panic!("{status} {body:?}: {told:?}") };
            assert!(same == status && message.contains(words), "{status} {body:?}: {message}");
        }
    }

    #[test]
    fn sizes_are_plain_decimals() {
        let cases = [("o\n0\n", Some(0)), ("o\n12\nx\n", Some(12)), ("o\n18446744073709551615", Some(u64::MAX))];
        for (note, expected) in cases {
            assert_eq!(size(note), expected, "{note:?}");
        }
        for note in ["", "o", "o\n", "o\n01\n", "o\n+1\n", "o\n-1\n", "o\n1 \n", "o\n18446744073709551616\n"] {
            assert_eq!(size(note), None, "{note:?}");
        }
    }
}
