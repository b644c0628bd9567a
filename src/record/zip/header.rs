//! The three headers of a zip file, each in its one form. Source: PKWARE APPNOTE 6.3.10, sections 4.3.7, 4.3.12, 4.3.16.
use super::ZipError;

/// Without name.
pub(super) const LOCAL_BYTES: usize = 30;
/// Without name.
pub(super) const CENTRAL_BYTES: usize = 46;
pub(super) const END_BYTES: usize = 22;

const LOCAL: &[u8; 4] = b"PK\x03\x04";
const CENTRAL: &[u8; 4] = b"PK\x01\x02";
const END: &[u8; 4] = b"PK\x05\x06";

/// 1.0: stored files need no more.
const VERSION_NEEDED: u16 = 10;
/// Unix, so that attributes are read as permissions; version 2.0 of the format.
const VERSION_MADE_BY: u16 = 3 << 8 | 20;
/// Stored. Names are ASCII, so that no flag is needed either.
const METHOD_STORED: u16 = 0;
const NO_FLAGS: u16 = 0;
/// Midnight.
const TIME: u16 = 0;
/// 1980-01-01, the first day that the format knows.
const DATE: u16 = 1 << 5 | 1;
/// A regular file that its owner may write and all may read.
const ATTRIBUTES: u32 = 0o100_644 << 16;
/// The part of the attributes that says what kind of file it is, and the kind of a link.
const KIND: u32 = 0o170_000 << 16;
const LINK: u32 = 0o120_000 << 16;

/// What is told of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) name: String,
    pub(super) crc: u32,
    pub(super) size: u32,
    /// Where its local header begins.
    pub(super) offset: u32,
}

impl Header {
    /// Where its content begins.
    pub(super) fn content(&self) -> u64 {
        u64::from(self.offset) + (LOCAL_BYTES + self.name.len()) as u64
    }

    /// Where the next file begins.
    pub(super) fn end(&self) -> u64 {
        self.content() + u64::from(self.size)
    }

    /// What both headers say alike.
    fn common(&self) -> Vec<u8> {
        let name = u16::try_from(self.name.len()).unwrap_or(u16::MAX);
        let mut bytes = Vec::with_capacity(CENTRAL_BYTES + self.name.len());
        for number in [VERSION_NEEDED, NO_FLAGS, METHOD_STORED, TIME, DATE] {
            bytes.extend(number.to_le_bytes());
        }
        for number in [self.crc, self.size, self.size] {
            bytes.extend(number.to_le_bytes());
        }
        // The length of the name, and of the extra field, which is empty.
        bytes.extend(name.to_le_bytes());
        bytes.extend(0_u16.to_le_bytes());
        bytes
    }

    /// The header before the content.
    pub(super) fn local(&self) -> Vec<u8> {
        [LOCAL.as_slice(), &self.common(), self.name.as_bytes()].concat()
    }

    /// The header in the directory.
    pub(super) fn central(&self) -> Vec<u8> {
        let mut bytes = [CENTRAL.as_slice(), &VERSION_MADE_BY.to_le_bytes(), &self.common()].concat();
        // No comment, first disk, no internal attributes.
        bytes.extend([0; 6]);
        bytes.extend(ATTRIBUTES.to_le_bytes());
        bytes.extend(self.offset.to_le_bytes());
        bytes.extend(self.name.as_bytes());
        bytes
    }

    /// Reads one header of the directory, and gives what follows.
    pub(super) fn decode(bytes: &[u8]) -> Result<(Self, &[u8]), String> {
        let cut = || "the directory ends inside it".to_owned();
        if bytes.get(..4) != Some(CENTRAL) {
            return Err("the directory has no header there".to_owned());
        }
        let number = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let short = |at: usize| Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
        let (Some(crc), Some(size), Some(offset)) = (number(16), number(24), number(42)) else { return Err(cut()) };
        let length = CENTRAL_BYTES + usize::from(short(28).unwrap_or_default());
        let (header, rest) = bytes.split_at_checked(length).ok_or_else(cut)?;
        let name = header.get(CENTRAL_BYTES..).unwrap_or_default();
        let name = std::str::from_utf8(name).map_err(|_| "its name is not UTF-8".to_owned())?.to_owned();
        let read = Self { name, crc, size, offset };
        if read.central() == header {
            return Ok((read, rest));
        }
        let what = if short(8).is_some_and(|flags| flags & 1 != 0) {
            "is encrypted"
        } else if short(10) != Some(METHOD_STORED) || number(20) != Some(size) {
            "is compressed"
        } else if number(38).is_some_and(|attributes| attributes & KIND == LINK) {
            "is a link"
        } else {
            "has fields that no package has"
        };
        Err(format!("`{}` {what}", read.name.chars().take(80).collect::<String>()))
    }
}

/// The end of the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    pub(super) files: u16,
    /// Of the directory.
    pub(super) bytes: u32,
    /// Of the directory.
    pub(super) offset: u32,
}

impl End {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = END.to_vec();
        // One disk, the first.
        bytes.extend([0; 4]);
        bytes.extend(self.files.to_le_bytes());
        bytes.extend(self.files.to_le_bytes());
        bytes.extend(self.bytes.to_le_bytes());
        bytes.extend(self.offset.to_le_bytes());
        // No comment.
        bytes.extend(0_u16.to_le_bytes());
        bytes
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, ZipError> {
        let number = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let files = bytes.get(8..10).and_then(|files| files.try_into().ok()).map(u16::from_le_bytes);
        let (Some(files), Some(directory), Some(offset)) = (files, number(12), number(16)) else {
            return Err(ZipError::NoEnd);
        };
        let read = Self { files, bytes: directory, offset };
        if read.encode() == bytes { Ok(read) } else { Err(ZipError::NoEnd) }
    }
}
