//! What the evidence log costs: `cargo bench --bench evidence [ENTRIES [FOLDER]]`.
//!
//! The log that is verified is one of runs: each begins, finds what changed since the last and ends, by its plan every
//! fifteen minutes; now and then a run is missing, and somebody declares the gap. FOLDER is made, and deleted afterwards.
//! Prints each figure with its ratio to the raw rates of the same run: how often this disk syncs 4 KiB, and how fast this
//! processor hashes. Machines are noisy: quote ratios. ENTRIES (default 200 000) is the size of the log that is verified.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a benchmark that cannot go on should stop, and prints what it finds"
)]
use sha2::{Digest as _, Sha256};
use speguard::model::{Effect, VerdictName};
use speguard::record::{
    disk::RealDisk,
    entry::{
        Body, Commitment, Count, DigestText, Gap, GapCause, Instant, Plan, PlanItem, Role, Run, RunStart, Shard,
        ShardEvent, Transition, Trigger, Ulid,
    },
    log::{Draft, Log},
    note::SignerKey,
    place::Place,
    queue::queue,
    store::{Directory, Stored},
    verify::{Against, ahead, verify_each},
    watching::{Question, Watching},
};
use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    time::{Duration, Instant as Clock},
};

/// Lists are as long as the log; of longer ones they are not asked for.
const LISTED_MAX: u64 = 1_000_000;

const ORIGIN: &str = "example.org/evidence/bench/service/2026";
const AT: Instant = Instant(1_795_000_000_000);

fn draft(number: u64) -> Draft {
    let mut random = [0; 10];
    random[2..].copy_from_slice(&number.to_be_bytes());
    let gap = Gap {
        item: format!("item-{number:0>300}"),
        from: Instant(1),
        to: Instant(2),
        cause: GapCause::Unknown,
        decisions_lost: 0,
    };
    Draft { observed: AT, id: Ulid::new(AT, random), body: Body::Gap(gap) }
}

/// What one run adds, of 28 entries: its start, 26 changes, itself; after every hundredth a declared gap.
const CHANGES: u64 = 26;
const QUARTER_OF_AN_HOUR_MS: i64 = 15 * 60 * 1000;
const SCOPES: u64 = 4;

fn hashed(text: &str) -> DigestText {
    DigestText(Sha256::digest(text).into())
}

/// The `number`th run of the log, and what stands in all its entries.
struct Turn {
    number: u64,
    scope: String,
    at: Instant,
    /// Whether criteria fall short in it; in the next they are met again.
    falls: bool,
}

impl Turn {
    fn of(number: u64) -> Self {
        let turn = number / SCOPES;
        let scope = format!("github.com/example/infrastructure-{}:/", number % SCOPES);
        let slot = i64::try_from(turn + turn / 100).unwrap_or(0);
        let at = Instant(AT.0 + slot * QUARTER_OF_AN_HOUR_MS);
        Self { number, scope, at, falls: turn.is_multiple_of(2) }
    }

    /// The id of its `nth` entry.
    fn id(&self, nth: u64) -> Ulid {
        draft((self.number + 1) * 64 + nth).id
    }

    fn start(&self) -> Body {
        Body::RunStart(RunStart {
            run: self.id(0),
            scope: self.scope.clone(),
            trigger: Trigger::Schedule,
            revision: Some("git:1f3c9d2e8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d".to_owned()),
            pepper: hashed("pepper"),
        })
    }

    fn change(&self, nth: u64) -> Body {
        let Self { number, scope, at, falls } = self;
        let resource = format!("{scope} {} {nth}", number / SCOPES / 2 % 50);
        let opened = if *falls { *number } else { number - SCOPES };
        Body::Transition(Transition {
            run: self.id(0),
            criterion: format!("SPE-NET-{nth:02}"),
            rule: "network.no_internet_egress.kubernetes".to_owned(),
            rule_digest: Some(hashed("rule")),
            kind: "networking.k8s.io/v1/NetworkPolicy".to_owned(),
            ref_c: Commitment(format!("hmac:{}", hashed(&resource).hex())),
            from: (!falls).then_some(VerdictName::NotMet),
            to: Some(if *falls { VerdictName::NotMet } else { VerdictName::Met }),
            effect: falls.then_some(Effect::Counted),
            severity: "high".to_owned(),
            findings: 1,
            findings_c: falls.then(|| Commitment(format!("hmac:{}", hashed("findings").hex()))),
            last_before: (!falls).then_some(Instant(at.0 - QUARTER_OF_AN_HOUR_MS)),
            deviation: Some(Self::of(opened).id(nth + 1)),
        })
    }

    fn end(&self) -> Body {
        let falls = self.falls;
        let counts = (0..40).map(|nth| Count {
            criterion: format!("SPE-NET-{nth:02}"),
            met: 40 + u64::from(!falls),
            not_met: u64::from(falls && nth < CHANGES),
            not_applicable: 12,
            undetermined: 0,
            waived: 0,
            waived_undetermined: 0,
            warned: 0,
            observed: 0,
        });
        Body::Run(Box::new(Run {
            run: self.id(0),
            scope: self.scope.clone(),
            trigger: Trigger::Schedule,
            revision: Some("git:1f3c9d2e8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d".to_owned()),
            started: self.at,
            ended: self.at,
            late: false,
            fail_on: "low".to_owned(),
            exit: u64::from(falls),
            bundle: hashed("bundle"),
            profile: hashed("profile"),
            environment: hashed(&format!("environment {}", self.number)),
            plan: Some(hashed("plan")),
            tools: vec![("helm".to_owned(), "3.18.0".to_owned())],
            kinds: vec![("apps/Deployment".to_owned(), 300), ("networking.k8s.io/v1/NetworkPolicy".to_owned(), 112)],
            problems: Vec::new(),
            not_looked_at: 0,
            population_root: hashed("population"),
            population_size: 2143,
            population_blob: hashed("population blob"),
            results_root: hashed("results"),
            results_size: 81_834,
            results_blob: hashed("results blob"),
            counts: counts.collect(),
            transitions: CHANGES,
        }))
    }

    /// The time that the next run misses.
    fn gap(&self) -> Body {
        Body::Gap(Gap {
            item: format!("item-{}", self.number % SCOPES),
            from: Instant(self.at.0 + QUARTER_OF_AN_HOUR_MS),
            to: Instant(self.at.0 + 2 * QUARTER_OF_AN_HOUR_MS),
            cause: GapCause::Upgrade,
            decisions_lost: 0,
        })
    }
}

/// The entries of the `number`th run.
fn run(number: u64) -> Vec<Draft> {
    let turn = Turn::of(number);
    let mut bodies = vec![turn.start()];
    bodies.extend((0..CHANGES).map(|nth| turn.change(nth)));
    bodies.push(turn.end());
    if number / SCOPES % 100 == 99 {
        bodies.push(turn.gap());
    }
    let drafts = (0..).zip(bodies).map(|(nth, body)| Draft { observed: turn.at, id: turn.id(nth), body });
    drafts.collect()
}

/// Every scope each fifteen minutes.
fn plan() -> Body {
    let item = |number: u64| PlanItem {
        name: format!("item-{number}"),
        scope: format!("github.com/example/infrastructure-{number}:/"),
        criteria: Vec::new(),
        cadence_seconds: 900,
        grace_percent: 20,
        owner: "platform team".to_owned(),
        emitter: "service".to_owned(),
    };
    Body::Plan(Plan {
        digest: hashed("plan"),
        effective_from: AT,
        approver: "security officer".to_owned(),
        items: (0..SCOPES).map(item).collect(),
        resident: Vec::new(),
        deadline_days: [("high".to_owned(), 30)].into(),
        min_coverage_per_mille: 900,
        retention_days: None,
    })
}

fn open<'s>(store: &'s Directory) -> Log<'s> {
    let key = SignerKey::new(ORIGIN, &[7; 32]).expect("a key");
    let vkey = key.verifier_key().to_string();
    let mut log = Log::create(store, Place::parse(ORIGIN).expect("an origin"), key).expect("a new log");
    let shard = Shard {
        event: ShardEvent::Open,
        emitter: "service".to_owned(),
        role: Role::Resident,
        lead: true,
        vkey,
        previous: None,
        retention_until: None,
    };
    log.append(AT, &mut |_| Ok(vec![Draft { body: Body::Shard(shard.clone()), ..draft(0) }])).expect("an entry");
    log
}

/// Syncs of 4 KiB in a second.
fn raw_syncs(folder: &Path) -> f64 {
    let mut file = File::create(folder.join("raw")).expect("a file");
    let begun = Clock::now();
    let mut count = 0_u32;
    while begun.elapsed() < Duration::from_secs(1) {
        file.write_all(&[1; 4096]).and_then(|()| file.sync_data()).expect("a sync");
        count += 1;
    }
    f64::from(count) / begun.elapsed().as_secs_f64()
}

/// Hashes of 600 bytes in a second.
fn raw_hashes() -> f64 {
    let begun = Clock::now();
    let mut count = 0_u32;
    let mut sum = [0_u8; 600];
    while begun.elapsed() < Duration::from_millis(500) {
        let hash = Sha256::digest(sum);
        sum[..32].copy_from_slice(&hash);
        count += 1;
    }
    f64::from(count) / begun.elapsed().as_secs_f64()
}

fn batches(folder: &Path, syncs: f64) {
    for batch in [1_u64, 16, 256] {
        let store = Directory::new(&folder.join(format!("batch-{batch}")), RealDisk, "bench").expect("a store");
        let mut log = open(&store);
        let begun = Clock::now();
        let mut count = 1;
        while begun.elapsed() < Duration::from_secs(3) {
            log.append(AT, &mut |_| Ok((count..count + batch).map(draft).collect())).expect("a segment");
            count += batch;
        }
        let rate = count as f64 / begun.elapsed().as_secs_f64();
        let begun = Clock::now();
        log.publish().expect("a checkpoint");
        let published = begun.elapsed().as_secs_f64();
        println!(
            "append, batches of {batch:>3}: {rate:>9.0} entries/s, {:.2} of raw syncs x batch; publish {:.0} entries/s",
            rate / (syncs * batch as f64),
            count as f64 / published
        );
    }
}

/// A thousand appends a second by sixteen writers: how long each waits for its receipt.
fn paced(folder: &Path) {
    const WRITERS: u64 = 16;
    const SECONDS: u64 = 5;
    let store = Directory::new(&folder.join("paced"), RealDisk, "bench").expect("a store");
    let mut log = open(&store);
    let (queue, writer) = queue();
    let mut waits: Vec<Duration> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..WRITERS)
            .map(|number| {
                let queue = queue.clone();
                scope.spawn(move || {
                    let begun = Clock::now();
                    let mut waits = Vec::new();
                    for turn in 0..1000 * SECONDS / WRITERS {
                        let due = Duration::from_micros((turn * WRITERS + number) * 1000);
                        std::thread::sleep(due.saturating_sub(begun.elapsed()));
                        let asked = Clock::now();
                        queue.append(draft(1 + number * 1_000_000 + turn)).expect("a receipt");
                        waits.push(asked.elapsed());
                    }
                    waits
                })
            })
            .collect();
        drop(queue);
        let mut last = Clock::now();
        writer.run(&mut log, 256, &|| AT, &mut |log| {
            if last.elapsed() > Duration::from_secs(1) {
                log.publish().expect("a checkpoint");
                last = Clock::now();
            }
        });
        threads.into_iter().flat_map(|thread| thread.join().expect("a writer")).collect()
    });
    waits.sort();
    let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
    println!(
        "acknowledged at 1000/s ({} appends): p50 {:.2} ms, p99 {:.2} ms, longest {:.2} ms",
        waits.len(),
        at(0.5),
        at(0.99),
        at(1.0)
    );
}

fn written(folder: &Path, entries: u64) {
    let store = Directory::new(&folder.join("large"), RealDisk, "bench").expect("a store");
    let mut log = open(&store);
    log.append(AT, &mut |_| Ok(vec![Draft { body: plan(), ..draft(1) }])).expect("a plan");
    let (mut runs, mut segments, mut recorded) = (0, 0_u64, AT);
    let begun = Clock::now();
    while log.state().size() < entries {
        // What nine runs add is one segment of about 256 entries.
        let drafts: Vec<Draft> = (runs..runs + 9).flat_map(run).collect();
        recorded = drafts.last().map_or(AT, |draft| draft.observed);
        log.append(recorded, &mut |_| Ok(drafts.clone())).expect("a segment");
        (runs, segments) = (runs + 9, segments + 1);
        if segments.is_multiple_of(256) {
            log.publish().expect("a checkpoint");
        }
    }
    log.publish().expect("a checkpoint");
    let count = log.state().size();
    println!("wrote {count} entries of {runs} runs in {:.1} s", begun.elapsed().as_secs_f64());
    drop(log);
    let begun = Clock::now();
    let key = SignerKey::new(ORIGIN, &[7; 32]).expect("a key");
    let mut log = Log::open(&store, Place::parse(ORIGIN).expect("an origin"), key).expect("the log");
    let opened = begun.elapsed().as_secs_f64();
    let appended = Clock::now();
    for number in 0..100 {
        log.append(recorded, &mut |_| Ok(vec![draft(u64::MAX - number)])).expect("a segment");
    }
    let each = appended.elapsed().as_secs_f64() * 10.0;
    println!(
        "a writer starts on it in {opened:.1} s, {:.0} entries/s, and appends in {each:.2} ms",
        count as f64 / opened
    );
    drop(log);
}

/// In a process of its own, so that the peak is that of verifying.
fn verify_again(folder: &Path, hashes: f64) {
    let store = Directory::new(&folder.join("large"), RealDisk, "bench").expect("a store");
    for (listed, what) in [(false, "verify"), (true, "verify and list")] {
        let question = Question { shown: listed, listed, ..Question::default() };
        let (begun, spent) = (Clock::now(), processor());
        let mut watching = Watching::new(&ahead(&Stored(&store), None), question);
        let before = begun.elapsed().as_secs_f64();
        let report = verify_each(&Stored(&store), &Against::default(), &mut |passing| watching.take(passing));
        let answers = watching.finish(&report.entries);
        let seconds = begun.elapsed().as_secs_f64();
        let count = report.heads.first().map_or(0, |head| head.size);
        let rate = count as f64 / seconds;
        let history = answers.first().and_then(|answer| answer.history.as_ref().ok()).expect("a history");
        let covered = history.all.coverage().per_mille().unwrap_or(0);
        println!(
            "{what} {count} entries: {seconds:.1} s ({before:.1} s of it looking ahead), {:.1} s of one processor, {rate:.0} entries/s, {:.2} of raw hashes; {} gaps, {} undeclared, {covered}\u{2030} observed; peak memory {} MB",
            processor() - spent,
            rate / hashes,
            history.gaps().count(),
            history.undeclared(),
            peak()
        );
        if count > LISTED_MAX {
            break;
        }
    }
}

/// Processor seconds of this process.
fn processor() -> f64 {
    /// USER_HZ of Linux on every machine that Rust runs on.
    const TICKS: f64 = 100.0;
    let status = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = status.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    fields.filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / TICKS
}

/// Peak resident memory of this process, MB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|number| number.parse::<u64>().ok()).unwrap_or(0) / 1024
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let entries = arguments.next().map_or(200_000, |argument| argument.parse().expect("a number of entries"));
    let folder = arguments.next();
    if let (Some(folder), Some("again")) = (&folder, arguments.next().as_deref()) {
        return verify_again(Path::new(folder), raw_hashes());
    }
    let folder = match folder {
        Some(above) => tempfile::tempdir_in(above).expect("a folder"),
        None => tempfile::tempdir().expect("a folder"),
    };
    let (syncs, hashes) = (raw_syncs(folder.path()), raw_hashes());
    println!("raw: {syncs:.0} syncs of 4 KiB a second, {hashes:.0} hashes of 600 bytes a second");
    batches(folder.path(), syncs);
    paced(folder.path());
    written(folder.path(), entries);
    let program = std::env::current_exe().expect("this program");
    let status = std::process::Command::new(program).arg(entries.to_string()).arg(folder.path()).arg("again").status();
    assert!(status.expect("this program again").success());
}
