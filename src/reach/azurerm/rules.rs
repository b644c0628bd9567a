//! One rule of a network security group, as far as it concerns the internet.
use super::sight::set;
use crate::model::{Hop, Map, Step, Value};
use crate::reach::networks::{Addresses, Ports, Protocol, Traffic};

/// Tags that hold places which anybody can rent: an exit, whatever Microsoft's own services behind them are.
const WIDE_TAGS: &[&str] = &["AzureCloud", "AzureFrontDoor.Frontend", "Storage"];

#[derive(Clone, Debug)]
pub(super) enum Rule {
    /// Concerns no outbound traffic.
    Inbound,
    /// Cannot be read far enough to tell what it does.
    Unread { why: String, at: Hop },
    Allow {
        traffic: Traffic,
        /// Wide service tags, with the ports as shown.
        tags: Vec<(String, String)>,
        at: Hop,
    },
    /// What it surely keeps in: a rule for some sources or source ports only keeps nothing in for certain.
    Deny { traffic: Traffic },
}

/// A list of destinations, sorted into what the rule can mean.
#[derive(Default)]
struct Destinations {
    addresses: Addresses,
    tags: Vec<String>,
    unknown: Option<String>,
}

/// Reads a rule. Gives its priority, `i64::MIN` where that is not known.
pub(super) fn read(rule: &Map, at: Hop) -> (i64, Rule) {
    let text = |key| set(rule, key).and_then(Value::as_text);
    if text("direction").is_some_and(|direction| direction.eq_ignore_ascii_case("Inbound")) {
        return (0, Rule::Inbound);
    }
    let Some(priority) = set(rule, "priority").and_then(Value::as_int) else {
        return (i64::MIN, unread(rule, "priority", at));
    };
    let (Some(access), true) = (text("access"), text("direction").is_some()) else {
        let key = if text("access").is_none() { "access" } else { "direction" };
        return (priority, unread(rule, key, at));
    };
    let allows = access.eq_ignore_ascii_case("Allow");
    let destinations = destinations(rule);
    let ports = ports(rule);
    let rule = match (allows, destinations.unknown, ports) {
        (true, Some(why), _) | (true, None, Err(why)) => Rule::Unread { why, at },
        (true, None, Ok(ports)) => Rule::Allow {
            tags: tagged(rule, &destinations.addresses, destinations.tags, &ports),
            traffic: Traffic::to(destinations.addresses, ports),
            at,
        },
        // What a refusal may cover beyond what can be read is not counted on.
        (false, _, Ok(ports)) if from_everywhere(rule) => {
            Rule::Deny { traffic: Traffic::to(destinations.addresses, ports) }
        }
        (false, Some(why), _) | (false, None, Err(why)) => Rule::Unread { why, at },
        (false, None, Ok(_)) => Rule::Deny { traffic: Traffic::default() },
    };
    (priority, rule)
}

/// What is let out that is no set of addresses and ports: wide tags, and protocols without ports.
fn tagged(rule: &Map, addresses: &Addresses, tags: Vec<String>, ports: &Ports) -> Vec<(String, String)> {
    let protocol = set(rule, "protocol").and_then(Value::as_text).unwrap_or_default().to_ascii_lowercase();
    if ports.is_empty() {
        let all = (!addresses.is_empty()).then(|| (addresses.shown_within(addresses), protocol.clone()));
        all.into_iter().chain(tags.into_iter().map(|tag| (tag, protocol.clone()))).collect()
    } else {
        tags.into_iter().map(|tag| (tag, ports.shown())).collect()
    }
}

fn unread(rule: &Map, key: &str, at: Hop) -> Rule {
    let why = match set(rule, key) {
        Some(Value::Unknown(unknown)) => unknown.why.clone(),
        _ => format!("the rule's {key} cannot be read"),
    };
    let mut at = at;
    if set(rule, key).is_some() {
        at.path.push(Step::Key(key.to_owned()));
    }
    Rule::Unread { why, at }
}

fn destinations(rule: &Map) -> Destinations {
    let mut found = Destinations::default();
    for value in listed(rule, "destination_address_prefix", "destination_address_prefixes") {
        match value {
            Value::Text(text) => sort(text, &mut found),
            // Taken from this configuration's own networks: inside, whatever the numbers are.
            Value::Unknown(unknown) if !unknown.refers.is_empty() && unknown.refers.iter().all(|of| is_inside(of)) => {}
            Value::Unknown(unknown) => found.unknown = Some(unknown.why.clone()),
            _ => found.unknown = Some("a destination is not of the expected type".to_owned()),
        }
    }
    found
}

fn sort(text: &str, found: &mut Destinations) {
    if text == "*" || text.eq_ignore_ascii_case("Internet") {
        found.addresses = Addresses::all();
    } else if let Ok(addresses) = Addresses::parse(text) {
        found.addresses = found.addresses.union(&addresses);
    } else if WIDE_TAGS.iter().any(|tag| tag.eq_ignore_ascii_case(text)) || text.starts_with("AzureCloud.") {
        found.tags.push(text.to_owned());
    }
    // Other tags name the network itself or one service of Microsoft's: not the open internet.
}

/// Whether an address's resource is a network, or an interface in one.
fn is_inside(address: &str) -> bool {
    let kind =
        ["azurerm_subnet.", "azurerm_virtual_network.", "azurerm_network_interface.", "azurerm_private_endpoint."];
    kind.iter().any(|kind| address.starts_with(kind) || address.contains(&format!(".{kind}")))
}

fn ports(rule: &Map) -> Result<Ports, String> {
    let protocol = match set(rule, "protocol") {
        Some(Value::Text(text)) => text.as_ref(),
        Some(Value::Unknown(unknown)) => return Err(unknown.why.clone()),
        _ => return Err("the rule's protocol cannot be read".to_owned()),
    };
    let mut ports = Ports::none();
    for value in listed(rule, "destination_port_range", "destination_port_ranges") {
        let written = match value {
            Value::Text(text) => text.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Unknown(unknown) => return Err(unknown.why.clone()),
            _ => return Err("a port is not of the expected type".to_owned()),
        };
        ports = ports.union(&span(protocol, &written).ok_or_else(|| format!("`{written}` is no range of ports"))?);
    }
    Ok(ports)
}

/// A range of one protocol, or of all. Protocols without ports (Icmp, Esp, Ah) come to nothing here.
fn span(protocol: &str, written: &str) -> Option<Ports> {
    if protocol == "*" && written == "*" {
        return Some(Ports::all());
    }
    if protocol != "*" && Protocol::from_name(protocol).is_none() {
        return Some(Ports::none());
    }
    let protocols = if protocol == "*" { vec!["tcp", "udp"] } else { vec![protocol] };
    protocols.into_iter().try_fold(Ports::none(), |all, protocol| {
        Ports::parse(&format!("{}/{}", protocol.to_ascii_lowercase(), written.trim())).map(|ports| all.union(&ports))
    })
}

/// Whether a refusal holds for every machine of the subnet and every source port.
fn from_everywhere(rule: &Map) -> bool {
    let groups = set(rule, "source_application_security_group_ids");
    let narrowed = groups.is_some_and(|groups| groups.as_list().is_none_or(|items| !items.is_empty()));
    let any = |value: &Value| {
        value
            .as_text()
            .is_some_and(|text| text == "*" || text == "0.0.0.0/0" || text.eq_ignore_ascii_case("VirtualNetwork"))
    };
    let ports = listed(rule, "source_port_range", "source_port_ranges");
    let all_ports = ports.is_empty() || ports.iter().any(|port| port.as_text() == Some("*"));
    !narrowed && all_ports && listed(rule, "source_address_prefix", "source_address_prefixes").into_iter().any(any)
}

/// The values of an attribute and of its plural.
fn listed<'a>(rule: &'a Map, one: &str, many: &str) -> Vec<&'a Value> {
    let mut values: Vec<&Value> = set(rule, one).into_iter().filter(|value| value.as_text() != Some("")).collect();
    match set(rule, many) {
        Some(Value::List(items)) => values.extend(items.iter().map(|item| &item.value)),
        Some(other) => values.push(other),
        None => {}
    }
    values
}
