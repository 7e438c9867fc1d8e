//! Connections that have proved nothing yet: anybody can open one, so they are few and short.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Of all addresses together.
const ALL: usize = 1_024;
/// Of one address; a whole clinic may be behind it.
const ONE: usize = 128;

/// Counts them. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Strangers {
    /// How many there are of each address. Held for one addition or subtraction.
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// One of them; dropped when the connection ends or has proved itself.
pub(crate) struct Stranger {
    strangers: Strangers,
    address: IpAddr,
}

impl Strangers {
    /// Counts one more, unless there are too many.
    pub(crate) fn admit(&self, ip: IpAddr) -> Option<Stranger> {
        let address = network(ip);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = counts.values().sum();
        let count = counts.entry(address).or_default();
        if all >= ALL || *count >= ONE {
            return None;
        }
        *count += 1;
        Some(Stranger {
            strangers: self.clone(),
            address,
        })
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let counts = &self.strangers.counts;
        let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

/// One subscriber: an IPv6 subscriber has a whole /64.
fn network(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => ip,
        IpAddr::V6(v6) => {
            let prefix = u128::from(v6) >> 64 << 64;
            std::net::Ipv6Addr::from(prefix).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_cannot_take_the_place_of_all() {
        let strangers = Strangers::default();
        let v6 = |host: u16| IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, host]);
        let mut held: Vec<_> = (0..ONE).map(|n| strangers.admit(v6(n as u16))).collect();
        assert!(held.iter().all(Option::is_some));
        assert!(strangers.admit(v6(9_999)).is_none(), "the same network");
        for host in 0..ALL - ONE {
            let ip = IpAddr::from([10, 0, (host / 256) as u8, (host % 256) as u8]);
            held.push(strangers.admit(ip));
        }
        assert!(held.iter().all(Option::is_some));
        let other = IpAddr::from([192, 0, 2, 1]);
        assert!(strangers.admit(other).is_none(), "no place at all");
        held.pop();
        assert!(strangers.admit(other).is_some());
        held.clear();
        assert!(strangers.counts.lock().expect("whole").is_empty());
    }
}
