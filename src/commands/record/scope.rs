//! The name of what is judged, and its revision, where nobody gives them.
use crate::{collect, record::entry::Instant};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The repository's folder and the paths in it: `speguard:fixtures/environments/leaky`. Runs of one name are compared
/// with each other, so it must not depend on where the repository was checked out.
pub(super) fn default(paths: &[PathBuf]) -> String {
    let repository = paths.first().and_then(|path| repository(path));
    let name = repository.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let shown: Vec<String> = paths.iter().map(|path| collect::shown(path).to_string()).collect();
    let shown = shown.join(",");
    name.map_or_else(|| shown.clone(), |name| format!("{name}:{shown}"))
}

/// The nearest folder with `.git`.
fn repository(path: &Path) -> Option<PathBuf> {
    let whole = fs::canonicalize(path).ok()?;
    whole.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_owned)
}

/// `git:` and the commit that is checked out; `None` where it cannot be told.
pub(super) fn revision(paths: &[PathBuf]) -> Option<String> {
    let git = repository(paths.first()?)?.join(".git");
    let head = fs::read_to_string(git.join("HEAD")).ok()?;
    let commit = match head.trim().strip_prefix("ref: ") {
        None => head.trim().to_owned(),
        Some(name) => match fs::read_to_string(git.join(name)) {
            Ok(commit) => commit.trim().to_owned(),
            Err(_) => {
                let packed = fs::read_to_string(git.join("packed-refs")).ok()?;
                packed.lines().find_map(|line| line.strip_suffix(name)?.strip_suffix(' '))?.to_owned()
            }
        },
    };
    let good = commit.len() >= 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    good.then(|| format!("git:{commit}"))
}

/// Year and quarter: pseudonyms link within one.
pub(super) fn quarter(at: Instant) -> Option<(i32, u8)> {
    let date = time::OffsetDateTime::from_unix_timestamp(at.seconds()).ok()?;
    Some((date.year(), (u8::from(date.month()) - 1) / 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quarters_begin_with_january_april_july_october() {
        let quarter = |text: &str| quarter(Instant::parse(text).unwrap()).unwrap();
        assert_eq!(quarter("2026-03-31T23:59:59.999Z"), (2026, 0));
        assert_eq!(quarter("2026-04-01T00:00:00.000Z"), (2026, 1));
        assert_eq!(quarter("2026-12-31T23:59:59.999Z"), (2026, 3));
    }
}
