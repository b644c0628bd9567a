//! What may stand under a key. One table of shapes serves the reader and the JSON Schema, so that they cannot differ.

/// What a value must be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// Text that is not empty.
    Text,
    /// This text and no other.
    Constant(&'static str),
    Choice(&'static [&'static str]),
    Int {
        minimum: i64,
        maximum: i64,
    },
    Bool,
    /// `2026-12-31`.
    Date,
    /// Addresses: `10.0.0.0/8`, `fd00::/8`. One that holds nearly all of the internet is refused.
    Range,
    /// `pypi.org`, `*.example.no`.
    Host,
    /// A cloud's name for a group of addresses. One that means the internet is refused.
    ServiceTag,
    /// `tcp/443`, `udp/5000-5010`.
    Port,
    /// Texts by texts.
    Labels,
    /// Not ours: labels and annotations of the resource that this will be in a cluster.
    Free,
    List {
        of: &'static Self,
        minimum: usize,
        /// How many at most, and why.
        maximum: Option<(usize, &'static str)>,
    },
    Map(&'static Form),
}

/// A map with known keys.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    pub(super) fields: &'static [Field],
    /// Exactly one of these must be there; empty = no such rule.
    pub(super) one_of: &'static [&'static str],
    /// What fits is kept beside what does not. Never so for a permission: one without the ports or the day that did
    /// not fit would be a wider one.
    pub(super) parts: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) key: &'static str,
    pub(super) shape: Shape,
    pub(super) required: bool,
    /// What criteria that take this fact `from: environment` see where spe.yaml says nothing.
    pub(super) default: Default,
    /// One English sentence for the schema and for `speguard init`.
    pub(super) about: &'static str,
}

/// What a fact is when nobody states it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Default {
    /// No criterion takes it as a parameter; absent stays absent.
    Absent,
    Null,
    Text(&'static str),
    Texts(&'static [&'static str]),
}

pub(super) const fn required(key: &'static str, shape: Shape, about: &'static str) -> Field {
    Field { key, shape, required: true, default: Default::Absent, about }
}

pub(super) const fn optional(key: &'static str, shape: Shape, about: &'static str) -> Field {
    Field { key, shape, required: false, default: Default::Absent, about }
}

/// A fact that criteria take as a parameter of the same name.
pub(super) const fn fact(key: &'static str, shape: Shape, default: Default, about: &'static str) -> Field {
    Field { key, shape, required: false, default, about }
}

pub(super) const fn list(of: &'static Shape) -> Shape {
    Shape::List { of, minimum: 0, maximum: None }
}

/// A list that must hold something.
pub(super) const fn some(of: &'static Shape) -> Shape {
    Shape::List { of, minimum: 1, maximum: None }
}

impl Form {
    pub(super) const fn of(fields: &'static [Field]) -> Self {
        Self { fields, one_of: &[], parts: false }
    }

    /// A map whose keys have nothing to do with each other.
    pub(super) const fn of_parts(fields: &'static [Field]) -> Self {
        Self { fields, one_of: &[], parts: true }
    }

    pub(super) const fn one_of(fields: &'static [Field], one_of: &'static [&'static str]) -> Self {
        Self { fields, one_of, parts: false }
    }

    pub(super) fn field(&self, key: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.key == key)
    }
}
