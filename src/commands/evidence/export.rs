//! `speguard evidence export`: a period of the log as people and programs read it. The same log at the same size gives
//! the same bytes, on any day and in any time zone; that it was made, and for whom, becomes an entry.
use super::{
    history::{Past, environment_at, joined},
    now, open, rows, ulid,
};
use crate::{
    cli::evidence::{Export as Arguments, ExportFormat},
    commands::{Shell, print},
    evaluate::Bundle,
    model::{Criterion, Digest, History, Period, RunLine},
    record::{
        continuity::history,
        entry::{Body, DigestText, Export, Instant, Run, Time},
        history::{environment, facts},
        log::{Draft, Log},
        note::Signer,
        period,
        place::Place,
        plan, redact,
        segment::digest,
        store::Store,
        verify::{At, Entries},
    },
    report::evidence::{
        Edition, Header, Table, csv, html,
        intoto::{self, CriterionTally, RunSubject},
        left_out,
        sarif::{self, LastRun},
        unverified,
    },
};
use anyhow::{Context, bail};
use std::{collections::BTreeSet, fs, path::Path};

/// Exports; gives the exit code.
///
/// # Errors
/// A period that is none, a size that nobody has signed, content that was erased, a file that cannot be written.
pub(super) fn run(arguments: &Arguments, shell: &Shell) -> anyhow::Result<u8> {
    let period = period::parse(&arguments.period).context("--period")?;
    redact::check(&arguments.recipient.as_str().into())
        .map_err(|error| anyhow::anyhow!("--recipient holds {}: name a role", error.form))?;
    outside(&arguments.out, &arguments.log.log)?;
    let store = &*open::store(&arguments.log.log)?;
    let (place, key) = open::this_year(store, &arguments.log, now()?)?;
    let pasts = environment_at(store, &place, arguments.at)?;
    let source = Source::of(store, &place, &pasts, period)?;
    let files = match arguments.format {
        ExportFormat::Csv => source.csv(shell),
        ExportFormat::Html => vec![source.html(shell)],
        ExportFormat::Sarif => vec![source.sarif(shell)?],
        ExportFormat::Intoto => vec![source.intoto(shell, &key)?],
    };
    let made = write(&arguments.out, arguments.format, &files)?;
    let at = now()?;
    let mut log = Log::open(store, place, key)?;
    let entry = Export {
        format: name(arguments.format).to_owned(),
        from: Instant(period.from),
        to: Instant(period.to),
        size: source.past.checkpoint.size,
        root: DigestText(source.past.checkpoint.root),
        digest: made,
        recipient: arguments.recipient.clone(),
    };
    let id = ulid()?;
    let receipts = log
        .append(at, &mut |_| Ok(vec![Draft { observed: at, id, body: Body::Export(entry.clone()) }]))
        .context("the export was written, but is not in the log")?;
    log.publish()?;
    let index = receipts.last().map_or(0, |receipt| receipt.index);
    let told = format!(
        "export  {}\ndigest  {made}\nlog     {} at {}, {}\nentry   {index}, for {}\n",
        arguments.out.display(),
        log.place().origin,
        entry.size,
        entry.root,
        entry.recipient
    );
    print(told.as_bytes())?;
    Ok(0)
}

/// What everything is made from.
struct Source<'a> {
    store: &'a dyn Store,
    past: &'a Past,
    entries: Entries,
    history: History,
    criteria: Vec<Criterion>,
    header: Header,
    /// Whether entries of other shards took part.
    has_others: bool,
}

impl<'a> Source<'a> {
    fn of(store: &'a dyn Store, place: &Place, pasts: &'a [Past], period: Period) -> anyhow::Result<Self> {
        let (past, others) = pasts.split_last().context("the log has no shard")?;
        let newest = past.newest();
        let entries = joined(pasts);
        let (facts, _) = facts(&entries, environment(&place.origin), newest, newest.0);
        let history = history(&facts, period, Some(newest.0));
        let of_period = |time: &&Time| time.recorded <= newest && period.contains(time.observed.0);
        let counted = pasts.iter().flat_map(|past| &past.times).filter(of_period).count();
        let runs = entries.runs.iter().filter(|run| run.recorded <= newest && run.observed.0 < period.to);
        let last = runs.max_by_key(|run| (run.observed, run.index)).map(|run| &run.what);
        let header = Header {
            environment: place.spe().to_owned(),
            origin: place.origin.clone(),
            size: past.checkpoint.size,
            root: DigestText(past.checkpoint.root).to_string(),
            log_time: newest.0,
            entries: u64::try_from(counted)?,
            bundle: last.map(|run| run.bundle.to_string()),
            profile: last.map(|run| run.profile.to_string()),
            plan: last.and_then(|run| run.plan).map(|plan| plan.to_string()),
            filters: Vec::new(),
            not_checked: Vec::new(),
        };
        let has_others = others.iter().any(|other| other.times.iter().any(|time| time.recorded <= newest));
        Ok(Self { store, past, entries, history, criteria: criteria(store, pasts)?, header, has_others })
    }

    fn header(&self, shell: &Shell, left: &[String]) -> Header {
        Header {
            filters: left_out(shell.language, left).into_iter().collect(),
            not_checked: unverified(shell.language, self.has_others),
            ..self.header.clone()
        }
    }

    fn edition<'e>(&'e self, shell: &Shell, header: &'e Header) -> Edition<'e> {
        Edition { header, history: &self.history, criteria: &self.criteria, language: shell.language }
    }

    fn csv(&self, shell: &Shell) -> Vec<(String, String)> {
        let header = self.header(shell, &[]);
        let edition = self.edition(shell, &header);
        Table::ALL.iter().map(|table| (format!("{}.csv", table.name()), csv::render(*table, &edition))).collect()
    }

    fn html(&self, shell: &Shell) -> (String, String) {
        let header = self.header(shell, &[]);
        (String::new(), html::render(&self.edition(shell, &header)))
    }

    /// The entry of a run that the history tells of.
    fn entry(&self, line: &RunLine) -> Option<&At<Box<Run>>> {
        self.entries.runs.iter().find(|run| run.what.run.to_string() == line.id)
    }

    fn sarif(&self, shell: &Shell) -> anyhow::Result<(String, String)> {
        let last = self.history.runs.iter().rfind(|run| !run.late).context(
            "no run was observed in the period: there is nothing to export as SARIF; a longer --period may have one",
        )?;
        let others: BTreeSet<&str> =
            self.history.runs.iter().map(|run| run.scope.as_str()).filter(|scope| *scope != last.scope).collect();
        let header = self.header(shell, &others.into_iter().map(|scope| format!("`{scope}`")).collect::<Vec<_>>());
        let entry = self.entry(last).context("the run is not in the log")?;
        let rows = rows::of(self.store, entry, &self.criteria)?;
        let before = self.before(last).map(|run| rows::of(self.store, run, &self.criteria)).transpose()?;
        let last = LastRun { run: last, rows: &rows, before: before.as_deref() };
        Ok((String::new(), sarif::render(&self.edition(shell, &header), &last)))
    }

    /// What the last run is compared with: the state in which the period began, else the first run in it.
    fn before(&self, last: &RunLine) -> Option<&At<Box<Run>>> {
        let from = self.history.period.from;
        let earlier = self.entries.runs.iter().filter(|run| {
            run.what.scope == last.scope
                && !run.what.late
                && run.observed.0 < last.observed
                && run.recorded.0 <= self.header.log_time
        });
        let (before, within): (Vec<_>, Vec<_>) = earlier.partition(|run| run.observed.0 < from);
        let newest = before.into_iter().max_by_key(|run| (run.observed, run.index));
        newest.or_else(|| within.into_iter().min_by_key(|run| (run.observed, run.index)))
    }

    fn intoto(&self, shell: &Shell, key: &Signer) -> anyhow::Result<(String, String)> {
        let origin = &self.past.place.origin;
        let mut lines = String::new();
        let mut left = BTreeSet::new();
        let mut of_ours = Vec::new();
        for line in &self.history.runs {
            match self.entry(line) {
                Some(run) if run.shard == *origin => of_ours.push((line, run)),
                Some(run) => drop(left.insert(format!("`{}`", run.shard))),
                None => {}
            }
        }
        if of_ours.is_empty() {
            bail!(
                "no run of `{origin}` was observed in the period: there is nothing to state; a longer --period may have one"
            );
        }
        let header = self.header(shell, &left.into_iter().collect::<Vec<_>>());
        let edition = self.edition(shell, &header);
        let keyid = key.verifier_key().to_string();
        for (line, run) in of_ours {
            let statement = intoto::statement(&edition, &subject(line, run, &tallies(run)));
            let sign = |encoding: &[u8]| key.sign_envelope(encoding).context("the statement cannot be signed");
            lines.push_str(&intoto::envelope(&statement, &keyid, sign)?);
        }
        Ok((String::new(), lines))
    }
}

fn subject<'a>(line: &'a RunLine, run: &At<Box<Run>>, tallies: &'a [CriterionTally]) -> RunSubject<'a> {
    let of = |DigestText(bytes): DigestText| Digest(bytes);
    RunSubject {
        run: line,
        population_root: of(run.what.population_root),
        population_size: run.what.population_size,
        results_root: of(run.what.results_root),
        results_size: run.what.results_size,
        bundle: of(run.what.bundle),
        profile: of(run.what.profile),
        plan: run.what.plan.map(of),
        tallies,
    }
}

fn tallies(run: &At<Box<Run>>) -> Vec<CriterionTally> {
    let tally = |count: &crate::record::entry::Count| CriterionTally {
        criterion: count.criterion.clone(),
        met: count.met,
        not_met: count.not_met,
        undetermined: count.undetermined,
        not_applicable: count.not_applicable,
        waived: count.waived.saturating_sub(count.waived_undetermined),
        warned: count.warned,
        observed: count.observed,
    };
    run.what.counts.iter().map(tally).collect()
}

/// The criteria that the newest run was judged by, as the log keeps them; without them those of this program.
fn criteria(store: &dyn Store, pasts: &[Past]) -> anyhow::Result<Vec<Criterion>> {
    let logged = pasts.iter().rev().find_map(|past| past.bundle.as_ref());
    let bytes = logged.map(|bundle| store.get(&plan::object_path(&bundle.object))).transpose()?.flatten();
    let Some(bytes) = bytes else { return Ok(Bundle::standard()?.criteria) };
    let whole: serde_json::Value = serde_json::from_slice(&bytes).context("the criteria in the log are damaged")?;
    let files = whole.get("files").and_then(serde_json::Value::as_object).into_iter().flatten();
    let files = files.filter_map(|(path, text)| Some((path.clone(), text.as_str()?.to_owned())));
    Ok(Bundle::trusting(files)
        .context("the criteria in the log cannot be read: use the speguard that wrote them")?
        .criteria)
}

/// A file in the log that no entry covers would be taken for a forgery.
fn outside(out: &Path, log: &Path) -> anyhow::Result<()> {
    if std::path::absolute(out)?.starts_with(std::path::absolute(log)?) {
        bail!(
            "`{}` lies in the log, which holds nothing but what its entries cover: write it elsewhere",
            out.display()
        );
    }
    Ok(())
}

/// Writes what was made; gives its digest.
fn write(out: &Path, format: ExportFormat, files: &[(String, String)]) -> anyhow::Result<DigestText> {
    let put = |path: &Path, text: &str| {
        fs::write(path, text).with_context(|| format!("cannot write the export `{}`", path.display()))
    };
    if format == ExportFormat::Csv {
        fs::create_dir_all(out)
            .with_context(|| format!("cannot make the folder `{}`: csv is a file for each table", out.display()))?;
        let mut sums = String::new();
        for (name, text) in files {
            put(&out.join(name), text)?;
            sums.push_str(&format!("{}  {name}\n", digest(text.as_bytes()).hex()));
        }
        return Ok(digest(sums.as_bytes()));
    }
    let text = files.first().map_or("", |(_, text)| text.as_str());
    put(out, text)?;
    Ok(digest(text.as_bytes()))
}

const fn name(format: ExportFormat) -> &'static str {
    match format {
        ExportFormat::Csv => "csv",
        ExportFormat::Sarif => "sarif",
        ExportFormat::Intoto => "intoto",
        ExportFormat::Html => "html",
    }
}
