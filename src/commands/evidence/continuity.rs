//! Continuity as part of `speguard evidence verify`: checks that join the report, and what is shown on request.
//!
//! Gaps are looked for whether anybody asks or not, and one that nobody declared is a breach. Where nobody asks about a
//! period it runs from the first plan's effect to the newest entry: a log from the time before there was a plan, or a
//! copy that has lain for a year, is not wrong for that.
use crate::{
    cli::evidence::{EvidenceFormat, Verify},
    model::{History, ItemHistory, Period, ResidentHistory, ResourceTime},
    record::{
        entry::Instant,
        history::{Stated, environments},
        period,
        verify::{Check, Failure, Outcome, Report},
        watching::{Answer, Question, Watching},
    },
    report::{
        Language,
        evidence::{Edition, Header, json, text},
    },
};
use anyhow::Context;

const NAME: &str = "continuity";

/// What was asked about.
pub(super) struct Asked {
    question: Question,
    /// What is declared or stated only is not established either.
    strict: bool,
}

/// What the log shows of one environment.
pub(super) struct Continuity {
    name: String,
    history: History,
    stated: Stated,
}

impl Asked {
    /// # Errors
    /// A period or a time that is none.
    pub(super) fn of(arguments: &Verify) -> anyhow::Result<Self> {
        let period = arguments.period.as_deref().map(period::parse).transpose().context("--period")?;
        let as_of = arguments.as_of.as_deref().map(period::moment).transpose().context("--as-of")?;
        let shown = arguments.continuity || period.is_some() || as_of.is_some();
        // JSON always has all that is known.
        let listed = shown || arguments.format == EvidenceFormat::Json;
        Ok(Self { question: Question { period, as_of, shown, listed }, strict: arguments.strict })
    }

    /// What is asked of the log.
    pub(super) const fn question(&self) -> Question {
        self.question
    }
}

/// Adds to a report what is to say of continuity; gives what is to be shown of it.
pub(super) fn examine(report: &mut Report, watching: Watching, asked: &Asked) -> Vec<Continuity> {
    let known = environments(&report.entries);
    let answers = watching.finish(&report.entries);
    answers
        .into_iter()
        .filter(|answer| known.contains(&answer.name))
        .filter_map(|answer| one(report, asked, answer))
        .collect()
}

fn one(report: &mut Report, asked: &Asked, answer: Answer) -> Option<Continuity> {
    let Answer { name, history, stated, has_plan, misplaced, unplanned, changed } = answer;
    let mut checks = Vec::new();
    if changed {
        let cause = "its plans changed while the log was read: verify again when nobody writes".to_owned();
        checks.push(Outcome::Failed { kind: Failure::Integrity, cause });
    }
    if misplaced > 0 {
        let cause =
            format!("{misplaced} runs are older than the last of their scope, and do not say that they are late");
        checks.push(Outcome::Failed { kind: Failure::Continuity, cause });
    }
    if let Ok(history) = &history {
        history.items.iter().for_each(|item| checks.extend(of_item(item, asked.strict)));
        checks.extend(of_time(history, has_plan));
        if asked.strict {
            checks.extend(of_strict(history, stated));
        }
    }
    let check = |outcome| Check { name: NAME, subject: name.clone(), outcome };
    report.checks.extend(checks.into_iter().map(check));
    match history {
        Ok(history) => {
            report.not_checked.extend(remarks(&name, &history, stated, asked.strict));
            let unplanned = unplanned.into_iter().filter(|_| has_plan);
            report.not_checked.extend(unplanned.map(|emitter| {
                format!("`{name}`: whether `{emitter}` ran at all times: no plan names it as resident")
            }));
            Some(Continuity { name, history, stated })
        }
        Err(cause) => {
            report.not_checked.push(format!("whether `{name}` was watched at all times: {cause}"));
            None
        }
    }
}

/// Gaps of one item of the plan.
fn of_item(item: &ItemHistory, strict: bool) -> Vec<Outcome> {
    let of = |wanted: bool| item.gaps.iter().filter(move |gap| gap.cause.is_some() == wanted).map(|gap| gap.period);
    let told = |gaps: Vec<Period>| {
        let all = gaps.iter().map(|gap| gap.length()).fold(0, u64::saturating_add);
        let longest = gaps.iter().max_by_key(|gap| gap.length()).copied();
        let longest = longest.map_or_else(String::new, |gap| format!("{} to {}", Instant(gap.from), Instant(gap.to)));
        match gaps.len() {
            1 => format!("one gap of {}, {longest}", length(all)),
            many => format!("{many} gaps of {} in all, the longest {longest}", length(all)),
        }
    };
    let (undeclared, declared): (Vec<Period>, Vec<Period>) = (of(false).collect(), of(true).collect());
    let mut outcomes = Vec::new();
    if !undeclared.is_empty() {
        let cause = format!("item `{}`: nobody declared {}", item.item, told(undeclared));
        outcomes.push(Outcome::Failed { kind: Failure::Continuity, cause });
    }
    if !declared.is_empty() {
        let words = format!("item `{}`: declared {}", item.item, told(declared));
        outcomes.push(if strict { Outcome::NotEstablished(words) } else { Outcome::Held(words) });
    }
    if outcomes.is_empty() {
        let words = match item.observations {
            signs if !item.residents.is_empty() => format!("item `{}`: {signs} signs of life, no gap", item.item),
            1 => format!("item `{}`: one observation, no gap", item.item),
            many => format!("item `{}`: {many} observations, no gap", item.item),
        };
        outcomes.push(Outcome::Held(words));
    }
    outcomes.extend(item.residents.iter().filter_map(|one| of_resident(item, one)));
    outcomes
}

/// What became of one of several that promise something together: no gap as long as another holds it.
fn of_resident(item: &ItemHistory, one: &ResidentHistory) -> Option<Outcome> {
    let sum = |all: &[Period]| all.iter().map(|one| one.length()).fold(0, u64::saturating_add);
    let (down, blind) = (sum(&one.down), sum(&one.blind));
    let mut parts = Vec::new();
    if one.signs == 0 {
        parts.push("gave no sign of life".to_owned());
    } else if down > 0 {
        let crashes = match one.crashes {
            0 => String::new(),
            crashes => format!("; ended without a stop {}", times(crashes)),
        };
        let down_times = times(one.down.len().try_into().unwrap_or(u64::MAX));
        parts.push(format!("was down {down_times}, {} in all{crashes}", length(down)));
    }
    if blind > 0 {
        parts.push(format!("ran without knowing the cluster for {}", length(blind)));
    }
    let told = format!("item `{}`: `{}` {}", item.item, one.emitter, parts.join(", and "));
    (!parts.is_empty()).then_some(Outcome::Held(told))
}

/// Time about which the log says nothing.
fn of_time(history: &History, has_plan: bool) -> Vec<Outcome> {
    let without = history.without_plan.iter().map(|one| one.length()).fold(0, u64::saturating_add);
    let mut outcomes = Vec::new();
    if !has_plan {
        outcomes.push(Outcome::NotEstablished(
            "the log has no plan: nothing says what should have been watched, so nothing can be a gap".to_owned(),
        ));
    } else if without > 0 {
        outcomes.push(Outcome::NotEstablished(format!(
            "no plan was in force for {} of the period: nothing can be a gap then",
            length(without)
        )));
    }
    if let Some(rest) = history.not_covered() {
        outcomes.push(Outcome::NotEstablished(format!(
            "the log covers the period up to {}: of the last {} it says nothing",
            Instant(rest.from),
            length(rest.length())
        )));
    }
    outcomes
}

/// What only the strict do not take as established.
fn of_strict(history: &History, stated: Stated) -> Vec<Outcome> {
    let mut causes = stated_words(stated);
    causes.extend(below(history));
    causes.extend(unfinished(history));
    causes.extend(clocks(history));
    causes.into_iter().map(Outcome::NotEstablished).collect()
}

/// Times that rest on what somebody said afterwards.
fn stated_words(stated: Stated) -> Vec<String> {
    let runs = (stated.runs > 0).then(|| {
        format!(
            "whether {} read the sources when they say, and not when they ran (scan --at)",
            counted(stated.runs, "run")
        )
    });
    let plans = (stated.plans > 0).then(|| {
        format!("whether {} held from the moment of its effect: it was entered later", counted(stated.plans, "plan"))
    });
    runs.into_iter().chain(plans).collect()
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("one {what}") } else { format!("{count} {what}s") }
}

/// What the plan demands of coverage and does not get.
fn below(history: &History) -> Option<String> {
    let least = history.min_coverage_per_mille?;
    let below = |time: &&ResourceTime| time.coverage().per_mille().is_some_and(|share| share < least);
    let below = history.criteria.values().filter(below).count();
    (below > 0).then(|| {
        let (percent, tenth) = (least / 10, least % 10);
        format!("how {below} criteria stood: less than {percent}.{tenth}% of their time was observed, which the plan demands")
    })
}

fn unfinished(history: &History) -> Option<String> {
    let count = history.unfinished.len();
    (count > 0).then(|| format!("what {} found: begun and never ended", counted(count, "run")))
}

/// What resident emitters say against themselves.
fn clocks(history: &History) -> Vec<String> {
    let mut told = Vec::new();
    for one in history.items.iter().flat_map(|item| &item.residents) {
        if let Some((at, step)) = one.clock_steps.iter().max_by_key(|(_, step)| step.unsigned_abs()) {
            let (way, size) = (if *step < 0 { "back" } else { "forward" }, length(step.unsigned_abs()));
            let count = times(one.clock_steps.len().try_into().unwrap_or(u64::MAX));
            told.push(format!(
                "when `{}` entered what it did: its clock was set {count}, most of all {size} {way} at {}; time stamps bound it",
                one.emitter,
                Instant(*at)
            ));
        }
        if one.dropped > 0 {
            told.push(format!("what `{}` decided on {} requests, which it could not enter", one.emitter, one.dropped));
        }
    }
    told
}

fn times(count: u64) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

/// What a reader must know although it changes no code; with `--strict` some of it stands among the checks.
fn remarks(name: &str, history: &History, stated: Stated, strict: bool) -> Vec<String> {
    let mut remarks = Vec::new();
    if !strict {
        remarks.extend(stated_words(stated));
        remarks.extend(below(history));
        remarks.extend(unfinished(history));
        remarks.extend(clocks(history));
    }
    let late = history.anchors.late.iter().map(|late| late.length()).fold(0, u64::saturating_add);
    if history.anchors.count > 0 && late > 0 {
        remarks.push(format!("when entries existed to less than two hours: for {} no time stamp came", length(late)));
    }
    remarks.into_iter().map(|remark| format!("`{name}`: {remark}")).collect()
}

/// Milliseconds in their two largest units.
pub(super) fn length(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{} s", milliseconds.div_ceil(1000)),
        (0, 0, minutes) if seconds.is_multiple_of(60) => format!("{minutes} min"),
        (0, 0, minutes) => format!("{minutes} min {} s", seconds % 60),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, 0, _) => format!("{days} d"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

/// What is printed on request.
pub(super) fn text(found: &[Continuity], asked: &Asked, language: Language) -> String {
    let mut out = String::new();
    for one in found.iter().filter(|_| asked.question.shown) {
        let header = Header { environment: one.name.clone(), ..Header::default() };
        let edition = Edition { header: &header, history: &one.history, criteria: &[], language };
        out.push('\n');
        out.push_str(&text::render(&edition));
    }
    out
}

/// The same for programs; it is part of every JSON report.
pub(super) fn json(found: &[Continuity]) -> serde_json::Value {
    let one = |one: &Continuity| {
        let mut value = json::value(&one.history);
        value["environment"] = one.name.clone().into();
        value["stated_times"] = serde_json::json!({"runs": one.stated.runs, "plans": one.stated.plans});
        value
    };
    found.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_told_in_two_units() {
        for (seconds, told) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (61, "1 min 1 s"),
            (3600, "1 h"),
            (5400, "1 h 30 min"),
            (90_000, "1 d 1 h"),
        ] {
            assert_eq!(length(seconds * 1000), told);
        }
    }
}
