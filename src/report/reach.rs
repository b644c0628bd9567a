//! `speguard reach`: which workloads can open connections, by which rule. Text for people, JSON for programs.
use super::{
    Language,
    clean::{clean, clean_json},
    pen::{BOLD, DIM, GREEN, Pen, RED, YELLOW},
};
use crate::model::{Answer, Environment, Hop, Problem, ResourceId, Step, Way, Ways, Words, answer, shown};
use anstyle::Style;
use serde::Serialize;

/// How many sources that were not read are shown to people: the answer should stay in sight.
const PROBLEMS_SHOWN_MAX: usize = 10;

/// What is rendered.
#[derive(Clone, Copy, Debug)]
pub struct ReachPage<'a> {
    pub environment: &'a Environment,
    /// Every workload that was asked about, with its ways.
    pub ways: &'a Ways,
    /// `internet`, `project:NAME` or a range.
    pub to: &'a str,
    /// What the run comes to; the exit code says the same.
    pub answer: Answer,
    /// Every hop of every way, in text (JSON always has them).
    pub explain: bool,
    pub language: Language,
    pub colour: bool,
}

/// The whole answer.
#[derive(Serialize)]
struct OutputV1<'a> {
    version: u8,
    to: &'a str,
    answer: &'static str,
    workloads: Vec<WorkloadV1<'a>>,
    /// Sources that could not be read and may hold workloads or policies.
    problems: Vec<ProblemV1<'a>>,
}

#[derive(Serialize)]
struct WorkloadV1<'a> {
    workload: String,
    root: &'a str,
    answer: &'static str,
    ways: Vec<WayV1<'a>>,
}

#[derive(Serialize)]
struct WayV1<'a> {
    answer: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ports: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    /// The place that opens the way or hides it: the last one of the witness.
    #[serde(flatten)]
    place: HopV1<'a>,
    /// From the workload to that place.
    witness: Vec<HopV1<'a>>,
}

#[derive(Serialize)]
struct HopV1<'a> {
    at: String,
    path: Vec<StepV1<'a>>,
    file: &'a str,
    line: u32,
}

#[derive(Serialize)]
#[serde(untagged)]
enum StepV1<'a> {
    Key(&'a str),
    Index(usize),
}

#[derive(Serialize)]
struct ProblemV1<'a> {
    file: &'a str,
    line: u32,
    cause: &'a str,
}

/// Version 1: `{version, to, answer, workloads: [{workload, root, answer, ways}], problems}`.
#[must_use]
pub fn reach_json(page: &ReachPage<'_>) -> String {
    let problem = |problem: &'_ Problem| (problem.origin.path().clone(), problem.origin.mark().line);
    let places: Vec<_> = hiding(page.environment).map(|it| (problem(it), it.cause.as_str())).collect();
    let output = OutputV1 {
        version: 1,
        to: page.to,
        answer: page.answer.name(),
        workloads: page.ways.iter().map(|(id, ways)| workload(page.environment, id, ways)).collect(),
        problems: places.iter().map(|((file, line), cause)| ProblemV1 { file, line: *line, cause }).collect(),
    };
    // Texts, numbers and lists only: nothing in it can fail to be written.
    let json = serde_json::to_string_pretty(&output).unwrap_or_default();
    clean_json(&json) + "\n"
}

fn workload<'a>(environment: &'a Environment, id: &'a ResourceId, ways: &'a [Way]) -> WorkloadV1<'a> {
    let ways_v1 = ways.iter().filter_map(|way| {
        let fact = |name: &str| way.facts.get(name).and_then(|value| value.as_text());
        Some(WayV1 {
            answer: way.answer.name(),
            to: fact("to"),
            ports: fact("ports"),
            why: fact("why"),
            place: hop(environment, way.witness.last()?),
            witness: way.witness.iter().map(|place| hop(environment, place)).collect(),
        })
    });
    WorkloadV1 { workload: id.address(), root: &id.root, answer: answer(ways).name(), ways: ways_v1.collect() }
}

fn hop<'a>(environment: &'a Environment, hop: &'a Hop) -> HopV1<'a> {
    let (file, line) = place(environment, hop);
    let step = |step: &'a Step| match step {
        Step::Key(key) => StepV1::Key(key),
        Step::Index(index) => StepV1::Index(*index),
    };
    HopV1 { at: hop.resource.address(), path: hop.path.iter().map(step).collect(), file, line }
}

/// File and line of a hop; empty and 0 for what is not in the environment.
fn place<'a>(environment: &'a Environment, hop: &Hop) -> (&'a str, u32) {
    let resource = environment.resources.get(&hop.resource).and_then(|resources| resources.first());
    resource.map_or(("", 0), |resource| {
        let (file, mark) = resource.place(&hop.path);
        (file.as_ref(), mark.line)
    })
}

fn hiding(environment: &Environment) -> impl Iterator<Item = &Problem> {
    environment.problems.iter().filter(|problem| problem.hides.is_some())
}

/// One paragraph per workload that is not closed, and a count of all.
#[must_use]
pub fn reach_text(page: &ReachPage<'_>) -> String {
    let mut pen = Pen::new(page.colour);
    let mut counts = [0_usize; 3];
    for (id, ways) in page.ways {
        let of = answer(ways);
        let (count, style) = match of {
            Answer::Open => (0, RED),
            Answer::Unknown => (1, YELLOW),
            Answer::Closed => (2, GREEN),
        };
        counts.iter_mut().skip(count).take(1).for_each(|counted| *counted += 1);
        if of == Answer::Closed && !page.explain {
            continue;
        }
        pen.gap();
        let name = pen.styled(BOLD, &clean(&id.full()));
        let is = pen.styled(style, page.language.of(&said(of)));
        pen.line(&format!("{name}  {is}"));
        for way in ways {
            describe(&mut pen, page, way);
        }
    }
    not_read(&mut pen, page);
    pen.gap();
    let [open, unknown, closed] = counts;
    let total = format!(
        "{}: {open} {}, {unknown} {}, {closed} {}",
        clean(page.to),
        page.language.of(&said(Answer::Open)),
        page.language.of(&said(Answer::Unknown)),
        page.language.of(&said(Answer::Closed)),
    );
    pen.line(&total);
    pen.into_text()
}

/// Sources that could not be read; after the first few only their number (JSON has them all).
fn not_read(pen: &mut Pen, page: &ReachPage<'_>) {
    pen.gap();
    let [not_read, further] = [words("not read", "ikke lest"), words("further sources", "flere kilder")];
    let not_read = page.language.of(&not_read);
    for problem in hiding(page.environment).take(PROBLEMS_SHOWN_MAX) {
        let start = format!("{not_read} {}:{}: ", clean(problem.origin.path()), problem.origin.mark().line);
        pen.prose(&start, 2, &clean(&problem.cause));
    }
    let rest = hiding(page.environment).count().saturating_sub(PROBLEMS_SHOWN_MAX);
    if rest > 0 {
        pen.line(&format!("{not_read}: {rest} {}", page.language.of(&further)));
    }
}

fn describe(pen: &mut Pen, page: &ReachPage<'_>, way: &Way) {
    let fact = |name: &str| way.facts.get(name).and_then(|value| value.as_text()).unwrap_or_default();
    let on = words("on", "på");
    let every = words("all ports", "alle porter");
    match way.answer {
        Answer::Open => {
            let ports = if fact("ports") == every.en { page.language.of(&every) } else { fact("ports") };
            pen.prose("  ", 2, &clean(&format!("{} {} {ports}", fact("to"), page.language.of(&on))));
        }
        Answer::Unknown | Answer::Closed => pen.prose("  ", 2, &clean(fact("why"))),
    }
    let hops = if page.explain {
        way.witness.as_slice()
    } else {
        way.witness.last().map(std::slice::from_ref).unwrap_or_default()
    };
    for hop in hops {
        let (file, line) = place(page.environment, hop);
        let arrow = pen.styled(Style::new().dimmed(), "-->");
        let where_in = pen.styled(DIM, &clean(&format!("{} {}", hop.resource.address(), shown(&hop.path))));
        pen.line(&format!("    {arrow} {}:{line}  {where_in}", clean(file)));
    }
}

fn said(answer: Answer) -> Words {
    match answer {
        Answer::Open => words("open", "åpen"),
        Answer::Closed => words("closed", "lukket"),
        Answer::Unknown => words("unknown", "ukjent"),
    }
}

fn words(en: &str, nb: &str) -> Words {
    Words { en: en.to_owned(), nb: nb.to_owned() }
}
