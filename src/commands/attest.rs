//! `speguard attest list | check`: what persons have stated, and what of it still holds.
use super::{
    Shell, read,
    statement::{Listing, Row, State, day},
};
use crate::{cli::Exceptions, judge, model::Attestation, normalise::spe};

/// Lists attestations; with `checking`, exit code 1 for those that have expired or are void. One that a later
/// statement has replaced is said and does no harm.
///
/// # Errors
/// Misuse, and criteria or a profile that cannot be loaded.
pub fn run(arguments: &Exceptions, checking: bool, shell: &Shell) -> anyhow::Result<u8> {
    let bundle = read::bundle(&arguments.judging)?;
    let reading = read::sources(&arguments.sources)?;
    let profile = read::profile(&arguments.judging, &bundle, &reading)?;
    let said = &profile.attestations;
    let state = |one: &Attestation| {
        let later = |other: &Attestation| {
            other.criterion == one.criterion && one.stated < other.stated && other.stated <= reading.at
        };
        match (one.stated > reading.at, said.iter().any(later), one.expires <= reading.at) {
            (true, _, _) => State::NotYet,
            (false, true, _) => State::Replaced,
            (false, false, true) => State::Expired,
            (false, false, false) => State::InForce,
        }
    };
    let mut rows: Vec<Row> = said
        .iter()
        .map(|one| Row {
            id: one.id.0.clone(),
            criterion: one.criterion.clone(),
            details: vec![
                ("verdict", if one.met { "met" } else { "not_met" }.to_owned()),
                ("owner", one.owner.clone()),
                ("stated", day(one.stated)),
            ],
            expires: one.expires,
            state: state(one),
            origin: one.origin.clone(),
        })
        .collect();
    rows.sort_by(|one, other| (one.expires, &one.id).cmp(&(other.expires, &other.id)));
    let problems = reading.normalised.environment.problems.iter();
    let void = problems.filter(|problem| problem.cause.ends_with(spe::VOID_ATTESTATION)).cloned();
    let misplaced = judge::misplaced(&profile, &bundle.criteria).into_iter();
    let of_statements = misplaced.filter(|problem| said.iter().any(|one| one.origin == problem.origin));
    let listing = Listing {
        what: "attestations",
        none: ("no attestations were found", "fant ingen erklæringer"),
        problems: void.chain(of_statements).collect(),
        rows,
        criteria: &bundle.criteria,
        checking,
    };
    listing.show(arguments.json(), shell.language)
}
