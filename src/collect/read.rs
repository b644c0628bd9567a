//! Opens files, and never more of them than the limit.
use super::{Part, walk::File};
use crate::model::{Document, Origin, Problem};
use std::{
    fs,
    io::{self, Read},
    path::Path,
};

/// The largest file that is read. Plans of large estates have some ten MiB; a manifest above this is data, not code,
/// and reading it would take gigabytes.
pub(super) const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Reads one file.
pub(super) fn file(file: &File) -> Part {
    let origin = Origin::file(file.name.clone());
    match bytes(&file.path) {
        Ok(bytes) => {
            Part { documents: vec![Document { origin, bytes: bytes.into(), render: None }], problems: Vec::new() }
        }
        Err(cause) => Part { documents: Vec::new(), problems: vec![Problem::new(origin, cause)] },
    }
}

/// Reads standard input to its end.
pub(super) fn standard_input() -> Part {
    let origin = Origin::file("-");
    match limited(io::stdin().lock()) {
        Ok(bytes) => {
            Part { documents: vec![Document { origin, bytes: bytes.into(), render: None }], problems: Vec::new() }
        }
        Err(cause) => Part { documents: Vec::new(), problems: vec![Problem::new(origin, cause)] },
    }
}

/// The bytes of a regular file; `Err` with the cause of a problem.
pub(super) fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    up_to(path, FILE_BYTES_MAX)
}

/// The bytes of a regular file that is no larger than this.
pub(super) fn up_to(path: &Path, bytes_max: u64) -> Result<Vec<u8>, String> {
    // Asked before opening: to open a pipe is to wait for its writer.
    let metadata = fs::metadata(path).map_err(|error| told(&error))?;
    if !metadata.is_file() {
        return Err("not a regular file: not opened".to_owned());
    }
    if metadata.len() > bytes_max {
        return Err(too_large(bytes_max));
    }
    read_up_to(fs::File::open(path).map_err(|error| told(&error))?, bytes_max)
}

/// Everything up to the limit.
pub(super) fn limited(from: impl Read) -> Result<Vec<u8>, String> {
    read_up_to(from, FILE_BYTES_MAX)
}

fn read_up_to(from: impl Read, bytes_max: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    from.take(bytes_max + 1).read_to_end(&mut bytes).map_err(|error| told(&error))?;
    if bytes.len() as u64 > bytes_max { Err(too_large(bytes_max)) } else { Ok(bytes) }
}

fn too_large(bytes_max: u64) -> String {
    format!("larger than {} MiB: not read", bytes_max / 1024 / 1024)
}

fn told(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        kind => format!("cannot be read: {kind}"),
    }
}
