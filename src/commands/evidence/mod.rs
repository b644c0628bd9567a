//! `speguard evidence`: one verb per file. What they share: the log, its keys, the clock and random numbers.
mod anchor;
mod continuity;
mod export;
mod folder;
mod gap;
mod history;
mod init;
pub mod keys;
pub mod open;
mod package;
mod plan;
mod prove;
mod prune;
mod reconcile;
mod rejudge;
mod rotate_key;
mod rows;
mod sample;
mod show;
mod status;
mod verify;
mod witness;

use super::{Shell, print};
use crate::{
    cli::evidence::Evidence,
    record::entry::{Instant, Ulid},
    report::clean,
};
use anyhow::Context;
use std::time::{SystemTime, UNIX_EPOCH};

/// Runs a verb; gives its exit code.
///
/// # Errors
/// What could not be run: exit code 2.
pub fn run(command: &Evidence, shell: &Shell) -> anyhow::Result<u8> {
    match command {
        Evidence::Init(arguments) => init::run(arguments),
        Evidence::Package(arguments) => package::run(arguments),
        Evidence::Verify(arguments) => verify::run(arguments, shell),
        Evidence::Show(arguments) => show::run(arguments, shell),
        Evidence::Prove(arguments) => prove::run(arguments),
        Evidence::Sample(arguments) => sample::run(arguments),
        Evidence::Reconcile(arguments) => reconcile::run(arguments),
        Evidence::Rejudge(arguments) => rejudge::run(arguments),
        Evidence::Anchor(arguments) => anchor::run(arguments),
        Evidence::Witness(command) => witness::run(command),
        Evidence::Prune(arguments) => prune::run(arguments),
        Evidence::RotateKey(arguments) => rotate_key::run(arguments),
        Evidence::Plan(arguments) => plan::run(arguments),
        Evidence::Gap(arguments) => gap::run(arguments),
        Evidence::Export(arguments) => export::run(arguments, shell),
        Evidence::Status(arguments) => status::run(arguments),
    }
}

/// Prints text that may hold what stands in a log: names in it are shown, and act on no terminal.
///
/// # Errors
/// When standard output cannot be written.
pub fn say(text: &str) -> anyhow::Result<()> {
    let lines: String =
        text.split_inclusive('\n').map(|line| format!("{}\n", clean(line.trim_end_matches('\n')))).collect();
    print(lines.as_bytes())
}

/// The time now.
///
/// # Errors
/// A clock before 1970: entries have no such times.
pub fn now() -> anyhow::Result<Instant> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let since = since.ok().context("the clock of this machine is before 1970: set it, since entries bear its time")?;
    Ok(Instant(i64::try_from(since.as_millis()).context("the clock of this machine is beyond all years")?))
}

/// The year of a time, UTC: that of the shard which its entries belong to.
///
/// # Errors
/// A time beyond the calendar.
pub fn year(at: Instant) -> anyhow::Result<i32> {
    Ok(time::OffsetDateTime::from_unix_timestamp(at.seconds())?.year())
}

/// Random bytes.
///
/// # Errors
/// When the system has none.
pub fn random<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).ok().context("the system gives no random numbers")?;
    Ok(bytes)
}

/// A new identifier.
///
/// # Errors
/// As for [`now`] and [`random`].
pub fn ulid() -> anyhow::Result<Ulid> {
    Ok(Ulid::new(now()?, random()?))
}
