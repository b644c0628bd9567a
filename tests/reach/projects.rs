//! Connections between projects: what both sides allow, and what cannot be told.
mod oracle;

use super::{derive, environment, lines, of, unlisted};
use speguard::{
    model::{Environment, Project, Resource, SharedService},
    reach::kubernetes,
};

/// A pod in the namespace of each of two projects, and one of the platform.
const PODS: &str = "
{apiVersion: v1, kind: Namespace, metadata: {name: heart, labels: {spe/project: heart}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: lungs, labels: {spe/project: lungs}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: edge, labels: {spe/zone: front-door}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: heart, labels: {app: web}}, spec: {containers: []}}
---
{apiVersion: v1, kind: Pod, metadata: {name: q, namespace: lungs, labels: {app: db}}, spec: {containers: []}}
---
{apiVersion: v1, kind: Pod, metadata: {name: door, namespace: edge}, spec: {containers: []}}
";

const P: &str = "Pod/heart/p";
const Q: &str = "Pod/lungs/q";
const DENY: &str = "{podSelector: {}, policyTypes: [Ingress, Egress]}";
const FROM_HEART: &str = "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {spe/project: heart}}}], ports: [{port: 5432}]}]}";
const TO_LUNGS: &str = "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {spe/project: lungs}}}]}]}";

fn policy(namespace: &str, name: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {spec}\n"
    )
}

/// The pods, policies of both projects by namespace, and whatever else there is.
fn cluster(heart: &[&str], lungs: &[&str], more: &str) -> Environment {
    let of = |namespace: &'static str| move |(at, spec): (usize, &&str)| policy(namespace, &format!("n{at}"), spec);
    let policies = heart.iter().enumerate().map(of("heart")).chain(lungs.iter().enumerate().map(of("lungs")));
    described(environment(&(PODS.to_owned() + &policies.collect::<String>() + more)))
}

/// As a person describes it: what is not a project's is the platform's.
fn described(mut environment: Environment) -> Environment {
    environment.description.stated = true;
    let project = |name: &str| Project { name: name.into(), namespaces: [name.into()].into(), ..Project::default() };
    environment.description.projects = vec![project("heart"), project("lungs")];
    for resource in environment.resources.values_mut().flatten() {
        let of = if resource.id.kind.as_ref() == "Namespace" { &resource.id.name } else { &resource.id.namespace };
        if of.as_ref() == "edge" {
            resource.scope = speguard::model::Scope::Platform;
        }
    }
    environment
}

#[track_caller]
fn check(environment: &Environment, address: &str, expected: &[&str]) {
    assert_eq!(lines(of(&derive(environment).projects, address)), expected);
}

fn hops(environment: &Environment, address: &str) -> Vec<String> {
    let reach = derive(environment);
    let way = of(&reach.projects, address).unwrap().first().unwrap();
    way.witness.iter().map(|hop| format!("{} {}", hop.resource.address(), speguard::model::shown(&hop.path))).collect()
}

const NP: &str = "networking.k8s.io/NetworkPolicy";

#[test]
fn without_policies_every_project_is_open_to_every_other() {
    let environment = cluster(&[], &[], "");
    check(&environment, P, &["open all ports | lungs @ Pod/lungs/q spec"]);
    check(&environment, Q, &["open all ports | heart @ Pod/heart/p spec"]);
    let both = ["open all ports | heart @ Pod/heart/p spec", "open all ports | lungs @ Pod/lungs/q spec"];
    check(&environment, "Pod/edge/door", &both);
}

#[test]
fn both_sides_must_allow_a_connection() {
    check(&cluster(&[DENY], &[], ""), P, &[]);
    check(&cluster(&[], &[DENY], ""), P, &[]);
    check(&cluster(&[DENY], &[FROM_HEART], ""), P, &[]);
    check(&cluster(&[TO_LUNGS], &[DENY], ""), P, &[]);
    let open = format!("open tcp/5432 | lungs @ {NP}/lungs/n1 spec.ingress[0].from[0]");
    check(&cluster(&[DENY, TO_LUNGS], &[DENY, FROM_HEART], ""), P, &[&open]);
    check(&cluster(&[DENY, TO_LUNGS], &[DENY, FROM_HEART], ""), Q, &[]);
}

#[test]
fn the_witness_names_the_rules_of_both_sides() {
    let both = hops(&cluster(&[DENY, TO_LUNGS], &[DENY, FROM_HEART], ""), P);
    let egress = format!("{NP}/heart/n1 spec.egress[0].to[0]");
    assert_eq!(both, ["Pod/heart/p spec", &egress, &format!("{NP}/lungs/n1 spec.ingress[0].from[0]")]);
    let unisolated = hops(&cluster(&[TO_LUNGS], &[], ""), P);
    assert_eq!(unisolated, ["Pod/heart/p spec", &format!("{NP}/heart/n0 spec.egress[0].to[0]"), "Pod/lungs/q spec"]);
}

#[test]
fn ports_of_both_sides_must_meet() {
    let to =
        |ports: &str| format!("{{podSelector: {{}}, egress: [{{to: [{{namespaceSelector: {{}}}}], ports: {ports}}}]}}");
    let open = format!("open tcp/5432 | lungs @ {NP}/lungs/n0 spec.ingress[0].from[0]");
    check(&cluster(&[&to("[{port: 5000, endPort: 6000}]")], &[FROM_HEART], ""), P, &[&open]);
    check(&cluster(&[&to("[{port: 443}]")], &[FROM_HEART], ""), P, &[]);
    check(&cluster(&[&to("[{port: 5432, protocol: UDP}]")], &[FROM_HEART], ""), P, &[]);
    let named = format!(
        "unknown lungs | the named port `sql` stands for what its destination calls so @ {NP}/heart/n0 spec.egress[0].to[0]"
    );
    check(&cluster(&[&to("[{port: sql}]")], &[FROM_HEART], ""), P, &[&named]);
}

#[test]
fn peers_are_chosen_by_the_labels_of_pod_and_namespace() {
    let from = |peer: &str| format!("{{podSelector: {{}}, ingress: [{{from: [{peer}]}}]}}");
    let open = [&*format!("open all ports | lungs @ {NP}/lungs/n0 spec.ingress[0].from[0]")];
    for peer in [
        "{namespaceSelector: {}}",
        "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: heart}}}",
        "{namespaceSelector: {matchExpressions: [{key: spe/project, operator: NotIn, values: [lungs]}]}}",
        "{namespaceSelector: {}, podSelector: {matchLabels: {app: web}}}",
        "{ipBlock: {cidr: 0.0.0.0/0}}",
        "{ipBlock: {cidr: 0.0.0.0/1}}, {ipBlock: {cidr: 128.0.0.0/1}}",
    ] {
        check(&cluster(&[], &[&from(peer)], ""), P, &open);
    }
    for peer in [
        "{podSelector: {}}",
        "{podSelector: {matchLabels: {app: web}}}",
        "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: lungs}}}",
        "{namespaceSelector: {}, podSelector: {matchLabels: {app: db}}}",
        "{ipBlock: {cidr: 8.8.8.0/24}}",
    ] {
        check(&cluster(&[], &[&from(peer)], ""), P, &[]);
    }
}

#[test]
fn a_range_that_may_hold_pods_is_unknown_and_with_cilium_never_certain() {
    let to = |block: &str| {
        format!("{{podSelector: {{}}, policyTypes: [Egress], egress: [{{to: [{{ipBlock: {{cidr: {block}}}}}]}}]}}")
    };
    let why = "lungs | the range that it allows may hold addresses of the cluster";
    let unknown = format!("unknown {why} @ {NP}/heart/n0 spec.egress[0].to[0]");
    check(&cluster(&[&to("10.0.0.0/8")], &[], ""), P, &[&unknown]);
    check(&cluster(&[&to("10.0.0.0/8")], &[DENY], ""), P, &[]);
    let mut cilium = cluster(&[&to("0.0.0.0/0")], &[], "");
    check(&cilium, P, &["open all ports | lungs @ Pod/lungs/q spec"]);
    cilium.description.network_plugin = Some("cilium".into());
    check(&cilium, P, &[&unknown]);
}

#[test]
fn namespaces_of_one_project_are_no_others() {
    let mut environment = cluster(&[], &[], "");
    environment.description.projects = vec![Project {
        name: "both".into(),
        namespaces: ["heart".into(), "lungs".into()].into(),
        ..Project::default()
    }];
    check(&environment, P, &[]);
}

#[test]
fn without_a_description_every_namespace_is_a_project_unless_labels_join_them() {
    let pods = "
{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: a}, spec: {containers: []}}
---
{apiVersion: v1, kind: Pod, metadata: {name: q, namespace: b}, spec: {containers: []}}
---
{apiVersion: v1, kind: Pod, metadata: {name: s, namespace: kube-system}, spec: {containers: []}}
";
    check(&environment(pods), "Pod/a/p", &["open all ports | b @ Pod/b/q spec"]);
    let joined = "---\n{apiVersion: v1, kind: Namespace, metadata: {name: a, labels: {spe/project: x}}}\n---\n{apiVersion: v1, kind: Namespace, metadata: {name: b, labels: {spe/project: x}}}\n";
    check(&environment(&(pods.to_owned() + joined)), "Pod/a/p", &[]);
}

#[test]
fn a_namespace_without_workloads_stands_for_those_it_may_hold() {
    let empty = "---\n{apiVersion: v1, kind: Namespace, metadata: {name: liver, labels: {spe/project: liver}}}\n";
    let environment = cluster(&[], &[DENY], empty);
    check(&environment, P, &["unknown liver | nothing that runs in `liver` was read @ Namespace/liver "]);
    let closed = policy("liver", "deny", DENY);
    check(&cluster(&[], &[DENY], &(empty.to_owned() + &closed)), P, &[]);
}

#[test]
fn a_project_that_was_not_read_is_unknown_unless_everything_was() {
    let mut environment = cluster(&[], &[DENY], "");
    environment.description.projects.push(Project {
        name: "liver".into(),
        namespaces: ["liver".into()].into(),
        ..Project::default()
    });
    let unknown = "unknown liver | nothing that runs in `liver` was read @ Pod/heart/p spec";
    check(&environment, P, &[unknown]);
    environment.description.complete.insert("kubernetes".into());
    check(&environment, P, &[]);
}

#[test]
fn a_shared_service_is_no_other_project() {
    let mut environment = cluster(&[], &[], "");
    let shared = |namespace: Option<&str>, selector: &[(&str, &str)], ports: &[&str]| SharedService {
        name: "database".into(),
        namespace: namespace.map(Into::into),
        selector: selector.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect(),
        ports: ports.iter().map(|port| (*port).into()).collect(),
    };
    environment.description.shared_services = vec![shared(Some("lungs"), &[("app", "db")], &[])];
    check(&environment, P, &[]);
    environment.description.shared_services = vec![shared(Some("lungs"), &[], &["tcp/5432"])];
    let rest = "open tcp/1-5431, tcp/5433-65535, udp, sctp | lungs @ Pod/lungs/q spec";
    check(&environment, P, &[rest]);
    for other in [shared(None, &[], &[]), shared(Some("heart"), &[], &[]), shared(None, &[("app", "other")], &[])] {
        environment.description.shared_services = vec![other];
        check(&environment, P, &["open all ports | lungs @ Pod/lungs/q spec"]);
    }
}

#[test]
fn policies_do_not_bind_pods_on_the_host_network() {
    let host = "---\n{apiVersion: v1, kind: Pod, metadata: {name: h, namespace: heart}, spec: {hostNetwork: true, containers: []}}\n";
    check(&cluster(&[DENY], &[], host), "Pod/heart/h", &["open all ports | lungs @ Pod/lungs/q spec"]);
    let beside = "lungs | the node that it runs on may connect to every pod beside it";
    let unknown = format!("unknown {beside} @ Pod/lungs/q spec");
    check(&cluster(&[DENY], &[DENY], host), "Pod/heart/h", &[&unknown]);
    // The other way round: a pod that may connect to nodes' addresses.
    let open = ["open all ports | heart @ Pod/heart/h spec"];
    check(&cluster(&[DENY], &["{podSelector: {}}"], host), Q, &open);
    let chosen = "{podSelector: {}, egress: [{to: [{namespaceSelector: {}}]}]}";
    let why = "heart | whether labels choose a pod on the host network is up to the network plugin";
    let unknown = format!("unknown {why} @ {NP}/lungs/n0 spec.egress[0].to[0]");
    check(&cluster(&[DENY], &[chosen], host), Q, &[&unknown]);
}

#[test]
fn kinds_that_are_not_read_may_open_and_may_close() {
    let cilium = "---\n{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: c, namespace: lungs}, spec: {endpointSelector: {}}}\n";
    let unknown =
        "unknown lungs | `cilium.io/CiliumNetworkPolicy` is not read yet @ cilium.io/CiliumNetworkPolicy/lungs/c spec";
    check(&cluster(&[], &[], cilium), P, &[unknown]);
    check(&cluster(&[], &[DENY], cilium), P, &[unknown]);
    // What the own egress closes, no policy of another namespace can open.
    check(&cluster(&[DENY], &[DENY], cilium), P, &[]);
}

#[test]
fn a_service_on_the_nodes_may_carry_connections_on() {
    let service = |kind: &str| {
        format!(
            "---\n{{apiVersion: v1, kind: Service, metadata: {{name: s, namespace: lungs}}, spec: {{type: {kind}, selector: {{app: db}}}}}}\n"
        )
    };
    let why = "lungs | nodes carry connections on to it, and network policies do not bind them";
    for kind in ["NodePort", "LoadBalancer"] {
        check(&cluster(&[], &[DENY], &service(kind)), P, &[&format!("unknown {why} @ Service/lungs/s spec.type")]);
        check(&cluster(&[DENY], &[DENY], &service(kind)), P, &[]);
    }
    check(&cluster(&[], &[DENY], &service("ClusterIP")), P, &[]);
}

#[test]
fn one_project_can_be_asked_for() {
    let environment = cluster(&[], &[], "");
    let subjects: Vec<&Resource> = environment.all().collect();
    let ways = |project: &str| kubernetes::connections_to_project(&environment, &subjects, &project.into()).unwrap();
    assert_eq!(lines(of(&ways("lungs"), P)), ["open all ports | lungs @ Pod/lungs/q spec"]);
    assert_eq!(lines(of(&ways("heart"), P)), Vec::<String>::new());
    let none = kubernetes::connections_to_project(&environment, &subjects, &"liver".into()).unwrap_err();
    assert_eq!(none, std::collections::BTreeSet::from(["heart".into(), "lungs".into()]));
}

#[test]
fn many_projects_are_derived_by_what_they_allow() {
    let monitored = "{podSelector: {}, ingress: [{from: [{podSelector: {}}, {namespaceSelector: {}, podSelector: {matchLabels: {app: monitor}}}]}]}";
    let names = "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {}, podSelector: {matchLabels: {app: dns}}}]}]}";
    for policies in [&[][..], &[DENY][..], &[DENY, TO_LUNGS][..], &[monitored][..], &[names][..]] {
        let mut text = String::new();
        for at in 0..large() {
            let name = format!("p{at}");
            text += &format!("---\n{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}}}}}\n");
            for (index, spec) in policies.iter().enumerate() {
                text += &policy(&name, &format!("n{index}"), spec);
            }
            for pod in 0..10 {
                text += &format!(
                    "---\n{{apiVersion: v1, kind: Pod, metadata: {{name: w{pod}, namespace: {name}, labels: {{app: w{pod}}}}}, spec: {{containers: []}}}}\n"
                );
            }
        }
        let environment = environment(&text);
        let reach = derive(&environment);
        let ways: usize = reach.projects.values().map(Vec::len).sum();
        assert_eq!(ways, if policies.is_empty() { large() * 10 * 10.min(large() - 1) } else { 0 });
    }
}

/// How many namespaces, of ten workloads each; `SPEGUARD_LARGE` asks for more than a quick test has.
fn large() -> usize {
    std::env::var("SPEGUARD_LARGE").ok().and_then(|text| text.parse().ok()).unwrap_or(40)
}

#[test]
fn a_kind_that_could_not_be_listed_leaves_unknown_what_it_may_open() {
    let closed = cluster(&[DENY], &[DENY], "");
    check(&closed, P, &[]);
    check(&unlisted(&closed, "ConfigMap"), P, &[]);
    let hidden = "unknown `/list` could not be read and may hold projects or policies @ Pod/heart/p spec";
    for kind in ["Pod", "apps/Deployment", "argoproj.io/Rollout", "Service", "Namespace"] {
        check(&unlisted(&closed, kind), P, &[hidden]);
    }
    // Who else there is opens no way to the internet.
    for kind in ["Pod", "Service"] {
        assert_eq!(lines(of(&derive(&unlisted(&closed, kind)).internet, P)), Vec::<String>::new());
    }
    let unread = |kind: &str| format!("unknown lungs | no `{kind}` could be listed @ {kind}/ spec");
    for kind in [NP, "cilium.io/CiliumNetworkPolicy"] {
        let lines = lines(of(&derive(&unlisted(&closed, kind)).projects, P));
        assert_eq!(lines, [unread(kind)], "{kind}");
    }
    // And what policies leave open may be closed by others.
    let open = cluster(&[], &[], "");
    assert_eq!(lines(of(&derive(&unlisted(&open, NP)).projects, P)), [unread(NP)]);
    check(&unlisted(&open, "Service"), P, &["open all ports | lungs @ Pod/lungs/q spec"]);
}
