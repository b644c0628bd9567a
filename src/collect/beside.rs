//! Files that Terraform code reads (`templatefile("${path.module}/cloud-init.tftpl")`) and that are no documents
//! themselves.
use super::{read, walk::Tree};
use crate::model::{Document, Origin, Text};
use std::collections::BTreeSet;

/// Templates and scripts of people have some KiB; what is larger is an archive or data.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// All of them together: a repository of packages must not be read into memory because its code names one.
const ALL_BYTES_MAX: usize = 64 * 1024 * 1024;

/// No file system knows longer names.
const NAME_BYTES_MAX: usize = 255;

/// Reads the files of the tree whose name stands somewhere in Terraform code, and that are not among `documents`.
///
/// A name that the code puts together is not found: the functions that read files then say that it was not read. So
/// they do for a file that is too large or cannot be opened, which is why neither is a problem of its own.
pub(super) fn files(tree: &Tree, documents: &[Document]) -> Vec<Document> {
    let names: BTreeSet<&str> = documents.iter().filter(|document| is_code(document)).flat_map(names).collect();
    if names.is_empty() {
        return Vec::new();
    }
    let read: BTreeSet<&Text> =
        documents.iter().filter(|document| document.render.is_none()).map(|document| document.origin.path()).collect();
    let mut found = Vec::new();
    let mut bytes_left = ALL_BYTES_MAX;
    let wanted = tree.files.values().filter(|file| names.contains(file.file_name()) && !read.contains(&file.name));
    for file in wanted {
        let Ok(bytes) = read::up_to(&file.path, FILE_BYTES_MAX) else { continue };
        let Some(left) = bytes_left.checked_sub(bytes.len()) else { break };
        bytes_left = left;
        found.push(Document { origin: Origin::file(file.name.clone()), bytes: bytes.into(), render: None });
    }
    found
}

fn is_code(document: &Document) -> bool {
    let path = document.origin.path();
    document.render.is_none() && [".tf", ".tofu", ".tf.json", ".tofu.json"].iter().any(|ending| path.ends_with(ending))
}

/// The words of a text that may be names of files.
fn names(document: &Document) -> impl Iterator<Item = &str> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'+' | b'@');
    document
        .bytes
        .split(move |byte| !is_part(byte))
        .filter(|word| !word.is_empty() && word.len() <= NAME_BYTES_MAX)
        .filter_map(|word| std::str::from_utf8(word).ok())
}
