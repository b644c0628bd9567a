//! A plan as a person writes it → as the log keeps it. Pure. Start at [`read`].
mod written;

use super::{
    entry::{DigestText, Instant, Plan, PlanItem, PlanResident},
    period::moment,
    redact,
    segment::digest,
};
use serde_saphyr::Spanned;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};
use written::{Deadlines, ItemFile, PlanFile, ResidentFile, Spec};

/// A plan of so many bytes has a few hundred items, more than an entry holds.
pub const PLAN_BYTES_MAX: usize = 256 * 1024;

/// Roles and names of items.
const NAME_BYTES_MAX: usize = 128;

/// A repository and a path in it.
const SCOPE_BYTES_MAX: usize = 512;

/// What is added to a cadence where the plan says nothing (proposal, specification of the evidence log, section 9).
const GRACE_PERCENT: u64 = 20;

/// How often signs of life come where the plan says nothing (specification of the evidence log, section 3).
const HEARTBEAT_SECONDS: u64 = 60;

/// A plan in which an observation holds for longer watches nothing.
const CADENCE_DAYS_MAX: u64 = 366;

/// A plan that cannot be entered: everything that is wrong, in the order of its lines.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct PlanError(pub Vec<PlanFault>);

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanFault {
    /// As it was given.
    pub path: String,
    pub line: u32,
    pub cause: String,
}

impl fmt::Display for PlanFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.cause)
    }
}

/// Reads a plan. Its digest is that of the bytes.
///
/// # Errors
/// [`PlanError`]: unknown or missing members, texts that are none, what must not be logged.
pub fn read(text: &str, path: &str) -> Result<Plan, PlanError> {
    let mut checker = Checker { path: path.to_owned(), faults: Vec::new() };
    if text.len() > PLAN_BYTES_MAX {
        let cause = format!("the plan has {} bytes, {PLAN_BYTES_MAX} at most", text.len());
        return Err(PlanError(vec![checker.made(1, cause)]));
    }
    checker.forbidden(text);
    let file: PlanFile = match serde_saphyr::from_str(text) {
        Ok(file) => file,
        Err(error) => {
            let line = error.location().map_or(1, |location| u32::try_from(location.line()).unwrap_or(1));
            return Err(PlanError(vec![checker.made(line, error.without_snippet().to_string())]));
        }
    };
    let spec = file.spec;
    let effective_from = match moment(&spec.effective_from.value) {
        Ok(at) if at >= 0 => at,
        Ok(_) => checker.fault(line(&spec.effective_from), "`effective_from` is before 1970".to_owned()),
        Err(error) => checker.fault(line(&spec.effective_from), format!("`effective_from`: {error}")),
    };
    let percent = checker.within("min_coverage_percent", &spec.min_coverage_percent, 0, 100);
    let plan = Plan {
        digest: digest(text.as_bytes()),
        effective_from: Instant(effective_from),
        approver: checker.name("approver", &spec.approver, NAME_BYTES_MAX),
        items: checker.items(&spec),
        resident: spec.resident.iter().map(|one| checker.resident(one)).collect(),
        deadline_days: checker.deadlines(&spec.deadline_days),
        min_coverage_per_mille: percent * 10,
        retention_days: spec.retention_days.map(|days| checker.within("retention_days", &days, 1, 36_500)),
    };
    checker.faults.sort_by_key(|fault| fault.line);
    if checker.faults.is_empty() { Ok(plan) } else { Err(PlanError(checker.faults)) }
}

/// The JSON Schema of a plan. Draft 2020-12.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(PlanFile).to_value()
}

/// Where the log keeps a plan's bytes, and other things by content that are not erased.
#[must_use]
pub fn object_path(digest: &DigestText) -> String {
    let hex = digest.hex();
    format!("bundles/sha256/{}/{hex}", hex.get(..2).unwrap_or_default())
}

struct Checker {
    path: String,
    faults: Vec<PlanFault>,
}

impl Checker {
    fn made(&self, line: u32, cause: String) -> PlanFault {
        PlanFault { path: self.path.clone(), line, cause }
    }

    /// Notes a fault; what is given back stands in for the value and is never used.
    fn fault<T: Default>(&mut self, line: u32, cause: String) -> T {
        self.faults.push(self.made(line, cause));
        T::default()
    }

    /// The whole file is kept, comments too, and for as long as the log.
    fn forbidden(&mut self, text: &str) {
        for (number, written) in (1..).zip(text.lines()) {
            if redact::hidden(written) != written {
                let cause = "the log keeps the plan as it is, and this line holds an address or number of a person, or a \
                             credential: name roles, not persons";
                self.fault::<()>(number, cause.to_owned());
            }
        }
    }

    fn name(&mut self, what: &str, given: &Spanned<String>, bytes_max: usize) -> String {
        let text = given.value.trim();
        let cause = match text.len() {
            0 => format!("`{what}` is empty"),
            length if length > bytes_max => format!("`{what}` has {length} bytes, {bytes_max} at most"),
            _ => match redact::check(&text.into()) {
                Ok(()) => return text.to_owned(),
                Err(forbidden) => format!("`{what}` holds {}, which no entry may hold", forbidden.form),
            },
        };
        self.fault(line(given), cause)
    }

    fn within(&mut self, what: &str, given: &Spanned<u64>, least: u64, most: u64) -> u64 {
        match given.value {
            value if (least..=most).contains(&value) => value,
            value => self.fault(line(given), format!("`{what}` is {value}, and must be {least} to {most}")),
        }
    }

    fn deadlines(&mut self, given: &Deadlines) -> BTreeMap<String, u64> {
        let all =
            [("critical", &given.critical), ("high", &given.high), ("medium", &given.medium), ("low", &given.low)];
        let set = all.into_iter().filter_map(|(name, days)| Some((name, days.as_ref()?)));
        set.map(|(name, days)| (name.to_owned(), self.within(name, days, 1, 3650))).collect()
    }

    fn items(&mut self, spec: &Spec) -> Vec<PlanItem> {
        let given = &spec.items;
        if given.value.is_empty() && spec.resident.is_empty() {
            return self.fault(line(given), "`items` is empty: a plan without items demands nothing".to_owned());
        }
        let groups: BTreeSet<&str> = spec.resident.iter().map(|one| one.name.value.trim()).collect();
        let writers = given.value.iter().map(|item| item.emitter.value.trim()).filter(|name| !groups.contains(name));
        let running = spec.resident.iter().flat_map(|one| &one.emitters.value).map(|emitter| emitter.value.trim());
        let emitters: BTreeSet<&str> = writers.chain(running).collect();
        let mut names = BTreeSet::new();
        for given in given.value.iter().map(|item| &item.name).chain(spec.resident.iter().map(|one| &one.name)) {
            let name = given.value.trim();
            if !names.insert(name) {
                let cause = format!("the item `{name}` stands twice: gaps are declared by name");
                self.fault::<()>(line(given), cause);
            }
            if emitters.contains(name) {
                let cause = format!("the item `{name}` is named as an emitter: a gap of one would be a gap of both");
                self.fault::<()>(line(given), cause);
            }
        }
        given.value.iter().map(|item| self.item(item)).collect()
    }

    fn resident(&mut self, given: &ResidentFile) -> PlanResident {
        if given.emitters.value.is_empty() {
            self.fault::<()>(line(&given.emitters), "`emitters` is empty: nobody would have to run".to_owned());
        }
        let mut emitters: Vec<String> = Vec::new();
        for one in &given.emitters.value {
            let emitter = self.name("emitters", one, NAME_BYTES_MAX);
            if emitters.contains(&emitter) {
                self.fault::<()>(line(one), format!("the emitter `{emitter}` stands twice"));
            }
            emitters.push(emitter);
        }
        let every = given.heartbeat_seconds.as_ref();
        let within = |every| self.within("heartbeat_seconds", every, 1, 3600);
        PlanResident {
            heartbeat_seconds: every.map_or(HEARTBEAT_SECONDS, within),
            name: self.name("name", &given.name, NAME_BYTES_MAX),
            emitters,
            owner: self.name("owner", &given.owner, NAME_BYTES_MAX),
        }
    }

    fn item(&mut self, given: &ItemFile) -> PlanItem {
        let cadence_seconds = match seconds(&given.cadence.value) {
            Ok(seconds) => seconds,
            Err(cause) => self.fault(line(&given.cadence), cause),
        };
        let grace = given.grace_percent.as_ref();
        PlanItem {
            name: self.name("name", &given.name, NAME_BYTES_MAX),
            scope: self.name("scope", &given.scope, SCOPE_BYTES_MAX),
            criteria: given.criteria.iter().map(|id| self.name("criteria", id, NAME_BYTES_MAX)).collect(),
            cadence_seconds,
            grace_percent: grace.map_or(GRACE_PERCENT, |grace| self.within("grace_percent", grace, 0, 100)),
            owner: self.name("owner", &given.owner, NAME_BYTES_MAX),
            emitter: self.name("emitter", &given.emitter, NAME_BYTES_MAX),
        }
    }
}

/// `15m`, `6h`, `1d` → seconds.
fn seconds(text: &str) -> Result<u64, String> {
    let form = || format!("`cadence: {text}` is no length of time: write it as 15m, 6h or 1d");
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(form)?;
    let unit = match unit {
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return Err(form()),
    };
    let digits = number.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = number.parse().ok().filter(|number| digits && *number > 0).ok_or_else(form)?;
    let most = CADENCE_DAYS_MAX * 24 * 60 * 60;
    let seconds = number.checked_mul(unit).filter(|seconds| *seconds <= most);
    seconds.ok_or_else(|| format!("`cadence: {text}` is longer than {CADENCE_DAYS_MAX} days"))
}

fn line<T>(given: &Spanned<T>) -> u32 {
    u32::try_from(given.referenced.line()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &str = include_str!("../../fixtures/evidence/plan.yaml");

    fn wrong(from: &str, to: &str) -> Vec<(u32, String)> {
        assert!(PLAN.contains(from), "{from}");
        let error = read(&PLAN.replacen(from, to, 1), "plan.yaml").unwrap_err();
        error.0.into_iter().map(|fault| (fault.line, fault.cause)).collect()
    }

    fn line_of(text: &str) -> u32 {
        u32::try_from(PLAN.lines().position(|line| line.contains(text)).unwrap() + 1).unwrap()
    }

    #[test]
    fn the_example_is_a_plan() {
        let plan = read(PLAN, "plan.yaml").unwrap();
        assert_eq!(plan.min_coverage_per_mille, 950);
        assert_eq!(plan.deadline_days.get("critical"), Some(&7));
        let items: Vec<(&str, u64, u64, usize)> = plan
            .items
            .iter()
            .map(|item| (item.name.as_str(), item.cadence_seconds, item.grace_percent, item.criteria.len()))
            .collect();
        assert_eq!(items, [("configuration", 900, 20, 0), ("network-daily", 86_400, 10, 2)]);
    }

    #[test]
    fn a_fault_has_its_line_and_its_remedy() {
        for (from, to, at, cause) in [
            ("cadence: 15m", "cadence: quarter", "cadence: 15m", "write it as 15m, 6h or 1d"),
            ("cadence: 15m", "cadence: 400d", "cadence: 15m", "longer than 366 days"),
            ("grace_percent: 10", "grace_percent: 101", "grace_percent: 10", "must be 0 to 100"),
            ("effective_from: 2026-12-01", "effective_from: december", "  effective_from:", "neither a date"),
            ("name: network-daily", "name: configuration", "name: network-daily", "stands twice"),
            ("name: network-daily", "name: ci", "name: network-daily", "named as an emitter"),
            ("critical: 7", "critical: 0", "critical: 7", "must be 1 to 3650"),
            (
                "approver: security-board",
                "approver: ola.nordmann@example.org",
                "  approver:",
                "name roles, not persons",
            ),
        ] {
            let faults = wrong(from, to);
            assert_eq!(faults.first().map(|(line, _)| *line), Some(line_of(at)), "{to}: {faults:?}");
            assert!(faults.iter().any(|(_, told)| told.contains(cause)), "{to}: {faults:?}");
        }
    }

    #[test]
    fn emitters_that_run_all_the_time_are_named_and_may_be_an_items_emitter() {
        let resident = "  resident:\n    - {name: admission, emitters: [a-0, a-1], owner: platform-team}\n  items:";
        let text = PLAN.replace("  items:", resident).replacen("emitter: ci", "emitter: admission", 1);
        let plan = read(&text, "plan.yaml").unwrap();
        let one = &plan.resident[0];
        assert_eq!((one.emitters.len(), one.heartbeat_seconds, plan.items[0].emitter.as_str()), (2, 60, "admission"));
        for (from, to, cause) in [
            ("[a-0, a-1]", "[]", "nobody would have to run"),
            ("[a-0, a-1]", "[a-0, a-0]", "stands twice"),
            ("[a-0, a-1]", "[admission]", "named as an emitter"),
            ("name: admission", "name: configuration", "stands twice"),
            ("owner: platform-team}", "owner: platform-team, heartbeat_seconds: 0}", "must be 1 to 3600"),
        ] {
            let faults = read(&text.replace(from, to), "p").unwrap_err().to_string();
            assert!(faults.contains(cause), "{to}: {faults}");
        }
    }

    #[test]
    fn what_is_not_known_or_missing_is_told() {
        assert!(wrong("grace_percent: 10", "grace: 10")[0].1.contains("grace"));
        assert!(wrong("approver: security-board", "")[0].1.contains("approver"));
        assert!(wrong("critical: 7", "urgent: 7")[0].1.contains("urgent"));
        assert!(wrong("kind: Plan", "kind: Profile")[0].1.contains("Profile"));
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let text = PLAN.replace("cadence: 15m", "cadence: x").replace("critical: 7", "critical: 0");
        assert_eq!(read(&text, "p").unwrap_err().0.len(), 2);
    }
}
