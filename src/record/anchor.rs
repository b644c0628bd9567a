//! RFC 3161 time stamps over checkpoints: kept as they came, and checked. [`super::authority`] asks for them.
//!
//! A token bounds from above when the stamped bytes existed, on the word of an authority that is not the provider.
//! Start at [`request`] and [`verify`]. Revocation is not looked up: what was current is stored beside the token.
use super::der::{
    self, BOOLEAN, DerError, Element, GENERALIZED_TIME, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, Reader, SEQUENCE,
};
use certificate::Certificate;
use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime, pem::PemObject};
use signed::{Hash, Signed};
use std::time::Duration;
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

mod certificate;
mod signed;

/// A trust list holds some hundred authorities; more certificates than this are not one.
pub const ROOTS_MAX: usize = 1000;

/// id-kp-timeStamping as webpki wants it.
const TIME_STAMPING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 8];
/// SHA-256 as an AlgorithmIdentifier, RFC 5754, section 2.
const SHA256: &[u8] = &[0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0];

/// Why a time stamp was not had, or does not show what it should.
#[derive(Debug, thiserror::Error)]
pub enum AnchorError {
    #[error("the time-stamp token is malformed: {0}")]
    Form(&'static str),
    #[error("the time-stamp token is malformed")]
    Malformed(#[from] DerError),
    #[error("a certificate is malformed; check the roots and chain that were given")]
    Certificate { source: DerError },
    #[error("algorithm {identifier} of the time-stamp token is not one that is verified here")]
    Algorithm { identifier: String },
    #[error("the authority granted no time stamp (status {status}): {words}")]
    Refused { status: u64, words: String },
    #[error("the token answers another request: its digest or nonce is not the one sent")]
    OtherRequest,
    #[error("the token stamps other data than this")]
    OtherData,
    #[error("the token's signature does not hold: {0}")]
    Signature(&'static str),
    #[error("the certificate that signed the token is neither in it nor among those given; pass the authority's chain")]
    NoSigner,
    #[error("the token was signed with a certificate that is not for time stamps: {0}")]
    NotForTimeStamps(&'static str),
    #[error("a certificate of the chain had expired when the time was stamped, or was not valid yet")]
    Expired,
    #[error("the token's chain does not lead to a given root; pass the authority's root, or the certificates between")]
    Chain { source: webpki::Error },
    #[error("the roots are not PEM certificates, at least one and at most {ROOTS_MAX}")]
    Roots,
}

impl AnchorError {
    fn certificate(source: DerError) -> Self {
        Self::Certificate { source }
    }
}

/// Writes a TimeStampReq, version 1, over the SHA-256 of the bytes; the certificates are asked for with it.
///
/// The nonce comes from the roof, fresh and random, and ties the answer to this request. Source: RFC 3161, section 2.4.1.
pub fn request(bytes: &[u8], nonce: u64) -> Vec<u8> {
    let imprint = der::write(SEQUENCE, &[SHA256, &der::write(OCTET_STRING, &[&Hash::Sha256.of(bytes)])]);
    let certificates = der::write(BOOLEAN, &[&[0xff]]);
    let nonce = der::write_number(&nonce.to_be_bytes());
    der::write(SEQUENCE, &[&der::write_number(&[1]), &imprint, &nonce, &certificates])
}

/// Says that a token was made for this request: same digest, same nonce.
///
/// # Errors
/// [`AnchorError::OtherRequest`], and as [`Token::read`].
pub fn answers(request: &[u8], token: &[u8]) -> Result<(), AnchorError> {
    let token = Token::read(token)?;
    let mut asked = Reader::new(request)?.take(SEQUENCE)?.inside()?;
    asked.take(INTEGER)?;
    let (hash, digest) = imprint(asked.take(SEQUENCE)?)?;
    asked.optional(OBJECT_IDENTIFIER)?;
    let nonce = asked.optional(INTEGER)?.map(|nonce| nonce.content.to_vec());
    let same = token.hash == hash && token.digest == digest && token.nonce == nonce;
    if same { Ok(()) } else { Err(AnchorError::OtherRequest) }
}

/// What a time-stamp token says, whether or not it is true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// genTime in milliseconds since 1970, what is finer cut off.
    pub time_ms: i64,
    /// How far genTime may be off either way, rounded up; none when the authority does not say.
    pub accuracy_ms: Option<u64>,
    /// The authority's policy, in dots.
    pub policy: String,
    /// The digest that was stamped.
    pub digest: Vec<u8>,
    /// The authority's number for this token, as its big-endian octets.
    pub serial: Vec<u8>,
    /// As in the request, as the octets of an INTEGER.
    pub nonce: Option<Vec<u8>>,
    /// The authority as it calls itself; a hint only.
    pub authority: Option<String>,
    hash: Hash,
}

impl Token {
    /// Reads a TimeStampResp that grants, or a bare token.
    ///
    /// # Errors
    /// [`AnchorError::Refused`] when the answer grants nothing; [`AnchorError::Malformed`], [`AnchorError::Form`] and
    /// [`AnchorError::Algorithm`] when it cannot be read.
    pub fn read(bytes: &[u8]) -> Result<Self, AnchorError> {
        Self::read_info(Signed::read(granted(bytes)?)?.content)
    }

    /// Source: RFC 3161, section 2.4.2, TSTInfo.
    fn read_info(info: &[u8]) -> Result<Self, AnchorError> {
        let mut outer = Reader::new(info)?;
        let mut inside = outer.take(SEQUENCE)?.inside()?;
        outer.end()?;
        if inside.take(INTEGER)?.number()? != 1 {
            return Err(AnchorError::Form("its time stamp is of an unknown version"));
        }
        let policy = inside.take(OBJECT_IDENTIFIER)?.dotted()?;
        let (hash, digest) = imprint(inside.take(SEQUENCE)?)?;
        let serial = inside.take(INTEGER)?.content.to_vec();
        let time_ms = inside.take(GENERALIZED_TIME)?.time_ms()?;
        let accuracy_ms = inside.optional(SEQUENCE)?.map(accuracy_ms).transpose()?;
        inside.optional(BOOLEAN)?;
        let nonce = inside.optional(INTEGER)?.map(|nonce| nonce.content.to_vec());
        let authority = inside.optional(der::context(0))?.map(authority).transpose()?.flatten();
        inside.optional(der::context(1))?;
        inside.end()?;
        Ok(Self { time_ms, accuracy_ms, policy, digest, serial, nonce, authority, hash })
    }
}

/// A token that was verified, and who vouches for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    pub token: Token,
    /// The subject of the certificate that signed.
    pub signer: String,
    /// When that certificate lapses, in milliseconds since 1970: the token is to be stamped again before.
    pub renew_before_ms: i64,
}

/// Verifies that the token stamps exactly this data, and that a certificate for time stamps signed it whose chain led
/// to one of the roots at the stamped time. `roots` and `extra` are DER certificates; those inside the token may help
/// to build the chain and are never roots.
///
/// Source: RFC 3161, sections 2.3 and 2.4.2; RFC 5652, section 5; RFC 5816.
///
/// # Errors
/// [`AnchorError::OtherData`], [`AnchorError::Signature`], [`AnchorError::NoSigner`],
/// [`AnchorError::NotForTimeStamps`], [`AnchorError::Expired`], [`AnchorError::Chain`], or one that says that token or
/// certificates cannot be read.
pub fn verify(token: &[u8], data: &[u8], roots: &[Vec<u8>], extra: &[Vec<u8>]) -> Result<Verified, AnchorError> {
    let signed = Signed::read(granted(token)?)?;
    let token = Token::read_info(signed.content)?;
    if token.hash.of(data) != token.digest {
        return Err(AnchorError::OtherData);
    }
    let candidates: Vec<&[u8]> = signed.certificates.iter().copied().chain(extra.iter().map(Vec::as_slice)).collect();
    let certificate = signed.certificate(&candidates)?;
    signed.verify(&certificate)?;
    if let Some(why) = certificate.unfit() {
        return Err(AnchorError::NotForTimeStamps(why));
    }
    chain(&certificate, &candidates, roots, token.time_ms)?;
    let signer = certificate::name(certificate.subject).map_err(AnchorError::certificate)?;
    Ok(Verified { token, signer, renew_before_ms: certificate.until_ms })
}

/// Reads the certificates of a PEM text, in their order, as DER.
///
/// # Errors
/// [`AnchorError::Roots`] when there is none, too many, or one that cannot be read.
pub fn certificates(pem: &[u8]) -> Result<Vec<Vec<u8>>, AnchorError> {
    let mut found = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(pem).take(ROOTS_MAX + 1) {
        let certificate = certificate.map_err(|_| AnchorError::Roots)?;
        Certificate::read(&certificate).map_err(AnchorError::certificate)?;
        found.push(certificate.to_vec());
    }
    if found.is_empty() || found.len() > ROOTS_MAX { Err(AnchorError::Roots) } else { Ok(found) }
}

/// The token of an answer that grants one, or the bare token itself.
fn granted(bytes: &[u8]) -> Result<Element<'_>, AnchorError> {
    let mut outer = Reader::new(bytes)?;
    let element = outer.take(SEQUENCE)?;
    outer.end()?;
    let mut inside = element.inside()?;
    let Some(status) = inside.optional(SEQUENCE)? else { return Ok(element) };
    let mut info = status.inside()?;
    let status = info.take(INTEGER)?.number()?;
    // 0 is granted, 1 granted with changes, which the token itself shows.
    if status > 1 {
        return Err(AnchorError::Refused { status, words: words(info)? });
    }
    let token = inside.take(SEQUENCE)?;
    inside.end()?;
    Ok(token)
}

/// What an authority says about a refusal, or the bits of its failInfo in hexadecimal.
fn words(mut info: Reader<'_>) -> Result<String, AnchorError> {
    let mut words = Vec::new();
    if let Some(text) = info.optional(SEQUENCE)? {
        let mut lines = text.inside()?;
        while !lines.is_empty() {
            let line = String::from_utf8_lossy(lines.take(der::UTF8_STRING)?.content).into_owned();
            words.push(line.replace(char::is_control, "\u{fffd}"));
        }
    }
    if let Some(bits) = info.optional(der::BIT_STRING)? {
        let bits: String = bits.content.iter().skip(1).map(|octet| format!("{octet:02x}")).collect();
        words.push(format!("failure bits {bits}"));
    }
    Ok(words.join("; "))
}

fn imprint(element: Element<'_>) -> Result<(Hash, Vec<u8>), AnchorError> {
    let mut inside = element.inside()?;
    let hash = Hash::read(inside.take(SEQUENCE)?)?;
    let digest = inside.take(OCTET_STRING)?.content.to_vec();
    inside.end()?;
    Ok((hash, digest))
}

fn accuracy_ms(element: Element<'_>) -> Result<u64, DerError> {
    let mut inside = element.inside()?;
    let mut part = |tag| inside.optional(tag).and_then(|part| part.map_or(Ok(0), |part| part.number()));
    let (seconds, milliseconds, microseconds) =
        (part(INTEGER)?, part(der::context_primitive(0))?, part(der::context_primitive(1))?);
    inside.end()?;
    Ok(seconds.saturating_mul(1000).saturating_add(milliseconds).saturating_add(microseconds.div_ceil(1000)))
}

/// The authority's name when it is a directory name; other forms are passed over.
fn authority(wrapper: Element<'_>) -> Result<Option<String>, DerError> {
    let mut names = wrapper.inside()?;
    let directory = names.optional(der::context(4))?;
    directory.map(|name| certificate::name(name.content)).transpose()
}

/// Builds a chain from the signer to a root, valid at that time all the way, the root too.
fn chain(signer: &Certificate<'_>, candidates: &[&[u8]], roots: &[Vec<u8>], time_ms: i64) -> Result<(), AnchorError> {
    if roots.len() > ROOTS_MAX {
        return Err(AnchorError::Roots);
    }
    let (mut current, mut lapsed) = (Vec::new(), Vec::new());
    for root in roots {
        let read = Certificate::read(root).map_err(AnchorError::certificate)?;
        let is_current = (read.from_ms..=read.until_ms).contains(&time_ms);
        if is_current { &mut current } else { &mut lapsed }.push(CertificateDer::from(root.as_slice()));
    }
    let found = path(signer, candidates, &current, time_ms);
    // A root that had lapsed must not pass, and is not the same as none.
    let only_lapsed =
        matches!(found, Err(AnchorError::Chain { .. })) && path(signer, candidates, &lapsed, time_ms).is_ok();
    if only_lapsed { Err(AnchorError::Expired) } else { found }
}

fn path(
    signer: &Certificate<'_>,
    candidates: &[&[u8]],
    roots: &[CertificateDer<'_>],
    time_ms: i64,
) -> Result<(), AnchorError> {
    let untold = |source: webpki::Error| match source {
        webpki::Error::CertExpired { .. } | webpki::Error::CertNotValidYet { .. } => AnchorError::Expired,
        webpki::Error::CaUsedAsEndEntity => AnchorError::NotForTimeStamps("it is an authority's own certificate"),
        source => AnchorError::Chain { source },
    };
    let anchors: Result<Vec<TrustAnchor<'_>>, _> = roots.iter().map(anchor_from_trusted_cert).collect();
    let anchors = anchors.map_err(untold)?;
    let signer_der = CertificateDer::from(signer.encoded);
    let entity = EndEntityCert::try_from(&signer_der).map_err(untold)?;
    let between: Vec<CertificateDer<'_>> =
        candidates.iter().filter(|der| **der != signer.encoded).map(|der| CertificateDer::from(*der)).collect();
    let seconds = u64::try_from(time_ms.div_euclid(1000)).map_err(|_| AnchorError::Expired)?;
    let at = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    // The signer's own purposes are judged more strictly by `unfit`; here a certificate between may have none.
    let usage = KeyUsage::required_if_present(TIME_STAMPING);
    entity
        .verify_for_usage(webpki::ALL_VERIFICATION_ALGS, &anchors, &between, at, usage, None, None)
        .map(drop)
        .map_err(untold)
}
