//! Evidence packages as zip files: stored only, one form (PKWARE APPNOTE 6.3.10, sections 4.3 and 4.4). Pure.
//!
//! A package has exactly one form: files in the order of their names, one behind the other, without compression, with
//! fixed time and attributes, then the directory, then its end. A reader builds the headers that such a file would have
//! and compares them, so nothing can hide between, before or behind the files, and no header can say two things. Every
//! common program unpacks it. A folder unpacked from it serves as well.
use super::files::Files;
use flate2::Crc;
use std::{collections::BTreeMap, io};

mod header;

use header::{CENTRAL_BYTES, END_BYTES, End, Header, LOCAL_BYTES};

/// The count of files has 16 bits in a zip file; Zip64 is not written or read.
pub const FILES_MAX: u64 = u16::MAX as u64;
/// Offsets and sizes have 32 bits in a zip file.
pub const ZIP_BYTES_MAX: u64 = u32::MAX as u64;
/// The names of a log take a third of it.
pub const NAME_BYTES_MAX: usize = 512;
/// The largest file that is read at once: what a log may hold ([`super::disk::OBJECT_BYTES_MAX`]).
pub const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// The directory is read at once; [`FILES_MAX`] long names take 37 MB.
const DIRECTORY_BYTES_MAX: u64 = FILES_MAX * (CENTRAL_BYTES + NAME_BYTES_MAX) as u64;

/// Why a package cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ZipError {
    #[error("the package cannot be written: {0}")]
    Io(#[from] io::Error),
    #[error("the package cannot be read: {0}")]
    Read(String),
    #[error("`{0}` is no name for a file of a package: parts of letters, digits, `.`, `-`, `_` and `+`, joined by `/`")]
    Name(String),
    #[error("`{name}` does not follow `{before}` in order, or stands twice")]
    Order { name: String, before: String },
    #[error(
        "the package would have more than {FILES_MAX} files or {ZIP_BYTES_MAX} bytes, which no zip without extensions can \
         hold: ask for a shorter period, or hand over the log itself"
    )]
    TooLarge,
    #[error("it is no zip file, or was cut: the end of its directory is not where it should be")]
    NoEnd,
    #[error("file {number} of the directory: {cause}")]
    Entry { number: u64, cause: String },
    #[error("it is not a package as speguard writes it: {0}")]
    Form(&'static str),
}

/// Writes a package; files come in the order of their names.
pub struct ZipWriter<'w> {
    out: &'w mut dyn io::Write,
    at: u64,
    directory: Vec<Header>,
}

impl<'w> ZipWriter<'w> {
    #[must_use]
    pub fn new(out: &'w mut dyn io::Write) -> Self {
        Self { out, at: 0, directory: Vec::new() }
    }

    /// Writes a file.
    ///
    /// # Errors
    /// A name that is none, out of order or twice; a package that grows too large; what the disk says.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), ZipError> {
        check_name(name)?;
        if let Some(before) = self.directory.last().filter(|before| *before.name >= *name) {
            return Err(ZipError::Order { name: name.to_owned(), before: before.name.clone() });
        }
        let size = u32::try_from(bytes.len()).map_err(|_| ZipError::TooLarge)?;
        let offset = u32::try_from(self.at).map_err(|_| ZipError::TooLarge)?;
        let header = Header { name: name.to_owned(), crc: crc(bytes), size, offset };
        self.out.write_all(&header.local())?;
        self.out.write_all(bytes)?;
        self.at = header.end();
        self.directory.push(header);
        self.within_limits()
    }

    /// Writes the directory.
    ///
    /// # Errors
    /// As for [`Self::add`].
    pub fn finish(self) -> Result<(), ZipError> {
        self.within_limits()?;
        let mut bytes = 0_u64;
        for header in &self.directory {
            let central = header.central();
            bytes += central.len() as u64;
            self.out.write_all(&central)?;
        }
        let end = End {
            files: u16::try_from(self.directory.len()).map_err(|_| ZipError::TooLarge)?,
            bytes: u32::try_from(bytes).map_err(|_| ZipError::TooLarge)?,
            offset: u32::try_from(self.at).map_err(|_| ZipError::TooLarge)?,
        };
        self.out.write_all(&end.encode())?;
        Ok(())
    }

    fn within_limits(&self) -> Result<(), ZipError> {
        let directory: u64 = self.directory.iter().map(|header| (CENTRAL_BYTES + header.name.len()) as u64).sum();
        let whole = self.at + directory + END_BYTES as u64;
        if self.directory.len() as u64 > FILES_MAX || whole > ZIP_BYTES_MAX { Err(ZipError::TooLarge) } else { Ok(()) }
    }
}

/// Bytes by offset: a file on disk, or bytes at hand.
pub trait Bytes {
    fn length(&self) -> u64;

    /// Exactly these bytes.
    ///
    /// # Errors
    /// Why they cannot be read, for one because they are not there.
    fn read(&self, at: u64, length: usize) -> Result<Vec<u8>, String>;
}

impl Bytes for Vec<u8> {
    fn length(&self) -> u64 {
        self.len() as u64
    }

    fn read(&self, at: u64, length: usize) -> Result<Vec<u8>, String> {
        let from = usize::try_from(at).unwrap_or(usize::MAX);
        let part = self.get(from..from.saturating_add(length));
        part.map(<[u8]>::to_vec).ok_or_else(|| "it ends before".to_owned())
    }
}

/// A package, its directory read and found to be sound. Content is held against its sum when it is asked for.
pub struct Zip<B> {
    bytes: B,
    files: BTreeMap<String, Header>,
}

impl<B: Bytes> Zip<B> {
    /// Reads the directory and every header. Memory holds the directory, whose size is that in the file.
    ///
    /// # Errors
    /// [`ZipError`]: whatever is not the one form of a package.
    pub fn open(bytes: B) -> Result<Self, ZipError> {
        let length = bytes.length();
        if length > ZIP_BYTES_MAX {
            return Err(ZipError::TooLarge);
        }
        let read = |at: u64, length: usize| bytes.read(at, length).map_err(ZipError::Read);
        let end_at = length.checked_sub(END_BYTES as u64).ok_or(ZipError::NoEnd)?;
        let end = End::decode(&read(end_at, END_BYTES)?)?;
        let directory_bytes = u64::from(end.bytes);
        if u64::from(end.offset) + directory_bytes != end_at || directory_bytes > DIRECTORY_BYTES_MAX {
            return Err(ZipError::NoEnd);
        }
        let directory = read(u64::from(end.offset), usize::try_from(end.bytes).map_err(|_| ZipError::NoEnd)?)?;
        let mut rest = directory.as_slice();
        let mut files = BTreeMap::new();
        let mut at = 0_u64;
        let mut before = String::new();
        for number in 1..=u64::from(end.files) {
            let wrong = |cause: String| ZipError::Entry { number, cause };
            let (header, more) = Header::decode(rest).map_err(wrong)?;
            rest = more;
            if header.name <= before {
                return Err(ZipError::Order { name: header.name, before });
            }
            check_name(&header.name)?;
            // One behind the other, from the beginning: nothing overlaps, nothing is hidden.
            if u64::from(header.offset) != at || header.end() > u64::from(end.offset) {
                return Err(wrong(format!("`{}` does not begin where the file before it ends", header.name)));
            }
            let local = read(at, LOCAL_BYTES + header.name.len())?;
            if local != header.local() {
                return Err(wrong(format!("the header before `{}` differs from the directory", header.name)));
            }
            at = header.end();
            before.clone_from(&header.name);
            files.insert(header.name.clone(), header);
        }
        if !rest.is_empty() || at != u64::from(end.offset) {
            return Err(ZipError::Form("bytes that belong to no file stand before its directory or in it"));
        }
        Ok(Self { bytes, files })
    }
}

impl<B: Bytes> Files for Zip<B> {
    fn get(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        let Some(header) = self.files.get(path) else { return Ok(None) };
        if u64::from(header.size) > FILE_BYTES_MAX {
            return Err(format!("`{path}` is larger than any file of a log"));
        }
        let bytes = self.bytes.read(header.content(), usize::try_from(header.size).unwrap_or(usize::MAX))?;
        if crc(&bytes) == header.crc {
            Ok(Some(bytes))
        } else {
            Err(format!("`{path}` does not have the sum that its header names"))
        }
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, String> {
        let inside =
            |name: &&String| folder.is_empty() || name.strip_prefix(folder).is_some_and(|below| below.starts_with('/'));
        Ok(self.files.keys().filter(inside).cloned().collect())
    }
}

/// A name that means the same file on every system: relative, no `..`, no separator of another system.
///
/// # Errors
/// [`ZipError::Name`].
pub fn check_name(name: &str) -> Result<(), ZipError> {
    let plain = |part: &str| {
        !matches!(part, "" | "." | "..")
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_+".contains(&byte))
    };
    if name.len() <= NAME_BYTES_MAX && name.split('/').all(plain) {
        Ok(())
    } else {
        Err(ZipError::Name(name.chars().take(80).collect()))
    }
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

#[cfg(test)]
mod tests;
