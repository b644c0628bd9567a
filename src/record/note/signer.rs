//! Who signs for a shard: a key that is at hand, or whoever has it and signs when asked.
use super::{Algorithm, Note, NoteError, Signature, SignerKey, VerifierKey, sign, sign_envelope, verify};
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use std::fmt;

/// What has a key that never leaves it.
pub trait KeyHolder: Send + Sync {
    /// The Ed25519 signature of a message, 64 bytes. It is checked before it is used.
    ///
    /// # Errors
    /// Why there is none, in words for the user.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, String>;
}

/// Why nothing was signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    #[error("nothing was signed with the key of `{name}`: {cause}")]
    Holder { name: String, cause: String },
    #[error("the signature that was given does not fit the key {vkey}: it is not used")]
    Wrong { vkey: String },
    #[error("only statements in an envelope are signed so")]
    NoEnvelope,
    #[error(transparent)]
    Note(#[from] NoteError),
}

/// The key of a shard, as what signs with it.
pub enum Signer {
    Held(SignerKey),
    Elsewhere { key: VerifierKey, holder: Box<dyn KeyHolder> },
}

impl From<SignerKey> for Signer {
    fn from(key: SignerKey) -> Self {
        Self::Held(key)
    }
}

impl Signer {
    /// The key of a log that somebody else holds.
    ///
    /// # Errors
    /// [`NoteError::Role`] for the key of a witness.
    pub fn elsewhere(key: VerifierKey, holder: Box<dyn KeyHolder>) -> Result<Self, NoteError> {
        super::needs(&key, Algorithm::Ed25519)?;
        Ok(Self::Elsewhere { key, holder })
    }

    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Held(key) => key.name(),
            Self::Elsewhere { key, .. } => &key.name,
        }
    }

    /// The key by which others believe what is signed.
    #[must_use]
    pub fn verifier_key(&self) -> VerifierKey {
        match self {
            Self::Held(key) => key.verifier_key(),
            Self::Elsewhere { key, .. } => key.clone(),
        }
    }

    /// Signs a text, which ends in a line end, for its note.
    ///
    /// # Errors
    /// [`SignError`].
    pub fn sign(&self, text: &str) -> Result<Signature, SignError> {
        match self {
            Self::Held(key) => Ok(sign(text, key)),
            Self::Elsewhere { key, holder } => by_holder(text, key, &**holder),
        }
    }

    /// As [`Self::sign`], under another name, for texts that must not pass for a checkpoint.
    ///
    /// # Errors
    /// [`SignError`]; a name that no key can have.
    pub fn sign_as(&self, name: &str, text: &str) -> Result<Signature, SignError> {
        match self {
            Self::Held(key) => Ok(sign(text, &key.renamed(name)?)),
            Self::Elsewhere { key, holder } => {
                by_holder(text, &VerifierKey::new(name, key.algorithm, *key.public_key())?, &**holder)
            }
        }
    }

    /// Signs a statement in an envelope (DSSE v1), by its pre-authentication encoding.
    ///
    /// # Errors
    /// [`SignError`]; bytes that are not such an encoding.
    pub fn sign_envelope(&self, encoding: &[u8]) -> Result<Vec<u8>, SignError> {
        match self {
            Self::Held(key) => sign_envelope(encoding, key).ok_or(SignError::NoEnvelope),
            Self::Elsewhere { .. } if !encoding.starts_with(super::ENVELOPE) => Err(SignError::NoEnvelope),
            Self::Elsewhere { key, holder } => {
                let signature = asked(encoding, key, &**holder)?;
                let verified = UnparsedPublicKey::new(&ED25519, key.public_key()).verify(encoding, &signature);
                verified.map_err(|_| SignError::Wrong { vkey: key.to_string() })?;
                Ok(signature)
            }
        }
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Signer").field("name", &self.name()).finish_non_exhaustive()
    }
}

fn asked(message: &[u8], key: &VerifierKey, holder: &dyn KeyHolder) -> Result<Vec<u8>, SignError> {
    holder.sign(message).map_err(|cause| SignError::Holder { name: key.name.clone(), cause })
}

fn by_holder(text: &str, key: &VerifierKey, holder: &dyn KeyHolder) -> Result<Signature, SignError> {
    let signature = Signature { name: key.name.clone(), id: key.id, bytes: asked(text.as_bytes(), key, holder)? };
    let note = Note { text: text.to_owned(), signatures: vec![signature.clone()] };
    verify(&note, key).map_err(|_| SignError::Wrong { vkey: key.to_string() })?;
    Ok(signature)
}
