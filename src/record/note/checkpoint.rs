//! Checkpoints: the text of the note by which a log states its size and root. Source: C2SP tlog-checkpoint.
use super::{Hash, NoteError};
use base64::{Engine, prelude::BASE64_STANDARD};

/// What a log states. What stands below these three lines is not part of it: see [`Checkpoint::extensions`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: the name of its key.
    pub origin: String,
    pub size: u64,
    pub root: Hash,
}

impl Checkpoint {
    /// Reads the text of a note. Extension lines are allowed and left out.
    ///
    /// # Errors
    /// Names the line that has another form.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let wrong = |line, needed| move || NoteError::Checkpoint { line, needed };
        let count = text.matches('\n').count();
        let text = text.strip_suffix('\n').ok_or_else(wrong(count + 1, "ended"))?;
        let mut lines = text.split('\n');
        let origin = lines.next().filter(|line| !line.is_empty()).ok_or_else(wrong(1, "the origin of a log"))?;
        let size = lines.next().and_then(decimal).ok_or_else(wrong(2, "a size: digits without zeroes before them"))?;
        let root = lines.next().and_then(hash).ok_or_else(wrong(3, "a root: 32 bytes in base64"))?;
        if let Some(empty) = lines.position(str::is_empty) {
            return Err(wrong(empty + 4, "an extension: it is empty")());
        }
        Ok(Self { origin: origin.to_owned(), size, root })
    }

    /// The lines below the first three. No witness vouches for them, and our logs have none: whoever meets one should
    /// say so.
    #[must_use]
    pub fn extensions(text: &str) -> Vec<&str> {
        text.lines().skip(3).collect()
    }

    /// The three lines, as they are signed.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, BASE64_STANDARD.encode(self.root))
    }
}

/// Digits without zeroes before them.
pub(in crate::record) fn decimal(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number: &u64| number.to_string() == text)
}

/// A hash in base64.
pub(in crate::record) fn hash(text: &str) -> Option<Hash> {
    BASE64_STANDARD.decode(text).ok()?.try_into().ok()
}
