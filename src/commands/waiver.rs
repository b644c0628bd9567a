//! `speguard waiver list | check`: which exceptions there are, and which of them are in order.
use super::{
    Shell, read,
    statement::{Listing, Row, State, day},
};
use crate::{
    assess::assess,
    cli::Exceptions,
    judge,
    model::{Resource, Waiver, WaiverState},
    normalise::spe,
};

/// Lists waivers; with `checking`, exit code 1 for those that have expired or are void. A waiver that covers nothing
/// is said and does no harm.
///
/// # Errors
/// Misuse, and criteria or a profile that cannot be loaded.
pub fn run(arguments: &Exceptions, checking: bool, shell: &Shell) -> anyhow::Result<u8> {
    let bundle = read::bundle(&arguments.judging)?;
    let reading = read::sources(&arguments.sources)?;
    let profile = read::profile(&arguments.judging, &bundle, &reading)?;
    let environment = &reading.normalised.environment;
    // Whether a waiver covers something is known only once everything is judged: worth its time in a check.
    let idle = if checking {
        let subjects: Vec<&Resource> = environment.all().collect();
        assess(&bundle, environment, &subjects, &profile, reading.at).waivers
    } else {
        Vec::new()
    };
    let state = |waiver: &Waiver| {
        let unmatched = idle.iter().any(|idle| idle.id == waiver.id && idle.state == WaiverState::Unmatched);
        match (waiver.expires <= reading.at, reading.at < waiver.granted, unmatched) {
            (true, _, _) => State::Expired,
            (false, true, _) => State::NotYet,
            (false, false, true) => State::Unmatched,
            (false, false, false) => State::InForce,
        }
    };
    let mut rows: Vec<Row> = profile
        .waivers
        .iter()
        .map(|waiver| Row {
            id: waiver.id.0.clone(),
            criterion: waiver.criterion.clone(),
            details: vec![
                ("owner", waiver.owner.clone()),
                ("approver", waiver.approver.clone()),
                ("granted", day(waiver.granted)),
            ],
            expires: waiver.expires,
            state: state(waiver),
            origin: waiver.origin.clone(),
        })
        .collect();
    rows.sort_by(|one, other| (one.expires, &one.id).cmp(&(other.expires, &other.id)));
    let void = environment.problems.iter().filter(|problem| problem.cause.ends_with(spe::VOID_WAIVER)).cloned();
    let misplaced = judge::misplaced(&profile, &bundle.criteria).into_iter();
    let of_waivers = misplaced.filter(|problem| profile.waivers.iter().any(|waiver| waiver.origin == problem.origin));
    let listing = Listing {
        what: "waivers",
        none: ("no waivers were found", "fant ingen unntak"),
        problems: void.chain(of_waivers).collect(),
        rows,
        criteria: &bundle.criteria,
        checking,
    };
    listing.show(arguments.json(), shell.language)
}
