//! What was looked at: every resource with the version that was read.
use super::{Line, RowError, Sorted, named, resource_key, texts};
use crate::{
    model::ResourceId,
    record::{
        canonical::{self, from_hexadecimal, hexadecimal},
        merkle::Hash,
        redact::{BlobKey, salt},
    },
};
use std::collections::BTreeMap;

/// One resource that was read. Kind and resource are unique.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PopulationRow {
    pub kind: String,
    /// [`resource_key`].
    pub resource: String,
    /// `resourceVersion` of a live object, else the digest of what was read.
    pub version: String,
    pub salt: [u8; 16],
}

/// Every resource of one run under one key.
#[derive(Clone, Debug)]
pub struct Population {
    key: BlobKey,
    rows: Sorted<PopulationRow>,
}

const MEMBERS: usize = 4;

impl PopulationRow {
    /// Reads what [`Line::encoded`] wrote, and nothing else. The salt is not held against a key.
    ///
    /// # Errors
    /// [`RowError`] for another form.
    pub fn decode(line: &[u8]) -> Result<Self, RowError> {
        let [kind, resource, version, salt]: [String; MEMBERS] = texts(line)?;
        let salt = from_hexadecimal(&salt).ok_or(RowError::Member { member: "salt", value: salt })?;
        Ok(Self { kind, resource, version, salt })
    }

    /// Whether the salt is that of the row's key under a blob's key.
    ///
    /// # Errors
    /// [`RowError::Salt`]
    pub fn check_salt(&self, key: &BlobKey) -> Result<(), RowError> {
        if self.salt == salt(key, &self.encoded_key()) { Ok(()) } else { Err(RowError::Salt) }
    }
}

impl Line for PopulationRow {
    fn encoded(&self) -> Vec<u8> {
        canonical::texts([self.kind.as_str(), &self.resource, &self.version, &hexadecimal(&self.salt)])
    }

    fn encoded_key(&self) -> Vec<u8> {
        canonical::texts([self.kind.as_str(), &self.resource])
    }
}

impl Population {
    /// Resources in the order of the environment, each with its version. Equal ids are told apart as in result sets.
    #[must_use]
    pub fn of<'a>(
        resources: impl IntoIterator<Item = (&'a ResourceId, String)>,
        pepper: &[u8; 32],
        key: &BlobKey,
    ) -> Self {
        let mut seen: BTreeMap<&ResourceId, usize> = BTreeMap::new();
        let rows = resources.into_iter().map(|(id, version)| {
            let ordinal = seen.entry(id).or_default();
            *ordinal += 1;
            let mut row = PopulationRow {
                kind: named(&id.kind, pepper),
                resource: resource_key(id, *ordinal, pepper),
                version: named(&version, pepper),
                salt: [0; 16],
            };
            row.salt = salt(key, &row.encoded_key());
            row
        });
        Self { key: *key, rows: Sorted::sort(rows.collect()) }
    }

    /// Rows as they were read.
    ///
    /// # Errors
    /// [`super::SetError`] with the first row that does not hold.
    pub fn check(key: BlobKey, rows: Vec<PopulationRow>) -> Result<Self, super::SetError> {
        for (nth, row) in rows.iter().enumerate() {
            row.check_salt(&key).map_err(|source| super::SetError::Row { row: nth + 1, source })?;
        }
        Ok(Self { key, rows: Sorted::check(rows)? })
    }

    #[must_use]
    pub const fn key(&self) -> &BlobKey {
        &self.key
    }

    #[must_use]
    pub const fn rows(&self) -> &Sorted<PopulationRow> {
        &self.rows
    }

    /// `population_root` of a run.
    #[must_use]
    pub const fn root(&self) -> Hash {
        self.rows.root()
    }

    /// `population_size` of a run.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.rows.size()
    }
}
