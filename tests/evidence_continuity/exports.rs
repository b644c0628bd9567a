//! Exports of a period: the same bytes, the same numbers, nothing that acts. E20 and E21 of the specification.
use super::{DAY, HOUR, MINUTE, START, run, two_hours};
use serde_json::Value as Json;
use speguard::{
    model::{Digest, Effect, History, Severity, UnfinishedRun, VerdictName},
    record::{
        continuity::{ChangeFact, GapFact, RunFact, WaiverFact, history},
        period,
    },
    report::{
        Language,
        evidence::{
            Edition, Header, Table, csv, html,
            intoto::{self, CriterionTally, RunSubject},
            sarif::{self, LastRun, ResultRow},
        },
    },
};
use std::{collections::BTreeMap, convert::Infallible, fs, path::Path};

/// A period with a bit of everything, and hostile names.
fn everything() -> History {
    let mut facts = two_hours(&[30, 60, 70]);
    facts.declared.push(GapFact {
        item: "ci".to_owned(),
        from: START + 60 * MINUTE,
        to: START + 80 * MINUTE,
        cause: "<b>upgrade</b>".to_owned(),
    });
    let late = RunFact { late: true, id: "01LATE".to_owned(), ..run(45) };
    let named = RunFact { id: "=cmd|' /C calc'!A0".to_owned(), problems: 2, exit: 3, ..run(115) };
    facts.runs.extend([late, named]);
    facts.unfinished =
        vec![UnfinishedRun { id: "01DEAD".to_owned(), scope: "infra".to_owned(), started: START + HOUR }];
    let change = |minutes: i64, to, index| ChangeFact {
        run: String::new(),
        observed: START + minutes * MINUTE,
        criterion: "SPE-NET-02".to_owned(),
        kind: "apps/Deployment".to_owned(),
        resource: "hmac:<script>\u{202e}".to_owned(),
        from: None,
        to,
        effect: Effect::Counted,
        severity: Some(Severity::High),
        last_before: None,
        deviation: Some(format!("01DEV{index}")),
        index,
    };
    facts.changes = vec![
        change(0, Some(VerdictName::NotMet), 1),
        change(40, Some(VerdictName::Met), 2),
        ChangeFact { resource: "hmac:other".to_owned(), ..change(50, Some(VerdictName::NotMet), 3) },
    ];
    facts.waivers = vec![WaiverFact {
        name: "@egress".to_owned(),
        granted: START - DAY,
        expires: START + 20 * DAY,
        approver_missing: false,
        self_approved: true,
    }];
    facts.anchors = vec![(10, START - 3 * HOUR)];
    history(&facts, period::parse("2026-11-21").unwrap(), None)
}

fn header() -> Header {
    Header {
        environment: "spe-01 & <friends>".to_owned(),
        origin: "provider.example/evidence/spe-01/lead/2026".to_owned(),
        size: 4711,
        root: format!("sha256:{}", "ab".repeat(32)),
        log_time: START + 3 * HOUR,
        entries: 99,
        bundle: Some(format!("sha256:{}", "cd".repeat(32))),
        not_checked: vec!["time stamps: no roots were given".to_owned()],
        ..Header::default()
    }
}

fn rows() -> (Vec<ResultRow>, Vec<ResultRow>) {
    let row = |resource: &str, verdict, effect| ResultRow {
        criterion: "SPE-NET-02".to_owned(),
        platform: "kubernetes".to_owned(),
        kind: "apps/Deployment".to_owned(),
        resource: resource.to_owned(),
        verdict,
        effect,
        severity: Severity::Critical,
        waiver: (effect == Effect::Waived).then(|| "migration".to_owned()),
        said: vec!["can open connections to 0.0.0.0/0 on {all}".to_owned()],
        place: Some(("apps/web ui.yaml".to_owned(), 12)),
    };
    let (bad, good, unknown) = (VerdictName::NotMet, VerdictName::Met, VerdictName::Undetermined);
    let now = vec![
        row("research/a", bad, Effect::Counted),
        row("research/b", bad, Effect::Waived),
        row("research/c", good, Effect::Counted),
        row("research/d", unknown, Effect::Counted),
        ResultRow { place: None, said: Vec::new(), ..row("research/e", bad, Effect::Observed) },
    ];
    let before = vec![
        row("research/a", bad, Effect::Counted),
        row("research/b", bad, Effect::Counted),
        row("research/c", bad, Effect::Counted),
        row("research/d", good, Effect::Counted),
    ];
    (now, before)
}

/// Every export in both languages, by name.
fn exports() -> BTreeMap<String, String> {
    let (history, header) = (everything(), header());
    let criteria = Vec::new();
    let mut all = BTreeMap::new();
    for (tag, language) in [("en", Language::English), ("nb", Language::Norwegian)] {
        let edition = Edition { header: &header, history: &history, criteria: &criteria, language };
        for table in Table::ALL {
            all.insert(format!("{}.{tag}.csv", table.name()), csv::render(table, &edition));
        }
        all.insert(format!("period.{tag}.html"), html::render(&edition));
    }
    let edition = Edition { header: &header, history: &history, criteria: &criteria, language: Language::English };
    let (now, before) = rows();
    let run = history.runs.last().unwrap();
    all.insert("new.sarif".to_owned(), sarif::render(&edition, &LastRun { run, rows: &now, before: None }));
    all.insert(
        "compared.sarif".to_owned(),
        sarif::render(&edition, &LastRun { run, rows: &now, before: Some(&before) }),
    );
    let tally = CriterionTally { criterion: "SPE-NET-02".to_owned(), met: 3, not_met: 1, ..CriterionTally::default() };
    let subject = RunSubject {
        run,
        population_root: Digest([1; 32]),
        population_size: 5,
        results_root: Digest([2; 32]),
        results_size: 5,
        bundle: Digest([3; 32]),
        profile: Digest([4; 32]),
        plan: None,
        tallies: &[tally],
    };
    all.insert("run.intoto.json".to_owned(), intoto::statement(&edition, &subject));
    all
}

#[test]
fn e20_the_same_log_gives_the_same_bytes() {
    let (one, other) = (exports(), exports());
    assert_eq!(one, other);
    // Nothing reads a clock or a zone: the only years in any export are those of the log.
    for (name, text) in &one {
        assert!(!text.contains("1970") && text.contains("2026-11-21"), "{name}");
    }
}

/// Time is an argument, and so is the language: neither room may ask the machine.
#[test]
fn e20_no_export_reads_a_clock_a_zone_or_the_environment() {
    let folders = ["src/record/continuity", "src/record/continuity/tests", "src/report/evidence", "src/model/history"];
    for folder in folders {
        let entries = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap();
        for path in entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
            let text = fs::read_to_string(&path).unwrap();
            for asked in ["SystemTime", "Instant", "now_utc", "now_local", "current_local", "env::var", "HashMap"] {
                assert!(!text.contains(asked), "{}: {asked}", path.display());
            }
        }
    }
}

#[test]
fn a_spreadsheet_has_a_head_then_rows_as_wide_as_their_titles_and_no_formula() {
    for (name, text) in exports().iter().filter(|(name, _)| name.ends_with(".csv")) {
        let separator = if name.contains(".nb.") { ';' } else { ',' };
        let text = text.strip_prefix('\u{feff}').unwrap();
        let (head, table) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("provider.example/evidence/spe-01/lead/2026") && head.contains("4711"), "{name}");
        let rows: Vec<Vec<String>> = table.lines().map(|line| cells(line, separator)).collect();
        assert!(rows.len() > 1, "{name} is empty");
        for row in &rows {
            assert_eq!(row.len(), rows[0].len(), "{name}: {row:?}");
            for cell in row {
                assert!(!cell.starts_with(['=', '+', '-', '@']), "{name}: {cell}");
            }
        }
        assert!(!text.contains('\u{202e}'), "{name}");
    }
    assert!(exports()["runs.en.csv"].contains("'=cmd|' /C calc'!A0"));
    assert!(exports()["waivers.en.csv"].contains("'@egress"));
}

/// Cells of one line of RFC 4180.
fn cells(line: &str, separator: char) -> Vec<String> {
    let (mut cells, mut quoted) = (vec![String::new()], false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            c if c == separator && !quoted => cells.push(String::new()),
            c => cells.last_mut().unwrap().push(c),
        }
    }
    cells
}

#[test]
fn the_same_number_stands_in_the_page_and_in_the_spreadsheet() {
    let exports = exports();
    let table = exports["criteria.nb.csv"].split("\r\n\r\n").nth(1).unwrap().to_owned();
    let row = cells(table.lines().nth(1).unwrap(), ';');
    for share in &row[4..7] {
        assert!(exports["period.nb.html"].contains(&format!(">{share}\u{a0}%<")), "{share}");
    }
}

#[test]
fn the_page_runs_nothing_fetches_nothing_and_shows_names_as_text() {
    for (name, page) in exports().iter().filter(|(name, _)| name.ends_with(".html")) {
        let tag = if name.contains(".nb.") { "nb" } else { "en" };
        assert!(page.starts_with(&format!("<!doctype html>\n<html lang=\"{tag}\">")), "{name}");
        for forbidden in
            ["<script", "http:", "https:", "url(", "@import", " src=", "<link", "<img", "javascript:", " on"]
        {
            let found = page.match_indices(forbidden).find(|(at, _)| forbidden != " on" || is_handler(page, *at));
            assert_eq!(found, None, "{name}: {forbidden}");
        }
        assert!(page.contains("hmac:&lt;script&gt;\\u{202e}") && page.contains("&lt;b&gt;upgrade"), "{name}");
        // Every state has its sign and its word.
        assert_eq!(
            page.matches("<span class=\"sign\"").count(),
            page.matches("class=\"sign\" aria-hidden=\"true\"").count()
        );
        assert_balanced(name, page);
    }
}

/// Whether ` on` starts an attribute such as ` onclick=`.
fn is_handler(page: &str, at: usize) -> bool {
    let after: String = page[at + 1..].chars().take_while(|c| c.is_ascii_alphabetic()).collect();
    page[at + 1 + after.len()..].starts_with('=')
}

/// Every element that is opened is closed, in order.
fn assert_balanced(name: &str, page: &str) {
    let mut open = vec!["html", "head"];
    let (_, body) = page.split_once("</style>").unwrap();
    for tag in body.split('<').skip(1).map(|tag| tag.split('>').next().unwrap()) {
        let word = tag.split([' ', '/']).next().unwrap();
        if let Some(closed) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed), "{name}");
            continue;
        }
        if !tag.ends_with('/') && word != "br" {
            open.push(word);
        }
    }
    assert_eq!(open, Vec::<&str>::new(), "{name}");
}

#[test]
fn no_percentage_stands_without_its_coverage() {
    for (name, text) in exports().iter().filter(|(name, _)| name.ends_with(".html")) {
        let word = if name.contains(".nb.") { "dekning" } else { "coverage" };
        for figure in text.split("<div><dt>").skip(1).map(|part| part.split("</div>").next().unwrap()) {
            assert!(!figure.contains('%') || figure.to_lowercase().contains(word), "{name}: {figure}");
        }
    }
}

#[test]
fn sarif_keeps_the_official_schema_and_tells_what_changed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/schemas/sarif-2.1.0.json");
    let mut schema: Json = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    for holder in ["run", "toolComponent"] {
        schema["definitions"][holder]["properties"]["language"].as_object_mut().unwrap().remove("pattern");
    }
    let schema = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let exports = exports();
    let read = |name: &str| -> Json { serde_json::from_str(&exports[name]).unwrap() };
    for name in ["new.sarif", "compared.sarif"] {
        let errors: Vec<String> = schema.iter_errors(&read(name)).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new(), "{name}");
    }
    let log = read("compared.sarif");
    let text = |result: &Json, key: &str| result[key].as_str().unwrap_or("-").to_owned();
    let shown: Vec<[String; 4]> = log["runs"][0]["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| {
            let resource = result["properties"]["resource"].as_str().unwrap().to_owned();
            [resource, text(result, "kind"), text(result, "level"), text(result, "baselineState")]
        })
        .collect();
    let shown: Vec<String> = shown.iter().map(|row| row.join(" ")).collect();
    assert_eq!(
        shown,
        [
            "research/a fail error unchanged",
            "research/b fail error updated",
            "research/c fail error absent",
            "research/d open none new",
            "research/e fail note new",
        ]
    );
    let waived = &log["runs"][0]["results"][1]["suppressions"];
    assert_eq!(waived[0]["justification"], "migration");
    assert_eq!(read("new.sarif")["runs"][0]["results"][0].get("baselineState"), None);
}

#[test]
fn the_statement_names_the_population_and_the_envelope_is_signed_over_the_encoding() {
    let statement = exports()["run.intoto.json"].clone();
    let json: Json = serde_json::from_str(&statement).unwrap();
    assert_eq!(json["_type"], "https://in-toto.io/Statement/v1");
    assert_eq!(json["subject"][0]["digest"]["sha256"], "01".repeat(32));
    assert_eq!(json["predicate"]["failed"][0], "SPE-NET-02");
    assert_eq!(json["predicate"]["passed"], Json::Array(Vec::new()));
    let mut signed = Vec::new();
    let envelope = intoto::envelope(&statement, "key", |bytes| {
        signed = bytes.to_vec();
        Ok::<_, Infallible>(vec![0, 1, 2])
    });
    let envelope: Json = serde_json::from_str(&envelope.unwrap()).unwrap();
    assert_eq!(signed, intoto::pae("application/vnd.in-toto+json", statement.as_bytes()));
    assert_eq!(
        (envelope["signatures"][0]["sig"].as_str(), envelope["signatures"][0]["keyid"].as_str()),
        (Some("AAEC"), Some("key"))
    );
}

/// DSSE protocol v1.0, "Test Vectors": the signature there is over our encoding.
#[test]
fn the_signature_of_the_dsse_standard_covers_our_encoding() {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let key = STANDARD
        .decode("BGfNOQ93qjWcsIwiNfZSJwSTqe2DKwq8wB9wlUwDkNI4DHgr1U4mkSWkT0Qzr/FDLOlOErynOqZ6yAzqEmCN33Q=")
        .unwrap();
    let signature = STANDARD
        .decode("A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA==")
        .unwrap();
    let encoded = intoto::pae("http://example.com/HelloWorld", b"hello world");
    assert!(UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key).verify(&encoded, &signature).is_ok());
}
