//! Where a shard lies, by its origin. Pure.

/// A text that names no shard.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no origin: it must be `<domain>/evidence/<spe>/<emitter>/<year>`, without spaces and `+`")]
pub struct OriginError(pub String);

/// One shard of one SPE.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// `<provider domain>/evidence/<spe>/<emitter>/<year>`: also the name of its key.
    pub origin: String,
}

impl Place {
    /// # Errors
    /// [`OriginError`].
    pub fn new(domain: &str, spe: &str, emitter: &str, year: i32) -> Result<Self, OriginError> {
        Self::parse(&format!("{domain}/evidence/{spe}/{emitter}/{year:04}"))
    }

    /// # Errors
    /// [`OriginError`].
    pub fn parse(origin: &str) -> Result<Self, OriginError> {
        let parts: Vec<&str> = origin.split('/').collect();
        let plain = |part: &&str| {
            !part.is_empty()
                && !part.starts_with('.')
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        match parts.as_slice() {
            [_, "evidence", _, _, year]
                if parts.iter().all(plain) && year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                Ok(Self { origin: origin.to_owned() })
            }
            _ => Err(OriginError(origin.to_owned())),
        }
    }

    fn part(&self, number: usize) -> &str {
        self.origin.split('/').nth(number).unwrap_or_default()
    }

    #[must_use]
    pub fn domain(&self) -> &str {
        self.part(0)
    }

    #[must_use]
    pub fn spe(&self) -> &str {
        self.part(2)
    }

    #[must_use]
    pub fn emitter(&self) -> &str {
        self.part(3)
    }

    #[must_use]
    pub fn year(&self) -> i32 {
        self.part(4).parse().unwrap_or(0)
    }

    /// Whether it is of the same emitter and an earlier year.
    #[must_use]
    pub fn is_before(&self, other: &Self) -> bool {
        let of = |place: &Self| (place.domain().to_owned(), place.spe().to_owned(), place.emitter().to_owned());
        of(self) == of(other) && self.year() < other.year()
    }

    /// Where its objects lie in the log: `<spe>/<emitter>/<year>`.
    #[must_use]
    pub fn prefix(&self) -> String {
        format!("{}/{}/{}", self.spe(), self.emitter(), self.part(4))
    }
}
