//! A second opinion: policies and one connection held against the NetworkPolicy documentation, address by address,
//! with none of the code under test.
use super::{environment, of};
use proptest::prelude::*;
use speguard::{
    model::{Answer, Resource, Value, Way},
    reach::{self, Target, kubernetes, networks::Addresses},
};
use std::net::Ipv4Addr;

/// A policy as generated; it is written as YAML for the code under test, and evaluated here as it stands.
#[derive(Clone, Debug)]
struct Generated {
    /// Needs of the pod selector: label, and the values that are accepted (`None` = must be absent).
    selector: Vec<(&'static str, Option<Vec<&'static str>>)>,
    types: Option<Vec<&'static str>>,
    egress: Option<Vec<GeneratedRule>>,
}

#[derive(Clone, Debug)]
struct GeneratedRule {
    /// Blocks with exceptions; empty = everyone.
    blocks: Vec<(u8, u8, Vec<u8>)>,
    /// Port ranges of TCP; empty = all.
    ports: Vec<(u16, u16)>,
}

/// The sixteen addresses and five ports that are asked about, one by one.
const LAST: std::ops::Range<u8> = 0..16;
const PORTS: std::ops::Range<u16> = 1..6;

fn rules() -> impl Strategy<Value = GeneratedRule> {
    let block = (LAST, 28..=31_u8, prop::collection::vec(LAST, 0..3));
    let port = (PORTS, 0..3_u16).prop_map(|(low, more)| (low, low + more));
    (prop::collection::vec(block, 0..3), prop::collection::vec(port, 0..3))
        .prop_map(|(blocks, ports)| GeneratedRule { blocks, ports })
}

fn generated() -> impl Strategy<Value = Generated> {
    let need = prop_oneof![
        Just(("app", Some(vec!["web"]))),
        Just(("app", Some(vec!["api", "web"]))),
        Just(("app", Some(vec!["api"]))),
        Just(("tier", Some(vec!["front"]))),
        Just(("missing", None)),
        Just(("app", None)),
    ];
    let types = prop_oneof![
        Just(None),
        Just(Some(vec![])),
        Just(Some(vec!["Ingress"])),
        Just(Some(vec!["Egress"])),
        Just(Some(vec!["Ingress", "Egress"])),
    ];
    let egress = prop::option::of(prop::collection::vec(rules(), 0..3));
    (prop::collection::vec(need, 0..3), types, egress).prop_map(|(selector, types, egress)| Generated {
        selector,
        types,
        egress,
    })
}

/// Blocks as they are written: an exception lies inside its block and is smaller.
fn written(block: &(u8, u8, Vec<u8>)) -> (u8, u8, Vec<u8>) {
    let (last, length, except) = block;
    let first = last & (0xff_u8 << (32 - length));
    let inside = |last: &&u8| **last & (0xff_u8 << (32 - length)) == first;
    (first, *length, except.iter().filter(inside).copied().collect())
}

impl Generated {
    fn yaml(&self, at: usize) -> String {
        let expressions: Vec<String> = self
            .selector
            .iter()
            .map(|(key, values)| match values {
                Some(values) => format!("{{key: {key}, operator: In, values: [{}]}}", values.join(", ")),
                None => format!("{{key: {key}, operator: DoesNotExist}}"),
            })
            .collect();
        let mut spec = vec![format!("podSelector: {{matchExpressions: [{}]}}", expressions.join(", "))];
        spec.extend(self.types.as_ref().map(|types| format!("policyTypes: [{}]", types.join(", "))));
        spec.extend(self.egress.as_ref().map(|rules| {
            let rules: Vec<String> = rules.iter().map(GeneratedRule::yaml).collect();
            format!("egress: [{}]", rules.join(", "))
        }));
        format!(
            "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: n{at}, namespace: a}}\nspec: {{{}}}\n",
            spec.join(", ")
        )
    }

    /// "An empty podSelector selects all pods in the namespace"; the pod is `app: web, tier: front`.
    fn selects(&self) -> bool {
        self.selector.iter().all(|(key, values)| {
            let label = match *key {
                "app" => Some("web"),
                "tier" => Some("front"),
                _ => None,
            };
            match values {
                Some(values) => label.is_some_and(|label| values.contains(&label)),
                None => label.is_none(),
            }
        })
    }

    /// "If no policyTypes are specified, Egress will be set if the NetworkPolicy has any egress rules."
    fn isolates(&self) -> bool {
        match self.types.as_deref() {
            None | Some([]) => self.egress.as_ref().is_some_and(|rules| !rules.is_empty()),
            Some(types) => types.contains(&"Egress"),
        }
    }
}

impl Generated {
    /// "If no policyTypes are specified then by default Ingress will always be set."
    fn isolates_ingress(&self) -> bool {
        self.types.as_ref().is_none_or(|types| types.is_empty() || types.contains(&"Ingress"))
    }
}

impl GeneratedRule {
    fn yaml(&self) -> String {
        let block = |block: &(u8, u8, Vec<u8>)| {
            let (last, length, except) = written(block);
            let except: Vec<String> = except.iter().map(|last| format!("8.8.8.{last}/32")).collect();
            format!("{{ipBlock: {{cidr: 8.8.8.{last}/{length}, except: [{}]}}}}", except.join(", "))
        };
        let port = |(low, high): &(u16, u16)| format!("{{port: {low}, endPort: {high}}}");
        let blocks: Vec<String> = self.blocks.iter().map(block).collect();
        let ports: Vec<String> = self.ports.iter().map(port).collect();
        format!("{{to: [{}], ports: [{}]}}", blocks.join(", "), ports.join(", "))
    }

    fn allows(&self, last: u8, port: u16) -> bool {
        let inside = |block: &(u8, u8, Vec<u8>)| {
            let (first, length, except) = written(block);
            last & (0xff_u8 << (32 - length)) == first && !except.contains(&last)
        };
        let to = self.blocks.is_empty() || self.blocks.iter().any(inside);
        to && (self.ports.is_empty() || self.ports.iter().any(|(low, high)| (*low..=*high).contains(&port)))
    }
}

/// Whether the pod may open a connection: not isolated, or some rule of an isolating policy allows it.
fn may_connect(policies: &[Generated], last: u8, port: u16) -> bool {
    let isolating: Vec<&Generated> = policies.iter().filter(|policy| policy.selects() && policy.isolates()).collect();
    let rules = isolating.iter().flat_map(|policy| policy.egress.iter().flatten());
    isolating.is_empty() || rules.into_iter().any(|rule| rule.allows(last, port))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn reach_agrees_with_each_connection_tried_alone(policies in prop::collection::vec(generated(), 0..4)) {
        let text: String = policies.iter().enumerate().map(|(at, policy)| policy.yaml(at)).collect();
        let environment = environment(&(super::POD.to_owned() + &text));
        let subjects: Vec<&Resource> = environment.all().collect();
        for last in LAST {
            let address = Addresses::parse(&Ipv4Addr::new(8, 8, 8, last).to_string()).unwrap();
            let ways = kubernetes::connections(&environment, &subjects, &Target::range(address, &environment.description));
            let ways = of(&ways, "Pod/a/p").unwrap();
            for port in PORTS {
                let expected = may_connect(&policies, last, port);
                let open = ways.iter().any(|way| {
                    let ports = way.facts.get("ports").and_then(|ports| ports.as_text()).unwrap_or_default();
                    way.answer == Answer::Open && (ports == "all ports" || names(ports, port))
                });
                prop_assert_eq!(open, expected, "8.8.8.{}:{}\n{}\n{:?}", last, port, text, ways);
            }
        }
        let derived = reach::derive(&environment, &subjects);
        let open = of(&derived.internet, "Pod/a/p").unwrap().iter().any(|way| way.answer == Answer::Open);
        let isolating: Vec<&Generated> = policies.iter().filter(|it| it.selects() && it.isolates()).collect();
        let anything = LAST.flat_map(|last| PORTS.map(move |port| (last, port)));
        let expected = isolating.is_empty() || anything.into_iter().any(|(last, port)| may_connect(&policies, last, port));
        // A rule whose ports lie beyond those asked about, or whose block is emptied by exceptions, is settled above.
        prop_assert!(open || !expected, "{}", text);

        let allows_all = |rule: &GeneratedRule| rule.blocks.is_empty() && rule.ports.is_empty();
        let egress = isolating.is_empty() || isolating.iter().any(|it| it.egress.iter().flatten().any(allows_all));
        let ingress = !policies.iter().any(|it| it.selects() && it.isolates_ingress());
        let isolation = of(&derived.isolation, "Pod/a/p").unwrap();
        for (direction, expected) in [("egress", egress), ("ingress", ingress)] {
            let told = |way: &&Way| way.facts.get("direction") == Some(&Value::from(direction));
            prop_assert_eq!(isolation.iter().any(|way| told(&way)), expected, "{} {}", direction, text);
        }
    }
}

/// Whether `tcp/1-3, tcp/5` names a port.
fn names(ports: &str, port: u16) -> bool {
    ports.split(", ").any(|part| {
        let range = part.strip_prefix("tcp").unwrap_or("/0").trim_start_matches('/');
        let (low, high) = range.split_once('-').unwrap_or((range, range));
        range.is_empty() || (low.parse().unwrap_or(0)..=high.parse().unwrap_or(0)).contains(&port)
    })
}
