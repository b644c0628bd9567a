//! How the shapes of entries are written down: every field public, unknown ones refused, choices by their word.

macro_rules! shapes {
    ($($(#[$about:meta])* $name:ident { $($(#[$of:meta])* $field:ident: $kind:ty,)* })*) => { $(
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name { $(
            $(#[$of])*
            pub $field: $kind,
        )* }
    )* };
}

macro_rules! choices {
    ($($(#[$about:meta])* $name:ident { $($choice:ident = $text:literal,)* })*) => { $(
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $( #[serde(rename = $text)] $choice, )* }

        impl $name {
            /// As an entry writes it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $( Self::$choice => $text, )* }
            }
        }
    )* };
}

pub(super) use {choices, shapes};
