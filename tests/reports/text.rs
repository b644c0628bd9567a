//! The report for people.
#![allow(clippy::too_many_lines, reason = "a snapshot is as long as what a person sees")]
use super::stage::*;
use speguard::report::{Format, Language, criterion};

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
    high  undetermined (warns only)  terraform/core:module.logs.this
      retention is not known: var.retention has no value
      --> terraform/core/logs.tf:7:1
    high  not met (waived)  terraform/core:module.logs.this
      waived by short-logs until 2026-12-31: moves to the archive in January (owner kari@example.org,
        approved by ola@example.org)
      keeps logs 30 days of 365
      --> terraform/core/logs.tf:7:1
    high  not met (observed only)  terraform/core:module.logs.this
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

    one problem: something was not read, or cannot be relied on
      tab in indentation: use spaces
      --> b r/ø#.yaml:3:1

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
    høy  uavklart (bare advarsel)  terraform/core:module.logs.this
      oppbevaringstiden er ikke kjent: var.retention has no value
      --> terraform/core/logs.tf:7:1
    høy  ikke oppfylt (unntatt)  terraform/core:module.logs.this
      unntatt ved short-logs til 2026-12-31: moves to the archive in January (eier kari@example.org,
        godkjent av ola@example.org)
      oppbevarer logger i 30 av 365 dager
      --> terraform/core/logs.tf:7:1
    høy  ikke oppfylt (bare observert)  terraform/core:module.logs.this
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

    ett problem: noe ble ikke lest, eller er ikke til å stole på
      tab in indentation: use spaces
      --> b r/ø#.yaml:3:1

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

#[test]
fn a_criterion_is_shown_whole() {
    insta::assert_snapshot!(criterion(&Stage::full().criteria[0], Language::Norwegian), @"
    SPE-NET-02  Ingen direkte utgående tilgang til internett
    network/no_internet_egress

    alvorlighet: kritisk
    nivå: minimum
    hvordan: avgjøres ut fra konfigurasjonen
    krav: Arbeidslaster kan ikke åpne forbindelser.
    hvorfor: Én åpen forbindelse er nok til å føre data forbi utførselskontrollen.

    plattformer:
      kubernetes (vurderes): apps/Deployment
        tiltak: Velg podene med en NetworkPolicy.

    grunner:
      host_network: bruker nettverket til noden
      way_open: kan åpne forbindelser til {to} på {ports}
      way_unknown: utgående trafikk er ikke fastslått: {why}

    kilder:
      EHDS Art. 73(1)(b) [verbatim]: ordlyden er lest i Den europeiske unions tidende; kriteriet er vår
        tolkning av den, ikke et sitat
      SATRE v2.0.1 2.2.11 [verified]: ordlyden er lest i kilden
    ");
}

#[test]
fn every_message_is_used() {
    let mut used = String::new();
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![source.join("report"), source.join("serve")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                used.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    let families = [
        "severity-",
        "level-",
        "verification-",
        "verdict-",
        "status-",
        "tally-",
        "column-",
        "exit-",
        "outcome-",
        "standing-short-",
    ];
    let unused: Vec<&str> = include_str!("../../src/report/words/en.ftl")
        .lines()
        .filter_map(|line| line.split_once(" =").map(|(key, _)| key).filter(|key| !key.starts_with([' ', '#'])))
        .filter(|key| !families.iter().any(|family| key.starts_with(family)) && !used.contains(&format!("\"{key}\"")))
        .collect();
    assert_eq!(unused, Vec::<&str>::new());
}
