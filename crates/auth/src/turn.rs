//! TURN credentials: who holds a media token may use our relay until the token ends.
//!
//! They are made the way TURN servers know as "REST API" or "shared secret": the user name is
//! `expiry:user` with the expiry as Unix time, the password is the base64 of its HMAC-SHA1. So
//! nothing is kept, and coturn with the same secret (`use-auth-secret`, `static-auth-secret`)
//! accepts them too. SHA-1 is what that scheme says; as an HMAC it is not weakened by collisions.
//!
//! The name travels in clear text over UDP and TCP, so it does not tell who is in which visit: the
//! user part is a keyed digest of both.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use domain::{AccountId, VisitId};
use jiff::Timestamp;

use crate::Key;

/// Bytes of the digest that stands for a person in a room.
const USER: usize = 12;

/// What a client needs to use the relay.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// `expiry:user`; not secret.
    pub username: String,
    /// The long-term password (RFC 8489, section 9.2).
    pub password: String,
}

/// What a user name of ours says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name<'a> {
    /// The first second (Unix time) at which it no longer counts.
    pub until: u64,
    /// The same for all names of one person in one room.
    pub user: &'a str,
}

/// Makes and recognises credentials.
pub struct Turn {
    password: hmac::Key,
    user: hmac::Key,
}

impl Turn {
    /// Credentials of `key`. An external server's shared secret is [`Self::shared_secret`].
    pub fn new(key: &Key) -> Self {
        let secret = Self::shared_secret(key);
        let of = |algorithm| hmac::Key::new(algorithm, secret.as_bytes());
        Self {
            password: of(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY),
            user: of(hmac::HMAC_SHA256),
        }
    }

    /// The key as text, as it stands in its file: what an external coturn is given.
    pub fn shared_secret(key: &Key) -> zeroize::Zeroizing<String> {
        zeroize::Zeroizing::new(crate::key::hex(key.bytes()))
    }

    /// Credentials for whoever may be in `room` as `identity` until `until`.
    pub fn mint(&self, room: VisitId, identity: AccountId, until: Timestamp) -> Credentials {
        let who = format!("turn user {room} {identity}");
        let digest = hmac::sign(&self.user, who.as_bytes());
        let user = URL_SAFE_NO_PAD.encode(digest.as_ref().get(..USER).unwrap_or_default());
        self.issue(&user, until)
    }

    /// Credentials that are good until `until` and belong to nobody: for the node's own tests of
    /// its relay.
    pub fn mint_probe(&self, until: Timestamp) -> Credentials {
        self.issue("self-test", until)
    }

    fn issue(&self, user: &str, until: Timestamp) -> Credentials {
        let username = format!("{}:{user}", until.as_second().max(0));
        let password = self.password(&username);
        Credentials { username, password }
    }

    /// The password of `username`.
    pub fn password(&self, username: &str) -> String {
        STANDARD.encode(hmac::sign(&self.password, username.as_bytes()))
    }
}

/// Reads a user name, whoever made it: only the password proves anything.
pub fn read(username: &str) -> Option<Name<'_>> {
    let (until, user) = username.split_once(':')?;
    let digits = !until.is_empty() && until.bytes().all(|byte| byte.is_ascii_digit());
    let until = digits.then(|| until.parse().ok())??;
    (!user.is_empty()).then_some(Name { until, user })
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(‹secret›)")
    }
}

impl std::fmt::Debug for Turn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Turn(‹secret›)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }
    fn room(number: u8) -> VisitId {
        let text = format!("01900000-0000-7000-8000-0000000000{number:02x}");
        text.parse().expect("id")
    }
    fn account(number: u8) -> AccountId {
        let text = format!("01900000-0000-7000-9000-0000000000{number:02x}");
        text.parse().expect("id")
    }
    fn turn() -> Turn {
        Turn::new(&Key::from_bytes([7; 32]))
    }

    #[test]
    fn the_name_says_until_when_and_not_who() {
        let made = turn().mint(room(1), account(1), at(1_800_000_600));
        let name = read(&made.username).expect("ours");
        assert_eq!(name.until, 1_800_000_600);
        assert!(!made.username.contains(&account(1).to_string()));
        assert!(!made.username.contains(&room(1).to_string()));
        assert_eq!(turn().password(&made.username), made.password);
    }

    #[test]
    fn a_user_is_one_person_in_one_room_whatever_the_expiry() {
        let turn = turn();
        let user = |room, account, until| {
            let made = turn.mint(room, account, at(until));
            read(&made.username).expect("ours").user.to_owned()
        };
        assert_eq!(user(room(1), account(1), 5), user(room(1), account(1), 9));
        assert_ne!(user(room(1), account(1), 5), user(room(1), account(2), 5));
        assert_ne!(user(room(1), account(1), 5), user(room(2), account(1), 5));
    }

    #[test]
    fn another_name_or_key_has_another_password() {
        let made = turn().mint(room(1), account(1), at(100));
        let later = made.username.replacen("100", "900", 1);
        assert_ne!(turn().password(&later), made.password);
        let other = Turn::new(&Key::from_bytes([8; 32]));
        assert_ne!(other.password(&made.username), made.password);
    }

    /// `printf '1800000000:ada' | openssl dgst -sha1 -hmac 0707…07 -binary | base64`, which is
    /// what coturn computes.
    #[test]
    fn the_password_is_the_one_coturn_expects() {
        let secret = Turn::shared_secret(&Key::from_bytes([7; 32]));
        assert_eq!(*secret, "07".repeat(32));
        assert_eq!(
            turn().password("1800000000:ada"),
            "c4ObsubigtJq6OakSNgHUxbB9xw="
        );
    }

    #[test]
    fn what_is_not_a_name_is_told_apart() {
        for text in [
            "",
            ":",
            "ada",
            ":ada",
            "5:",
            "+5:ada",
            "-5:ada",
            "99999999999999999999:a",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(
            read("5:a:b"),
            Some(Name {
                until: 5,
                user: "a:b"
            })
        );
    }

    #[test]
    fn nothing_secret_is_printed() {
        let made = turn().mint_probe(at(100));
        assert!(!format!("{made:?} {:?}", turn()).contains(&made.password));
    }
}
