//! Result sets and documents beside the log: content addressed, erasable.
//!
//! A blob is one gzip member. Inside stands a header line in canonical JSON with the kind and the blob's key, then the
//! content: rows line by line, or a document's bytes as they are. Erasing a blob erases its key, and with it what the
//! commitments in the log say. Start at [`results`] and [`read_results`].
use super::{
    canonical::{self, CanonicalError, from_hexadecimal, hexadecimal},
    redact::BlobKey,
    row::{FindingLine, Line, Population, PopulationRow, ResultSet, Row, RowError, SetError},
};
use crate::model::Digest;
use flate2::{Compression, GzBuilder, bufread::GzDecoder, write::GzEncoder};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};

/// The content of a blob. 80 000 rows with their findings take a fifth of it.
pub const BLOB_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// A row takes a few hundred bytes; its names, escaped, stay below this whatever they hold.
pub const LINE_BYTES_MAX: usize = 96 * 1024;

/// Waivers, attestations and descriptions are written by hand.
pub const DOCUMENT_BYTES_MAX: usize = 4 * 1024 * 1024;

const VERSION: u8 = 1;

/// Fixed, so that the same content gives the same blob.
const COMPRESSION: Compression = Compression::new(6);

/// Of a gzip header without a time; 255 = the system is not told (RFC 1952, section 2.3.1).
const NO_SYSTEM: u8 = 255;

/// What is stored under its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// SHA-256 of the stored bytes.
    pub digest: Digest,
    pub bytes: Vec<u8>,
}

/// Why a blob cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    #[error("more than {most} bytes of content")]
    TooLarge { most: u64 },
    #[error("line {line} has more than {most} bytes")]
    LineTooLong { line: usize, most: usize },
    #[error("the bytes are not those of {digest}")]
    Digest { digest: Digest },
    #[error("cannot be compressed or decompressed")]
    Gzip(#[source] io::Error),
    #[error("something stands behind the compressed content")]
    Trailing,
    #[error("the last line is cut off, or a line is missing")]
    CutOff,
    #[error("the header is not one of a blob")]
    Header,
    #[error("a blob of version {version}, which this program does not read")]
    Version { version: u64 },
    #[error("the blob holds `{kind}`, not `{expected}`")]
    Kind { kind: String, expected: &'static str },
    #[error("line {line} is no row")]
    Row {
        line: usize,
        #[source]
        source: RowError,
    },
    #[error("line {line} is no finding of a row, or out of order")]
    Finding { line: usize },
    #[error("line {line} is not in canonical form")]
    Canonical {
        line: usize,
        #[source]
        source: CanonicalError,
    },
    #[error("the rows are no set")]
    Set(#[source] SetError),
}

/// A person's document as it was written, with the key of the commitments that entries make to names in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDocument {
    pub key: BlobKey,
    pub bytes: Vec<u8>,
}

/// The first line of a blob.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeaderV1 {
    key: String,
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<u64>,
    v: u8,
}

const RESULTS: &str = "results";
const POPULATION: &str = "population";
const DOCUMENT: &str = "document";

/// Where a blob stands below its shard: `blobs/sha256/<ab>/<hex>.gz`.
#[must_use]
pub fn path(digest: &Digest) -> String {
    let digits = hexadecimal(&digest.0);
    format!("blobs/sha256/{}/{digits}.gz", digits.get(..2).unwrap_or_default())
}

/// The digest that a path names; `None` for anything that [`path`] does not give.
#[must_use]
pub fn digest_of(path_of_blob: &str) -> Option<Digest> {
    let digits = path_of_blob.rsplit('/').next()?.strip_suffix(".gz")?;
    let digest = Digest(from_hexadecimal(digits)?);
    (path(&digest) == path_of_blob).then_some(digest)
}

/// The blob of a result set: header, rows in order, then the findings of each row as `[row, finding]`, rows counted
/// from 0. The same set gives the same bytes.
///
/// # Errors
/// [`BlobError::TooLarge`]
pub fn results(set: &ResultSet) -> Result<Blob, BlobError> {
    let mut writer = Writer::new(set.key(), RESULTS, Some(set.size()))?;
    for (row, _) in set.iter() {
        writer.line(&row.encoded())?;
    }
    for (nth, (_, findings)) in set.iter().enumerate() {
        for finding in findings {
            let line = [format!("[{nth},").as_bytes(), finding.bytes(), b"]"].concat();
            writer.line(&line)?;
        }
    }
    writer.finish()
}

/// Reads what [`results`] wrote, and nothing else: bytes against the digest, each line against its form, order, salts
/// and commitments against the key.
///
/// # Errors
/// [`BlobError`], with the line.
pub fn read_results(stored: &[u8], digest: &Digest) -> Result<ResultSet, BlobError> {
    let (mut reader, key, count) = Reader::open(stored, digest, RESULTS)?;
    let mut rows: Vec<(Row, Vec<FindingLine>)> = Vec::new();
    for _ in 0..count {
        let line = reader.line()?.ok_or(BlobError::CutOff)?;
        let row = Row::decode(&line).map_err(|source| BlobError::Row { line: reader.number, source })?;
        rows.push((row, Vec::new()));
    }
    let mut last = 0;
    while let Some(line) = reader.line()? {
        let number = reader.number;
        let (nth, finding) = numbered(&line).ok_or(BlobError::Finding { line: number })?;
        let row = rows.get_mut(nth).filter(|_| nth >= last).ok_or(BlobError::Finding { line: number })?;
        let finding = FindingLine::read(finding).map_err(|source| BlobError::Canonical { line: number, source })?;
        row.1.push(finding);
        last = nth;
    }
    ResultSet::check(key, rows).map_err(BlobError::Set)
}

/// `[row, finding]`
fn numbered(line: &[u8]) -> Option<(usize, &[u8])> {
    let inner = line.strip_prefix(b"[")?.strip_suffix(b"]")?;
    let comma = inner.iter().position(|byte| *byte == b',')?;
    let digits = std::str::from_utf8(inner.get(..comma)?).ok()?;
    let number: usize = digits.parse().ok()?;
    let finding = inner.get(comma + 1..)?;
    (number.to_string() == digits && finding.starts_with(b"{")).then_some((number, finding))
}

/// The blob of a population: header, then rows in order.
///
/// # Errors
/// [`BlobError::TooLarge`]
pub fn population(population: &Population) -> Result<Blob, BlobError> {
    let mut writer = Writer::new(population.key(), POPULATION, Some(population.size()))?;
    for row in population.rows().lines() {
        writer.line(&row.encoded())?;
    }
    writer.finish()
}

/// Reads what [`population`] wrote, and nothing else.
///
/// # Errors
/// [`BlobError`], with the line.
pub fn read_population(stored: &[u8], digest: &Digest) -> Result<Population, BlobError> {
    let (mut reader, key, count) = Reader::open(stored, digest, POPULATION)?;
    let mut rows = Vec::new();
    while let Some(line) = reader.line()? {
        rows.push(PopulationRow::decode(&line).map_err(|source| BlobError::Row { line: reader.number, source })?);
    }
    if rows.len() as u64 != count {
        return Err(BlobError::CutOff);
    }
    Population::check(key, rows).map_err(BlobError::Set)
}

/// The blob of a waiver, an attestation or a description: header, then the bytes as they are.
///
/// # Errors
/// [`BlobError::TooLarge`] above [`DOCUMENT_BYTES_MAX`].
pub fn document(key: &BlobKey, bytes: &[u8]) -> Result<Blob, BlobError> {
    if bytes.len() > DOCUMENT_BYTES_MAX {
        return Err(BlobError::TooLarge { most: DOCUMENT_BYTES_MAX as u64 });
    }
    let mut writer = Writer::new(key, DOCUMENT, None)?;
    writer.bytes(bytes)?;
    writer.finish()
}

/// Reads what [`document`] wrote.
///
/// # Errors
/// [`BlobError`]
pub fn read_document(stored: &[u8], digest: &Digest) -> Result<StoredDocument, BlobError> {
    let (mut reader, key, _) = Reader::open(stored, digest, DOCUMENT)?;
    let mut bytes = Vec::new();
    let most = DOCUMENT_BYTES_MAX as u64;
    reader.content.by_ref().take(most + 1).read_to_end(&mut bytes).map_err(BlobError::Gzip)?;
    if bytes.len() as u64 > most {
        return Err(BlobError::TooLarge { most });
    }
    reader.end()?;
    Ok(StoredDocument { key, bytes })
}

struct Writer {
    gzip: GzEncoder<Vec<u8>>,
    written: u64,
}

impl Writer {
    fn new(key: &BlobKey, kind: &str, rows: Option<u64>) -> Result<Self, BlobError> {
        let gzip = GzBuilder::new().mtime(0).operating_system(NO_SYSTEM).write(Vec::new(), COMPRESSION);
        let header = HeaderV1 { key: hexadecimal(key), kind: kind.to_owned(), rows, v: VERSION };
        let header = serde_json::to_value(header).map_err(|_| BlobError::Header)?;
        let header = canonical::to_bytes(&header).map_err(|source| BlobError::Canonical { line: 1, source })?;
        let mut writer = Self { gzip, written: 0 };
        writer.line(&header)?;
        Ok(writer)
    }

    fn line(&mut self, line: &[u8]) -> Result<(), BlobError> {
        self.bytes(line)?;
        self.bytes(b"\n")
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), BlobError> {
        self.written += bytes.len() as u64;
        if self.written > BLOB_BYTES_MAX {
            return Err(BlobError::TooLarge { most: BLOB_BYTES_MAX });
        }
        self.gzip.write_all(bytes).map_err(BlobError::Gzip)
    }

    fn finish(self) -> Result<Blob, BlobError> {
        let bytes = self.gzip.finish().map_err(BlobError::Gzip)?;
        Ok(Blob { digest: Digest(Sha256::digest(&bytes).into()), bytes })
    }
}

/// Lines of a blob's content, never more of it in memory than one.
struct Reader<'a> {
    content: BufReader<io::Take<GzDecoder<&'a [u8]>>>,
    /// Of the line read last, counted from 1.
    number: usize,
}

impl<'a> Reader<'a> {
    /// The content behind the header, the key, and the number of rows that the header states.
    fn open(stored: &'a [u8], digest: &Digest, expected: &'static str) -> Result<(Self, BlobKey, u64), BlobError> {
        if Digest(Sha256::digest(stored).into()) != *digest {
            return Err(BlobError::Digest { digest: *digest });
        }
        // One byte more than allowed, so that the end of the content and the end of what is allowed differ.
        let content = BufReader::new(GzDecoder::new(stored).take(BLOB_BYTES_MAX + 1));
        let mut reader = Self { content, number: 0 };
        let line = reader.line()?.ok_or(BlobError::Header)?;
        let header = canonical::from_bytes(&line).map_err(|source| BlobError::Canonical { line: 1, source })?;
        let version = header.get("v").and_then(serde_json::Value::as_u64).ok_or(BlobError::Header)?;
        if version != u64::from(VERSION) {
            return Err(BlobError::Version { version });
        }
        let header: HeaderV1 = serde_json::from_value(header).map_err(|_| BlobError::Header)?;
        if header.kind != expected {
            return Err(BlobError::Kind { kind: header.kind, expected });
        }
        if header.rows.is_some() == (expected == DOCUMENT) {
            return Err(BlobError::Header);
        }
        let key = from_hexadecimal(&header.key).ok_or(BlobError::Header)?;
        Ok((reader, key, header.rows.unwrap_or(0)))
    }

    /// The next line without its end; `None` behind the last one.
    fn line(&mut self) -> Result<Option<Vec<u8>>, BlobError> {
        self.number += 1;
        let mut line = Vec::new();
        let most = LINE_BYTES_MAX as u64 + 1;
        self.content.by_ref().take(most).read_until(b'\n', &mut line).map_err(BlobError::Gzip)?;
        if line.is_empty() {
            self.end()?;
            return Ok(None);
        }
        if line.pop() == Some(b'\n') {
            return Ok(Some(line));
        }
        if line.len() >= LINE_BYTES_MAX {
            return Err(BlobError::LineTooLong { line: self.number, most: LINE_BYTES_MAX });
        }
        self.end()?;
        Err(BlobError::CutOff)
    }

    /// Nothing may follow: neither content beyond what is allowed nor bytes behind the gzip member.
    fn end(&mut self) -> Result<(), BlobError> {
        let mut one = [0];
        let more = self.content.read(&mut one).map_err(BlobError::Gzip)?;
        if more > 0 || self.content.get_ref().limit() == 0 {
            return Err(BlobError::TooLarge { most: BLOB_BYTES_MAX });
        }
        if self.content.get_ref().get_ref().get_ref().is_empty() { Ok(()) } else { Err(BlobError::Trailing) }
    }
}

#[cfg(test)]
mod tests;
