//! Keys of logs and witnesses, and their forms. Source: C2SP signed-note; Go's note package for signer keys.
use super::NoteError;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};
use std::fmt;

/// The signature types of C2SP signed-note that are known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    /// 0x01: what logs sign with.
    Ed25519,
    /// 0x04: what witnesses sign with, and when. Source: C2SP tlog-cosignature.
    CosignatureV1,
}

impl Algorithm {
    /// The byte that stands for the type in keys and in ids of keys.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Ed25519 => 0x01,
            Self::CosignatureV1 => 0x04,
        }
    }

    pub(super) fn role(self) -> &'static str {
        match self {
            Self::Ed25519 => "log",
            Self::CosignatureV1 => "witness",
        }
    }
}

/// The short id of a key: the first four bytes of SHA-256 over name, line end, signature type and public key.
///
/// Source: C2SP signed-note.
#[must_use]
pub fn key_id(name: &str, algorithm: u8, public_key: &[u8]) -> u32 {
    let hash = Sha256::new().chain_update(name).chain_update([b'\n', algorithm]).chain_update(public_key).finalize();
    hash.iter().take(4).fold(0, |id, byte| id << 8 | u32::from(*byte))
}

/// A public key by which notes are believed. Written `<name>+<id>+<base64 of type and key>`, as Go and C2SP do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VerifierKey {
    pub name: String,
    pub id: u32,
    pub algorithm: Algorithm,
    public: [u8; 32],
}

impl VerifierKey {
    /// The key of these 32 bytes under a name; its id follows from them.
    ///
    /// # Errors
    /// When the name cannot be one.
    pub fn new(name: &str, algorithm: Algorithm, public: [u8; 32]) -> Result<Self, NoteError> {
        let name = named(name)?;
        let id = key_id(&name, algorithm.number(), &public);
        Ok(Self { name, id, algorithm, public })
    }

    /// Reads the form that `Display` writes.
    ///
    /// # Errors
    /// When the form is another, the signature type unknown, or the id not that of the key.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let form = || NoteError::VerifierKey(text.to_owned());
        let (name, written, number, key) = parts(text).ok_or_else(form)?;
        let name = named(name)?;
        let algorithm = match number {
            0x01 => Algorithm::Ed25519,
            0x04 => Algorithm::CosignatureV1,
            number => return Err(NoteError::Algorithm { name, number }),
        };
        let key = Self::new(&name, algorithm, key.try_into().map_err(|_| form())?)?;
        match key.id == written {
            true => Ok(key),
            false => Err(NoteError::KeyId { name, written, computed: key.id }),
        }
    }

    /// The 32 bytes of the key itself: what two keys under different names may share.
    #[must_use]
    pub fn public_key(&self) -> &[u8; 32] {
        &self.public
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = BASE64_STANDARD.encode([&[self.algorithm.number()][..], &self.public].concat());
        write!(formatter, "{}+{:08x}+{key}", self.name, self.id)
    }
}

/// A secret key. Printed nowhere; [`SignerKey::to_text`] is for the file that keeps it.
pub struct SignerKey {
    name: String,
    seed: [u8; 32],
    public: [u8; 32],
    pair: Ed25519KeyPair,
}

impl SignerKey {
    /// The Ed25519 key that grows from a seed of 32 random bytes.
    ///
    /// # Errors
    /// When the name cannot be one.
    pub fn new(name: &str, seed: &[u8; 32]) -> Result<Self, NoteError> {
        let name = named(name)?;
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| NoteError::SignerKey)?;
        let public = pair.public_key().as_ref().try_into().map_err(|_| NoteError::SignerKey)?;
        Ok(Self { name, seed: *seed, public, pair })
    }

    /// `PRIVATE+KEY+<name>+<id>+<base64 of type and seed>`, as Go's note package writes it.
    #[must_use]
    pub fn to_text(&self) -> String {
        let algorithm = Algorithm::Ed25519.number();
        let id = key_id(&self.name, algorithm, &self.public);
        let key = BASE64_STANDARD.encode([&[algorithm][..], &self.seed].concat());
        format!("PRIVATE+KEY+{}+{id:08x}+{key}", self.name)
    }

    /// Reads what [`Self::to_text`] writes; a line end behind it is allowed.
    ///
    /// # Errors
    /// When the form or the signature type is another, or the id not that of the key.
    pub fn from_text(text: &str) -> Result<Self, NoteError> {
        let text = text.strip_suffix('\n').unwrap_or(text);
        let key = text.strip_prefix("PRIVATE+KEY+").ok_or(NoteError::SignerKey)?;
        let (name, written, number, seed) = parts(key).ok_or(NoteError::SignerKey)?;
        if number != Algorithm::Ed25519.number() {
            return Err(NoteError::Algorithm { name: name.to_owned(), number });
        }
        let signer = Self::new(name, &seed.try_into().map_err(|_| NoteError::SignerKey)?)?;
        let computed = signer.verifier_key().id;
        match computed == written {
            true => Ok(signer),
            false => Err(NoteError::KeyId { name: signer.name, written, computed }),
        }
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same key under another name, for texts that must not pass for a checkpoint.
    ///
    /// # Errors
    /// When the name cannot be one.
    pub fn renamed(&self, name: &str) -> Result<Self, NoteError> {
        Self::new(name, &self.seed)
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(message).as_ref().to_vec()
    }

    /// The key by which others believe what [`super::sign`] signs.
    #[must_use]
    pub fn verifier_key(&self) -> VerifierKey {
        self.verifier(Algorithm::Ed25519)
    }

    /// The key by which others believe what [`super::cosign`] signs.
    #[must_use]
    pub fn cosigner_key(&self) -> VerifierKey {
        self.verifier(Algorithm::CosignatureV1)
    }

    fn verifier(&self, algorithm: Algorithm) -> VerifierKey {
        let id = key_id(&self.name, algorithm.number(), &self.public);
        VerifierKey { name: self.name.clone(), id, algorithm, public: self.public }
    }
}

impl fmt::Debug for SignerKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SignerKey").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A name that a key may have. Source: C2SP signed-note.
pub(super) fn named(name: &str) -> Result<String, NoteError> {
    let refused = |character: char| character == '+' || character.is_whitespace() || character < ' ';
    match name.is_empty() || name.contains(refused) {
        true => Err(NoteError::Name(name.to_owned())),
        false => Ok(name.to_owned()),
    }
}

/// `<name>+<id>+<base64>`: the name, the id, the signature type, the key.
fn parts(text: &str) -> Option<(&str, u32, u8, Vec<u8>)> {
    let (name, rest) = text.split_once('+')?;
    let (id, key) = rest.split_once('+')?;
    let digits = id.len() == 8 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let id = u32::from_str_radix(id, 16).ok().filter(|_| digits)?;
    let key = BASE64_STANDARD.decode(key).ok()?;
    let (algorithm, key) = key.split_first()?;
    Some((name, id, *algorithm, key.to_vec()))
}
