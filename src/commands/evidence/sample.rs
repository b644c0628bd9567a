//! `speguard evidence sample`: which entries or rows an auditor looks at, by a seed that the provider cannot steer.
use super::{open, say};
use crate::{
    cli::evidence::{Population, Sample, SampleFormat},
    commands::{print, record},
    record::{
        entry::{Body, Instant, Ulid},
        merkle::{Hash, leaf_hash},
        period,
        row::Line as _,
    },
    report::clean,
};
use anyhow::{Context, bail, ensure};
use sha2::{Digest as _, Sha256};

/// One member of the population.
struct Member {
    /// Orders ties.
    index: u64,
    hash: Hash,
    what: String,
}

/// Less could be guessed or searched for by the audited party.
const SEED_BYTES_MIN: usize = 16;

/// Prints the sample; gives the exit code.
///
/// # Errors
/// A seed that is too short, a size that nobody has signed.
pub(super) fn run(arguments: &Sample) -> anyhow::Result<u8> {
    let seed = seed(&arguments.seed)?;
    let store = &*open::store(&arguments.log.log)?;
    let place = open::place(store, &arguments.log)?;
    let (_, checkpoint) = open::checkpoint(store, &place, Some(arguments.at))?;
    let period = arguments.period.as_deref().map(period::parse).transpose()?;
    let inside = |at: Instant| period.is_none_or(|period| (period.from..period.to).contains(&at.0));
    let wanted = |criterion: &str| arguments.criterion.as_deref().is_none_or(|asked| asked == criterion);
    let mut members = Vec::new();
    let mut newest: Option<(Ulid, crate::record::entry::DigestText)> = None;
    open::entries(store, &place, checkpoint.size, &mut |index, bytes, entry| {
        let observed = entry.common.time.observed;
        let what = match &entry.body {
            _ if !inside(observed) => return Ok(()),
            Body::Run(run) => {
                newest = Some((run.run, run.results_blob));
                (arguments.population == Population::Runs)
                    .then(|| format!("run {} of {} at {observed}", run.run, run.scope))
            }
            Body::Transition(transition) if arguments.population == Population::Deviations => {
                let opens = transition.deviation == Some(entry.common.id) && wanted(&transition.criterion);
                opens.then(|| format!("deviation {} of {} at {observed}", entry.common.id, transition.criterion))
            }
            _ => None,
        };
        members.extend(what.map(|what| Member { index, hash: leaf_hash(bytes), what }));
        Ok(())
    })?;
    if arguments.population == Population::Resources {
        let (run, blob) = newest.context("no run stands in the log by then")?;
        let results = record::results(store, &place.prefix(), blob)?;
        for (index, row) in (0..).zip(results.rows().lines()) {
            if wanted(&row.key.criterion) {
                let what = format!(
                    "run {run} row {}/{}/{}/{}: {}",
                    row.key.criterion,
                    row.key.platform,
                    row.key.kind,
                    row.key.resource,
                    row.outcome.name()
                );
                members.push(Member { index, hash: leaf_hash(&row.encoded()), what });
            }
        }
    }
    let size = members.len();
    members.sort_by_key(|member| (order(&seed, &member.hash), member.index));
    let root = crate::record::entry::DigestText(checkpoint.root);
    let head = [
        ("origin", place.origin.clone()),
        ("size", checkpoint.size.to_string()),
        ("root", root.to_string()),
        ("population", size.to_string()),
        ("seed", arguments.seed.clone()),
    ];
    let text = text(arguments.format, &head, members.iter().take(arguments.n));
    match arguments.format {
        SampleFormat::Text => say(&text)?,
        SampleFormat::Csv => print(text.as_bytes())?,
    }
    Ok(0)
}

/// SHA-256(seed || leaf hash).
fn order(seed: &[u8], hash: &Hash) -> [u8; 32] {
    let mut sum = Sha256::new();
    sum.update(seed);
    sum.update(hash);
    sum.finalize().into()
}

fn seed(text: &str) -> anyhow::Result<Vec<u8>> {
    let digits = text.as_bytes();
    ensure!(
        digits.len().is_multiple_of(2) && digits.iter().all(u8::is_ascii_hexdigit),
        "`--seed {text}` is not hexadecimal"
    );
    let bytes: Result<Vec<u8>, _> =
        (0..digits.len() / 2).map(|at| u8::from_str_radix(text.get(2 * at..2 * at + 2).unwrap_or("x"), 16)).collect();
    let bytes = bytes?;
    if bytes.len() < SEED_BYTES_MIN {
        bail!("the seed has {} bytes: give at least {SEED_BYTES_MIN}, or it could be searched for", bytes.len());
    }
    Ok(bytes)
}

fn text<'m>(format: SampleFormat, head: &[(&str, String)], members: impl Iterator<Item = &'m Member>) -> String {
    let mut text = String::new();
    match format {
        SampleFormat::Text => {
            for (name, value) in head {
                text.push_str(&format!("{name:<11}{value}\n"));
            }
            text.push('\n');
            for member in members {
                text.push_str(&format!("{:>8}  {}\n", member.index, member.what));
            }
        }
        SampleFormat::Csv => {
            for (name, value) in head {
                text.push_str(&format!("{name},{value}\r\n"));
            }
            text.push_str("\r\nindex,hash,what\r\n");
            for Member { index, hash, what } in members {
                let hash = crate::record::entry::DigestText(*hash).hex();
                text.push_str(&format!("{index},{hash},\"{}\"\r\n", clean(what).replace('"', "\"\"")));
            }
        }
    }
    text
}
