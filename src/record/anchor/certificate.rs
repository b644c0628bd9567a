//! As much of an X.509 certificate as the signer of a time stamp is judged by. Chains are webpki's work.
use crate::record::der::{
    BIT_STRING, BOOLEAN, DerError, Element, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, Reader, SEQUENCE, SET, context,
};

const KEY_IDENTIFIER: &str = "2.5.29.14";
const KEY_USAGE: &str = "2.5.29.15";
const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
/// id-kp-timeStamping, RFC 5280, section 4.2.1.12.
const TIME_STAMPING: &str = "1.3.6.1.5.5.7.3.8";
/// The bits digitalSignature and nonRepudiation of keyUsage.
const SIGNS: u8 = 0b1100_0000;

/// What a certificate says, read and not yet believed.
#[derive(Debug)]
pub(super) struct Certificate<'a> {
    pub(super) encoded: &'a [u8],
    pub(super) serial: &'a [u8],
    /// The names as they were written, tag and length with them.
    pub(super) issuer: &'a [u8],
    pub(super) subject: &'a [u8],
    pub(super) key_identifier: Option<&'a [u8]>,
    pub(super) from_ms: i64,
    pub(super) until_ms: i64,
    key_usage: Option<u8>,
    purposes: Option<Purposes>,
}

#[derive(Debug)]
struct Purposes {
    is_critical: bool,
    identifiers: Vec<String>,
}

impl<'a> Certificate<'a> {
    /// Source: RFC 5280, section 4.1.
    pub(super) fn read(encoded: &'a [u8]) -> Result<Self, DerError> {
        let mut outer = Reader::new(encoded)?;
        let certificate = outer.take(SEQUENCE)?;
        outer.end()?;
        let mut body = certificate.inside()?.take(SEQUENCE)?.inside()?;
        body.optional(context(0))?;
        let serial = body.take(INTEGER)?.content;
        body.take(SEQUENCE)?;
        let issuer = body.take(SEQUENCE)?.encoded;
        let mut validity = body.take(SEQUENCE)?.inside()?;
        let (from_ms, until_ms) = (validity.any()?.time_ms()?, validity.any()?.time_ms()?);
        validity.end()?;
        let subject = body.take(SEQUENCE)?.encoded;
        body.take(SEQUENCE)?;
        let mut read = Self {
            encoded,
            serial,
            issuer,
            subject,
            key_identifier: None,
            from_ms,
            until_ms,
            key_usage: None,
            purposes: None,
        };
        while !body.is_empty() {
            let element = body.any()?;
            if element.tag == context(3) {
                read.extensions(element)?;
            }
        }
        Ok(read)
    }

    fn extensions(&mut self, wrapper: Element<'a>) -> Result<(), DerError> {
        let mut extensions = wrapper.inside()?.take(SEQUENCE)?.inside()?;
        while !extensions.is_empty() {
            let mut extension = extensions.take(SEQUENCE)?.inside()?;
            let identifier = extension.take(OBJECT_IDENTIFIER)?.dotted()?;
            let is_critical = extension.optional(BOOLEAN)?.map_or(Ok(false), |flag| flag.boolean())?;
            let mut value = extension.take(OCTET_STRING)?.wrapped()?;
            extension.end()?;
            match identifier.as_str() {
                KEY_IDENTIFIER => self.key_identifier = Some(value.take(OCTET_STRING)?.content),
                KEY_USAGE => self.key_usage = value.take(BIT_STRING)?.content.get(1).copied().or(Some(0)),
                EXTENDED_KEY_USAGE => {
                    let mut list = value.take(SEQUENCE)?.inside()?;
                    let mut identifiers = Vec::new();
                    while !list.is_empty() {
                        identifiers.push(list.take(OBJECT_IDENTIFIER)?.dotted()?);
                    }
                    self.purposes = Some(Purposes { is_critical, identifiers });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Why this certificate may not sign time stamps, if it may not.
    ///
    /// Source: RFC 3161, section 2.3: one purpose, id-kp-timeStamping, and the extension that says so critical.
    pub(super) fn unfit(&self) -> Option<&'static str> {
        let Some(purposes) = &self.purposes else { return Some("it has no extended key usage") };
        if !purposes.identifiers.iter().any(|identifier| identifier == TIME_STAMPING) {
            return Some("its extended key usage does not name time stamping");
        }
        if purposes.identifiers.len() > 1 {
            return Some("its extended key usage names other purposes beside time stamping");
        }
        if !purposes.is_critical {
            return Some("its extended key usage is not marked critical");
        }
        self.key_usage.is_some_and(|bits| bits & SIGNS == 0).then_some("its key usage allows no signatures")
    }
}

/// A distinguished name as a person reads it, `O=Example, CN=Stamp 1`: the attributes with a usual short name, in
/// their order, without control characters. Empty when there is none.
pub(super) fn name(encoded: &[u8]) -> Result<String, DerError> {
    let mut parts = Vec::new();
    let mut sets = Reader::new(encoded)?.take(SEQUENCE)?.inside()?;
    while !sets.is_empty() {
        let mut attributes = sets.take(SET)?.inside()?;
        while !attributes.is_empty() {
            let mut attribute = attributes.take(SEQUENCE)?.inside()?;
            let label = match attribute.take(OBJECT_IDENTIFIER)?.dotted()?.as_str() {
                "2.5.4.3" => "CN",
                "2.5.4.6" => "C",
                "2.5.4.10" => "O",
                "2.5.4.11" => "OU",
                "2.5.4.97" => "organizationIdentifier",
                _ => continue,
            };
            let text = String::from_utf8_lossy(attribute.any()?.content).replace(char::is_control, "\u{fffd}");
            parts.push(format!("{label}={text}"));
        }
    }
    Ok(parts.join(", "))
}
