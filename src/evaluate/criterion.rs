//! criterion.yaml as written, checked into a [`Criterion`] (the form: policies/README.md).
use super::{Fault, form::Form, parameter, yaml};
use crate::model::{
    Absence, AtAdmission, Criterion, CriterionId, Entry, Level, Map, Mark, Platform, PlatformRule, Reason, Severity,
    Source, Text, Value, Verification, listed, meant,
};
use std::collections::{BTreeMap, BTreeSet};

pub(super) const KEYS: &[&str] = &[
    "id",
    "title",
    "requirement",
    "why",
    "level",
    "severity",
    "verification",
    "sources",
    "parameters",
    "reasons",
    "platforms",
    "derived",
    "attest",
    "evidence",
    "refresh",
    "note",
    "spuhin_ref",
];
pub(super) const REASON_KEYS: &[&str] = &["en", "nb", "at_admission", "absence"];

/// Where what a reason missed would stand.
pub(super) const ABSENCES: [(&str, Absence); 2] = [("namespace", Absence::Namespace), ("anywhere", Absence::Anywhere)];

pub(super) const PLATFORM_KEYS: &[&str] = &["subjects", "joins", "rule", "remedy", "checks", "chain"];

/// How the catalogue read a reference; printed beside it, so that nobody takes a draft for law.
pub(super) const STATUSES: &[&str] = &[
    "verbatim",
    "verified-draft",
    "verified",
    "secondary",
    "verified-chapter",
    "verified-existence",
    "known",
    "practice",
    "unverified",
];

/// Where a criterion stands, and which rules stand beside it.
pub(super) struct Place<'a> {
    /// As people see it in errors.
    pub(super) path: &'a Text,
    pub(super) domain: &'a str,
    pub(super) name: &'a str,
    /// The Rego files of the folder, without `.rego` and without tests.
    pub(super) rules: &'a BTreeSet<Text>,
}

/// A checked criterion, and where in its file each reason stands.
pub(super) struct Read {
    pub(super) criterion: Criterion,
    pub(super) reason_marks: BTreeMap<Text, Mark>,
    pub(super) id_mark: Mark,
}

/// Reads and checks one criterion.
///
/// # Errors
/// Every fault of the file, in the order of its lines.
pub(super) fn read(place: &Place<'_>, text: &str) -> Result<Read, Vec<Fault>> {
    let value = yaml::read(place.path, text).map_err(|fault| vec![fault])?;
    let mut form = Form::new(place.path);
    let read = form.map(&value, top(), "a criterion").map(|map| whole(&mut form, place, map));
    let mut faults = form.faults;
    faults.sort_by_key(|fault| fault.line);
    match read {
        Some(read) if faults.is_empty() => Ok(read),
        _ => Err(faults),
    }
}

fn top() -> Mark {
    Mark { line: 1, column: 1 }
}

fn whole(form: &mut Form<'_>, place: &Place<'_>, map: &Map) -> Read {
    form.known(map, KEYS);
    let texts = |form: &mut Form<'_>, key| form.texts(map, key).into_iter().map(|(_, text)| text.to_string()).collect();
    let reasons = reasons(form, map);
    let platforms = platforms(form, place, map);
    let has_rule = platforms.values().any(|block| block.rule.is_some());
    if has_rule && reasons.is_empty() {
        let at = map.entry("reasons").map_or_else(top, |entry| entry.at);
        form.fault(
            at,
            "`reasons` is missing: a rule stands beside this file, and the words of its findings are not given",
        );
    }
    let criterion = Criterion {
        id: CriterionId(id(form, map)),
        domain: place.domain.into(),
        name: place.name.into(),
        title: form.words(map, top(), "title"),
        requirement: form.words(map, top(), "requirement"),
        why: form.words(map, top(), "why"),
        level: form
            .choice(map, top(), "level", &[Level::Minimum, Level::Recommended].map(|level| (level.name(), level)))
            .unwrap_or(Level::Minimum),
        severity: form
            .choice(map, top(), "severity", &Severity::ALL.map(|severity| (severity.name(), severity)))
            .unwrap_or(Severity::Critical),
        verification: verification(form, map),
        sources: sources(form, map),
        parameters: parameter::all(form, map),
        reasons: reasons.iter().map(|(name, (_, reason))| (name.clone(), reason.clone())).collect(),
        platforms,
        derived: texts(form, "derived"),
        attest: texts(form, "attest"),
        evidence: texts(form, "evidence"),
        refresh: refresh(form, map),
        note: form.optional_text(map, "note").map(|text| text.to_string()),
    };
    form.optional_text(map, "spuhin_ref");
    let reason_marks = reasons.into_iter().map(|(name, (mark, _))| (name, mark)).collect();
    Read { criterion, reason_marks, id_mark: map.entry("id").map_or_else(top, |entry| entry.at) }
}

/// `SPE-<LETTERS>-<two digits>`: evidence sorts and cites it.
fn id(form: &mut Form<'_>, map: &Map) -> Text {
    let id = form.text(map, top(), "id").unwrap_or_else(|| "".into());
    let mut parts = id.split('-');
    let [prefix, domain, number] = [parts.next(), parts.next(), parts.next()].map(Option::unwrap_or_default);
    let good = parts.next().is_none()
        && prefix.len() >= 2
        && prefix.bytes().all(|byte| byte.is_ascii_uppercase())
        && domain.len() >= 2
        && domain.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && number.len() >= 2
        && number.bytes().all(|byte| byte.is_ascii_digit());
    if !id.is_empty() && !good {
        let at = map.entry("id").map_or_else(top, |entry| entry.at);
        form.fault(at, format!("`id` is `{id}`, and must look like `SPE-NET-02`"));
    }
    id
}

fn verification(form: &mut Form<'_>, map: &Map) -> Verification {
    let all = [Verification::Automated, Verification::Partly, Verification::Attestation];
    form.choice(map, top(), "verification", &all.map(|one| (one.name(), one))).unwrap_or(Verification::Automated)
}

fn sources(form: &mut Form<'_>, map: &Map) -> Vec<Source> {
    let Some(entry) = form.required(map, top(), "sources") else { return Vec::new() };
    let Some(items) = entry.value.as_list() else {
        form.fault(entry.at, "`sources` must be a list of `{ref, status}`");
        return Vec::new();
    };
    let mut sources = Vec::new();
    for item in items {
        let Some(source) = form.map(&item.value, item.at, "a source") else { continue };
        form.known(source, &["ref", "status", "note"]);
        let reference = form.text(source, item.at, "ref").map(|text| text.to_string());
        let names: Vec<(&str, &str)> = STATUSES.iter().map(|status| (*status, *status)).collect();
        let status = form.choice(source, item.at, "status", &names).map(str::to_owned);
        let note = form.optional_text(source, "note").map(|text| text.to_string());
        if let (Some(reference), Some(status)) = (reference, status) {
            sources.push(Source { reference, status, note });
        }
    }
    sources
}

fn reasons(form: &mut Form<'_>, map: &Map) -> BTreeMap<Text, (Mark, Reason)> {
    let mut reasons = BTreeMap::new();
    let Some(entry) = map.entry("reasons") else { return reasons };
    let Some(written) = form.map(&entry.value, entry.at, "`reasons`") else { return reasons };
    for Entry { key, at, value } in written {
        let Some(reason) = form.map(value, *at, &format!("reason `{key}`")) else { continue };
        form.known(reason, REASON_KEYS);
        let words = form.languages(reason, *at);
        let kinds = [AtAdmission::Standing, AtAdmission::Request, AtAdmission::Fault];
        let names = ["standing", "request", "fault"];
        let named: Vec<_> = names.into_iter().zip(kinds).collect();
        let at_admission = form.choice(reason, *at, "at_admission", &named);
        match (places(&words.en), places(&words.nb)) {
            (Some(en), Some(nb)) if en != nb => {
                let named = |places: &BTreeSet<String>| listed(&places.iter().map(String::as_str).collect::<Vec<_>>());
                form.fault(*at, format!("the words of `{key}` name {} in `en` and {} in `nb`", named(&en), named(&nb)));
            }
            (Some(_), Some(_)) => {}
            _ => form.fault(*at, format!("a brace in the words of `{key}` names no fact: write `{{fact}}`")),
        }
        if super::RESERVED_REASONS.contains(&key.as_ref()) {
            form.fault(*at, format!("the reason `{key}` is the engine's own: choose another name"));
        }
        let at_admission = at_admission.unwrap_or(AtAdmission::Request);
        let absence = reason.entry("absence").and_then(|_| form.choice(reason, *at, "absence", &ABSENCES));
        reasons.insert(key.clone(), (*at, Reason { words, at_admission, absence }));
    }
    reasons
}

/// The facts that words name as `{fact}`; `None` where braces do not pair or hold something else than a name.
pub(super) fn places(words: &str) -> Option<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    let mut rest = words;
    while let Some(start) = rest.find(['{', '}']) {
        let (_, from) = rest.split_at(start);
        let inside = from.strip_prefix('{')?;
        let (name, after) = inside.split_once('}')?;
        if name.is_empty()
            || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        {
            return None;
        }
        found.insert(name.to_owned());
        rest = after;
    }
    Some(found)
}

fn platforms(form: &mut Form<'_>, place: &Place<'_>, map: &Map) -> BTreeMap<Platform, PlatformRule> {
    let mut blocks = BTreeMap::new();
    let mut used = BTreeSet::new();
    if let Some(entry) = map.entry("platforms")
        && let Some(written) = form.map(&entry.value, entry.at, "`platforms`")
    {
        for entry in written {
            let names: Vec<&str> =
                Platform::ALL.into_iter().filter(|one| *one != Platform::Speguard).map(Platform::name).collect();
            match Platform::from_name(&entry.key).filter(|platform| *platform != Platform::Speguard) {
                Some(platform) => {
                    let block = platform_block(form, place, platform, entry);
                    used.extend(block.rule.clone());
                    blocks.insert(platform, block);
                }
                None => {
                    let hint = meant(&entry.key, &names).map(|name| format!("did you mean `{name}`?"));
                    form.hinted(
                        entry.at,
                        format!("unknown platform `{}`; known are {}", entry.key, listed(&names)),
                        hint,
                    );
                }
            }
        }
    }
    for rule in place.rules.difference(&used) {
        let at = map.entry("platforms").map_or_else(top, |entry| entry.at);
        form.fault(at, format!("`{rule}.rego` stands in the folder, and no platform names it as its `rule`"));
    }
    blocks
}

fn platform_block(form: &mut Form<'_>, place: &Place<'_>, platform: Platform, entry: &Entry) -> PlatformRule {
    let Some(map) = form.map(&entry.value, entry.at, &format!("platform `{platform}`")) else {
        return PlatformRule::default();
    };
    form.known(map, PLATFORM_KEYS);
    let subjects = form.texts(map, "subjects");
    if subjects.is_empty() {
        form.fault(entry.at, format!("platform `{platform}` has no `subjects`: nothing would be judged"));
    }
    let joins = form.texts(map, "joins");
    // Realms are seen from every platform, so every rule may join them.
    let seen_by_all = |kind: &str| readable(Platform::Keycloak, kind);
    let asked = subjects.iter().filter(|(_, kind)| !readable(platform, kind));
    let joined = joins.iter().filter(|(_, kind)| !readable(platform, kind) && !seen_by_all(kind));
    for (at, kind) in asked.chain(joined) {
        let hint = group_of(kind).map(|kind| format!("did you mean `{kind}`?"));
        form.hinted(*at, format!("no reader of {platform} gives resources of kind `{kind}`"), hint);
    }
    let named = form.optional_text(map, "rule");
    let rule = match named {
        Some(rule) if place.rules.contains(&rule) => Some(rule),
        Some(rule) => {
            let at = map.entry("rule").map_or(entry.at, |entry| entry.at);
            form.fault(at, format!("`rule` names `{rule}.rego`, which is not in the folder"));
            None
        }
        None => place.rules.get(platform.name()).cloned(),
    };
    let remedy = (rule.is_some() || map.entry("remedy").is_some()).then(|| form.words(map, entry.at, "remedy"));
    for key in ["checks", "chain"] {
        if let Some(entry) = map.entry(key)
            && !matches!(entry.value, Value::List(_))
        {
            form.fault(entry.at, format!("`{key}` must be a list"));
        }
    }
    let kinds = |texts: Vec<(Mark, Text)>| texts.into_iter().map(|(_, text)| text).collect();
    PlatformRule { subjects: kinds(subjects), joins: kinds(joins), rule, remedy }
}

fn refresh(form: &mut Form<'_>, map: &Map) -> String {
    let Some(entry) = form.required(map, top(), "refresh") else { return String::new() };
    let Some(refresh) = form.map(&entry.value, entry.at, "`refresh`") else { return String::new() };
    form.known(refresh, &["admission", "text"]);
    if refresh.get("admission").and_then(Value::as_bool).is_none() {
        form.fault(entry.at, "`admission` of `refresh` must be true or false");
    }
    form.text(refresh, entry.at, "text").map(|text| text.to_string()).unwrap_or_default()
}

/// Whether a kind can come from the platform's reader; a slip would otherwise be a rule that is never asked.
fn readable(platform: Platform, kind: &str) -> bool {
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| kind.starts_with(prefix));
    match platform {
        _ if kind == crate::model::ENVIRONMENT_KIND => true,
        Platform::Kubernetes => {
            CORE_KINDS.contains(&kind)
                || kind.split_once('/').is_some_and(|(group, _)| GROUPS.contains(&group) || group.contains('.'))
        }
        Platform::Azurerm => starts(&["azurerm_", "azuread_", "azapi_"]),
        Platform::Keycloak => starts(&["keycloak/", "keycloak_"]),
        // No reader yet: what it will give is not known.
        Platform::Aws
        | Platform::Google
        | Platform::Openstack
        | Platform::Github
        | Platform::Arm
        | Platform::Cloudformation
        | Platform::Speguard => true,
    }
}

/// Kinds of the group without a name (Kubernetes API reference, core/v1).
const CORE_KINDS: &[&str] = &[
    "ConfigMap",
    "Endpoints",
    "Event",
    "LimitRange",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Pod",
    "PodTemplate",
    "ReplicationController",
    "ResourceQuota",
    "Secret",
    "Service",
    "ServiceAccount",
];

/// Groups without a dot (Kubernetes API reference).
const GROUPS: &[&str] = &["apps", "batch", "autoscaling", "policy", "extensions"];

/// The full kind that someone who left the group out has meant.
fn group_of(kind: &str) -> Option<&'static str> {
    [
        "apps/Deployment",
        "apps/StatefulSet",
        "apps/DaemonSet",
        "apps/ReplicaSet",
        "batch/Job",
        "batch/CronJob",
        "networking.k8s.io/NetworkPolicy",
        "networking.k8s.io/Ingress",
        "rbac.authorization.k8s.io/RoleBinding",
    ]
    .into_iter()
    .find(|full| full.rsplit_once('/').is_some_and(|(_, last)| last == kind))
}
