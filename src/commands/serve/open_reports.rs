//! Reports of audits as objects of the cluster (`--open-reports`), for whoever looks there. The evidence log is the truth.
use super::{Service, live, remark};
use crate::{
    collect::cluster::Cluster,
    model::{Assessment, Environment},
    report::openreports::{self, Report},
};
use std::{thread, time::Duration};

/// Writes follow each other no faster: a cluster of a thousand namespaces is told within a minute.
const BETWEEN_WRITES: Duration = Duration::from_millis(50);

/// Writes what has changed since the last audit. What cannot be written is said, and tried again after the next.
pub(super) fn write(service: &Service, environment: &Environment, assessment: &Assessment) {
    if let Err(error) = written(service, environment, assessment) {
        remark(&format!("reports of the audit could not be written: {error:#}\n"));
    }
}

fn written(service: &Service, environment: &Environment, assessment: &Assessment) -> anyhow::Result<()> {
    let (cluster, _) = Cluster::connect(&live::access(&service.arguments.connection))?;
    let mut reports = openreports::reports(assessment, environment, &service.bundle.criteria)?;
    // That of the cluster first: where the kinds are not served or may not be written, the others need not be tried.
    if let Some(of_cluster) = reports.pop() {
        one(&cluster, of_cluster)?;
    }
    // A namespace that ends takes nothing new, and is no reason to leave out the others.
    let failed: Vec<_> = reports.into_iter().filter_map(|report| one(&cluster, report).err()).collect();
    let count = failed.len();
    match failed.into_iter().next() {
        Some(first) => Err(first.context(format!("{count} of them"))),
        None => Ok(()),
    }
}

fn one(cluster: &Cluster, report: Report) -> anyhow::Result<()> {
    let path = report.path();
    let failed = |cause: String| anyhow::anyhow!("`{path}`: {cause}");
    let there = cluster.object(&path).map_err(failed)?;
    // What is there and cannot be read is written anew.
    let there: Option<Report> = there.and_then(|text| serde_json::from_str(&text).ok());
    let report = match &there {
        Some(there) => report.since(there),
        None => report,
    };
    if there.is_some_and(|there| report.is_said_by(&there)) {
        return Ok(());
    }
    let is_there = cluster.apply(&path, openreports::NAME, serde_json::to_vec(&report)?).map_err(failed)?;
    if !is_there {
        let version = openreports::VERSION;
        return Err(failed(format!(
            "the cluster does not serve `{version}`, or the namespace is gone: install its CustomResourceDefinitions"
        )));
    }
    thread::sleep(BETWEEN_WRITES);
    Ok(())
}
