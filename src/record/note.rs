//! C2SP signed notes and checkpoints: written, read, verified. Pure.
//!
//! A note is a text, an empty line and signature lines, each with the name and the short id of its key. Lines of unknown
//! keys are kept and believed by nobody. A note that is read has one form only: what [`Note::encode`] writes is byte for
//! byte what [`Note::parse`] read.
use super::merkle::Hash;
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::{Engine, prelude::BASE64_STANDARD};
use std::fmt;

mod checkpoint;
mod key;
mod signer;
pub use checkpoint::Checkpoint;
pub(super) use checkpoint::{decimal, hash};
pub use key::{Algorithm, SignerKey, VerifierKey, key_id};
pub use signer::{KeyHolder, SignError, Signer};

/// What Go's note package reads; a checkpoint with 64 signatures stays below.
pub const NOTE_BYTES_MAX: usize = 1_000_000;
/// Four times the least that C2SP signed-note asks for; more are an attempt to keep a verifier busy.
pub const SIGNATURES_MAX: usize = 64;
/// Above the 5 kB that C2SP signed-note foresees for signatures that withstand quantum computers.
pub const SIGNATURE_BYTES_MAX: usize = 8 * 1024;
/// What the pre-authentication encoding of a DSSE envelope begins with, and no checkpoint.
const ENVELOPE: &[u8] = b"DSSEv1 ";

/// Why a key, a note or a checkpoint cannot be read or believed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    #[error("`{0}` cannot be the name of a key: it must not be empty and holds neither spaces, controls nor `+`")]
    Name(String),
    #[error("`{0}` is not a verifier key: write `<name>+<8 hexadecimal digits>+<base64>`")]
    VerifierKey(String),
    #[error("the key `{name}` has signature type 0x{number:02x}: known are 0x01 (Ed25519) and 0x04 (cosignature/v1)")]
    Algorithm { name: String, number: u8 },
    #[error("the key `{name}` names the id {written:08x}, its bytes give {computed:08x}: it was cut or mistyped")]
    KeyId { name: String, written: u32, computed: u32 },
    /// Says nothing of the text: it holds a secret.
    #[error("this is not a signer key: write `PRIVATE+KEY+<name>+<8 hexadecimal digits>+<base64>`")]
    SignerKey,
    #[error("the note has {0} bytes, {NOTE_BYTES_MAX} at most")]
    Large(usize),
    #[error("the note is not UTF-8, or has control characters other than line ends")]
    Characters,
    #[error("the note is not a text, an empty line and signature lines: it was cut, or never signed")]
    Form,
    #[error("signature line {0} of the note is not `\u{2014} <name> <base64>`")]
    Line(usize),
    #[error("the note has more than {SIGNATURES_MAX} signatures")]
    Signatures,
    #[error("signature line {0} of the note has {1} bytes of signature, {SIGNATURE_BYTES_MAX} at most")]
    SignatureLarge(usize, usize),
    #[error("`{name}` ({id:08x}) has not signed the note")]
    Unsigned { name: String, id: u32 },
    #[error("`{name}` ({id:08x}) has signed the note more than once")]
    Twice { name: String, id: u32 },
    #[error("the signature of `{name}` ({id:08x}) does not fit the note: the text or the signature was altered")]
    Signature { name: String, id: u32 },
    #[error("`{name}` ({id:08x}) is the key of a {is}, a {needed} is needed")]
    Role { name: String, id: u32, is: &'static str, needed: &'static str },
    #[error("line {line} of the checkpoint is not {needed}")]
    Checkpoint { line: usize, needed: &'static str },
}

/// A signature line: whose it is, and its bytes behind the id of the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    pub name: String,
    pub id: u32,
    pub bytes: Vec<u8>,
}

/// The line as it stands in a note, without its end.
impl fmt::Display for Signature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = BASE64_STANDARD.encode([&self.id.to_be_bytes()[..], &self.bytes].concat());
        write!(formatter, "\u{2014} {} {bytes}", self.name)
    }
}

/// A signed text. Nothing in it is to be believed before [`verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// With its last line end.
    pub text: String,
    pub signatures: Vec<Signature>,
}

impl Note {
    /// Reads a note. Base64 must be as it would be written: no loose bits behind the last byte.
    ///
    /// # Errors
    /// When it has another form, or passes a limit.
    pub fn parse(note: impl AsRef<[u8]>) -> Result<Self, NoteError> {
        let bytes = note.as_ref();
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(NoteError::Large(bytes.len()));
        }
        let note = str::from_utf8(bytes).map_err(|_| NoteError::Characters)?;
        if note.bytes().any(|byte| byte < b' ' && byte != b'\n') {
            return Err(NoteError::Characters);
        }
        let (text, lines) = note.rsplit_once("\n\n").ok_or(NoteError::Form)?;
        let lines = lines.strip_suffix('\n').filter(|lines| !lines.is_empty()).ok_or(NoteError::Form)?;
        if lines.split('\n').nth(SIGNATURES_MAX).is_some() {
            return Err(NoteError::Signatures);
        }
        let signatures = (1..).zip(lines.split('\n')).map(|(number, line)| signature(number, line));
        Ok(Self { text: format!("{text}\n"), signatures: signatures.collect::<Result<_, _>>()? })
    }

    /// Writes the note: the text, an empty line, the signature lines.
    #[must_use]
    pub fn encode(&self) -> String {
        let lines: String = self.signatures.iter().map(|signature| format!("{signature}\n")).collect();
        format!("{}\n{lines}", self.text)
    }

    /// The one signature of a key.
    fn signature(&self, key: &VerifierKey) -> Result<&Signature, NoteError> {
        let mut own = self.signatures.iter().filter(|signature| signature.name == key.name && signature.id == key.id);
        match (own.next(), own.next()) {
            (Some(signature), None) => Ok(signature),
            (Some(_), Some(_)) => Err(NoteError::Twice { name: key.name.clone(), id: key.id }),
            (None, _) => Err(NoteError::Unsigned { name: key.name.clone(), id: key.id }),
        }
    }
}

/// Signs a text, which ends in a line end, for its note.
#[must_use]
pub fn sign(text: &str, key: &SignerKey) -> Signature {
    let VerifierKey { name, id, .. } = key.verifier_key();
    Signature { name, id, bytes: key.sign(text.as_bytes()) }
}

/// Signs a statement in an envelope (DSSE v1) with a log's key; `None` for bytes that are not its pre-authentication
/// encoding, so that the signature can never pass for one of a checkpoint.
#[must_use]
pub fn sign_envelope(encoding: &[u8], key: &SignerKey) -> Option<Vec<u8>> {
    encoding.starts_with(ENVELOPE).then(|| key.sign(encoding))
}

/// Whether a log's key has signed the note.
///
/// # Errors
/// [`NoteError::Unsigned`] when it has not; another when it has signed twice or wrongly, or is not the key of a log.
pub fn verify(note: &Note, key: &VerifierKey) -> Result<(), NoteError> {
    needs(key, Algorithm::Ed25519)?;
    fits(key, note.text.as_bytes(), &note.signature(key)?.bytes)
}

/// Cosigns the text of a checkpoint, as a witness does at `time`, in seconds since 1970.
#[must_use]
pub fn cosign(text: &str, key: &SignerKey, time: u64) -> Signature {
    let VerifierKey { name, id, .. } = key.cosigner_key();
    let signature = key.sign(&cosigned(text, time));
    Signature { name, id, bytes: [&time.to_be_bytes()[..], &signature].concat() }
}

/// When a witness's key has cosigned the note, in seconds since 1970.
///
/// # Errors
/// [`NoteError::Unsigned`] when it has not; another when it has signed twice or wrongly, or is not the key of a witness.
///
/// Source: C2SP tlog-cosignature.
pub fn verify_cosignature(note: &Note, key: &VerifierKey) -> Result<u64, NoteError> {
    needs(key, Algorithm::CosignatureV1)?;
    let wrong = || NoteError::Signature { name: key.name.clone(), id: key.id };
    let (time, signature) = note.signature(key)?.bytes.split_first_chunk::<8>().ok_or_else(wrong)?;
    let time = u64::from_be_bytes(*time);
    if i64::try_from(time).is_err() {
        return Err(wrong());
    }
    fits(key, &cosigned(&note.text, time), signature)?;
    Ok(time)
}

fn needs(key: &VerifierKey, algorithm: Algorithm) -> Result<(), NoteError> {
    match key.algorithm == algorithm {
        true => Ok(()),
        false => {
            let (is, needed) = (key.algorithm.role(), algorithm.role());
            Err(NoteError::Role { name: key.name.clone(), id: key.id, is, needed })
        }
    }
}

fn fits(key: &VerifierKey, message: &[u8], signature: &[u8]) -> Result<(), NoteError> {
    let verified = UnparsedPublicKey::new(&ED25519, key.public_key()).verify(message, signature);
    verified.map_err(|_| NoteError::Signature { name: key.name.clone(), id: key.id })
}

/// What a witness signs: its own first line keeps it from passing for a log's signature.
fn cosigned(text: &str, time: u64) -> Vec<u8> {
    format!("cosignature/v1\ntime {time}\n{text}").into_bytes()
}

fn signature(number: usize, line: &str) -> Result<Signature, NoteError> {
    let form = || NoteError::Line(number);
    let (name, signature) = line.strip_prefix("\u{2014} ").and_then(|line| line.split_once(' ')).ok_or_else(form)?;
    let name = key::named(name).map_err(|_| form())?;
    let bytes = BASE64_STANDARD.decode(signature).map_err(|_| form())?;
    let (id, bytes) = bytes.split_first_chunk::<4>().filter(|(_, bytes)| !bytes.is_empty()).ok_or_else(form)?;
    if bytes.len() > SIGNATURE_BYTES_MAX {
        return Err(NoteError::SignatureLarge(number, bytes.len()));
    }
    Ok(Signature { name, id: u32::from_be_bytes(*id), bytes: bytes.to_vec() })
}

#[cfg(test)]
mod tests;
