//! A clock that stands still until it is moved.

use std::sync::Mutex;

use domain::Clock;
use jiff::{SignedDuration, Timestamp};

#[derive(Debug)]
pub(crate) struct HandClock(Mutex<Timestamp>);

impl HandClock {
    pub(crate) fn at(text: &str) -> Self {
        Self(Mutex::new(text.parse().expect("an instant")))
    }

    pub(crate) fn read(&self) -> Timestamp {
        *self.0.lock().expect("never poisoned")
    }

    pub(crate) fn advance(&self, by: SignedDuration) {
        *self.0.lock().expect("never poisoned") += by;
    }

    pub(crate) fn advance_minutes(&self, minutes: i64) {
        self.advance(SignedDuration::from_mins(minutes));
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        self.read()
    }
}
