//! The addresses of this machine.

use std::net::Ipv4Addr;

/// Every IPv4 address of this machine but loopback, as the kernel's routing table lists them.
/// Empty when it cannot be read.
pub(crate) fn local_ipv4() -> Vec<Ipv4Addr> {
    parse(&std::fs::read_to_string("/proc/net/fib_trie").unwrap_or_default())
}

/// Takes the addresses marked local out of `/proc/net/fib_trie`:
/// ```text
///            |-- 10.0.0.2
///               /32 host LOCAL
/// ```
fn parse(table: &str) -> Vec<Ipv4Addr> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_leaves_are_found_once() {
        let table = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n\
             |-- 10.1.2.3\n   /32 host LOCAL\n   |-- 10.1.2.255\n  /32 link BROADCAST\n\
             |-- 127.0.0.1\n  /32 host LOCAL\nLocal:\n   |-- 10.1.2.3\n    /32 host LOCAL\n";
        assert_eq!(parse(table), [Ipv4Addr::new(10, 1, 2, 3)]);
        assert!(parse("|-- x\n/32 host LOCAL\n").is_empty());
    }
}
