//! A package as it lies on a disk: a zip file that is read by offset, or the folder that it was unpacked to.
use crate::record::{
    files::Files,
    zip::{Bytes, FILE_BYTES_MAX, Zip, check_name},
};
use anyhow::{Context, bail};
use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

/// A log of five years with a run each hour has fewer; more are an attempt to keep a verifier busy.
const FILES_MAX: usize = 1_000_000;

/// Opens a package.
///
/// # Errors
/// Nothing there, or a file that is no package: links, names that lead elsewhere, headers that contradict each other.
pub(super) fn package(path: &Path) -> anyhow::Result<Box<dyn Files>> {
    let refused = || format!("`{}` is refused as an evidence package", path.display());
    let kind = fs::metadata(path).with_context(|| format!("cannot read the package `{}`", path.display()))?;
    if kind.is_dir() {
        return Ok(Box::new(Folder::open(path).with_context(refused)?));
    }
    let file = File::open(path).with_context(|| format!("cannot read the package `{}`", path.display()))?;
    let zip = Zip::open(PackageFile { file, length: kind.len() }).with_context(refused)?;
    Ok(Box::new(zip))
}

/// A folder whose files were listed once; links are refused, since they lead out of it.
struct Folder {
    root: PathBuf,
    files: BTreeSet<String>,
}

impl Folder {
    fn open(root: &Path) -> anyhow::Result<Self> {
        let mut files = BTreeSet::new();
        let mut waiting = vec![(root.to_owned(), String::new())];
        while let Some((folder, name)) = waiting.pop() {
            for entry in fs::read_dir(&folder).with_context(|| format!("cannot read `{}`", folder.display()))? {
                let entry = entry?;
                let part = entry.file_name();
                let part = part.to_str().with_context(|| format!("a name in `{}` is not UTF-8", folder.display()))?;
                let below = if name.is_empty() { part.to_owned() } else { format!("{name}/{part}") };
                check_name(&below)?;
                let kind = entry.file_type()?;
                if kind.is_dir() {
                    waiting.push((entry.path(), below));
                } else if kind.is_file() {
                    files.insert(below);
                } else {
                    bail!("`{below}` is a link or no regular file");
                }
                if files.len() + waiting.len() > FILES_MAX {
                    bail!("it has more than {FILES_MAX} files");
                }
            }
        }
        Ok(Self { root: root.to_owned(), files })
    }
}

impl Files for Folder {
    fn get(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        if !self.files.contains(path) {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        let read =
            File::open(self.root.join(path)).and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes));
        read.map_err(|error| format!("`{path}` cannot be read: {error}"))?;
        if bytes.len() as u64 > FILE_BYTES_MAX {
            return Err(format!("`{path}` is larger than any file of a log"));
        }
        Ok(Some(bytes))
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, String> {
        let inside =
            |name: &&String| folder.is_empty() || name.strip_prefix(folder).is_some_and(|below| below.starts_with('/'));
        Ok(self.files.iter().filter(inside).cloned().collect())
    }
}

/// A zip file on disk.
struct PackageFile {
    file: File,
    length: u64,
}

impl Bytes for PackageFile {
    fn length(&self) -> u64 {
        self.length
    }

    fn read(&self, at: u64, length: usize) -> Result<Vec<u8>, String> {
        // Nothing is set aside for bytes that the file does not have.
        if at.checked_add(length as u64).is_none_or(|end| end > self.length) {
            return Err("it ends before".to_owned());
        }
        let mut bytes = vec![0; length];
        let mut file = &self.file;
        let read = file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(&mut bytes));
        read.map_err(|error| error.to_string())?;
        Ok(bytes)
    }
}
