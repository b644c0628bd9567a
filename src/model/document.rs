//! Bytes as collected, and what could not be read.
use super::{Origin, Platform, Text};
use std::{collections::BTreeMap, sync::Arc};

/// Bytes as collected, before anyone has tried to understand them.
#[derive(Clone, Debug)]
pub struct Document {
    /// The file (relative to the repository, `-` for standard input), line 1.
    pub origin: Origin,
    pub bytes: Arc<[u8]>,
    /// Set where a program made the bytes from a chart or an overlay.
    pub render: Option<Render>,
}

/// What a rendered document was made from.
#[derive(Clone, Debug)]
pub struct Render {
    /// The chart's or overlay's folder, relative to the repository: the root of all its resources.
    pub root: Text,
    /// The files it was made from, by their path relative to the repository.
    pub sources: Arc<BTreeMap<Text, Arc<[u8]>>>,
    /// How `# Source:` lines of the rendered text name a source: this prefix stands for `root`. Empty for overlays.
    pub prefix: Text,
}

/// The namespace that charts are rendered for, because nothing in a repository says which one they will be installed
/// into: what a rendered text says in this namespace has the namespace that spe.yaml gives its source, else none.
pub const RELEASE_NAMESPACE: &str = "speguard-release-namespace";

/// Something that could not be read or reached. Part of the answer, not of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub origin: Origin,
    /// What is wrong and what to do, English, lower case, no full stop.
    pub cause: String,
    /// What may stand in the part that was not read; `None` when nothing was lost.
    pub hides: Option<Hidden>,
}

/// What a problem may keep from sight: reach and rules about absence must not answer past it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hidden {
    /// `None` = any platform.
    pub platform: Option<Platform>,
    /// `None` = any root.
    pub root: Option<Text>,
    /// `None` = any namespace.
    pub namespace: Option<Text>,
    /// `None` = any kind. Only a live cluster tells: a kind that it did not list.
    pub kind: Option<Text>,
}

impl Problem {
    /// A problem whose unread part may hold anything.
    #[must_use]
    pub fn new(origin: Origin, cause: impl Into<String>) -> Self {
        Self { origin, cause: cause.into(), hides: Some(Hidden::default()) }
    }

    /// A problem that keeps nothing from sight: everything was read, and something about it is wrong.
    #[must_use]
    pub fn remark(origin: Origin, cause: impl Into<String>) -> Self {
        Self { origin, cause: cause.into(), hides: None }
    }

    /// A problem whose unread part belongs to one platform and, where given, one root.
    #[must_use]
    pub fn hiding(origin: Origin, cause: impl Into<String>, platform: Platform, root: Option<Text>) -> Self {
        let hides = Some(Hidden { platform: Some(platform), root, ..Hidden::default() });
        Self { origin, cause: cause.into(), hides }
    }

    /// A problem that hides every object of one kind of a live cluster; `path` is where the API has their list.
    #[must_use]
    pub fn hiding_kind(path: &Text, cause: impl Into<String>, kind: &Text) -> Self {
        let hides = Hidden {
            platform: Some(Platform::Kubernetes),
            root: Some(".".into()),
            namespace: None,
            kind: Some(kind.clone()),
        };
        Self { origin: Origin::Object { path: path.clone() }, cause: cause.into(), hides: Some(hides) }
    }

    /// The kind that was not listed, where the problem is about one.
    #[must_use]
    pub fn hidden_kind(&self) -> Option<&Text> {
        self.hides.as_ref().and_then(|hidden| hidden.kind.as_ref())
    }
}
