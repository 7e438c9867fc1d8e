//! Our credentials as the server asks for them.

use auth::Key;
use auth::turn::Turn;
use sfu_core::turn::{Account, Authority};

/// Those that `auth::turn` mints.
pub(super) struct Credentials(Turn);

impl Credentials {
    pub(super) fn new(key: &Key) -> Self {
        Self(Turn::new(key))
    }
}

impl Authority for Credentials {
    fn account(&self, username: &str) -> Option<Account> {
        let name = auth::turn::read(username)?;
        Some(Account {
            password: self.0.password(username),
            user: name.user.to_owned(),
            until: name.until,
        })
    }
}
