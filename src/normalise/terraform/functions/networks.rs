//! Functions of address ranges.
use super::{Answer, Row, Unknowns::Spread, integer, text};
use crate::model::Value;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub(super) const TABLE: &[Row] = &[
    ("cidrhost", Spread, |a| Range::read(&text(a, 0)?)?.host(integer(a, 1)?).map(|host| host.to_string().into())),
    ("cidrnetmask", Spread, |a| match Range::read(&text(a, 0)?)? {
        Range { bits: 32, length, .. } => {
            let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
            Ok(Ipv4Addr::from(mask).to_string().into())
        }
        _ => Err("only IPv4 has net masks".to_owned()),
    }),
    ("cidrsubnet", Spread, |a| {
        let more = u32::try_from(integer(a, 1)?).map_err(|_| "new bits cannot be negative".to_owned())?;
        Range::read(&text(a, 0)?)?.subnet(more, integer(a, 2)?).map(|range| range.to_string().into())
    }),
    ("cidrsubnets", Spread, cidrsubnets),
];

/// Addresses as the number of their bits, so that both families are reckoned with alike.
#[derive(Clone, Copy)]
struct Range {
    start: u128,
    length: u32,
    /// 32 or 128.
    bits: u32,
}

impl Range {
    fn read(text: &str) -> Result<Self, String> {
        let wrong = || "this is no address range".to_owned();
        let (address, length) = text.split_once('/').ok_or_else(wrong)?;
        let (start, bits) = match address.parse().map_err(|_| wrong())? {
            IpAddr::V4(address) => (u128::from(u32::from(address)), 32),
            IpAddr::V6(address) => (u128::from(address), 128),
        };
        let length = length.parse().ok().filter(|length| *length <= bits).ok_or_else(wrong)?;
        let host = 1_u128.checked_shl(bits - length).map_or(u128::MAX, |size| size - 1);
        Ok(Self { start: start & !host, length, bits })
    }

    fn address(self, number: u128) -> IpAddr {
        if self.bits == 32 {
            IpAddr::V4(Ipv4Addr::from(u32::try_from(number).unwrap_or(u32::MAX)))
        } else {
            IpAddr::V6(Ipv6Addr::from(number))
        }
    }

    /// Negative numbers count from the end.
    fn host(self, number: i64) -> Result<IpAddr, String> {
        let size = 1_u128.checked_shl(self.bits - self.length).unwrap_or(u128::MAX);
        let offset = u128::from(number.unsigned_abs());
        match number {
            0.. if offset < size => Ok(self.address(self.start + offset)),
            ..0 if offset <= size => Ok(self.address(self.start + (size - offset))),
            _ => Err("the range has no such host".to_owned()),
        }
    }

    fn subnet(self, more: u32, number: i64) -> Result<Self, String> {
        let length =
            self.length.checked_add(more).filter(|length| *length <= self.bits).ok_or("the prefix is too long")?;
        let number = u128::try_from(number).map_err(|_| "a number cannot be negative".to_owned())?;
        if more < 128 && number >> more != 0 {
            return Err("there is no such subnet".to_owned());
        }
        let start = self.start + number.checked_shl(self.bits - length).unwrap_or(0);
        Ok(Self { start, length, ..self })
    }
}

impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address(self.start), self.length)
    }
}

/// One after the other, each at the next place where its size fits.
fn cidrsubnets(a: &[Value]) -> Answer {
    let whole = Range::read(&text(a, 0)?)?;
    let end = whole.start.saturating_add(1_u128.checked_shl(whole.bits - whole.length).unwrap_or(u128::MAX));
    let mut next = whole.start;
    let mut made = Vec::new();
    for at in 1..a.len() {
        let more = u32::try_from(integer(a, at)?).map_err(|_| "new bits cannot be negative".to_owned())?;
        let length =
            whole.length.checked_add(more).filter(|length| *length <= whole.bits).ok_or("the prefix is too long")?;
        let size = 1_u128.checked_shl(whole.bits - length).unwrap_or(u128::MAX);
        let start = next.div_ceil(size).checked_mul(size).ok_or("there is no room left")?;
        next = start.checked_add(size).filter(|after| *after <= end).ok_or("there is no room left")?;
        made.push(Range { start, length, bits: whole.bits }.to_string());
    }
    Ok(super::texts::list_of(made))
}
