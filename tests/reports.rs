//! Reports: what a person and a program see of one assessment.
mod json;
mod markdown;
mod openreports;
mod sarif;
mod stage;
mod text;

use speguard::{model::*, report::Format};
use stage::*;

#[test]
fn the_same_page_gives_the_same_bytes() {
    for format in [Format::Text, Format::Json, Format::Sarif, Format::Markdown] {
        assert_eq!(Stage::full().render(format), Stage::full().render(format));
    }
}

/// A stage in which everything that comes from a file tries to drive the terminal.
fn hostile() -> Stage {
    let evil = "\u{1b}[2J\u{9b}31m\u{202e}<b>`|\r\nx";
    let mut stage = Stage::empty();
    let on = id(Platform::Kubernetes, evil, "Pod", evil, evil);
    stage.add(resource(on.clone(), evil, 1));
    let finding = Finding { path: path(&[evil]), ..Finding::bare("way_unknown").with("why", evil) };
    stage.judge("SPE-NET-02", &on, undetermined(finding), Enforcement::Deny);
    stage.judge(evil, &on, breach(evil, &[]), Enforcement::Deny);
    stage.assessment.judgements[0].waiver = Some(WaiverId(evil.to_owned()));
    stage.assessment.judgements[1].attestation = Some(AttestationId(evil.to_owned()));
    stage.waivers = vec![Waiver { reason: evil.to_owned(), owner: evil.to_owned(), ..waiver(evil) }];
    stage.assessment.problems = vec![Problem::new(Origin::at(evil, 1, 1), evil)];
    stage.assessment.kinds_not_judged = vec![evil.into()];
    stage.assessment.exempt_namespaces = vec![evil.into()];
    stage.assessment.waivers = vec![WaiverStanding { id: WaiverId(evil.to_owned()), state: WaiverState::Expired }];
    let cluster = |name: &str| Cluster { name: name.into(), roots: [evil.into()].into() };
    stage.environment.clusters = vec![cluster(evil), cluster("b")];
    stage.sources.insert(evil.to_owned(), format!("name: {evil}"));
    stage.tools.insert(evil.to_owned(), evil.to_owned());
    stage
}

#[test]
fn no_name_from_a_file_can_drive_a_terminal() {
    for format in [Format::Text, Format::Json, Format::Sarif, Format::Markdown] {
        let text = hostile().render(format);
        let acting = text.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
        assert_eq!(acting, None, "{format:?}: {text}");
    }
}
