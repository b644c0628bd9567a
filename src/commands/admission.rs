//! What requests are ruled by: the same for those that an API server sends, and for those that are only thought of.
use super::{
    live::{self, Connected},
    read,
};
use crate::{
    cli::{Connection, Judging, Sources},
    evaluate::Bundle,
    judge::Profile,
    model::{CriterionId, Enforcement, Platform, Text, Timestamp},
    normalise::{self, Live},
    serve::inventory::{Frame, Inventory},
};
use std::collections::BTreeMap;

/// Criteria, profile and an inventory that is still empty.
pub(super) struct Ground {
    /// All criteria, and the profile as scans weigh it.
    pub(super) bundle: Bundle,
    pub(super) profile: Profile,
    pub(super) profile_text: (String, String),
    /// Only rules whose criteria the profile weighs at admission, and that profile with those weights.
    pub(super) rules: Bundle,
    pub(super) admitting: Profile,
    pub(super) inventory: Inventory,
    /// The files, and what the cluster states.
    pub(super) reading: read::Reading,
}

/// Connects to the cluster and reads everything but its objects.
///
/// # Errors
/// Misuse, criteria that cannot be loaded, a cluster that cannot be asked at all.
pub(super) fn ground(
    judging: &Judging,
    sources: &Sources,
    connection: &Connection,
    at: Timestamp,
) -> anyhow::Result<(Ground, Connected)> {
    let bundle = read::bundle(judging)?;
    let connected = live::connect(connection, &bundle)?;
    let (mut collected, options) = read::beside(sources, at)?;
    let (statements, problems) = connected.statements();
    collected.documents.extend(statements);
    collected.problems.extend(problems);
    let frame = Frame {
        documents: collected.documents.clone(),
        problems: collected.problems,
        options,
        name: connection.cluster_name.as_deref().map(Text::from),
        unseen: connected.unseen.clone(),
    };
    let normalised = normalise::live_environment(&frame.documents, Live::default(), Vec::new(), &frame.options)?;
    let tools = BTreeMap::from([("kubernetes".to_owned(), connected.version.clone())]);
    let reading = read::Reading { at, normalised, documents: collected.documents, tools, note: None };
    let profile = read::profile(judging, &bundle, &reading)?;
    let profile_text = read::profile_text(judging, &reading)?;
    let admitting = Profile { enforcement: profile.admission.clone(), ..profile.clone() };
    let weighed = |id: &CriterionId| {
        admitting.enforcement.get(id).is_some_and(|enforcement| *enforcement != Enforcement::Observe)
    };
    let rules = bundle.only(&weighed);
    let joins = rules.joins(Platform::Kubernetes);
    let inventory = Inventory::new(frame, joins, &connected.served, connected.silent.clone());
    Ok((Ground { bundle, profile, profile_text, rules, admitting, inventory, reading }, connected))
}
