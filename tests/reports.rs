//! Reports: what a person and a program see of one assessment.
#![allow(clippy::too_many_lines, reason = "a snapshot is as long as what a person sees")]
mod stage;

use speguard::{
    model::*,
    report::{Format, Language, output_schema},
};
use stage::*;
use std::{fs, path::Path};

#[test]
fn text_tells_everything_in_english() {
    insta::assert_snapshot!(Stage::full().render(Format::Text), @"
    SPE-NET-02  No direct outbound access to the internet
    5 not met, 1 met, 1 not applicable
    critical  not met  apps/Deployment/research/a
      uses the network of its node
      --> app.yaml:1:1
    critical  not met  apps/Deployment/research/b
      uses the network of its node
      --> app.yaml:1:1
    critical  not met  apps/Deployment/research/c
      uses the network of its node
      --> app.yaml:1:1
      the same for one more:
        apps/Deployment/research/d  app.yaml:1:1
    critical  not met  apps/Deployment/research/notebook
      uses the network of its node
      --> app.yaml:7:7
      7 |       hostNetwork: true
        |       ^^^^^^^^^^^
      can open connections to 0.0.0.0/0, ::/0 on tcp/443
      --> app.yaml:17:5  in networking.k8s.io/NetworkPolicy/research/open
      17 |   - {}
         |     ^
      not known beside that: its egress is not established: CiliumNetworkPolicy is not read yet
      --> app.yaml:1:1

      why: One open connection is enough to carry data past the export control.
      remedy: Select the pods with a NetworkPolicy.
      sources: EHDS Art. 73(1)(b) [verbatim]; SATRE v2.0.1 2.2.11 [verified]

    SPE-LOG-01  Access logs are kept at least one year
    1 undetermined, 1 warned, 1 waived, 1 observed, 1 met
    high  undetermined  speguard/Environment/tre
      nobody has stated it yet
      --> .
    high  undetermined  terraform/core:module.logs.this
      warns only: the profile does not let it decide the exit code
      retention is not known: var.retention has no value
      --> terraform/core/logs.tf:7:1
    high  not met  terraform/core:module.logs.this
      waived by short-logs until 2026-12-31: moves to the archive in January (owner kari@example.org,
        approved by ola@example.org)
      keeps logs 30 days of 365
      --> terraform/core/logs.tf:7:1
    high  not met  terraform/core:module.logs.this
      observed only: the profile does not count it
      keeps logs 30 days of 365
      --> terraform/core/logs.tf:7:1

      why: Article 73 says one year.
      remedy, azurerm: Set retention_in_days.
      sources: EHDS Art. 73(1)(e) [verbatim]

    hint: values that are not known come from variables or from the cloud; pass the plan (`terraform
    show -json`) or the variables (`--var-file`) to establish them

    not looked at: 3 (criterion and platform)
      there is no rule for these yet, or only a person can say it (`speguard attest`)
      kubernetes 1, azurerm 1, keycloak 1
        SPE-LOG-01  Access logs are kept at least one year (kubernetes)
        SPE-NET-02  No direct outbound access to the internet (azurerm, keycloak)

    2 kinds were read that no criterion judges
      ConfigMap, example.org/Widget

    one namespace is exempt from the criteria for projects
      kube-system

    2 waivers have no effect
      old expired on 2026-12-31: its judgements count again
      --> waivers/logs.yaml:4
      stray matches no judgement that needs it: remove it, or correct its criterion and resources

    not read: one problem
      tab in indentation: use spaces
      --> b r/ø#.yaml:3

    there is no spe.yaml: every namespace that is not exempt is taken for a project, no destination
    outside is allowed, and what only a person can say is not looked at; `speguard init` writes one

    how the sources were read
      [verbatim]           the wording was read in the Official Journal; the criterion is our reading of
                           it, not a quotation
      [verified]           the wording was read at the source

    profile minimum, judged at 2026-11-24T06:00:00Z
    5 not met, 1 undetermined, 2 met, 1 waived, 1 warned, 1 observed
    1 not applicable, 3 not looked at, 1 unread
    exit code 1: something that counts is not met
    ");
}

#[test]
fn text_tells_everything_in_norwegian() {
    let stage = Stage { language: Language::Norwegian, ..Stage::full() };
    insta::assert_snapshot!(stage.render(Format::Text), @"
    SPE-NET-02  Ingen direkte utgående tilgang til internett
    5 ikke oppfylte, 1 oppfylt, 1 ikke aktuell
    kritisk  ikke oppfylt  apps/Deployment/research/a
      bruker nettverket til noden
      --> app.yaml:1:1
    kritisk  ikke oppfylt  apps/Deployment/research/b
      bruker nettverket til noden
      --> app.yaml:1:1
    kritisk  ikke oppfylt  apps/Deployment/research/c
      bruker nettverket til noden
      --> app.yaml:1:1
      det samme gjelder én til:
        apps/Deployment/research/d  app.yaml:1:1
    kritisk  ikke oppfylt  apps/Deployment/research/notebook
      bruker nettverket til noden
      --> app.yaml:7:7
      7 |       hostNetwork: true
        |       ^^^^^^^^^^^
      kan åpne forbindelser til 0.0.0.0/0, ::/0 på tcp/443
      --> app.yaml:17:5  i networking.k8s.io/NetworkPolicy/research/open
      17 |   - {}
         |     ^
      i tillegg uavklart: utgående trafikk er ikke fastslått: CiliumNetworkPolicy is not read yet
      --> app.yaml:1:1

      hvorfor: Én åpen forbindelse er nok til å føre data forbi utførselskontrollen.
      tiltak: Velg podene med en NetworkPolicy.
      kilder: EHDS Art. 73(1)(b) [verbatim]; SATRE v2.0.1 2.2.11 [verified]

    SPE-LOG-01  Tilgangslogger oppbevares i minst ett år
    1 uavklart, 1 med advarsel, 1 unntatt, 1 bare observert, 1 oppfylt
    høy  uavklart  speguard/Environment/tre
      ingen har avgitt erklæring om dette ennå
      --> .
    høy  uavklart  terraform/core:module.logs.this
      bare advarsel: profilen lar den ikke påvirke avslutningskoden
      oppbevaringstiden er ikke kjent: var.retention has no value
      --> terraform/core/logs.tf:7:1
    høy  ikke oppfylt  terraform/core:module.logs.this
      unntatt ved short-logs til 2026-12-31: moves to the archive in January (eier kari@example.org,
        godkjent av ola@example.org)
      oppbevarer logger i 30 av 365 dager
      --> terraform/core/logs.tf:7:1
    høy  ikke oppfylt  terraform/core:module.logs.this
      bare observert: profilen teller den ikke
      oppbevarer logger i 30 av 365 dager
      --> terraform/core/logs.tf:7:1

      hvorfor: Artikkel 73 sier ett år.
      tiltak, azurerm: Sett retention_in_days.
      kilder: EHDS Art. 73(1)(e) [verbatim]

    tips: ukjente verdier kommer fra variabler eller fra skyen; oppgi planen (`terraform show -json`)
    eller variablene (`--var-file`), så lar de seg fastslå

    ikke sett på: 3 (kriterium og plattform)
      det finnes ingen regel for disse ennå, eller bare en person kan svare (`speguard attest`)
      kubernetes 1, azurerm 1, keycloak 1
        SPE-LOG-01  Tilgangslogger oppbevares i minst ett år (kubernetes)
        SPE-NET-02  Ingen direkte utgående tilgang til internett (azurerm, keycloak)

    2 ressurstyper ble lest uten at noe kriterium vurderer dem
      ConfigMap, example.org/Widget

    ett navnerom er unntatt fra kriteriene for prosjekter
      kube-system

    2 unntak er uten virkning
      old gikk ut 2026-12-31: det som var unntatt, teller igjen
      --> waivers/logs.yaml:4
      stray treffer ingenting som trenger det: fjern det, eller rett kriterium og ressurser

    ikke lest: ett problem
      tab in indentation: use spaces
      --> b r/ø#.yaml:3

    spe.yaml mangler: alle navnerom som ikke er unntatt, regnes som prosjekter, ingen mål utenfor
    miljøet er tillatt, og det bare en person kan svare på, er ikke sett på; `speguard init` skriver en

    slik er kildene lest
      [verbatim]           ordlyden er lest i Den europeiske unions tidende; kriteriet er vår tolkning
                           av den, ikke et sitat
      [verified]           ordlyden er lest i kilden

    profil minimum, vurdert 2026-11-24T06:00:00Z
    5 ikke oppfylte, 1 uavklart, 2 oppfylte, 1 unntatt, 1 med advarsel, 1 bare observert
    1 ikke aktuell, 3 ikke sett på, 1 ulest
    avslutningskode 1: noe som teller, er ikke oppfylt
    ");
}

#[test]
fn nothing_judged_is_said_as_such() {
    insta::assert_snapshot!(Stage::empty().render(Format::Text), @"
    profile minimum, judged at 2026-11-24T06:00:00Z
    0 not met, 0 undetermined, 0 met, 0 waived, 0 warned, 0 observed
    0 not applicable, 0 not looked at, 0 unread
    exit code 3: nothing was judged, so nothing is established
    ");
}

fn json(stage: &Stage) -> serde_json::Value {
    serde_json::from_str(&stage.render(Format::Json)).unwrap()
}

#[test]
fn json_carries_a_judgement_whole() {
    let judgement = json(&Stage::full())["judgements"][0].to_string();
    insta::assert_snapshot!(judgement.replace(",\"", ",\n\""), @r#"
    {"attestation":null,
    "criterion":"SPE-NET-02",
    "domain":"network",
    "enforcement":"deny",
    "findings":[{"at":"apps/Deployment/research/notebook",
    "facts":{},
    "file":"app.yaml",
    "fingerprint":"f579f22ac238ccde25cb51b9f39bcf623fdbc63e0654c3ce4bd0337c2acd99b7:1",
    "line":7,
    "message":"uses the network of its node",
    "path":["spec",
    "template",
    "spec",
    "hostNetwork"],
    "reason":"host_network"},{"at":"networking.k8s.io/NetworkPolicy/research/open",
    "facts":{"ports":"tcp/443",
    "to":["0.0.0.0/0",
    "::/0"]},
    "file":"app.yaml",
    "fingerprint":"b7563aee7e56498c8f91fe9173c5944f3688fa215ecd7b5f01ca9712b4d15b36:1",
    "line":17,
    "message":"can open connections to 0.0.0.0/0, ::/0 on tcp/443",
    "path":["spec",
    "egress",0],
    "reason":"way_open"}],
    "level":"minimum",
    "origin":{"file":"app.yaml",
    "line":1},
    "platform":"kubernetes",
    "resource":{"address":"apps/Deployment/research/notebook",
    "kind":"apps/Deployment",
    "name":"notebook",
    "namespace":"research",
    "platform":"kubernetes",
    "root":"."},
    "severity":"critical",
    "standing":"not_met",
    "unknown":[{"at":"apps/Deployment/research/notebook",
    "facts":{"why":"CiliumNetworkPolicy is not read yet"},
    "file":"app.yaml",
    "fingerprint":"40a423524416715ca88c003268fe8f74a46cd936971e33d0ed107a5c831c362d:1",
    "line":1,
    "message":"its egress is not established: CiliumNetworkPolicy is not read yet",
    "path":[],
    "reason":"way_unknown"}],
    "verdict":"not_met",
    "waiver":null}
    "#);
}

#[test]
fn json_says_what_was_run_and_what_it_came_to() {
    let mut output = json(&Stage::full());
    output["judgements"] = serde_json::Value::Null;
    insta::assert_snapshot!(output.to_string().replace(",\"", ",\n\""), @r#"
    {"at":"2026-11-24T06:00:00Z",
    "bundle":"sha256:0101010101010101010101010101010101010101010101010101010101010101",
    "described":false,
    "environment":"sha256:0202020202020202020202020202020202020202020202020202020202020202",
    "exempt_namespaces":["kube-system"],
    "exit":1,
    "fail_on":null,
    "judgements":null,
    "kinds_not_judged":["ConfigMap",
    "example.org/Widget"],
    "not_looked_at":[{"criterion":"SPE-LOG-01",
    "platform":"kubernetes"},{"criterion":"SPE-NET-02",
    "platform":"azurerm"},{"criterion":"SPE-NET-02",
    "platform":"keycloak"}],
    "problems":[{"cause":"tab in indentation: use spaces",
    "file":"b r/ø#.yaml",
    "line":3}],
    "profile":"sha256:0303030303030303030303030303030303030303030303030303030303030303",
    "profile_name":"minimum",
    "set_aside":0,
    "summary":{"met":2,
    "not_applicable":1,
    "not_looked_at":3,
    "not_met":5,
    "observed":1,
    "undetermined":1,
    "unread":1,
    "waived":1,
    "warned":1},
    "tool":{"helm":"v4.1.0",
    "name":"speguard",
    "version":"0.1.0"},
    "version":1,
    "waivers":[{"id":"old",
    "state":"expired"},{"id":"stray",
    "state":"unmatched"}]}
    "#);
}

#[test]
fn the_schema_of_the_json_output_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/output.schema.json");
    let fresh = format!("{}\n", serde_json::to_string_pretty(&output_schema()).unwrap());
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &fresh).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), fresh, "run `UPDATE=1 cargo test reports`");
}

#[test]
fn json_output_keeps_its_schema() {
    let schema = jsonschema::validator_for(&serde_json::to_value(output_schema()).unwrap()).unwrap();
    for all in [false, true] {
        let output = json(&Stage { all, ..Stage::full() });
        let errors: Vec<String> = schema.iter_errors(&output).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new());
    }
    let mut broken = json(&Stage::full());
    broken["summary"]["unread"] = serde_json::Value::Null;
    assert!(!schema.is_valid(&broken));
}

#[test]
fn the_summary_counts_each_judgement_once() {
    let output = json(&Stage { all: true, ..Stage::full() });
    let judgements = output["judgements"].as_array().unwrap();
    let summary = output["summary"].as_object().unwrap();
    for (standing, count) in summary {
        let listed = match standing.as_str() {
            "not_looked_at" => output["not_looked_at"].as_array().unwrap().len(),
            "unread" => output["problems"].as_array().unwrap().len(),
            standing => judgements.iter().filter(|judgement| judgement["standing"] == standing).count(),
        };
        assert_eq!(count.as_u64().unwrap(), u64::try_from(listed).unwrap(), "{standing}");
    }
    let counted: u64 = summary.values().filter_map(serde_json::Value::as_u64).sum();
    assert_eq!(counted, 12 + 3 + 1, "twelve judgements, three not looked at, one unread");
}

#[test]
fn json_leaves_out_only_what_is_met_or_not_applicable() {
    let shown = json(&Stage::full());
    let all = json(&Stage { all: true, ..Stage::full() });
    let short: Vec<_> = all["judgements"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|judgement| judgement["verdict"] == "not_met" || judgement["verdict"] == "undetermined")
        .cloned()
        .collect();
    assert_eq!(shown["judgements"].as_array().unwrap(), &short);
    assert_eq!(shown["summary"], all["summary"]);
}

/// The fingerprints of one finding on the image of a container at a line and an index.
fn fingerprint(line: u32, index: usize, facts: &[(&str, i64)]) -> Vec<String> {
    let container = |name: &str| Value::from([("name", name)].into_iter().collect::<Map>());
    let mut containers = vec![container("web")];
    containers.splice(0..0, (0..index).map(|nth| container(&format!("other{nth}"))));
    let mut stage = Stage::empty();
    let body: Map = [("containers", Value::from(containers))].into_iter().collect();
    stage.add(Resource { body: body.into(), ..resource(workload("w"), "w.yaml", line) });
    let finding = Finding { path: path(&["containers", &index.to_string(), "image"]), ..Finding::bare("host_network") };
    let findings = facts.iter().map(|(name, fact)| finding.clone().with(name, *fact)).collect();
    stage.judge("SPE-NET-02", &workload("w"), Verdict::NotMet { findings, unknown: Vec::new() }, Enforcement::Deny);
    let output = json(&stage);
    let found = output["judgements"][0]["findings"].as_array().unwrap().clone();
    found.iter().map(|finding| finding["fingerprint"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn lines_facts_and_the_order_of_containers_leave_a_fingerprint_as_it_is() {
    assert_eq!(fingerprint(3, 0, &[("days", 1)]), fingerprint(90, 2, &[("days", 7)]));
}

#[test]
fn what_is_otherwise_equal_is_told_apart_by_an_ordinal() {
    let found = fingerprint(3, 0, &[("to", 1), ("to", 2)]);
    assert_eq!(found[0].replace(":1", ":2"), found[1]);
}

#[test]
fn the_way_fingerprints_are_made_does_not_change() {
    // Hashed by another program: SHA-256 of `["SPE-NET-02",{"kind":"apps/Deployment","name":"w",
    // "namespace":"research","platform":"kubernetes","root":"."},"host_network",{the same},["containers","web","image"]]`.
    assert_eq!(
        fingerprint(3, 0, &[("days", 1)]),
        ["05cc3b9344be9c9af6d1893f1af8b06c291a2b53c1e2c03212da08bdad491da2:1"]
    );
}

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
