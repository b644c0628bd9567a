//! The signature around a time stamp: CMS SignedData with one signer. Source: RFC 5652, section 5.
use super::{AnchorError, certificate::Certificate};
use crate::record::der::{
    DerError, Element, INTEGER, NULL, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, SET, context, context_primitive,
};
use aws_lc_rs::digest;
use rustls::pki_types::{CertificateDer, SignatureVerificationAlgorithm};
use webpki::{EndEntityCert, aws_lc_rs as algorithms};

/// More certificates than any chain has; webpki itself follows at most six above the signer.
pub(super) const CERTIFICATES_MAX: usize = 32;

const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
const TIME_STAMP: &str = "1.2.840.113549.1.9.16.1.4";
const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
const SIGNING_CERTIFICATE: &str = "1.2.840.113549.1.9.16.2.12";
const SIGNING_CERTIFICATE_V2: &str = "1.2.840.113549.1.9.16.2.47";

/// A hash that may stand under a time stamp. SHA-1 is not among them: it no longer binds anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// Reads an AlgorithmIdentifier without parameters, or with the NULL that many write.
    pub(super) fn read(element: Element<'_>) -> Result<Self, AnchorError> {
        match algorithm(element)?.as_str() {
            "2.16.840.1.101.3.4.2.1" => Ok(Self::Sha256),
            "2.16.840.1.101.3.4.2.2" => Ok(Self::Sha384),
            "2.16.840.1.101.3.4.2.3" => Ok(Self::Sha512),
            other => Err(AnchorError::Algorithm { identifier: other.to_owned() }),
        }
    }

    pub(super) fn of(self, bytes: &[u8]) -> Vec<u8> {
        let algorithm = match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        };
        digest::digest(algorithm, bytes).as_ref().to_vec()
    }
}

/// The identifier of an algorithm that takes no parameters.
fn algorithm(element: Element<'_>) -> Result<String, DerError> {
    let mut inside = element.inside()?;
    let identifier = inside.take(OBJECT_IDENTIFIER)?.dotted()?;
    if inside.optional(NULL)?.is_some_and(|null| !null.content.is_empty()) {
        return Err(DerError::Value("NULL"));
    }
    inside.end()?;
    Ok(identifier)
}

/// What is signed, by whom, and the certificates that came along; read and not yet believed.
#[derive(Debug)]
pub(super) struct Signed<'a> {
    pub(super) content: &'a [u8],
    pub(super) certificates: Vec<&'a [u8]>,
    signer: Signer<'a>,
}

#[derive(Debug)]
struct Signer<'a> {
    identifier: Element<'a>,
    hash: Hash,
    attributes: Element<'a>,
    algorithm: String,
    signature: &'a [u8],
}

impl<'a> Signed<'a> {
    /// Reads a ContentInfo that holds one signer's SignedData over a TSTInfo.
    pub(super) fn read(token: Element<'a>) -> Result<Self, AnchorError> {
        let mut info = token.inside()?;
        expect(info.take(OBJECT_IDENTIFIER)?, SIGNED_DATA, "it is not signed data")?;
        let mut wrapper = info.take(context(0))?.inside()?;
        info.end()?;
        let mut data = wrapper.take(SEQUENCE)?.inside()?;
        wrapper.end()?;
        // 3 by RFC 5652, section 5.1; 1 is written by programs from before it, 4 and 5 by the certificates' forms.
        if !matches!(data.take(INTEGER)?.number()?, 1 | 3..=5) {
            return Err(AnchorError::Form("its signed data is of an unknown version"));
        }
        let hashes = data.take(SET)?;
        let mut encapsulated = data.take(SEQUENCE)?.inside()?;
        expect(encapsulated.take(OBJECT_IDENTIFIER)?, TIME_STAMP, "what it signs is not a time stamp")?;
        let mut content = encapsulated.take(context(0))?.inside()?;
        encapsulated.end()?;
        let octets = content.take(OCTET_STRING)?.content;
        content.end()?;
        let certificates = data.optional(context(0))?.map_or(Ok(Vec::new()), certificates)?;
        data.optional(context(1))?;
        let mut signers = data.take(SET)?.inside()?;
        data.end()?;
        let signer = Signer::read(signers.take(SEQUENCE)?)?;
        if !signers.is_empty() {
            return Err(AnchorError::Form("it has more than one signer"));
        }
        // RFC 5652, section 5.3, allows to fail here, and openssl does: no byte of a token is then without meaning.
        if !lists(hashes, signer.hash)? {
            return Err(AnchorError::Form("the digest of its signer is not among those it lists"));
        }
        Ok(Self { content: octets, certificates, signer })
    }

    /// The signer's certificate, of those that came along and those given: the one whose digest the signed
    /// signing-certificate attribute holds. Both attributes must agree where both stand.
    ///
    /// Source: RFC 5816 and RFC 5035. The name alone could be borrowed by another certificate.
    pub(super) fn certificate<'c>(&self, candidates: &[&'c [u8]]) -> Result<Certificate<'c>, AnchorError> {
        let old = self.signer.attribute(SIGNING_CERTIFICATE)?;
        let new = self.signer.attribute(SIGNING_CERTIFICATE_V2)?;
        if old.is_none() && new.is_none() {
            return Err(AnchorError::Signature("no signed attribute says which certificate signed"));
        }
        let fits = |certificate: &[u8]| -> Result<bool, AnchorError> {
            let old = old.map_or(Ok(true), |attribute| names_by_sha1(attribute, certificate))?;
            Ok(old && new.map_or(Ok(true), |attribute| names(attribute, certificate))?)
        };
        for candidate in candidates {
            if fits(candidate)? {
                let certificate = Certificate::read(candidate).map_err(AnchorError::certificate)?;
                return if self.signer.is(&certificate)? {
                    Ok(certificate)
                } else {
                    Err(AnchorError::Signature("the signer is named as another than the signed attributes say"))
                };
            }
        }
        Err(AnchorError::NoSigner)
    }

    /// Holds when the certificate's key signed exactly this content.
    pub(super) fn verify(&self, certificate: &Certificate<'_>) -> Result<(), AnchorError> {
        let kind = self.signer.attribute(CONTENT_TYPE)?;
        let kind = kind.ok_or(AnchorError::Signature("no signed attribute says what is signed"))?;
        expect(kind, TIME_STAMP, "its signed attributes speak of something else than a time stamp")?;
        let digest = self.signer.attribute(MESSAGE_DIGEST)?;
        if digest.map(|digest| (digest.tag, digest.content))
            != Some((OCTET_STRING, &self.signer.hash.of(self.content)[..]))
        {
            return Err(AnchorError::Signature("the signed digest is not that of the time stamp"));
        }
        let der = CertificateDer::from(certificate.encoded);
        let entity = EndEntityCert::try_from(&der).map_err(|source| AnchorError::Chain { source })?;
        // What is signed is the SET OF, not the tag that stands in its place (RFC 5652, section 5.4).
        let mut message = self.signer.attributes.encoded.to_vec();
        message.splice(..1, [SET]);
        for verifier in self.signer.verifiers()? {
            match entity.verify_signature(verifier, &message, self.signer.signature) {
                Ok(()) => return Ok(()),
                Err(webpki::Error::InvalidSignatureForPublicKey) => break,
                Err(_) => {}
            }
        }
        Err(AnchorError::Signature("it was not made by the key of the certificate that it names"))
    }
}

fn expect(element: Element<'_>, identifier: &str, otherwise: &'static str) -> Result<(), AnchorError> {
    let is = element.tag == OBJECT_IDENTIFIER && element.dotted()? == identifier;
    if is { Ok(()) } else { Err(AnchorError::Form(otherwise)) }
}

fn lists(hashes: Element<'_>, wanted: Hash) -> Result<bool, AnchorError> {
    let mut inside = hashes.inside()?;
    let mut found = false;
    while !inside.is_empty() {
        found |= Hash::read(inside.take(SEQUENCE)?)? == wanted;
    }
    Ok(found)
}

/// The X.509 certificates of the set, in whatever order; other kinds are passed over.
fn certificates(set: Element<'_>) -> Result<Vec<&[u8]>, AnchorError> {
    let mut inside = set.inside()?;
    let mut found = Vec::new();
    while !inside.is_empty() {
        let element = inside.any()?;
        if element.tag == SEQUENCE {
            found.push(element.encoded);
        }
        if found.len() > CERTIFICATES_MAX {
            return Err(AnchorError::Form("it holds more certificates than any chain has"));
        }
    }
    Ok(found)
}

impl<'a> Signer<'a> {
    fn read(element: Element<'a>) -> Result<Self, AnchorError> {
        let mut inside = element.inside()?;
        let version = inside.take(INTEGER)?.number()?;
        let identifier = inside.any()?;
        if !matches!((version, identifier.tag), (1, SEQUENCE) | (3, 0x80)) {
            return Err(AnchorError::Form("its signer is named in an unknown way"));
        }
        let hash = Hash::read(inside.take(SEQUENCE)?)?;
        let attributes = inside.take(context(0))?;
        let algorithm = algorithm(inside.take(SEQUENCE)?)?;
        let signature = inside.take(OCTET_STRING)?.content;
        inside.optional(context(1))?;
        inside.end()?;
        Ok(Self { identifier, hash, attributes, algorithm, signature })
    }

    /// The one value of a signed attribute; none when it is absent.
    fn attribute(&self, wanted: &str) -> Result<Option<Element<'a>>, AnchorError> {
        let mut attributes = self.attributes.inside()?;
        let mut found = None;
        while !attributes.is_empty() {
            let mut attribute = attributes.take(SEQUENCE)?.inside()?;
            if attribute.take(OBJECT_IDENTIFIER)?.dotted()? != wanted {
                continue;
            }
            let mut values = attribute.take(SET)?.inside()?;
            attribute.end()?;
            let value = values.any()?;
            values.end()?;
            if found.replace(value).is_some() {
                return Err(AnchorError::Form("a signed attribute stands twice"));
            }
        }
        Ok(found)
    }

    /// Whether the unsigned identifier names this certificate too.
    fn is(&self, certificate: &Certificate<'_>) -> Result<bool, DerError> {
        if self.identifier.tag == context_primitive(0) {
            return Ok(certificate.key_identifier == Some(self.identifier.content));
        }
        let mut inside = self.identifier.inside()?;
        let issuer = inside.take(SEQUENCE)?.encoded;
        let serial = inside.take(INTEGER)?.content;
        inside.end()?;
        Ok(issuer == certificate.issuer && serial == certificate.serial)
    }

    /// What may verify the signature: one per curve, since the algorithm's name does not tell the curve.
    fn verifiers(&self) -> Result<Vec<&'static dyn SignatureVerificationAlgorithm>, AnchorError> {
        const RSA: &str = "1.2.840.113549.1.1.1";
        Ok(match (self.algorithm.as_str(), self.hash) {
            (RSA | "1.2.840.113549.1.1.11", Hash::Sha256) => vec![algorithms::RSA_PKCS1_2048_8192_SHA256],
            (RSA | "1.2.840.113549.1.1.12", Hash::Sha384) => vec![algorithms::RSA_PKCS1_2048_8192_SHA384],
            (RSA | "1.2.840.113549.1.1.13", Hash::Sha512) => vec![algorithms::RSA_PKCS1_2048_8192_SHA512],
            ("1.2.840.10045.4.3.2", Hash::Sha256) => {
                vec![algorithms::ECDSA_P256_SHA256, algorithms::ECDSA_P384_SHA256, algorithms::ECDSA_P521_SHA256]
            }
            ("1.2.840.10045.4.3.3", Hash::Sha384) => {
                vec![algorithms::ECDSA_P256_SHA384, algorithms::ECDSA_P384_SHA384, algorithms::ECDSA_P521_SHA384]
            }
            ("1.2.840.10045.4.3.4", Hash::Sha512) => {
                vec![algorithms::ECDSA_P256_SHA512, algorithms::ECDSA_P384_SHA512, algorithms::ECDSA_P521_SHA512]
            }
            ("1.3.101.112", Hash::Sha256 | Hash::Sha384 | Hash::Sha512) => vec![algorithms::ED25519],
            (other, _) => return Err(AnchorError::Algorithm { identifier: other.to_owned() }),
        })
    }
}

/// SigningCertificate: the first ESSCertID holds the SHA-1 of the signer's certificate (RFC 2634, section 5.4).
///
/// SHA-1 is no promise against a forger here; the chain and the key are.
fn names_by_sha1(attribute: Element<'_>, certificate: &[u8]) -> Result<bool, AnchorError> {
    let mut first = attribute.inside()?.take(SEQUENCE)?.inside()?.take(SEQUENCE)?.inside()?;
    let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, certificate);
    Ok(first.take(OCTET_STRING)?.content == digest.as_ref())
}

/// SigningCertificateV2: the first ESSCertIDv2 holds a digest of the signer's certificate, SHA-256 unless it says
/// otherwise (RFC 5035, section 4).
fn names(attribute: Element<'_>, certificate: &[u8]) -> Result<bool, AnchorError> {
    let mut first = attribute.inside()?.take(SEQUENCE)?.inside()?.take(SEQUENCE)?.inside()?;
    let hash = first.optional(SEQUENCE)?.map_or(Ok(Hash::Sha256), Hash::read)?;
    Ok(first.take(OCTET_STRING)?.content == hash.of(certificate))
}
