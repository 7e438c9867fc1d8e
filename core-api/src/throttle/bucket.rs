//! Too many requests: a bucket of tokens each for users, clinics and network addresses.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use domain::{AccountId, ClinicId};
use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};

use super::Wait;
use super::table::Table;

/// How fast requests may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    burst: u32,
    per_second: u32,
}

impl Rate {
    /// `burst` requests at once and `per_second` more each second; both at least 1.
    pub const fn new(burst: u32, per_second: u32) -> Self {
        Self {
            burst: if burst == 0 { 1 } else { burst },
            per_second: if per_second == 0 { 1 } else { per_second },
        }
    }

    /// How long so many thousandths of tokens take to flow in, to the millisecond after.
    fn time_for(self, thousandths: i64) -> SignedDuration {
        let rate = i64::from(self.per_second);
        SignedDuration::from_millis((thousandths + rate - 1) / rate)
    }
}

/// Whose requests are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Bucket {
    /// Those of a network address; of IPv6, of a network.
    Address(IpAddr),
    /// Those of an account.
    Account(AccountId),
    /// Those of a clinic's accounts.
    Clinic(ClinicId),
}

/// Counts requests. In memory on one node; between nodes a shared table can stand here.
pub(crate) trait Limiter: Send + Sync {
    /// Takes a token from each of `buckets`, or none at all and tells how long until there is one.
    fn take<'a>(
        &'a self,
        buckets: &'a [(Bucket, Rate)],
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), Wait>>;
}

/// Counts the requests of this process.
pub(crate) struct LocalLimiter {
    /// Held for a few look-ups, never across an await.
    rows: Mutex<Table<Bucket, Row>>,
}

#[derive(Debug, Clone, Copy)]
struct Row {
    /// In thousandths, so that slow rates fill up at all.
    tokens: i64,
    at: Timestamp,
    full_at: Timestamp,
}

/// Thousandths in a token.
const WHOLE: i64 = 1_000;

impl LocalLimiter {
    pub(crate) fn new() -> Self {
        Self {
            rows: Mutex::new(Table::new()),
        }
    }

    fn take_now(&self, buckets: &[(Bucket, Rate)], now: Timestamp) -> Result<(), Wait> {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let mut wait = SignedDuration::ZERO;
        for (bucket, rate) in buckets {
            let row = rows.get(&network_of(*bucket)).copied();
            let row = filled(row, *rate, now);
            if row.tokens < WHOLE {
                wait = wait.max(rate.time_for(WHOLE - row.tokens));
            }
        }
        if wait > SignedDuration::ZERO {
            return Err(Wait(wait));
        }
        for (bucket, rate) in buckets {
            let key = network_of(*bucket);
            let mut next = filled(rows.get(&key).copied(), *rate, now);
            next.tokens -= WHOLE;
            let until_full = rate.time_for(i64::from(rate.burst) * WHOLE - next.tokens);
            let full_at = now.saturating_add(until_full);
            next.full_at = full_at.unwrap_or(Timestamp::MAX);
            let weight = |row: &Row| {
                let left = row.full_at.duration_since(now).as_millis();
                u64::try_from(left).unwrap_or(0)
            };
            *rows.entry(&key, || next, weight) = next;
        }
        Ok(())
    }
}

/// The bucket as it stands at `now`.
fn filled(row: Option<Row>, rate: Rate, now: Timestamp) -> Row {
    let full = i64::from(rate.burst) * WHOLE;
    let Some(row) = row else {
        return Row {
            tokens: full,
            at: now,
            full_at: now,
        };
    };
    // A clock that was set back neither gives nor takes.
    let passed = now.duration_since(row.at).as_millis().max(0);
    let passed = i64::try_from(passed).unwrap_or(i64::MAX);
    let gained = passed.saturating_mul(i64::from(rate.per_second));
    Row {
        tokens: row.tokens.saturating_add(gained).min(full),
        at: now.max(row.at),
        ..row
    }
}

impl Limiter for LocalLimiter {
    fn take<'a>(
        &'a self,
        buckets: &'a [(Bucket, Rate)],
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), Wait>> {
        Box::pin(std::future::ready(self.take_now(buckets, now)))
    }
}

fn network_of(bucket: Bucket) -> Bucket {
    match bucket {
        Bucket::Address(address) => Bucket::Address(network(address)),
        other => other,
    }
}

/// What counts as one address: of IPv6 the first 64 bits, since a subscriber has all the others.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let mut parts = address.segments();
            parts[4..].fill(0);
            IpAddr::V6(Ipv6Addr::from(parts))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(millis).unwrap()
    }

    fn address(text: &str) -> Bucket {
        Bucket::Address(text.parse().unwrap())
    }

    #[test]
    fn a_burst_passes_and_then_as_many_as_flow_in() {
        let limiter = LocalLimiter::new();
        let mine = [(address("192.0.2.1"), Rate::new(3, 2))];
        for _ in 0..3 {
            assert_eq!(limiter.take_now(&mine, at(0)), Ok(()));
        }
        let wait = Wait(SignedDuration::from_millis(500));
        assert_eq!(limiter.take_now(&mine, at(0)), Err(wait));
        assert_eq!(limiter.take_now(&mine, at(500)), Ok(()));
        assert!(limiter.take_now(&mine, at(999)).is_err());
        assert_eq!(limiter.take_now(&mine, at(1_000)), Ok(()));
        let others = [(address("192.0.2.2"), Rate::new(3, 2))];
        assert_eq!(limiter.take_now(&others, at(1_000)), Ok(()));
    }

    #[test]
    fn whoever_is_refused_by_one_bucket_takes_from_none() {
        let limiter = LocalLimiter::new();
        let narrow = (address("192.0.2.1"), Rate::new(1, 1));
        let wide = (address("192.0.2.2"), Rate::new(2, 1));
        assert!(limiter.take_now(&[narrow, wide], at(0)).is_ok());
        for _ in 0..10 {
            assert!(limiter.take_now(&[narrow, wide], at(0)).is_err());
        }
        assert!(limiter.take_now(&[wide], at(0)).is_ok());
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        assert_eq!(
            network("2001:db8:1:2:3::4".parse().unwrap()),
            network("2001:db8:1:2:ffff::".parse().unwrap())
        );
        assert_eq!(
            network("::ffff:192.0.2.1".parse().unwrap()),
            network("192.0.2.1".parse().unwrap())
        );
    }

    #[test]
    fn a_clock_that_is_set_back_gives_nothing() {
        let limiter = LocalLimiter::new();
        let mine = [(address("192.0.2.1"), Rate::new(1, 1))];
        assert!(limiter.take_now(&mine, at(10_000)).is_ok());
        assert!(limiter.take_now(&mine, at(0)).is_err());
        assert!(limiter.take_now(&mine, at(10_500)).is_err());
        assert!(limiter.take_now(&mine, at(11_000)).is_ok());
    }
}
