//! One rule of a NetworkPolicy: peers and ports, as `networking.k8s.io/v1` defines them.
use super::selector::Selector;
use crate::reach::doubt::{Doubt, field, index, key, list};
use crate::{
    model::{Number, Path, Step, Value},
    reach::networks::{Addresses, Ports, Protocol},
};

/// What one rule allows. What the API server would refuse is in doubt: such a policy is never in force.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) path: Path,
    pub(super) peers: Vec<Peer>,
    /// Peers that could not be read: they may be anything.
    pub(super) peer_doubts: Vec<Doubt>,
    pub(super) ports: Ports,
    /// Ports that could not be read, or whose name stands for a number that the destination decides.
    pub(super) port_doubts: Vec<Doubt>,
}

/// Who is on the other side, and where that is written.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    pub(super) path: Path,
    pub(super) side: Side,
}

#[derive(Clone, Debug)]
pub(super) enum Side {
    /// No peers are listed: everyone.
    Everyone,
    Block(Addresses),
    Pods(Chosen),
}

/// Pods by their labels and those of their namespaces.
#[derive(Clone, Debug)]
pub(super) struct Chosen {
    /// `None` = the policy's own namespace.
    pub(super) namespaces: Option<Selector>,
    pub(super) pods: Selector,
}

impl Rule {
    /// `peers_key` is `to` or `from`. A `null` rule is an empty one, as for the API server: it allows all.
    pub(super) fn read(value: &Value, path: Path, peers_key: &str) -> Self {
        let mut rule =
            Self { path, peers: Vec::new(), peer_doubts: Vec::new(), ports: Ports::none(), port_doubts: Vec::new() };
        match value {
            Value::Null => rule.allow_all(),
            Value::Map(_) => {
                rule.read_peers(field(value, peers_key), peers_key);
                rule.read_ports(field(value, "ports"));
            }
            other => {
                rule.peer_doubts.push(Doubt::of(other, &rule.path, "a rule"));
                rule.ports = Ports::all();
            }
        }
        rule
    }

    fn allow_all(&mut self) {
        self.peers.push(Peer { path: self.path.clone(), side: Side::Everyone });
        self.ports = Ports::all();
    }

    /// Whether it certainly allows every peer on every port.
    pub(super) fn allows_all(&self) -> bool {
        let everyone = self.peers.iter().any(|peer| matches!(peer.side, Side::Everyone));
        everyone && self.ports == Ports::all()
    }

    /// Why it may allow every peer on every port.
    pub(super) fn may_allow_all(&self) -> Option<&Doubt> {
        self.peer_doubts.first()
    }

    fn read_peers(&mut self, value: Option<&Value>, peers_key: &str) {
        let path = key(&self.path, peers_key);
        match list(value, &path) {
            Ok([]) => self.peers.push(Peer { path: self.path.clone(), side: Side::Everyone }),
            Ok(items) => {
                for (at, item) in items.iter().enumerate() {
                    let path = index(&path, at);
                    match read_peer(&item.value, &path) {
                        Ok(side) => self.peers.push(Peer { path, side }),
                        Err(doubt) => self.peer_doubts.push(doubt),
                    }
                }
            }
            Err(doubt) => self.peer_doubts.push(doubt),
        }
    }

    fn read_ports(&mut self, value: Option<&Value>) {
        let path = key(&self.path, "ports");
        match list(value, &path) {
            Ok([]) => self.ports = Ports::all(),
            Ok(items) => {
                for (at, item) in items.iter().enumerate() {
                    match read_port(&item.value, &index(&path, at)) {
                        Ok(ports) => self.ports = self.ports.union(&ports),
                        Err(doubt) => self.port_doubts.push(doubt),
                    }
                }
            }
            Err(doubt) => self.port_doubts.push(doubt),
        }
    }
}

fn read_peer(value: &Value, path: &[Step]) -> Result<Side, Doubt> {
    if value.as_map().is_none() {
        return Err(Doubt::of(value, path, "a peer"));
    }
    let selectors = [field(value, "podSelector"), field(value, "namespaceSelector")];
    match (field(value, "ipBlock"), selectors) {
        (Some(block), [None, None]) => read_block(block, &key(path, "ipBlock")).map(Side::Block),
        (Some(_), _) => Err(Doubt::at(path, "`ipBlock` cannot stand beside a selector")),
        (None, [None, None]) => Err(Doubt::at(path, "a peer names neither `ipBlock` nor a selector")),
        (None, [pods, namespaces]) => Ok(Side::Pods(Chosen {
            namespaces: namespaces.map(|it| Selector::read(Some(it), &key(path, "namespaceSelector"))),
            pods: Selector::read(pods, &key(path, "podSelector")),
        })),
    }
}

/// `cidr` without every `except`, each of which lies inside it.
fn read_block(block: &Value, path: &[Step]) -> Result<Addresses, Doubt> {
    let addresses = |value: &Value, path: &[Step]| match value.as_text() {
        Some(text) => Addresses::parse(text).map_err(|error| Doubt::at(path, error.to_string())),
        None => Err(Doubt::of(value, path, "a range of addresses")),
    };
    let cidr = field(block, "cidr").ok_or_else(|| Doubt::of(block, path, "an `ipBlock` with a `cidr`"))?;
    let cidr = addresses(cidr, &key(path, "cidr"))?;
    let path = key(path, "except");
    let mut left = cidr.clone();
    for (at, item) in list(field(block, "except"), &path)?.iter().enumerate() {
        let path = index(&path, at);
        let except = addresses(&item.value, &path)?;
        if !except.within(&cidr) || except == cidr {
            return Err(Doubt::at(&path, format!("`{}` is not a part of `cidr`", crate::model::shown(&path))));
        }
        left = left.difference(&except);
    }
    Ok(left)
}

/// `{protocol, port, endPort}`; the protocol is TCP where none is given, and no port means every port.
fn read_port(value: &Value, path: &[Step]) -> Result<Ports, Doubt> {
    if value.as_map().is_none() && *value != Value::Null {
        return Err(Doubt::of(value, path, "a port"));
    }
    let protocol = match field(value, "protocol") {
        None => Protocol::Tcp,
        Some(Value::Text(name)) => Protocol::ALL
            .into_iter()
            .find(|protocol| protocol.name().to_ascii_uppercase() == name.as_ref())
            .ok_or_else(|| Doubt::at(&key(path, "protocol"), format!("`{name}` is not a protocol of policies")))?,
        Some(other) => return Err(Doubt::of(other, &key(path, "protocol"), "a protocol")),
    };
    let number = |name: &str| match field(value, name) {
        None => Ok(None),
        Some(value @ Value::Number(Number::Int(int))) => match u16::try_from(*int) {
            Ok(port) if port > 0 => Ok(Some(port)),
            _ => Err(Doubt::of(value, &key(path, name), "a port number")),
        },
        Some(Value::Text(text)) if text.chars().any(|c| c.is_ascii_alphabetic()) => {
            let why = format!("the named port `{text}` stands for what its destination calls so");
            Err(Doubt::at(&key(path, name), why))
        }
        Some(other) => Err(Doubt::of(other, &key(path, name), "a port")),
    };
    match (number("port")?, number("endPort")?) {
        (None, None) => Ok(Ports::every(protocol)),
        (Some(port), None) => Ok(Ports::span(protocol, port, port)),
        (Some(port), Some(end)) if port <= end => Ok(Ports::span(protocol, port, end)),
        (_, Some(_)) => Err(Doubt::at(&key(path, "endPort"), "`endPort` is not a port at or above `port`")),
    }
}
