//! Address ranges as text. Sets of addresses are the affair of `reach`.
use std::net::IpAddr;

/// The shortest prefix that one organisation can answer for: 10.0.0.0/8 is the widest private range (RFC 1918).
const PREFIX_V4_MIN: u8 = 8;
/// Likewise for IPv6: fc00::/7 is all of the unique local addresses (RFC 4193).
const PREFIX_V6_MIN: u8 = 7;

/// What is wrong with a range: its form, bits beyond its prefix, or that it holds too much of the internet.
pub(super) fn fault(text: &str) -> Option<String> {
    let Some((address, prefix)) = text
        .split_once('/')
        .and_then(|(address, prefix)| Some((address.parse::<IpAddr>().ok()?, prefix.parse::<u8>().ok()?)))
    else {
        let alone = text.parse::<IpAddr>().ok();
        let remedy = alone.map_or_else(
            || "10.0.0.0/8".to_owned(),
            |address| format!("{address}/{}", if address.is_ipv4() { 32 } else { 128 }),
        );
        return Some(format!("is `{text}`, and must be an address and a prefix, as {remedy}"));
    };
    let (length, minimum) = if address.is_ipv4() { (32, PREFIX_V4_MIN) } else { (128, PREFIX_V6_MIN) };
    if prefix > length {
        return Some(format!("is `{text}`, and its prefix can be {length} at most"));
    }
    let start = start(address, prefix);
    if start != address {
        return Some(format!(
            "is `{text}`, which has bits beyond its prefix: write {start}/{prefix}, or a longer prefix"
        ));
    }
    (prefix < minimum)
        .then(|| format!("is `{text}`, which is too much of the internet to be anyone's: name smaller ranges"))
}

/// The first address of the range that an address is in.
fn start(address: IpAddr, prefix: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix.min(32))).unwrap_or(0);
            IpAddr::V4((u32::from(address) & mask).into())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(prefix.min(128))).unwrap_or(0);
            IpAddr::V6((u128::from(address) & mask).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_an_address_and_a_prefix() {
        for good in ["10.0.0.0/8", "192.0.2.7/32", "fc00::/7", "2001:db8::1/128"] {
            assert_eq!(fault(good), None, "{good}");
        }
        for wrong in ["10.0.0.0", "10.0.0.0/33", "10.0.0/8", "::/129", "example.no", "10.0.0.0/-1", ""] {
            assert!(fault(wrong).is_some(), "{wrong}");
        }
    }

    #[test]
    fn bits_beyond_the_prefix_are_a_slip_of_the_hand() {
        let said = fault("10.1.2.3/16");
        assert_eq!(
            said.as_deref(),
            Some("is `10.1.2.3/16`, which has bits beyond its prefix: write 10.1.0.0/16, or a longer prefix")
        );
    }

    #[test]
    fn half_of_the_internet_is_nobodys() {
        for wide in ["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "::/0", "2000::/3"] {
            assert!(fault(wide).is_some(), "{wide}");
        }
    }
}
