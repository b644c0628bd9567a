//! A second opinion: every pair of pods and every port, one by one, held against the NetworkPolicy documentation, with none
//! of the code under test.
use super::super::{environment, of};
use proptest::prelude::*;
use speguard::{
    model::{Answer, Resource},
    reach,
};

/// Namespaces by name, with the project that their label names: two of one project, one each of two more.
const NAMESPACES: [(&str, &str); 4] = [("a", "heart"), ("b", "heart"), ("c", "lungs"), ("d", "liver")];
const APPS: [&str; 2] = ["web", "db"];
const PORTS: std::ops::RangeInclusive<u16> = 1..=4;

#[derive(Clone, Debug)]
struct Generated {
    namespace: usize,
    /// The app that it selects; `None` = every pod.
    app: Option<usize>,
    types: [bool; 2],
    /// Ingress, egress.
    rules: [Vec<Rule>; 2],
}

#[derive(Clone, Debug)]
struct Rule {
    /// Empty = everyone.
    peers: Vec<Peer>,
    /// Empty = all; TCP.
    ports: Vec<(u16, u16)>,
}

#[derive(Clone, Debug)]
struct Peer {
    namespaces: Option<Namespaces>,
    app: Option<usize>,
}

#[derive(Clone, Debug)]
enum Namespaces {
    All,
    Named(usize),
    Of(&'static str),
    NotOf(&'static str),
}

fn generated() -> impl Strategy<Value = Generated> {
    let namespaces = prop_oneof![
        Just(Namespaces::All),
        (0..NAMESPACES.len()).prop_map(Namespaces::Named),
        prop::sample::select(&["heart", "lungs", "liver"][..]).prop_map(Namespaces::Of),
        prop::sample::select(&["heart", "lungs"][..]).prop_map(Namespaces::NotOf),
    ];
    let app = || prop::option::of(0..APPS.len());
    let peer = (prop::option::of(namespaces), app()).prop_map(|(namespaces, app)| Peer { namespaces, app });
    let ports = prop::collection::vec((PORTS, 0..2_u16).prop_map(|(low, more)| (low, low + more)), 0..2);
    let rule = (prop::collection::vec(peer, 0..3), ports).prop_map(|(peers, ports)| Rule { peers, ports });
    let rules = || prop::collection::vec(rule.clone(), 0..3);
    let types = prop_oneof![Just([true, false]), Just([false, true]), Just([true, true])];
    (0..NAMESPACES.len(), app(), types, rules(), rules()).prop_map(|(namespace, app, types, ingress, egress)| {
        Generated { namespace, app, types, rules: [ingress, egress] }
    })
}

fn labels(app: Option<usize>) -> String {
    app.and_then(|app| APPS.get(app)).map_or_else(|| "{}".to_owned(), |app| format!("{{matchLabels: {{app: {app}}}}}"))
}

impl Generated {
    fn yaml(&self, at: usize) -> String {
        let types: Vec<&str> =
            ["Ingress", "Egress"].into_iter().zip(self.types).filter(|(_, is)| *is).map(|(name, _)| name).collect();
        let rules =
            |rules: &[Rule], peers: &str| rules.iter().map(|rule| rule.yaml(peers)).collect::<Vec<_>>().join(", ");
        let [ingress, egress] = &self.rules;
        format!(
            "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: n{at}, namespace: {}}}\nspec: {{podSelector: {}, policyTypes: [{}], ingress: [{}], egress: [{}]}}\n",
            NAMESPACES[self.namespace].0,
            labels(self.app),
            types.join(", "),
            rules(ingress, "from"),
            rules(egress, "to"),
        )
    }

    /// Whether it isolates a pod in a direction (0 = ingress).
    fn isolates(&self, (namespace, app): (usize, usize), direction: usize) -> bool {
        self.namespace == namespace && self.app.is_none_or(|chosen| chosen == app) && self.types[direction]
    }
}

impl Rule {
    fn yaml(&self, key: &str) -> String {
        let peers: Vec<String> = self.peers.iter().map(Peer::yaml).collect();
        let ports: Vec<String> =
            self.ports.iter().map(|(low, high)| format!("{{port: {low}, endPort: {high}}}")).collect();
        format!("{{{key}: [{}], ports: [{}]}}", peers.join(", "), ports.join(", "))
    }
}

impl Peer {
    fn yaml(&self) -> String {
        let namespaces = self.namespaces.as_ref().map(|namespaces| match namespaces {
            Namespaces::All => "namespaceSelector: {}".to_owned(),
            Namespaces::Named(at) => {
                format!("namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {}}}}}", NAMESPACES[*at].0)
            }
            Namespaces::Of(project) => format!("namespaceSelector: {{matchLabels: {{spe/project: {project}}}}}"),
            Namespaces::NotOf(project) => format!(
                "namespaceSelector: {{matchExpressions: [{{key: spe/project, operator: NotIn, values: [{project}]}}]}}"
            ),
        });
        let parts: Vec<String> = namespaces.into_iter().chain([format!("podSelector: {}", labels(self.app))]).collect();
        format!("{{{}}}", parts.join(", "))
    }

    fn is(&self, own: usize, (namespace, app): (usize, usize)) -> bool {
        let of = NAMESPACES[namespace].1;
        let chosen = match &self.namespaces {
            None => own == namespace,
            Some(Namespaces::All) => true,
            Some(Namespaces::Named(at)) => *at == namespace,
            Some(Namespaces::Of(project)) => of == *project,
            Some(Namespaces::NotOf(project)) => of != *project,
        };
        chosen && self.app.is_none_or(|chosen| chosen == app)
    }
}

/// "For a connection from a source pod to a destination pod to be allowed, both the egress policy on the source pod and the
/// ingress policy on the destination pod need to allow the connection."
fn allowed(policies: &[Generated], from: (usize, usize), to: (usize, usize), port: u16) -> bool {
    let side = |pod: (usize, usize), other: (usize, usize), direction: usize| {
        let mut isolating = policies.iter().filter(|policy| policy.isolates(pod, direction)).peekable();
        isolating.peek().is_none()
            || isolating.any(|policy| {
                policy.rules[direction].iter().any(|rule| {
                    let peer = rule.peers.is_empty() || rule.peers.iter().any(|peer| peer.is(policy.namespace, other));
                    peer && (rule.ports.is_empty()
                        || rule.ports.iter().any(|(low, high)| (*low..=*high).contains(&port)))
                })
            })
    };
    side(from, to, 1) && side(to, from, 0)
}

/// Whether `tcp/1-3, udp` names a TCP port.
fn names(ports: &str, port: u16) -> bool {
    ports == "all ports"
        || ports.split(", ").any(|part| match part.strip_prefix("tcp") {
            Some("") => true,
            Some(range) => {
                let range = range.trim_start_matches('/');
                let (low, high) = range.split_once('-').unwrap_or((range, range));
                (low.parse().unwrap()..=high.parse().unwrap()).contains(&port)
            }
            None => false,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn ways_between_projects_agree_with_each_pair_tried_alone(policies in prop::collection::vec(generated(), 0..7)) {
        let mut text = String::new();
        for (name, project) in NAMESPACES {
            text += &format!("---\n{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}, labels: {{spe/project: {project}}}}}}}\n");
            for app in APPS {
                text += &format!("---\n{{apiVersion: v1, kind: Pod, metadata: {{name: {app}, namespace: {name}, labels: {{app: {app}}}}}, spec: {{containers: []}}}}\n");
            }
        }
        text += &policies.iter().enumerate().map(|(at, policy)| policy.yaml(at)).collect::<String>();
        let environment = environment(&text);
        let subjects: Vec<&Resource> = environment.all().collect();
        let derived = reach::derive(&environment, &subjects).projects;
        let pods = || (0..NAMESPACES.len()).flat_map(|namespace| (0..APPS.len()).map(move |app| (namespace, app)));
        for from in pods() {
            let ways = of(&derived, &format!("Pod/{}/{}", NAMESPACES[from.0].0, APPS[from.1])).unwrap();
            prop_assert!(ways.iter().all(|way| way.answer == Answer::Open), "{:?}", ways);
            for project in ["heart", "lungs", "liver"] {
                for port in PORTS {
                    let others = pods().filter(|to| NAMESPACES[to.0].1 == project && NAMESPACES[from.0].1 != project);
                    let expected = others.into_iter().any(|to| allowed(&policies, from, to, port));
                    let fact = |way: &speguard::model::Way, name: &str| {
                        way.facts.get(name).and_then(|value| value.as_text()).unwrap_or_default().to_owned()
                    };
                    let open = ways.iter().any(|way| fact(way, "to") == project && names(&fact(way, "ports"), port));
                    prop_assert_eq!(open, expected, "{:?} to {} on {}\n{}\n{:?}", from, project, port, text, ways);
                }
            }
        }
    }
}
