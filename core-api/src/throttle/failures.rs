//! Guessing: each wrong password or code makes the next try wait longer.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use domain::AccountId;
use jiff::{SignedDuration, Timestamp};

use super::Wait;
use super::table::Table;

/// SHA-256 of an address somebody wants to sign in with, whether or not it has an account.
pub(crate) type EmailHash = [u8; 32];

/// What failures are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Guessed {
    /// Passwords for an address, from devices it was never signed in from.
    Password(EmailHash),
    /// Passwords for an address from a device it was signed in from before: nobody else can make
    /// the owner wait there.
    PasswordHere(EmailHash, [u8; 32]),
    /// Second factors of an account, by whoever knows its password.
    Code(AccountId),
    /// The same from a device it was signed in from before.
    CodeHere(AccountId, [u8; 32]),
    /// The proof somebody signed in gives again.
    Again(AccountId),
    /// Links asked for by mail for an address, whether or not it has an account.
    Link(EmailHash),
    /// Anything, from one network address (of IPv6, one network).
    From(IpAddr),
}

/// How waiting grows.
struct Growth {
    /// Failures that cost nothing.
    free: u32,
    /// The longest wait.
    most: SignedDuration,
    /// How long after the last failure all are forgotten.
    memory: SignedDuration,
}

impl Guessed {
    const fn growth(&self) -> Growth {
        match self {
            // Many people share an address; most of them mistype at times.
            Self::From(_) => Growth {
                free: 50,
                most: SignedDuration::from_mins(5),
                memory: SignedDuration::from_hours(1),
            },
            // Some hundred guesses a day at most: nothing against a password off the blocklist,
            // or against a code that changes each half minute.
            _ => Growth {
                free: 5,
                most: SignedDuration::from_mins(15),
                memory: SignedDuration::from_hours(24),
            },
        }
    }
}

impl Growth {
    /// The wait after so many failures: 1 s, 2 s, 4 s … after the free ones.
    fn wait(&self, failures: u32) -> SignedDuration {
        match failures.checked_sub(self.free) {
            None | Some(0) => SignedDuration::ZERO,
            Some(over) => SignedDuration::from_secs(1 << (over - 1).min(20)).min(self.most),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Row {
    failures: u32,
    last: Timestamp,
    until: Timestamp,
    forgotten_at: Timestamp,
}

/// The failures of everybody.
pub(crate) struct Failures {
    /// Held for a few look-ups, never across an await.
    rows: Mutex<Table<Guessed, Row>>,
}

/// A try under way. It counts as failed from its beginning, so that tries side by side do not
/// pass together; how it ended is said by one of the methods.
#[must_use = "a try that is dropped has failed"]
pub(crate) struct Guess<'a> {
    failures: &'a Failures,
    keys: Vec<Guessed>,
}

impl Failures {
    pub(crate) fn new() -> Self {
        Self {
            rows: Mutex::new(Table::new()),
        }
    }

    /// Begins a try that counts for `keys`.
    ///
    /// # Errors
    /// [`Wait`] when one of them has to wait; nothing is counted then.
    pub(crate) fn begin(
        &self,
        keys: impl IntoIterator<Item = Guessed>,
        now: Timestamp,
    ) -> Result<Guess<'_>, Wait> {
        let keys: Vec<Guessed> = keys.into_iter().map(network).collect();
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let until = keys.iter().filter_map(|key| rows.get(key));
        let until = until.map(|row| row.until).max();
        if let Some(until) = until.filter(|until| *until > now) {
            return Err(Wait(until.duration_since(now)));
        }
        for key in &keys {
            count(&mut rows, key, now);
        }
        Ok(Guess {
            failures: self,
            keys,
        })
    }
}

fn count(rows: &mut Table<Guessed, Row>, key: &Guessed, now: Timestamp) {
    let fresh = || Row {
        failures: 0,
        last: now,
        until: now,
        forgotten_at: Timestamp::MAX,
    };
    let weight = |row: &Row| match row.forgotten_at <= now {
        true => 0,
        false => u64::from(row.failures),
    };
    let growth = key.growth();
    let row = rows.entry(key, fresh, weight);
    if row.forgotten_at <= now {
        row.failures = 0;
    }
    row.failures = row.failures.saturating_add(1);
    row.last = now;
    row.until = later(now, growth.wait(row.failures));
    row.forgotten_at = later(now, growth.memory);
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// An address is easily had within an IPv6 network, so the network counts.
fn network(key: Guessed) -> Guessed {
    match key {
        Guessed::From(address) => Guessed::From(super::bucket::network(address)),
        other => other,
    }
}

impl Guess<'_> {
    /// It was right. What was guessed is forgotten; of its network address only this one try,
    /// or whoever owns one account there could guess at all others without end.
    pub(crate) fn right(self) {
        self.end(|rows, key| match key {
            Guessed::From(_) => take_back(rows, key),
            _ => rows.remove(key),
        });
    }

    /// Nobody judged it: the server failed.
    pub(crate) fn withdrawn(self) {
        self.end(take_back);
    }

    fn end(self, how: impl Fn(&mut Table<Guessed, Row>, &Guessed)) {
        let rows = self.failures.rows.lock();
        let mut rows = rows.unwrap_or_else(PoisonError::into_inner);
        for key in &self.keys {
            how(&mut rows, key);
        }
    }
}

fn take_back(rows: &mut Table<Guessed, Row>, key: &Guessed) {
    if let Some(row) = rows.get_mut(key) {
        row.failures = row.failures.saturating_sub(1);
        row.until = row.last;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: Guessed = Guessed::Password([1; 32]);
    const ADA_HERE: Guessed = Guessed::PasswordHere([1; 32], [2; 32]);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// Fails once; how long the next try had to wait before.
    fn fail(failures: &Failures, key: Guessed, now: &mut i64) -> i64 {
        let mut waited = 0;
        loop {
            match failures.begin([key], at(*now)) {
                Ok(guess) => {
                    drop(guess);
                    return waited;
                }
                Err(Wait(wait)) => {
                    waited += wait.as_secs();
                    *now += wait.as_secs();
                }
            }
        }
    }

    #[test]
    fn waiting_doubles_after_the_free_failures_up_to_a_quarter_of_an_hour() {
        let (failures, mut now) = (Failures::new(), 0);
        let waits: Vec<i64> = (0..18).map(|_| fail(&failures, ADA, &mut now)).collect();
        assert_eq!(
            waits,
            [
                0, 0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900
            ]
        );
    }

    #[test]
    fn others_failures_do_not_make_the_owners_device_wait() {
        let (failures, mut now) = (Failures::new(), 0);
        for _ in 0..20 {
            fail(&failures, ADA, &mut now);
        }
        assert!(failures.begin([ADA], at(now)).is_err());
        failures.begin([ADA_HERE], at(now)).unwrap().right();
        assert!(failures.begin([ADA], at(now)).is_err(), "theirs stay");
    }

    #[test]
    fn a_right_guess_forgives_and_a_day_forgets() {
        let (failures, mut now) = (Failures::new(), 0);
        for _ in 0..5 {
            fail(&failures, ADA, &mut now);
        }
        failures.begin([ADA], at(now)).unwrap().right();
        for _ in 0..6 {
            assert_eq!(fail(&failures, ADA, &mut now), 0);
        }
        now += 24 * 3_600;
        for _ in 0..6 {
            assert_eq!(fail(&failures, ADA, &mut now), 0);
        }
    }

    #[test]
    fn tries_side_by_side_count_before_they_are_judged() {
        let failures = Failures::new();
        let tries: Vec<_> = (0..10).map(|_| failures.begin([ADA], at(0))).collect();
        assert_eq!(tries.iter().filter(|guess| guess.is_ok()).count(), 6);
    }

    #[test]
    fn what_the_server_could_not_judge_does_not_count() {
        let failures = Failures::new();
        for _ in 0..100 {
            failures.begin([ADA], at(0)).unwrap().withdrawn();
        }
    }

    #[test]
    fn one_good_account_does_not_clear_an_address() {
        let (failures, mut now) = (Failures::new(), 0);
        let from = Guessed::From("2001:db8::1".parse().unwrap());
        for _ in 0..51 {
            assert_eq!(fail(&failures, from, &mut now), 0);
        }
        let neighbour = Guessed::From("2001:db8::2:3".parse().unwrap());
        assert!(failures.begin([neighbour], at(now)).is_err(), "one network");
        now += 1;
        failures.begin([from, ADA], at(now)).unwrap().right();
        assert_eq!(fail(&failures, from, &mut now), 0);
        assert!(failures.begin([from], at(now)).is_err());
    }
}
