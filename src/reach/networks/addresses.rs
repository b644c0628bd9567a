//! Address sets, IPv4 and IPv6 kept apart.
use super::Intervals;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How many blocks are shown before the rest is only counted: a message is read by a person.
const BLOCKS_SHOWN_MAX: usize = 4;

/// Blocks that no packet leaves a network for, whoever owns it: "this network" (RFC 791), loopback (RFC 1122),
/// multicast (RFC 5771), reserved and limited broadcast (RFC 1112, RFC 919); unspecified, loopback and multicast
/// (RFC 4291). Documentation and test ranges are not here: nothing keeps a network from routing them.
const NOT_ROUTED: [&str; 7] =
    ["0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "::/128", "::1/128", "ff00::/8"];

/// A set of addresses. Equal sets are equal values, however they were put together.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Addresses {
    v4: Intervals,
    v6: Intervals,
}

/// Why a text is no block of addresses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a range of addresses in CIDR form")]
pub struct AddressError {
    text: String,
}

/// The two families, with their width in bits.
#[derive(Clone, Copy)]
enum Family {
    V4,
    V6,
}

impl Family {
    const fn bits(self) -> u32 {
        match self {
            Self::V4 => 32,
            Self::V6 => 128,
        }
    }

    const fn top(self) -> u128 {
        u128::MAX >> (128 - self.bits())
    }

    fn block(self, address: u128, length: u32) -> String {
        match self {
            // An IPv4 address never has more than 32 bits here.
            Self::V4 => format!("{}/{length}", Ipv4Addr::from(u32::try_from(address).unwrap_or(u32::MAX))),
            Self::V6 => format!("{}/{length}", Ipv6Addr::from(address)),
        }
    }
}

impl Addresses {
    #[must_use]
    pub const fn none() -> Self {
        Self { v4: Intervals::empty(), v6: Intervals::empty() }
    }

    /// Every address of both families.
    #[must_use]
    pub fn all() -> Self {
        Self { v4: Intervals::span(0, Family::V4.top()), v6: Intervals::span(0, Family::V6.top()) }
    }

    /// A block in CIDR form, or a single address. Bits beyond the prefix are ignored, as Kubernetes does.
    ///
    /// # Errors
    /// What is neither, or an IPv4 address written as IPv6 (programs differ in what they make of it).
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let error = || AddressError { text: text.to_owned() };
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.parse::<u8>().map_err(|_| error())?)),
            None => (text, None),
        };
        let (family, address) = match address.parse::<IpAddr>().map_err(|_| error())? {
            IpAddr::V4(address) => (Family::V4, u128::from(u32::from(address))),
            IpAddr::V6(address) if address.to_ipv4_mapped().is_some() => return Err(error()),
            IpAddr::V6(address) => (Family::V6, u128::from(address)),
        };
        let length = length.map_or(family.bits(), u32::from);
        if length > family.bits() {
            return Err(error());
        }
        let host = family.top().checked_shr(length).unwrap_or(0);
        let span = Intervals::span(address & !host, address | host);
        Ok(match family {
            Family::V4 => Self { v4: span, v6: Intervals::empty() },
            Family::V6 => Self { v4: Intervals::empty(), v6: span },
        })
    }

    /// The union of blocks; what cannot be read is left out.
    pub fn of<'a>(blocks: impl IntoIterator<Item = &'a str>) -> Self {
        let read = blocks.into_iter().filter_map(|block| Self::parse(block).ok());
        read.fold(Self::none(), |all, block| all.union(&block))
    }

    /// Everything but the private ranges and what no packet leaves a network for.
    #[must_use]
    pub fn internet<'a>(private_ranges: impl IntoIterator<Item = &'a str>) -> Self {
        Self::all().difference(&Self::of(private_ranges)).difference(&Self::of(NOT_ROUTED))
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => self.v4.contains(u128::from(u32::from(address))),
            IpAddr::V6(address) => self.v6.contains(u128::from(address)),
        }
    }

    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self { v4: self.v4.union(&other.v4), v6: self.v6.union(&other.v6) }
    }

    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self { v4: self.v4.intersection(&other.v4), v6: self.v6.intersection(&other.v6) }
    }

    /// What of this set is not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        Self { v4: self.v4.difference(&other.v4), v6: self.v6.difference(&other.v6) }
    }

    #[must_use]
    pub fn complement(&self) -> Self {
        Self::all().difference(self)
    }

    /// Whether every address of this set is in the other.
    #[must_use]
    pub fn within(&self, other: &Self) -> bool {
        self.v4.within(&other.v4) && self.v6.within(&other.v6)
    }

    /// The fewest blocks that are this set, IPv4 first, ascending.
    #[must_use]
    pub fn blocks(&self) -> Vec<String> {
        self.blocks_within(self)
    }

    /// The fewest blocks that hold all of this set and nothing beyond `limit` (which holds this set).
    ///
    /// So a rule for `0.0.0.0/0` is shown as that, although private ranges in it do not count.
    #[must_use]
    pub fn blocks_within(&self, limit: &Self) -> Vec<String> {
        let mut blocks = Vec::new();
        cover(Family::V4, &self.v4, &limit.v4, &mut blocks);
        cover(Family::V6, &self.v6, &limit.v6, &mut blocks);
        blocks
    }

    /// [`Addresses::blocks_within`] as one text; after the first few only their number: `1.0.0.0/8, … (9)`.
    #[must_use]
    pub fn shown_within(&self, limit: &Self) -> String {
        let blocks = self.blocks_within(limit);
        match blocks.get(..BLOCKS_SHOWN_MAX) {
            Some(first) if blocks.len() > BLOCKS_SHOWN_MAX => format!("{}, … ({})", first.join(", "), blocks.len()),
            _ => blocks.join(", "),
        }
    }
}

/// Each interval of `must` lies in one interval of `limit`: walks up from its lowest address by the largest block
/// that starts there (or below, where `limit` allows it) and stays within `limit`.
fn cover(family: Family, must: &Intervals, limit: &Intervals, blocks: &mut Vec<String>) {
    let mut covered: Option<u128> = None;
    for (low, high) in must.spans() {
        let after = limit.spans().partition_point(|(start, _)| start <= low);
        let around = after.checked_sub(1).and_then(|at| limit.spans().get(at));
        let Some((floor, ceiling)) = around.filter(|(_, end)| high <= end) else {
            continue;
        };
        let mut next = Some(*low).filter(|low| covered.is_none_or(|covered| covered < *low));
        if next.is_none() {
            next = covered.and_then(|covered| covered.checked_add(1));
        }
        while let Some(address) = next.filter(|address| address <= high) {
            let (length, start, end) = largest_block(family, address, *floor, *ceiling);
            blocks.push(family.block(start, length));
            covered = Some(end);
            next = end.checked_add(1);
        }
    }
}

/// The largest block that holds an address and lies between two others: prefix length, first and last address.
fn largest_block(family: Family, address: u128, floor: u128, ceiling: u128) -> (u32, u128, u128) {
    let block = |length: u32| {
        let host = family.top().checked_shr(length).unwrap_or(0);
        (length, address & !host, address | host)
    };
    let fits = |(_, start, end): &(u32, u128, u128)| floor <= *start && *end <= ceiling;
    (0..=family.bits()).map(block).find(fits).unwrap_or_else(|| block(family.bits()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(blocks: &[&str]) -> Addresses {
        Addresses::of(blocks.iter().copied())
    }

    #[test]
    fn two_halves_are_the_whole() {
        assert_eq!(of(&["0.0.0.0/1", "128.0.0.0/1"]), of(&["0.0.0.0/0"]));
        assert_eq!(of(&["::/1", "8000::/1"]).blocks(), ["::/0"]);
    }

    #[test]
    fn an_address_alone_is_a_block_of_one() {
        assert_eq!(of(&["8.8.8.8"]).blocks(), ["8.8.8.8/32"]);
        assert_eq!(of(&["2001:4860:4860::8888"]).blocks(), ["2001:4860:4860::8888/128"]);
    }

    #[test]
    fn bits_beyond_the_prefix_are_ignored() {
        assert_eq!(of(&["10.1.2.3/8"]).blocks(), ["10.0.0.0/8"]);
    }

    #[test]
    fn what_is_no_block_is_an_error() {
        for text in
            ["", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/-1", "10.0.0.0/", "010.0.0.0/8", "::ffff:1.2.3.4/128"]
        {
            assert_eq!(Addresses::parse(text), Err(AddressError { text: text.to_owned() }), "{text}");
        }
    }

    #[test]
    fn the_families_are_apart() {
        assert!(!of(&["0.0.0.0/0"]).contains("::1".parse().unwrap()));
        assert_eq!(of(&["::/0"]).complement(), of(&["0.0.0.0/0"]));
    }

    #[test]
    fn the_internet_leaves_out_private_and_unrouted_addresses() {
        let internet = Addresses::internet(["10.0.0.0/8", "fe80::/10"]);
        let inside = ["8.8.8.8", "172.16.0.1", "203.0.113.1", "2001:db8::1", "64:ff9b::808:808"];
        let outside =
            ["10.1.2.3", "127.0.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::", "::1", "ff02::1", "fe80::1"];
        for address in inside {
            assert!(internet.contains(address.parse().unwrap()), "{address}");
        }
        for address in outside {
            assert!(!internet.contains(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn what_does_not_count_is_shown_as_part_of_the_block_around_it() {
        let internet = Addresses::internet(["10.0.0.0/8"]);
        let rule = of(&["0.0.0.0/0"]);
        let reached = rule.intersection(&internet);
        assert!(reached.blocks().len() > 10);
        assert_eq!(reached.shown_within(&rule), "0.0.0.0/0");
    }

    #[test]
    fn many_blocks_are_counted_rather_than_listed() {
        let most = of(&["0.0.0.0/0"]).difference(&of(&["8.8.8.8"]));
        assert_eq!(most.shown_within(&most), "0.0.0.0/5, 8.0.0.0/13, 8.8.0.0/21, 8.8.8.0/29, … (32)");
    }

    fn blocks() -> impl Strategy<Value = Vec<String>> {
        // Eight addresses of each family: every set of them can be counted out.
        let v4 = (0..8_u8, 29..=32_u8).prop_map(|(last, length)| format!("192.0.2.{last}/{length}"));
        let v6 = (0..8_u8, 125..=128_u8).prop_map(|(last, length)| format!("2001:db8::{last}/{length}"));
        prop::collection::vec(prop_oneof![v4, v6], 0..6)
    }

    fn universe() -> impl Iterator<Item = IpAddr> {
        (0..8_u8)
            .flat_map(|last| [format!("192.0.2.{last}"), format!("2001:db8::{last}")])
            .map(|text| text.parse().unwrap())
    }

    /// Whether a block holds an address, bit by bit.
    fn holds(block: &str, address: IpAddr) -> bool {
        let (start, length) = block.split_once('/').unwrap();
        let bits = |address: IpAddr| match address {
            IpAddr::V4(address) => format!("{:032b}", u32::from(address)),
            IpAddr::V6(address) => format!("{:0128b}", u128::from(address)),
        };
        let (start, address) = (bits(start.parse().unwrap()), bits(address));
        let length: usize = length.parse().unwrap();
        start.len() == address.len() && start[..length] == address[..length]
    }

    proptest! {
        #[test]
        fn sets_of_blocks_answer_as_their_bits_do(a in blocks(), b in blocks()) {
            let (left, right) = (Addresses::of(a.iter().map(String::as_str)), Addresses::of(b.iter().map(String::as_str)));
            let (union, common, rest) = (left.union(&right), left.intersection(&right), left.difference(&right));
            let shown = rest.blocks_within(&left);
            for address in universe() {
                let in_a = a.iter().any(|block| holds(block, address));
                let in_b = b.iter().any(|block| holds(block, address));
                prop_assert_eq!(union.contains(address), in_a || in_b);
                prop_assert_eq!(common.contains(address), in_a && in_b);
                prop_assert_eq!(rest.contains(address), in_a && !in_b);
                prop_assert_eq!(left.complement().contains(address), !in_a);
                prop_assert_eq!(union.blocks().iter().any(|block| holds(block, address)), in_a || in_b);
                let covered = shown.iter().any(|block| holds(block, address));
                prop_assert!(covered || !in_a || in_b, "all of the set is shown");
                prop_assert!(in_a || !covered, "nothing beyond the limit is shown");
            }
        }

        #[test]
        fn no_two_blocks_of_a_set_could_be_one(a in blocks()) {
            let set = Addresses::of(a.iter().map(String::as_str));
            let shown = set.blocks();
            for (at, left) in shown.iter().enumerate() {
                for right in shown.iter().skip(at + 1) {
                    let both = of(&[left, right]);
                    prop_assert!(both.blocks().len() == 2, "{left} {right}");
                }
            }
        }
    }
}
