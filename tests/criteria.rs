//! The cases of every criterion, and the criteria that they are asked by.
use speguard::{
    commands::cases::{self, Case},
    evaluate::Bundle,
};
use std::{path::Path, sync::LazyLock};

pub(crate) static BUNDLE: LazyLock<Bundle> =
    LazyLock::new(|| Bundle::standard().unwrap_or_else(|error| panic!("{error}")));

/// Every case, by path from the package.
pub(crate) static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| cases::find(Path::new("fixtures/criteria")).unwrap());
