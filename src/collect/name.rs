//! How a path is named in everything people and machines read.
use crate::model::Text;
use std::path::{Component, Path, PathBuf};

/// The name of a file or folder: relative to the nearest folder above it with `.git`, else to the working folder;
/// with `/` between its parts, `.` for that folder itself, `-` for standard input. Never a temporary path.
#[must_use]
pub fn shown(path: &Path) -> Text {
    if path.as_os_str() == "-" {
        return "-".into();
    }
    let Ok(full) = std::path::absolute(path) else {
        return join(path);
    };
    let full = tidy(&full);
    let base = full.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_owned);
    let base = base.or_else(|| std::env::current_dir().ok());
    match base.as_deref().and_then(|base| full.strip_prefix(base).ok()) {
        Some(inside) => join(inside),
        None => join(path),
    }
}

/// Takes `.` and `..` out of an absolute path, without asking the disk: a link stays what it was called.
fn tidy(path: &Path) -> PathBuf {
    let mut tidy = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                tidy.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => tidy.push(component),
        }
    }
    tidy
}

fn join(path: &Path) -> Text {
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    if parts.is_empty() { ".".into() } else { parts.join("/").replace("//", "/").into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_named_from_the_folder_with_git() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join(".git")).unwrap();
        assert_eq!(shown(&folder.path().join("a/./c/../b.yaml")).as_ref(), "a/b.yaml");
        assert_eq!(shown(folder.path()).as_ref(), ".");
    }

    #[test]
    fn standard_input_is_a_dash() {
        assert_eq!(shown(Path::new("-")).as_ref(), "-");
    }
}
