//! Who can reach what in a cluster: every rule of the NetworkPolicy documentation as a row.
mod command;
mod oracle;
mod outlook;
mod projects;
mod sharing;
mod storage;

use speguard::{
    model::{
        Description, Destination, Document, Environment, Hidden, NodeRoute, Origin, Platform, Problem, Resource, Way,
        Ways, shown,
    },
    normalise, reach,
};

/// What plain manifests in one file say.
pub(crate) fn environment(text: &str) -> Environment {
    let document = Document { origin: Origin::file("a.yaml"), bytes: text.as_bytes().into(), render: None };
    normalise::environment(&[document], Vec::new(), &normalise::Options::default()).unwrap().environment
}

/// Ways as lines: the answer, its facts, and the place that the last hop names.
fn lines(ways: Option<&Vec<Way>>) -> Vec<String> {
    let Some(ways) = ways else { return vec!["not derived".to_owned()] };
    let line = |way: &Way| {
        let facts: Vec<&str> = way.facts.iter().filter_map(|fact| fact.value.as_text()).collect();
        let hop = way.witness.last().unwrap();
        format!("{} {} @ {} {}", way.answer.name(), facts.join(" | "), hop.resource.address(), shown(&hop.path))
    };
    ways.iter().map(line).collect()
}

fn of<'a>(ways: &'a Ways, address: &str) -> Option<&'a Vec<Way>> {
    ways.iter().find(|(id, _)| id.address() == address).map(|(_, ways)| ways)
}

/// As a live cluster shows itself of which one kind could not be listed.
fn unlisted(environment: &Environment, kind: &str) -> Environment {
    let (platform, root) = (Some(Platform::Kubernetes), Some(".".into()));
    let hides = Hidden { platform, root, kind: Some(kind.into()), ..Hidden::default() };
    let origin = Origin::Object { path: "/list".into() };
    let mut environment = environment.clone();
    environment.problems.push(Problem { origin, cause: "it may not be listed".to_owned(), hides: Some(hides) });
    environment
}

#[test]
fn every_kind_that_facts_are_derived_from_is_listed_in_a_live_cluster() {
    let kinds: Vec<&str> = reach::kinds().collect();
    assert!(kinds.iter().all(|kind| reach::reads(kind)));
    for kind in [
        "Namespace",
        "Pod",
        "apps/Deployment",
        "argoproj.io/Rollout",
        "Service",
        "discovery.k8s.io/EndpointSlice",
        "networking.k8s.io/NetworkPolicy",
        "PersistentVolume",
        "PersistentVolumeClaim",
        "snapshot.storage.k8s.io/VolumeSnapshotContent",
        "gateway.networking.k8s.io/ReferenceGrant",
        "rbac.authorization.k8s.io/RoleBinding",
        "rbac.authorization.k8s.io/ClusterRoleBinding",
        "rbac.authorization.k8s.io/ClusterRole",
    ] {
        assert!(kinds.contains(&kind), "{kind}");
    }
    assert!(!reach::reads("Secret") && !reach::reads("ConfigMap"));
}

fn derive(environment: &Environment) -> speguard::model::Reach {
    let subjects: Vec<&Resource> = environment.all().collect();
    reach::derive(environment, &subjects)
}

const POD: &str = "
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: a, labels: {app: web, tier: front}}
spec: {containers: []}
";

const OPEN_POD: &str = "open all ports | 0.0.0.0/0, ::/0 @ Pod/a/p spec";

/// The pod above and policies of its namespace, given by their specs: `n0`, `n1`, …
fn policies(specs: &[&str]) -> String {
    let policy = |(at, spec): (usize, &&str)| {
        format!(
            "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: n{at}, namespace: a}}\nspec: {spec}\n"
        )
    };
    POD.to_owned() + &specs.iter().enumerate().map(policy).collect::<String>()
}

#[track_caller]
fn check(specs: &[&str], expected: &[&str]) {
    let environment = environment(&policies(specs));
    assert_eq!(lines(of(&derive(&environment).internet, "Pod/a/p")), expected, "{specs:#?}");
}

const N0: &str = "networking.k8s.io/NetworkPolicy/a/n0";

#[test]
fn a_pod_that_no_policy_isolates_reaches_everything() {
    check(&[], &[OPEN_POD]);
    check(&["{podSelector: {matchLabels: {app: other}}, policyTypes: [Egress]}"], &[OPEN_POD]);
    check(&["{podSelector: {}, policyTypes: [Ingress]}"], &[OPEN_POD]);
}

#[test]
fn selectors_select_as_the_api_server_does() {
    let selected = [
        "{}",
        "null",
        "{matchLabels: {app: web}}",
        "{matchLabels: {app: web, tier: front}}",
        "{matchLabels: {}}",
        "{matchExpressions: []}",
        "{matchExpressions: [{key: app, operator: In, values: [api, web]}]}",
        "{matchExpressions: [{key: app, operator: NotIn, values: [api]}]}",
        "{matchExpressions: [{key: missing, operator: NotIn, values: [api]}]}",
        "{matchExpressions: [{key: app, operator: Exists}]}",
        "{matchExpressions: [{key: missing, operator: DoesNotExist}]}",
        "{matchLabels: {tier: front}, matchExpressions: [{key: app, operator: Exists, values: []}]}",
    ];
    for selector in selected {
        check(&[&format!("{{podSelector: {selector}, policyTypes: [Egress]}}")], &[]);
    }
    let not_selected = [
        "{matchLabels: {app: web, tier: back}}",
        "{matchExpressions: [{key: app, operator: In, values: [api]}]}",
        "{matchExpressions: [{key: missing, operator: In, values: [web]}]}",
        "{matchExpressions: [{key: app, operator: NotIn, values: [web]}]}",
        "{matchExpressions: [{key: missing, operator: Exists}]}",
        "{matchExpressions: [{key: app, operator: DoesNotExist}]}",
        "{matchLabels: {app: web}, matchExpressions: [{key: tier, operator: In, values: [back]}]}",
    ];
    for selector in not_selected {
        check(&[&format!("{{podSelector: {selector}, policyTypes: [Egress]}}")], &[OPEN_POD]);
    }
}

#[test]
fn a_selector_that_the_api_server_refuses_leaves_the_answer_open() {
    let rows = [
        (
            "{matchExpressions: [{key: app, operator: In}]}",
            "`In` with these values is not a valid expression",
            ".matchExpressions[0]",
        ),
        (
            "{matchExpressions: [{key: app, operator: Exists, values: [x]}]}",
            "`Exists` with these values is not a valid expression",
            ".matchExpressions[0]",
        ),
        ("{matchExpressions: [{operator: Exists}]}", "a selector's expression has no `key`", ".matchExpressions[0]"),
        ("{matchLabels: {app: 5}}", "`spec.podSelector.matchLabels.app` is not a text", ".matchLabels.app"),
        ("[]", "`spec.podSelector` is not a selector", ""),
    ];
    for (selector, why, place) in rows {
        let spec = format!("{{podSelector: {selector}, policyTypes: [Egress]}}");
        check(&[&spec], &[&format!("unknown {why} @ {N0} spec.podSelector{place}")]);
    }
    // What else the selector needs still counts: this one cannot select the pod.
    check(&["{podSelector: {matchLabels: {app: other, tier: 5}}, policyTypes: [Egress]}"], &[OPEN_POD]);
}

#[test]
fn the_direction_is_isolated_only_where_policy_types_say_so_or_egress_rules_stand() {
    check(&["{podSelector: {}}"], &[OPEN_POD]);
    check(&["{podSelector: {}, egress: []}"], &[OPEN_POD]);
    check(&["{podSelector: {}, policyTypes: [], egress: []}"], &[OPEN_POD]);
    check(&["{podSelector: {}, ingress: []}"], &[OPEN_POD]);
    check(&["{podSelector: {}, policyTypes: [Egress]}"], &[]);
    check(&["{podSelector: {}, policyTypes: [Egress], egress: []}"], &[]);
    check(&["{podSelector: {}, policyTypes: [Egress], egress: null}"], &[]);
    check(&["{podSelector: {}, egress: [{to: [{podSelector: {}}]}]}"], &[]);
    check(&["{podSelector: {}, policyTypes: [Ingress], egress: [{}]}"], &[OPEN_POD]);
    let why = "unknown `spec.policyTypes[0]` is not `Ingress` or `Egress`";
    check(&["{podSelector: {}, policyTypes: [egress]}"], &[&format!("{why} @ {N0} spec.policyTypes[0]")]);
}

#[test]
fn an_empty_rule_allows_all_and_an_empty_list_allows_nothing() {
    let open = |path: &str| format!("open all ports | 0.0.0.0/0, ::/0 @ {N0} {path}");
    check(&["{podSelector: {}, egress: [{}]}"], &[&open("spec.egress[0]")]);
    check(&["{podSelector: {}, egress: [{to: []}]}"], &[&open("spec.egress[0]")]);
    check(&["{podSelector: {}, egress: [{to: null, ports: null}]}"], &[&open("spec.egress[0]")]);
    check(&["{podSelector: {}, policyTypes: [Egress], egress: [null]}"], &[&open("spec.egress[0]")]);
    check(&["{podSelector: {}, egress: [{to: [{namespaceSelector: {}}]}, {ports: []}]}"], &[&open("spec.egress[1]")]);
}

#[test]
fn blocks_count_as_sets_of_addresses() {
    let rule = |to: &str| format!("{{podSelector: {{}}, egress: [{{to: [{to}]}}]}}");
    let open = |to: &str, at: usize| format!("open all ports | {to} @ {N0} spec.egress[0].to[{at}]");
    let block = |cidr: &str| format!("{{ipBlock: {{cidr: {cidr}}}}}");
    for (cidr, to) in
        [("0.0.0.0/0", "0.0.0.0/0"), ("'::/0'", "::/0"), ("8.8.8.8/32", "8.8.8.8/32"), ("10.0.0.0/7", "10.0.0.0/7")]
    {
        check(&[&rule(&block(cidr))], &[&open(to, 0)]);
    }
    for cidr in ["10.0.0.0/8", "192.168.4.0/24", "100.64.0.0/10", "fd00::/8", "127.0.0.0/8", "224.0.0.0/4"] {
        check(&[&rule(&block(&format!("'{cidr}'")))], &[]);
    }
    let halves = rule(&format!("{}, {}", block("0.0.0.0/1"), block("128.0.0.0/1")));
    check(&[&halves], &[&open("0.0.0.0/1", 0), &open("128.0.0.0/1", 1)]);
}

#[test]
fn except_is_taken_out_of_the_block() {
    let rule = |cidr: &str, except: &str| {
        format!("{{podSelector: {{}}, egress: [{{to: [{{ipBlock: {{cidr: {cidr}, except: [{except}]}}}}]}}]}}")
    };
    let open = |to: &str| format!("open all ports | {to} @ {N0} spec.egress[0].to[0]");
    check(&[&rule("0.0.0.0/0", "10.0.0.0/8")], &[&open("0.0.0.0/0")]);
    check(&[&rule("0.0.0.0/0", "0.0.0.0/1, 128.0.0.0/1")], &[]);
    check(&[&rule("8.0.0.0/7", "8.0.0.0/8")], &[&open("9.0.0.0/8")]);
    check(&[&rule("10.0.0.0/7", "11.0.0.0/8")], &[]);
    let outside = "unknown `spec.egress[0].to[0].ipBlock.except[0]` is not a part of `cidr`";
    check(&[&rule("8.0.0.0/8", "9.0.0.0/8")], &[&format!("{outside} @ {N0} spec.egress[0].to[0].ipBlock.except[0]")]);
    let cidr = "unknown `8.0.0.0/99` is not a range of addresses in CIDR form";
    check(&[&rule("8.0.0.0/99", "")], &[&format!("{cidr} @ {N0} spec.egress[0].to[0].ipBlock.cidr")]);
}

#[test]
fn ports_narrow_a_rule() {
    let rule = |ports: &str| format!("{{podSelector: {{}}, egress: [{{ports: [{ports}]}}]}}");
    let open = |ports: &str| format!("open {ports} | 0.0.0.0/0, ::/0 @ {N0} spec.egress[0]");
    check(&[&rule("{port: 443}")], &[&open("tcp/443")]);
    check(&[&rule("{protocol: UDP, port: 53}, {protocol: TCP, port: 53}")], &[&open("tcp/53, udp/53")]);
    check(&[&rule("{port: 8000, endPort: 8100}")], &[&open("tcp/8000-8100")]);
    check(&[&rule("{protocol: SCTP}")], &[&open("sctp")]);
    check(&[&rule("{}")], &[&open("tcp")]);
    let unknown = |why: &str, path: &str| format!("unknown {why} @ {N0} spec.egress[0].ports[0]{path}");
    check(
        &[&rule("{port: https}")],
        &[&unknown("the named port `https` stands for what its destination calls so", ".port")],
    );
    check(&[&rule("{port: 0}")], &[&unknown("`spec.egress[0].ports[0].port` is not a port number", ".port")]);
    check(&[&rule("{protocol: tcp}")], &[&unknown("`tcp` is not a protocol of policies", ".protocol")]);
    check(&[&rule("{port: 9, endPort: 8}")], &[&unknown("`endPort` is not a port at or above `port`", ".endPort")]);
    // What cannot be read about ports does not matter where only pods are reached.
    check(&["{podSelector: {}, egress: [{to: [{podSelector: {}}], ports: [{port: dns}]}]}"], &[]);
}

#[test]
fn peers_that_the_api_server_refuses_leave_the_answer_open() {
    let rule = |peer: &str| format!("{{podSelector: {{}}, egress: [{{to: [{peer}]}}]}}");
    let unknown = |why: &str, path: &str| format!("unknown {why} @ {N0} spec.egress[0].to[0]{path}");
    let none = "a peer names neither `ipBlock` nor a selector";
    check(&[&rule("{}")], &[&unknown(none, "")]);
    let both = "{ipBlock: {cidr: 10.0.0.0/8}, podSelector: {}}";
    check(&[&rule(both)], &[&unknown("`ipBlock` cannot stand beside a selector", "")]);
    check(
        &[&rule("{ipBlock: {}}")],
        &[&unknown("`spec.egress[0].to[0].ipBlock` is not an `ipBlock` with a `cidr`", ".ipBlock")],
    );
}

#[test]
fn policies_add_up_and_never_take_away() {
    let closed = "{podSelector: {}, policyTypes: [Egress]}";
    let open = "{podSelector: {matchLabels: {app: web}}, egress: [{to: [{ipBlock: {cidr: 8.8.8.8/32}}], ports: [{port: 53}]}]}";
    let n1 = "open tcp/53 | 8.8.8.8/32 @ networking.k8s.io/NetworkPolicy/a/n1 spec.egress[0].to[0]";
    check(&[closed, open], &[n1]);
    check(&[closed, "{podSelector: {matchLabels: {app: other}}, egress: [{}]}"], &[]);
}

#[test]
fn a_policy_counts_in_its_own_namespace_only() {
    let text =
        policies(&["{podSelector: {}, policyTypes: [Egress]}"]).replace("namespace: a, labels", "namespace: b, labels");
    let environment = environment(&text);
    let open = "open all ports | 0.0.0.0/0, ::/0 @ Pod/b/p spec";
    assert_eq!(lines(of(&derive(&environment).internet, "Pod/b/p")), [open]);
}

#[test]
fn a_workload_without_a_namespace_is_covered_by_policies_without_one() {
    let text = policies(&["{podSelector: {}, policyTypes: [Egress]}"]).replace(", namespace: a", "");
    assert_eq!(lines(of(&derive(&environment(&text)).internet, "Pod/?/p")), Vec::<String>::new());
}

#[test]
fn a_policy_defined_twice_is_not_known() {
    let closed = policies(&["{podSelector: {}, policyTypes: [Egress]}"]);
    let text = closed.clone() + closed.split_once("---").map(|(_, policy)| format!("---{policy}")).unwrap().as_str();
    let twice = format!("unknown the policy is defined twice @ {N0} ");
    assert_eq!(lines(of(&derive(&environment(&text)).internet, "Pod/a/p")), [twice]);
}

#[test]
fn a_policy_defined_twice_is_known_where_no_definition_isolates() {
    let ingress = policies(&["{podSelector: {}, policyTypes: [Ingress]}"]);
    let text = ingress.clone() + ingress.split_once("---").map(|(_, policy)| format!("---{policy}")).unwrap().as_str();
    assert_eq!(lines(of(&derive(&environment(&text)).internet, "Pod/a/p")), [OPEN_POD]);
}

#[test]
fn a_workload_defined_twice_is_not_known() {
    let text = policies(&["{podSelector: {}, policyTypes: [Egress]}"]) + "---" + POD;
    assert_eq!(lines(of(&derive(&environment(&text)).internet, "Pod/a/p")), ["unknown it is defined twice @ Pod/a/p "]);
}

#[test]
fn a_pod_on_the_host_network_leaves_through_its_node() {
    let closed = policies(&["{podSelector: {}, policyTypes: [Ingress, Egress]}"]);
    let on_host = closed.replace("containers: []", "containers: [], hostNetwork: true");
    let mut on_host = environment(&on_host);
    let open = "open all ports | 0.0.0.0/0, ::/0 @ Pod/a/p spec.hostNetwork";
    let derived = derive(&on_host);
    assert_eq!(lines(of(&derived.internet, "Pod/a/p")), [open]);
    let isolation = ["ingress", "egress"].map(|way| format!("open host_network | {way} @ Pod/a/p spec.hostNetwork"));
    assert_eq!(lines(of(&derived.isolation, "Pod/a/p")), isolation);

    let route = NodeRoute { closed_by: "the firewall of the hall".into(), owner: "drift".into() };
    let described = speguard::model::ClusterDescription {
        name: on_host.clusters[0].name.clone(),
        sources: Vec::new(),
        network_plugin: None,
        node_route: Some(route),
    };
    on_host.description.clusters.push(described);
    assert_eq!(lines(of(&derive(&on_host).internet, "Pod/a/p")), Vec::<String>::new());

    let odd = environment(&closed.replace("containers: []", "containers: [], hostNetwork: 1"));
    let unknown = "unknown `spec.hostNetwork` is not true or false @ Pod/a/p spec.hostNetwork";
    assert_eq!(lines(of(&derive(&odd).internet, "Pod/a/p")), [unknown]);
}

#[test]
fn what_the_description_allows_does_not_count_on_the_ports_it_allows() {
    let rule = "{podSelector: {}, egress: [{to: [{ipBlock: {cidr: 8.8.8.0/31}}], ports: [{port: 443}, {port: 80}]}]}";
    let allowed = |cidr: &str, ports: &[&str]| {
        let destination = Destination {
            cidr: Some(cidr.into()),
            host: None,
            service_tag: None,
            ports: ports.iter().map(|port| (*port).into()).collect(),
            owner: "drift".into(),
            reason: "mirror".into(),
        };
        let mut environment = environment(&policies(&[rule]));
        environment.description = Description { allowed_destinations: vec![destination], ..Description::default() };
        lines(of(&derive(&environment).internet, "Pod/a/p"))
    };
    let open = |to: &str, ports: &str| format!("open {ports} | {to} @ {N0} spec.egress[0].to[0]");
    assert_eq!(allowed("8.8.8.0/31", &[]), Vec::<String>::new());
    assert_eq!(allowed("8.8.8.0/31", &["tcp/443"]), [open("8.8.8.0/31", "tcp/80")]);
    assert_eq!(allowed("8.8.8.0/31", &["tcp/https"]), [open("8.8.8.0/31", "tcp/80, tcp/443")]);
    let both = [open("8.8.8.0/32", "tcp/80"), open("8.8.8.1/32", "tcp/80, tcp/443")];
    assert_eq!(allowed("8.8.8.0/32", &["tcp/443"]), both);
}

#[test]
fn what_hides_policies_turns_closed_into_unknown_and_leaves_open_open() {
    let mut closed = environment(&policies(&["{podSelector: {}, policyTypes: [Egress]}"]));
    let problem = |namespace: Option<&str>| {
        let mut problem = speguard::model::Problem::new(Origin::file("broken.yaml"), "it is not YAML");
        problem.hides.as_mut().unwrap().namespace = namespace.map(Into::into);
        problem
    };
    closed.problems = vec![problem(Some("b"))];
    assert_eq!(lines(of(&derive(&closed).internet, "Pod/a/p")), Vec::<String>::new());
    closed.problems = vec![problem(None)];
    let hidden = "unknown `broken.yaml` could not be read and may hold a policy for it @ Pod/a/p spec";
    assert_eq!(lines(of(&derive(&closed).internet, "Pod/a/p")), [hidden]);
    let mut open = environment(POD);
    open.problems = closed.problems;
    assert_eq!(lines(of(&derive(&open).internet, "Pod/a/p")), [OPEN_POD]);
}

#[test]
fn kinds_that_are_not_read_make_the_answer_unknown_where_they_may_decide() {
    let closed = policies(&["{podSelector: {}, policyTypes: [Ingress, Egress]}"]);
    let answer = |text: &str, kind: &str, namespace: &str, spec: &str| {
        let (version, kind) = kind.rsplit_once('/').unwrap();
        let text = format!(
            "{text}---\napiVersion: {version}/v1\nkind: {kind}\nmetadata: {{name: x{namespace}}}\nspec: {spec}\n"
        );
        lines(of(&derive(&environment(&text)).internet, "Pod/a/p"))
    };
    let (here, there, nowhere) = (", namespace: a", ", namespace: b", "");
    let not_read =
        |kind: &str, namespace: &str| vec![format!("unknown `{kind}` is not read yet @ {kind}{namespace}/x spec")];
    let kind = "cilium.io/CiliumNetworkPolicy";
    assert_eq!(answer(POD, kind, here, "{endpointSelector: {}}"), not_read(kind, "/a"));
    assert_eq!(
        answer(&closed, kind, here, "{endpointSelector: {matchLabels: {'k8s:app': web}}}"),
        not_read(kind, "/a")
    );
    assert_eq!(answer(POD, kind, here, "{endpointSelector: {matchLabels: {app: other}}}"), [OPEN_POD]);
    assert_eq!(answer(POD, kind, there, "{endpointSelector: {}}"), [OPEN_POD]);
    for kind in ["projectcalico.org/GlobalNetworkPolicy", "crd.projectcalico.org/GlobalNetworkPolicy"] {
        assert_eq!(answer(POD, kind, nowhere, "{selector: all()}"), not_read(kind, ""));
        assert_eq!(answer(&closed, kind, nowhere, "{selector: all()}"), not_read(kind, ""));
    }
    let admin = "policy.networking.k8s.io/AdminNetworkPolicy";
    let subject = "{subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: a}}}}";
    assert_eq!(answer(&closed, admin, nowhere, subject), not_read(admin, ""));
    assert_eq!(answer(&closed, admin, nowhere, &subject.replace(": a}", ": b}")), Vec::<String>::new());
    // The labels of a namespace that was not read may be anything.
    assert_eq!(
        answer(&closed, admin, nowhere, "{subject: {namespaces: {matchLabels: {team: x}}}}"),
        not_read(admin, "")
    );
    let baseline = "policy.networking.k8s.io/BaselineAdminNetworkPolicy";
    assert_eq!(answer(POD, baseline, nowhere, "{subject: {namespaces: {}}}"), not_read(baseline, ""));
    assert_eq!(answer(&closed, baseline, nowhere, "{subject: {namespaces: {}}}"), Vec::<String>::new());
    let mesh = "networking.istio.io/ServiceEntry";
    assert_eq!(answer(&closed, mesh, here, "{hosts: [example.org]}"), not_read(mesh, "/a"));
    assert_eq!(answer(POD, mesh, here, "{hosts: [example.org]}"), [OPEN_POD]);
    let firewall = "k8s.ovn.org/EgressFirewall";
    assert_eq!(answer(POD, firewall, here, "{egress: []}"), not_read(firewall, "/a"));
    assert_eq!(answer(&closed, firewall, here, "{egress: []}"), Vec::<String>::new());
}

#[test]
fn further_networks_are_not_bound_by_policies() {
    let closed = policies(&["{podSelector: {}, policyTypes: [Egress]}"]);
    let text = closed.replacen("metadata: {", "metadata: {annotations: {k8s.v1.cni.cncf.io/networks: storage}, ", 1);
    let path = "metadata.annotations.k8s.v1.cni.cncf.io/networks";
    let unknown = format!("unknown it has further networks, which network policies do not bind @ Pod/a/p {path}");
    assert_eq!(lines(of(&derive(&environment(&text)).internet, "Pod/a/p")), [unknown]);
}

#[test]
fn isolation_names_each_direction_that_is_not_isolated_and_why() {
    let isolation = |specs: &[&str]| lines(of(&derive(&environment(&policies(specs))).isolation, "Pod/a/p"));
    let open = |cause: &str, direction: &str, place: &str| format!("open {cause} | {direction} @ {place}");
    let both = [open("not_selected", "ingress", "Pod/a/p spec"), open("not_selected", "egress", "Pod/a/p spec")];
    assert_eq!(isolation(&[]), both);
    assert_eq!(isolation(&["{podSelector: {}}"]), [both[1].clone()]);
    assert_eq!(isolation(&["{podSelector: {}, policyTypes: [Egress]}"]), [both[0].clone()]);
    assert_eq!(isolation(&["{podSelector: {}, policyTypes: [Ingress, Egress]}"]), Vec::<String>::new());
    let all = "{podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{}], egress: [{ports: [{port: 1}]}]}";
    assert_eq!(isolation(&[all]), [open("allows_all", "ingress", &format!("{N0} spec.ingress[0]"))]);
}

#[test]
fn a_namespace_is_isolated_by_policies_that_select_every_pod() {
    let namespace = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n";
    let isolation = |specs: &[&str]| {
        let text = policies(specs) + namespace;
        lines(of(&derive(&environment(&text)).isolation, "Namespace/a"))
    };
    let open = |direction: &str| format!("open not_selected | {direction} @ Namespace/a ");
    assert_eq!(isolation(&["{podSelector: {}, policyTypes: [Ingress, Egress]}"]), Vec::<String>::new());
    assert_eq!(
        isolation(&["{podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress, Egress]}"]),
        [open("ingress"), open("egress")]
    );
    assert_eq!(isolation(&["{podSelector: {}}"]), [open("egress")]);
}

#[test]
fn the_witness_leads_from_the_workload_to_the_rule() {
    let environment = environment(&policies(&["{podSelector: {}, egress: [{}]}"]));
    let derived = derive(&environment);
    let witness = &of(&derived.internet, "Pod/a/p").unwrap()[0].witness;
    let hops: Vec<String> =
        witness.iter().map(|hop| format!("{} {}", hop.resource.address(), shown(&hop.path))).collect();
    assert_eq!(hops, ["Pod/a/p spec", &format!("{N0} spec.egress[0]")]);
}

#[test]
fn labels_that_controllers_add_can_be_selected_by() {
    let answer = |kind: &str, selector: &str, spec: &str| {
        let (version, name) = kind.rsplit_once('/').unwrap();
        let text = format!(
            "apiVersion: {version}/v1\nkind: {name}\nmetadata: {{name: w, namespace: a}}\nspec: {{template: {{metadata: {{labels: {{app: web}}}}, spec: {{containers: []}}}}}}\n{}",
            policies(&["{podSelector: {}, policyTypes: [Egress]}", &format!("{{podSelector: {selector}, {spec}}}")])
                .split_once("---")
                .map(|(_, policies)| format!("---{policies}"))
                .unwrap()
        );
        lines(of(&derive(&environment(&text)).internet, &format!("{kind}/a/w")))
    };
    let n1 = "networking.k8s.io/NetworkPolicy/a/n1";
    let by_name = "{matchLabels: {job-name: w}}";
    let open = format!("open all ports | 0.0.0.0/0, ::/0 @ {n1} spec.egress[0]");
    assert_eq!(answer("batch/Job", by_name, "egress: [{}]"), std::slice::from_ref(&open));
    assert_eq!(answer("batch/Job", &by_name.replace('w', "x"), "egress: [{}]"), Vec::<String>::new());
    assert_eq!(
        answer("apps/Deployment", "{matchExpressions: [{key: pod-template-hash, operator: Exists}]}", "egress: [{}]"),
        [open]
    );
    let maybe = "unknown its label `pod-template-hash` is not known @ apps/Deployment/a/w spec.template.spec";
    assert_eq!(answer("apps/Deployment", "{matchLabels: {pod-template-hash: x}}", "egress: [{}]"), [maybe]);
    assert_eq!(
        answer("apps/Deployment", "{matchLabels: {pod-template-hash: x}}", "policyTypes: [Egress]"),
        Vec::<String>::new()
    );
}

#[test]
fn a_service_that_leads_out_is_unknown_for_pods_that_may_connect_to_private_ranges() {
    let answer = |to: &str, endpoints: &str| {
        let text = policies(&[&format!("{{podSelector: {{}}, policyTypes: [Egress], egress: [{to}]}}")]) + endpoints;
        lines(of(&derive(&environment(&text)).internet, "Pod/a/p"))
    };
    let private = "{to: [{ipBlock: {cidr: 10.0.0.0/8}}]}";
    let endpoints = "---\napiVersion: v1\nkind: Endpoints\nmetadata: {name: out, namespace: b}\nsubsets: [{addresses: [{ip: 10.1.1.1}, {ip: 8.8.8.8}]}]\n";
    let why = "the Service `out` leads to `8.8.8.8`, and policies may be held against the Service";
    let unknown = format!("unknown {why} @ Endpoints/b/out subsets[0].addresses[1].ip");
    assert_eq!(answer(private, endpoints), [unknown]);
    assert_eq!(answer("{to: [{podSelector: {}}]}", endpoints), Vec::<String>::new());
    assert_eq!(answer("", endpoints), Vec::<String>::new());
    assert_eq!(answer(private, &endpoints.replace("8.8.8.8", "10.1.1.2")), Vec::<String>::new());
    let slice = "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: out-1, namespace: b, labels: {kubernetes.io/service-name: out}}\naddressType: IPv4\nendpoints: [{addresses: [8.8.8.8]}]\n";
    let unknown = format!("unknown {why} @ discovery.k8s.io/EndpointSlice/b/out-1 endpoints[0].addresses[0]");
    assert_eq!(answer(private, slice), [unknown]);
}

#[test]
fn more_policies_than_can_be_asked_are_unknown() {
    let spec = "{podSelector: {}, policyTypes: [Egress]}";
    let environment = environment(&policies(&vec![spec; 5001]));
    let unknown = "unknown more than 5000 policies may select it @ Pod/a/p spec";
    assert_eq!(lines(of(&derive(&environment).internet, "Pod/a/p")), [unknown]);
}
