//! Who may use the relay.

/// Knows the users. Pure: the same name always gets the same answer, and time is judged by the
/// server, which is told what time it is.
pub trait Authority: Send + Sync {
    /// The account behind `username`, none if the name is not one of ours. Nothing is trusted
    /// before the client has proved that it knows the password.
    fn account(&self, username: &str) -> Option<Account>;
}

/// What a user name stands for.
#[derive(Clone)]
pub struct Account {
    /// The long-term password (RFC 8489, section 9.2).
    pub password: String,
    /// Whom usage is counted for: several names may be the same person in the same room.
    pub user: String,
    /// The first second (Unix time) at which the name no longer opens an allocation.
    pub until: u64,
}
