//! Keys that a command has (`exec:CMD`): a KMS, a token, another machine. docs/evidence.md gives the protocol.
use crate::{
    collect::run::output,
    record::{
        note::{Algorithm, KeyHolder, Signer, VerifierKey},
        place::Place,
    },
    report::clean,
};
use anyhow::{Context, ensure};
use base64::{Engine, prelude::BASE64_STANDARD};
use std::process::Command;

/// A KMS answers within a second or two; one that asks a person to touch a token takes longer.
const COMMAND_SECONDS_MAX: u64 = 60;
/// Tells the command which shard is meant.
const ORIGIN_VARIABLE: &str = "SPEGUARD_ORIGIN";
/// What stands before the 32 bytes of an Ed25519 key in a DER SubjectPublicKeyInfo (RFC 8410).
const SPKI: &[u8] = &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// Signed to see that the command signs; nothing that means anything.
const TRIAL: &str = "speguard asks whether this key signs\n";

struct External {
    /// Program and arguments.
    words: Vec<String>,
    origin: String,
}

/// The key that a command has, for a shard. The name is that of the shard unless the command gives another.
///
/// # Errors
/// A command that fails, is too slow, or does not print a key.
pub fn signer(command: &str, place: &Place) -> anyhow::Result<Signer> {
    let words = command.split_whitespace().map(str::to_owned).collect();
    let external = External { words, origin: place.origin.clone() };
    let said = external.ask("public", Vec::new()).map_err(anyhow::Error::msg)?;
    let key = key(said.trim(), place).with_context(|| {
        format!("`{command} public` must print an Ed25519 key: a vkey, or in base64 its 32 bytes or its DER form")
    })?;
    Ok(Signer::elsewhere(key, Box::new(external))?)
}

/// As [`signer`], for a shard that begins with it: it must have the shard's name, and sign.
///
/// # Errors
/// As said.
pub fn tried(command: &str, place: &Place) -> anyhow::Result<Signer> {
    let signer = signer(command, place)?;
    ensure!(
        signer.name() == place.origin,
        "`{command}` has the key of `{}`, and that of `{}` is needed",
        signer.name(),
        place.origin
    );
    signer.sign(TRIAL)?;
    Ok(signer)
}

fn key(said: &str, place: &Place) -> Option<VerifierKey> {
    if let Ok(key) = VerifierKey::parse(said) {
        return Some(key);
    }
    let bytes = BASE64_STANDARD.decode(said).ok()?;
    let bytes = bytes.strip_prefix(SPKI).unwrap_or(&bytes);
    VerifierKey::new(&place.origin, Algorithm::Ed25519, bytes.try_into().ok()?).ok()
}

impl External {
    fn ask(&self, what: &str, input: Vec<u8>) -> Result<String, String> {
        let (program, arguments) = self.words.split_first().ok_or("`exec:` names no command")?;
        let mut command = Command::new(program);
        command.args(arguments).arg(what).env(ORIGIN_VARIABLE, &self.origin);
        let output = output(command, program, input, COMMAND_SECONDS_MAX).map_err(|cause| clean(&cause).to_string())?;
        String::from_utf8(output).map_err(|_| format!("`{program} {what}` does not print text"))
    }
}

impl KeyHolder for External {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        let said = self.ask("sign", message.to_vec())?;
        let signature = BASE64_STANDARD.decode(said.trim());
        signature.map_err(|_| "the command must print the signature in base64, on one line".to_owned())
    }
}
