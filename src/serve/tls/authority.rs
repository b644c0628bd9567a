//! Authorities of our own. Each signs one certificate; then its key is gone, and nobody can sign another.
use super::{TlsError, of};
use crate::model::Timestamp;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::sync::Arc;
use time::OffsetDateTime;
use tokio_rustls::rustls::ServerConfig;

/// The common name of every authority of ours; the subject also says whose it is.
pub const COMMON_NAME: &str = "speguard admission authority";

/// The attribute serialNumber of a name (X.520): here the start of the process, and which of its authorities it is.
const SERIAL_NUMBER: [u64; 4] = [2, 5, 4, 5];

/// How far back a certificate is good: clocks of API servers may be behind ours by as much (Kubernetes' own signers
/// backdate by the same).
const BACKDATED_SECONDS: i64 = 300;

/// Who makes an authority. The names of two never agree, so that each can tell its own from those of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Stays the same when the process starts anew: the emitter of its evidence, or the name of the machine.
    pub emitter: String,
    /// Is another one at each start; without `.`.
    pub start: String,
}

/// A certificate with its key, and the authority that signed it.
#[derive(Clone)]
pub struct Made {
    pub config: Arc<ServerConfig>,
    /// In PEM, with a line break at the end.
    pub authority: String,
    /// The end of both.
    pub until: Timestamp,
}

/// Makes an authority and a certificate of it for these names and addresses, good from now on until a time.
///
/// `number` counts the authorities of one start. No key is written anywhere: that of the authority ends with this call,
/// that of the certificate with the process.
///
/// # Errors
/// [`TlsError::Unusable`]: names that cannot stand in a certificate, times beyond the calendar.
pub fn make(
    names: &[String],
    owner: &Owner,
    number: u64,
    (at, until): (Timestamp, Timestamp),
) -> Result<Made, TlsError> {
    let unusable = |error: rcgen::Error| TlsError::Unusable(error.to_string());
    let time = |Timestamp(seconds): Timestamp| {
        OffsetDateTime::from_unix_timestamp(seconds).map_err(|error| TlsError::Unusable(error.to_string()))
    };
    let term = (time(Timestamp(at.0.saturating_sub(BACKDATED_SECONDS)))?, time(until)?);
    let authority_key = rcgen::KeyPair::generate().map_err(unusable)?;
    let mut authority = rcgen::CertificateParams::new(Vec::new()).map_err(unusable)?;
    (authority.not_before, authority.not_after) = term;
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Constrained(0));
    authority.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
    let mut name = rcgen::DistinguishedName::new();
    name.push(rcgen::DnType::CommonName, COMMON_NAME);
    name.push(rcgen::DnType::OrganizationalUnitName, owner.emitter.as_str());
    let serial = rcgen::DnType::CustomDnType(SERIAL_NUMBER.to_vec());
    name.push(serial, rcgen::DnValue::Utf8String(format!("{}.{number}", owner.start)));
    authority.distinguished_name = name;
    let signed = authority.self_signed(&authority_key).map_err(unusable)?;
    let issuer = rcgen::Issuer::new(authority, authority_key);

    let key = rcgen::KeyPair::generate().map_err(unusable)?;
    let mut leaf = rcgen::CertificateParams::new(names.to_vec()).map_err(unusable)?;
    (leaf.not_before, leaf.not_after) = term;
    leaf.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    leaf.use_authority_key_identifier_extension = true;
    let mut name = rcgen::DistinguishedName::new();
    name.push(rcgen::DnType::CommonName, "speguard");
    leaf.distinguished_name = name;
    let leaf = leaf.signed_by(&key, &issuer).map_err(unusable)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let authority = format!("{}\n", signed.pem().trim_end().replace('\r', ""));
    Ok(Made { config: of(vec![leaf.der().clone()], key)?, authority, until })
}
