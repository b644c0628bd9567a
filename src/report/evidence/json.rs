//! A period for programs. Start at [`value`]. Times are RFC 3339, lengths whole seconds, shares thousandths rounded down.
use super::figures::rfc3339;
use crate::model::{
    Deviation, Gap, History, ItemHistory, Moment, Period, ResidentHistory, ResourceTime, RunLine, WaiverHistory,
};
use serde_json::{Value as Json, json};

/// What a log shows of a period. A share of nothing is `null`.
#[must_use]
pub fn value(history: &History) -> Json {
    let criteria: serde_json::Map<String, Json> =
        history.criteria.iter().map(|(id, time)| (id.clone(), figures(time))).collect();
    let unfinished =
        history.unfinished.iter().map(|run| json!({"id": run.id, "scope": run.scope, "started": rfc3339(run.started)}));
    json!({
        "period": period(history.period),
        "as_of": rfc3339(history.as_of),
        "judged_until": rfc3339(history.until),
        "not_covered": history.not_covered().map(period),
        "without_plan": history.without_plan.iter().map(|one| period(*one)).collect::<Vec<_>>(),
        "undeclared_gaps": history.undeclared(),
        "declared_gaps": history.gaps().count() - history.undeclared(),
        "longest_gap": history.longest_gap().map(period),
        "longest_without_run": history.longest_without_run.map(period),
        "min_coverage_per_mille": history.min_coverage_per_mille,
        "items": history.items.iter().map(item).collect::<Vec<_>>(),
        "all": figures(&history.all),
        "criteria": criteria,
        "deviations": history.deviations.iter().map(deviation).collect::<Vec<_>>(),
        "ageing": {
            "days_0_to_7": history.ageing.days_0_to_7,
            "days_8_to_30": history.ageing.days_8_to_30,
            "days_31_to_90": history.ageing.days_31_to_90,
            "days_over_90": history.ageing.days_over_90,
            "overdue": history.ageing.overdue,
        },
        "repair": {
            "closed": history.repair.closed,
            "in_time": history.repair.in_time,
            "with_due": history.repair.with_due,
            "still_open": history.repair.still_open,
            "mean_seconds": history.repair.mean.map(seconds),
            "median_seconds": history.repair.median.map(seconds),
            "ninetieth_seconds": history.repair.ninetieth.map(seconds),
        },
        "runs": history.runs.iter().map(run).collect::<Vec<_>>(),
        "unfinished_runs": unfinished.collect::<Vec<_>>(),
        "waivers": history.waivers.iter().map(waiver).collect::<Vec<_>>(),
        "anchors": {
            "count": history.anchors.count,
            "late": history.anchors.late.iter().map(|one| period(*one)).collect::<Vec<_>>(),
        },
    })
}

fn period(of: Period) -> Json {
    json!({"from": rfc3339(of.from), "to": rfc3339(of.to), "seconds": seconds(of.length())})
}

const fn seconds(milliseconds: u64) -> u64 {
    milliseconds / 1000
}

/// The triple of section 14, and the resource-seconds that it is made of.
fn figures(time: &ResourceTime) -> Json {
    let seconds = |of: u128| u64::try_from(of / 1000).unwrap_or(u64::MAX);
    json!({
        "coverage_per_mille": time.coverage().per_mille(),
        "strict_per_mille": time.strict().per_mille(),
        "observed_per_mille": time.of_observed().per_mille(),
        "waived_per_mille": time.waived_share().per_mille(),
        "resource_seconds": {
            "total": seconds(time.total()),
            "met": seconds(time.met),
            "waived": seconds(time.waived),
            "not_met": seconds(time.not_met),
            "unknown": seconds(time.unknown),
            "without_plan": seconds(time.without_plan),
            "not_applicable": seconds(time.not_applicable),
        },
    })
}

fn item(of: &ItemHistory) -> Json {
    json!({
        "item": of.item,
        "scope": of.scope,
        "emitter": of.emitter,
        "owner": of.owner,
        "observations": of.observations,
        "planned_seconds": seconds(of.planned),
        "covered_seconds": seconds(of.covered),
        "coverage_per_mille": of.coverage().per_mille(),
        "gaps": of.gaps.iter().map(gap).collect::<Vec<_>>(),
        "resident": of.residents.iter().map(resident).collect::<Vec<_>>(),
    })
}

fn resident(of: &ResidentHistory) -> Json {
    let periods = |all: &[Period]| all.iter().map(|one| period(*one)).collect::<Vec<_>>();
    let steps = of.clock_steps.iter().map(|(at, step)| json!({"at": rfc3339(*at), "milliseconds": step}));
    json!({
        "emitter": of.emitter,
        "signs": of.signs,
        "starts": of.starts,
        "crashes": of.crashes,
        "down": periods(&of.down),
        "blind": periods(&of.blind),
        "clock_steps": steps.collect::<Vec<_>>(),
        "dropped": of.dropped,
    })
}

fn gap(of: &Gap) -> Json {
    let mut gap = period(of.period);
    gap["declared"] = of.cause.is_some().into();
    gap["cause"] = of.cause.clone().into();
    gap
}

fn instant(of: Moment) -> Json {
    json!({"after": of.earliest.map(rfc3339), "seen": rfc3339(of.latest)})
}

fn deviation(of: &Deviation) -> Json {
    json!({
        "id": of.id,
        "criterion": of.criterion,
        "kind": of.kind,
        "resource": of.resource,
        "severity": of.severity.map(crate::model::Severity::name),
        "effect": of.effect.name(),
        "state": of.state.name(),
        "opened": instant(of.opened),
        "closed": of.closed.map(instant),
        "reopened": of.reopened,
        "age_days": of.age_days,
        "due": of.due.map(rfc3339),
        "overdue": of.overdue,
    })
}

fn run(of: &RunLine) -> Json {
    json!({
        "id": of.id,
        "scope": of.scope,
        "emitter": of.emitter,
        "trigger": of.trigger,
        "started": rfc3339(of.started),
        "observed": rfc3339(of.observed),
        "ended": rfc3339(of.ended),
        "exit": of.exit,
        "late": of.late,
        "unread": of.problems,
        "met": of.met,
        "not_met": of.not_met,
        "undetermined": of.undetermined,
        "not_applicable": of.not_applicable,
        "waived": of.waived,
        "index": of.index,
    })
}

fn waiver(of: &WaiverHistory) -> Json {
    json!({
        "name": of.name,
        "granted": rfc3339(of.granted),
        "expires": rfc3339(of.expires),
        "state": of.age.name(),
        "approver_missing": of.approver_missing,
        "self_approved": of.self_approved,
    })
}
