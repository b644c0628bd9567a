//! Of whom the webhooks are asked, what answers that, and which lines can be read.
use super::{super::audit::Line, *};

#[test]
fn a_change_that_nobody_was_asked_about_is_a_breach() {
    let mut case = Case::new();
    case.pod("create", 201);
    case.check(&[(Class::Unannotated, 1)]);
    // Others are not asked about.
    let mut case = Case::new();
    case.event(NOON, "create", ("", "secrets"), "hjerte/s", 201);
    case.event(NOON, "create", ("", "pods/eviction"), "hjerte/p", 201);
    case.event(NOON, "delete", ("", "pods"), "hjerte/p", 200);
    case.event(NOON, "create", ("", "pods"), "kube-system/p", 201);
    case.event(WINDOW.to, "create", ("", "pods"), "hjerte/p", 201);
    case.event(WINDOW.from - 10, "create", ("", "pods"), "hjerte/p", 201);
    case.check(&[]);
}

#[test]
fn a_declared_gap_of_the_emitter_covers_it() {
    for (item, to, class) in [
        (EMITTER, NOON + 10, Class::Covered),
        (EMITTER, NOON - 1, Class::Unannotated),
        ("daily", NOON + 10, Class::Unannotated),
    ] {
        let mut case = Case::new();
        case.enter(NOON + 20, Body::Gap(gap(item, NOON - 10, to)));
        case.pod("create", 201);
        case.check(&[(class, 1)]);
    }
}

#[test]
fn early_rejections_and_dry_runs_are_counted() {
    let mut case = Case::new();
    case.pod("create", 422);
    case.pod("create", 201)["requestURI"] = "/api/v1/pods?fieldManager=x&dryRun=All".into();
    case.pod("patch", 200)["requestURI"] = "/api/v1/pods?dryRun=All".into();
    case.check(&[(Class::Rejected, 1), (Class::DryRun, 2)]);
    assert_eq!(case.compare().events, BTreeMap::from([(("create", "pods".to_owned()), 1)]));
}

#[test]
fn of_a_deletion_only_its_body_says_that_it_is_a_dry_run() {
    for (level, uri, body, expected) in [
        ("Metadata", "/x", None, Class::UnknownDeletion),
        // The body outranks the query, and nobody saw it.
        ("Metadata", "/x?dryRun=All", None, Class::UnknownDeletion),
        ("Request", "/x?dryRun=All", None, Class::DryRun),
        ("Request", "/x", None, Class::Unannotated),
        ("Request", "/x", Some(json!({"dryRun": ["All"]})), Class::DryRun),
        ("Request", "/x?dryRun=All", Some(json!({"gracePeriodSeconds": 0})), Class::Unannotated),
    ] {
        let mut case = Case::new();
        let event = case.event(NOON, "delete", ("networking.k8s.io", "networkpolicies"), "hjerte/x", 200);
        event["level"] = level.into();
        event["requestURI"] = uri.into();
        if let Some(body) = body {
            event["requestObject"] = body;
        }
        case.check(&[(expected, 1)]);
    }
}

#[test]
fn what_only_projects_are_asked_about_needs_to_know_which_they_are() {
    let deployment = ("apps", "deployments");
    let mut case = Case::new();
    case.event(NOON, "create", deployment, "hjerte/d", 201);
    case.check(&[(Class::UnknownProject, 1)]);
    case.scope.projects = Projects { namespaces: BTreeSet::from(["hjerte".to_owned()]), are_all: true };
    case.check(&[(Class::Unannotated, 1)]);
    case.event(NOON, "create", deployment, "plain/d", 201);
    case.check(&[(Class::Outside, 1), (Class::Unannotated, 1)]);
    case.scope.projects.are_all = false;
    case.check(&[(Class::Unannotated, 1), (Class::UnknownProject, 1)]);
}

#[test]
fn what_the_api_server_asked_tells_whose_a_namespace_is() {
    let deployment = ("apps", "deployments");
    for (webhook, expected) in [("outside", Class::Outside), ("project", Class::Unannotated)] {
        let mut case = Case::new();
        let index = case.allow(NOON, Operation::Create, "Pod", "hjerte/p");
        case.pod("create", 201);
        case.naming(webhook, index);
        case.event(NOON + 10, "create", deployment, "hjerte/d", 201);
        case.check(&[(Class::Matched, 1), (expected, 1)]);
        // What came before may have been before the label.
        case.lines.reverse();
        let before = if webhook == "project" { Class::UnknownProject } else { Class::Outside };
        case.check(&[(Class::Matched, 1), (before, 1)]);
    }
}

#[test]
fn a_namespace_is_in_itself() {
    let mut case = Case::new();
    case.scope.projects = Projects { namespaces: BTreeSet::from(["hjerte".to_owned()]), are_all: true };
    let index = case.allow(NOON, Operation::Update, "Namespace", "hjerte");
    case.event(NOON, "patch", ("", "namespaces"), "hjerte/hjerte", 200);
    case.naming("namespace", index);
    case.event(NOON, "create", ("", "namespaces"), "/hjerte", 201);
    case.event(NOON, "create", ("", "namespaces"), "/plain", 201);
    case.event(NOON, "update", ("", "namespaces/status"), "/hjerte", 200);
    case.check(&[(Class::Matched, 1), (Class::Outside, 1), (Class::Unannotated, 1), (Class::UnknownLabels, 1)]);
}

#[test]
fn silence_and_edges_are_holes() {
    let trail = |times: &[i64]| {
        let mut trail = Trail::new(60);
        times.iter().for_each(|at| trail.see(*at));
        trail
    };
    let whole = Period { from: 100, to: 200 };
    let check = |trails: &[&[i64]], expected: &[(i64, i64)]| {
        let trails: Vec<Trail> = trails.iter().map(|times| trail(times)).collect();
        let found: Vec<(i64, i64)> = holes(whole, &trails).iter().map(|hole| (hole.from, hole.to)).collect();
        assert_eq!(found, expected, "{trails:?}");
    };
    check(&[], &[(100, 200)]);
    check(&[&[100, 150, 149, 200]], &[]);
    check(&[&[110, 150, 190]], &[(100, 110), (190, 200)]);
    check(&[&[90, 110, 180, 210]], &[(110, 180)]);
    check(&[&[90, 110, 180, 210], &[105, 165, 190]], &[]);
    check(&[&[180, 210], &[90, 150]], &[(150, 180)]);
    assert_eq!(trail(&[100, 200, 139]).went_back, 1);
}

#[test]
fn a_line_that_is_no_event_is_said_to_be_none() {
    for (line, why) in [
        ("{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"lev", "no whole"),
        ("2026-11-21T20:14:03Z AUDIT: id=\"1\"", "no whole"),
        ("{}", "no whole"),
    ] {
        assert!(audit::read(line.as_bytes()).unwrap_err().contains(why), "{line}");
    }
    let mut case = Case::new();
    let event = case.pod("create", 201).clone();
    let change = |field: &str, value: &str| {
        let mut event = event.clone();
        event[field] = value.into();
        audit::read(event.to_string().as_bytes())
    };
    assert!(change("kind", "EventList").is_err() && change("apiVersion", "audit.k8s.io/v1beta1").is_err());
    assert!(change("stageTimestamp", "yesterday").is_err());
    for (field, value) in [("stage", "RequestReceived"), ("verb", "list")] {
        assert_eq!(change(field, value), Ok(Line { at: NOON + 5, event: None }));
    }
}
