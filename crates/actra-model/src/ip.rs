//! IP addresses and CIDR ranges, in the one spelling that every client reads alike.

use std::fmt;
use std::net::IpAddr;

/// An IPv4 or IPv6 address; no zone, no IPv4-mapped form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IpAddress(IpAddr);

/// A range of addresses: `10.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cidr {
    network: IpAddress,
    prefix: u8,
}

impl IpAddress {
    /// `None` if the text is not an address.
    pub fn parse(text: &str) -> Option<IpAddress> {
        let address: IpAddr = text.parse().ok()?;
        match address {
            // The mapped form is a second spelling of an IPv4 address, which a rule on IPv4 ranges would not see.
            IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some() => None,
            _ => Some(IpAddress(address)),
        }
    }

    /// The address.
    pub fn addr(self) -> IpAddr {
        self.0
    }

    /// The address as a number, with its width in bits.
    fn bits(self) -> (u128, u8) {
        match self.0 {
            IpAddr::V4(v4) => (u128::from(u32::from(v4)), 32),
            IpAddr::V6(v6) => (u128::from(v6), 128),
        }
    }
}

/// Canonical text (RFC 5952 for IPv6).
impl fmt::Display for IpAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Cidr {
    /// `None` if the text is not a range or has bits set behind the prefix.
    pub fn parse(text: &str) -> Option<Cidr> {
        let (address, prefix) = split(text)?;
        let cidr = Cidr::parse_lenient(text)?;
        (cidr.network == address && cidr.prefix == prefix).then_some(cidr)
    }

    /// The range with host bits cleared, for a "did you mean"; `None` if the text is no `ADDRESS/PREFIX`.
    pub fn parse_lenient(text: &str) -> Option<Cidr> {
        let (address, prefix) = split(text)?;
        let (bits, width) = address.bits();
        let network = bits & mask(prefix, width);
        let network = match address.0 {
            IpAddr::V4(_) => IpAddr::V4(u32::try_from(network).ok()?.into()),
            IpAddr::V6(_) => IpAddr::V6(network.into()),
        };
        Some(Cidr { network: IpAddress(network), prefix })
    }

    /// The first address.
    pub fn network(self) -> IpAddress {
        self.network
    }

    /// The number of leading bits that are fixed.
    pub fn prefix(self) -> u8 {
        self.prefix
    }

    /// Whether the address lies in the range; an address of the other family never does.
    pub fn contains(self, address: IpAddress) -> bool {
        let ((network, width), (bits, other_width)) = (self.network.bits(), address.bits());
        width == other_width && bits & mask(self.prefix, width) == network
    }
}

fn split(text: &str) -> Option<(IpAddress, u8)> {
    let (address, prefix) = text.split_once('/')?;
    let address = IpAddress::parse(address)?;
    let plain =
        prefix.bytes().all(|byte| byte.is_ascii_digit()) && (prefix == "0" || !prefix.starts_with('0'));
    let prefix: u8 = prefix.parse().ok().filter(|_| plain)?;
    (prefix <= address.bits().1).then_some((address, prefix))
}

/// The leading `prefix` of `width` bits.
fn mask(prefix: u8, width: u8) -> u128 {
    let all = if width == 128 { u128::MAX } else { (1 << width) - 1 };
    let host_bits = u32::from(width - prefix);
    all & u128::MAX.checked_shl(host_bits).unwrap_or(0)
}

/// `10.0.0.0/8`
impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddress {
        IpAddress::parse(text).unwrap()
    }

    #[test]
    fn reads_addresses() {
        for (text, shown) in [
            ("10.0.0.1", "10.0.0.1"),
            ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
            ("::", "::"),
            ("64:ff9b::10.0.0.1", "64:ff9b::a00:1"),
        ] {
            assert_eq!(ip(text).to_string(), shown);
        }
        for text in [
            "",
            "10.0.0",
            "10.0.0.256",
            "010.0.0.1",
            "10.0.0.1 ",
            "0x0a.0.0.1",
            "167772161",
            "::ffff:10.0.0.1",
            "::ffff:a00:1",
            "fe80::1%eth0",
            "[::1]",
            "10.0.0.1:80",
            "::1::",
            "10.0.0.1/8",
        ] {
            assert_eq!(IpAddress::parse(text), None, "{text}");
        }
    }

    #[test]
    fn reads_ranges() {
        for (text, inside, outside) in [
            ("10.0.0.0/8", "10.255.255.255", "11.0.0.0"),
            ("10.1.2.3/32", "10.1.2.3", "10.1.2.4"),
            ("0.0.0.0/0", "255.255.255.255", "::"),
            ("192.168.0.128/25", "192.168.0.200", "192.168.0.127"),
            ("2001:db8::/32", "2001:db8:ffff::", "2001:db9::"),
            ("::/0", "ffff::", "0.0.0.0"),
            ("::1/128", "::1", "::2"),
        ] {
            let range = Cidr::parse(text).unwrap();
            assert_eq!(range.to_string(), text);
            assert!(range.contains(ip(inside)) && !range.contains(ip(outside)), "{text}");
            assert!(range.contains(range.network()));
        }
        for text in [
            "",
            "10.0.0.0",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.0/08",
            "10.0.0.0/+8",
            "10.0.0.0/-1",
            "10.0.0.0/8/8",
            "::/129",
            "::ffff:0.0.0.0/96",
            "10.0.0.0/256",
            "10.0.0.0/8 ",
        ] {
            assert_eq!((Cidr::parse(text), Cidr::parse_lenient(text)), (None, None), "{text}");
        }
    }

    #[test]
    fn suggests_the_range_without_host_bits() {
        for (text, meant) in
            [("10.1.2.3/8", "10.0.0.0/8"), ("2001:db8::1/32", "2001:db8::/32"), ("1.2.3.4/0", "0.0.0.0/0")]
        {
            assert_eq!(Cidr::parse(text), None);
            assert_eq!(Cidr::parse_lenient(text).map(|range| range.to_string()).as_deref(), Some(meant));
        }
    }
}
