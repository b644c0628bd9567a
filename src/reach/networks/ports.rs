//! Port sets by protocol.
use super::Intervals;

/// The protocols that policies can tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    Tcp,
    Udp,
    Sctp,
}

impl Protocol {
    pub const ALL: [Self; 3] = [Self::Tcp, Self::Udp, Self::Sctp];

    /// In lower case, as ways show it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
        }
    }

    /// By name, in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.name().eq_ignore_ascii_case(name))
    }
}

/// Ports by protocol. All of them together stand for all traffic, other protocols included.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ports {
    tcp: Intervals,
    udp: Intervals,
    sctp: Intervals,
}

impl Ports {
    #[must_use]
    pub const fn none() -> Self {
        Self { tcp: Intervals::empty(), udp: Intervals::empty(), sctp: Intervals::empty() }
    }

    #[must_use]
    pub fn all() -> Self {
        let every = Intervals::span(1, u16::MAX.into());
        Self { tcp: every.clone(), udp: every.clone(), sctp: every }
    }

    /// The ports from `low` to `high` of one protocol.
    #[must_use]
    pub fn span(protocol: Protocol, low: u16, high: u16) -> Self {
        let mut ports = Self::none();
        *ports.of_mut(protocol) = Intervals::span(low.max(1).into(), high.into());
        ports
    }

    /// Every port of one protocol.
    #[must_use]
    pub fn every(protocol: Protocol) -> Self {
        Self::span(protocol, 1, u16::MAX)
    }

    /// `tcp/443`, `udp/8000-8100`, `tcp` or `tcp/*` (every port of it); `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let Some((protocol, ports)) = text.split_once('/') else {
            return Protocol::from_name(text).map(Self::every);
        };
        let protocol = Protocol::from_name(protocol)?;
        if ports == "*" {
            return Some(Self::every(protocol));
        }
        let (low, high) = ports.split_once('-').unwrap_or((ports, ports));
        let (low, high) = (low.parse().ok()?, high.parse().ok()?);
        (1 <= low && low <= high).then(|| Self::span(protocol, low, high))
    }

    #[must_use]
    pub const fn of(&self, protocol: Protocol) -> &Intervals {
        match protocol {
            Protocol::Tcp => &self.tcp,
            Protocol::Udp => &self.udp,
            Protocol::Sctp => &self.sctp,
        }
    }

    const fn of_mut(&mut self, protocol: Protocol) -> &mut Intervals {
        match protocol {
            Protocol::Tcp => &mut self.tcp,
            Protocol::Udp => &mut self.udp,
            Protocol::Sctp => &mut self.sctp,
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        Protocol::ALL.iter().all(|protocol| self.of(*protocol).is_empty())
    }

    #[must_use]
    pub fn contains(&self, protocol: Protocol, port: u16) -> bool {
        self.of(protocol).contains(port.into())
    }

    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.with(other, Intervals::union)
    }

    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.with(other, Intervals::intersection)
    }

    /// What of this set is not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.with(other, Intervals::difference)
    }

    fn with(&self, other: &Self, combine: impl Fn(&Intervals, &Intervals) -> Intervals) -> Self {
        Self {
            tcp: combine(&self.tcp, &other.tcp),
            udp: combine(&self.udp, &other.udp),
            sctp: combine(&self.sctp, &other.sctp),
        }
    }

    /// `all ports`; `tcp` where every port of a protocol is meant; else `tcp/443, udp/8000-8100`.
    #[must_use]
    pub fn shown(&self) -> String {
        if *self == Self::all() {
            return "all ports".to_owned();
        }
        let mut parts = Vec::new();
        for protocol in Protocol::ALL {
            let name = protocol.name();
            for span in self.of(protocol).spans() {
                parts.push(match span {
                    (1, high) if *high == u128::from(u16::MAX) => name.to_owned(),
                    (low, high) if low == high => format!("{name}/{low}"),
                    (low, high) => format!("{name}/{low}-{high}"),
                });
            }
        }
        parts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_read_as_they_are_shown() {
        for text in ["tcp/443", "udp/8000-8100", "sctp", "tcp/1", "udp/65535"] {
            assert_eq!(Ports::parse(text).map(|ports| ports.shown()), Some(text.to_owned()));
        }
        assert_eq!(Ports::parse("TCP/*"), Some(Ports::every(Protocol::Tcp)));
    }

    #[test]
    fn what_are_no_ports_is_nothing() {
        for text in ["", "443", "tcp/0", "tcp/https", "tcp/10-9", "tcp/65536", "icmp/1", "tcp/1-2-3"] {
            assert_eq!(Ports::parse(text), None, "{text}");
        }
    }

    #[test]
    fn all_protocols_together_are_all_traffic() {
        let all = Protocol::ALL.into_iter().map(Ports::every).fold(Ports::none(), |all, one| all.union(&one));
        assert_eq!(all.shown(), "all ports");
        let most = Ports::all().difference(&Ports::span(Protocol::Tcp, 443, 443));
        assert_eq!(most.shown(), "tcp/1-442, tcp/444-65535, udp, sctp");
        assert!(!most.contains(Protocol::Tcp, 443) && most.contains(Protocol::Udp, 443));
    }
}
