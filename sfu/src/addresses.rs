//! The addresses of this machine, and which of them are offered to clients.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::{Config, StartError};

/// The addresses to offer, preferred first. One is IPv4 in any case: browsers pair a TURN relay
/// only with candidates of its own family.
pub(crate) fn offered(config: &Config) -> Result<Vec<IpAddr>, StartError> {
    let mut ips = config.media_ips.clone();
    if !ips.iter().any(IpAddr::is_ipv4) {
        ips.extend(local_ipv4().into_iter().map(IpAddr::V4));
        if config.loopback {
            ips.push(Ipv4Addr::LOCALHOST.into());
        }
    }
    if config.media_ips.is_empty() {
        ips.extend(local_ipv6().into_iter().map(IpAddr::V6));
    }
    match ips.iter().find(|ip| !is_usable(**ip)) {
        Some(ip) => Err(StartError::Address(*ip)),
        None if ips.iter().any(IpAddr::is_ipv4) => Ok(ips),
        None => Err(StartError::NoAddress),
    }
}

/// Every address of this machine that a datagram may be sent from.
pub(crate) fn own() -> Vec<IpAddr> {
    let v4 = local_ipv4().into_iter().map(IpAddr::V4);
    let v6 = local_ipv6().into_iter().map(IpAddr::V6);
    let loopback = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    v4.chain(v6).chain(loopback).collect()
}

/// Whether a client could send to it. A link-local IPv6 address means nothing without the name of
/// an interface.
fn is_usable(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !ip.is_unspecified() && !ip.is_multicast() && !ip.is_broadcast(),
        IpAddr::V6(ip) => {
            let plain = ip.to_ipv4_mapped().is_none();
            plain && !ip.is_unspecified() && !ip.is_multicast() && !ip.is_unicast_link_local()
        }
    }
}

/// Every IPv4 address of this machine but loopback, as the kernel's routing table lists them.
/// Empty when it cannot be read.
fn local_ipv4() -> Vec<Ipv4Addr> {
    parse_ipv4(&std::fs::read_to_string("/proc/net/fib_trie").unwrap_or_default())
}

/// Every lasting global IPv6 address of this machine, those of the internet first. Empty when
/// there is none or it cannot be read.
fn local_ipv6() -> Vec<Ipv6Addr> {
    parse_ipv6(&std::fs::read_to_string("/proc/net/if_inet6").unwrap_or_default())
}

/// Takes the addresses marked local out of `/proc/net/fib_trie`:
/// ```text
///            |-- 10.0.0.2
///               /32 host LOCAL
/// ```
fn parse_ipv4(table: &str) -> Vec<Ipv4Addr> {
    let mut found = Vec::new();
    let mut leaf: Option<Ipv4Addr> = None;
    for line in table.lines().map(str::trim) {
        if let Some(address) = line.strip_prefix("|-- ") {
            leaf = address.parse().ok();
        } else if line == "/32 host LOCAL"
            && let Some(address) = leaf
            && !address.is_loopback()
            && !found.contains(&address)
        {
            found.push(address);
        }
    }
    found
}

/// Takes the addresses of global scope out of `/proc/net/if_inet6`, whose columns are address,
/// interface, prefix length, scope, flags (hexadecimal all) and name.
fn parse_ipv6(table: &str) -> Vec<Ipv6Addr> {
    const GLOBAL: u32 = 0;
    // Temporary (RFC 8981), not unique, out of use, not yet checked.
    const UNFIT: u32 = 0x01 | 0x08 | 0x20 | 0x40;
    let address = |line: &str| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let [bits, _, _, scope, flags, _] = columns[..] else {
            return None;
        };
        let number = |text: &str| u32::from_str_radix(text, 16).ok();
        let fits = number(scope)? == GLOBAL && number(flags)? & UNFIT == 0;
        let bits = u128::from_str_radix(bits, 16).ok()?;
        fits.then(|| Ipv6Addr::from_bits(bits))
    };
    let mut found: Vec<_> = table.lines().filter_map(address).collect();
    found.sort_by_key(Ipv6Addr::is_unique_local);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_leaves_are_found_once() {
        let table = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n\
             |-- 10.1.2.3\n   /32 host LOCAL\n   |-- 10.1.2.255\n  /32 link BROADCAST\n\
             |-- 127.0.0.1\n  /32 host LOCAL\nLocal:\n   |-- 10.1.2.3\n    /32 host LOCAL\n";
        assert_eq!(parse_ipv4(table), [Ipv4Addr::new(10, 1, 2, 3)]);
        assert!(parse_ipv4("|-- x\n/32 host LOCAL\n").is_empty());
    }

    #[test]
    fn lasting_global_addresses_are_found_and_private_ones_come_last() {
        let table = "00000000000000000000000000000001 01 80 10 80       lo\n\
             fd000000000000000000000000000005 02 40 00 80     eth0\n\
             fe800000000000000000000000000005 02 40 20 80     eth0\n\
             20010db8000000000000000000000007 02 40 00 01     eth0\n\
             20010db8000000000000000000000005 02 40 00 80     eth0\nodd line\n";
        let expected: [Ipv6Addr; 2] = [
            "2001:db8::5".parse().expect("an address"),
            "fd00::5".parse().expect("an address"),
        ];
        assert_eq!(parse_ipv6(table), expected);
    }

    #[test]
    fn ipv4_is_always_offered_and_what_nobody_reaches_never() {
        let with = |ips: &[&str]| {
            let parsed = ips.iter().map(|ip| ip.parse().expect("an address"));
            offered(&Config {
                media_ips: parsed.collect(),
                loopback: true,
                ..Config::default()
            })
        };
        let ips = with(&["2001:db8::1"]).expect("addresses");
        assert!(ips[0].is_ipv6() && ips.iter().any(IpAddr::is_ipv4));
        assert_eq!(with(&["192.0.2.1"]).expect("addresses").len(), 1);
        for bad in [
            "0.0.0.0",
            "::",
            "224.0.0.1",
            "fe80::1",
            "::ffff:192.0.2.1",
            "ff02::1",
        ] {
            assert!(matches!(with(&[bad]), Err(StartError::Address(_))), "{bad}");
        }
    }
}
