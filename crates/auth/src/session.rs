//! The session token: a JWT of minutes that carries a session id. Whoever acts on it looks the
//! rights up again; the token says only who is there.

use domain::{AccountId, SessionId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Key, MintError, TokenError, jwt};

/// How long a session token is good for.
pub const LIFETIME: SignedDuration = SignedDuration::from_mins(5);

/// The audience that keeps a session token from being taken for any other.
const AUDIENCE: &str = "bedside.session";

/// Who holds a session token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bearer {
    /// Who.
    pub account: AccountId,
    /// In which session.
    pub session: SessionId,
    /// Until when the token counts.
    pub expires_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    aud: String,
    sub: AccountId,
    sid: SessionId,
    exp: i64,
}

/// A token for `account` in `session`, good from `now` for [`LIFETIME`], and when it ends.
///
/// # Errors
/// [`MintError`] if signing fails.
pub fn mint(
    key: &Key,
    account: AccountId,
    session: SessionId,
    now: Timestamp,
) -> Result<(String, Timestamp), MintError> {
    let exp = now
        .checked_add(LIFETIME)
        .map_err(|_| MintError)?
        .as_second();
    let claims = Claims {
        aud: AUDIENCE.to_owned(),
        sub: account,
        sid: session,
        exp,
    };
    let expires_at = Timestamp::from_second(exp).map_err(|_| MintError)?;
    Ok((jwt::sign(key, &claims)?, expires_at))
}

/// Who holds `token`, if it counts at `now`.
///
/// # Errors
/// [`TokenError`].
pub fn verify(key: &Key, token: &str, now: Timestamp) -> Result<Bearer, TokenError> {
    let claims: Claims = jwt::open(key, token)?;
    if claims.aud != AUDIENCE {
        return Err(TokenError::Invalid);
    }
    let expires_at = Timestamp::from_second(claims.exp).map_err(|_| TokenError::Invalid)?;
    if now >= expires_at {
        return Err(TokenError::Expired);
    }
    Ok(Bearer {
        account: claims.sub,
        session: claims.sid,
        expires_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Entropy as _, VisitId};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }
    fn id<T: std::str::FromStr>(last: char) -> T
    where
        T::Err: std::fmt::Debug,
    {
        format!("01900000-0000-7000-8000-00000000000{last}")
            .parse()
            .expect("id")
    }
    fn random_key() -> Key {
        let mut bytes = [0; 32];
        crate::SystemEntropy.fill(&mut bytes).expect("randomness");
        Key::from_bytes(bytes)
    }

    #[test]
    fn good_for_five_minutes_and_not_a_second_more() {
        let key = random_key();
        let (token, expires_at) = mint(&key, id('1'), id('2'), at(1_000)).expect("minted");
        assert_eq!(expires_at, at(1_300));
        let bearer = verify(&key, &token, at(1_299)).expect("good");
        assert_eq!((bearer.account, bearer.session), (id('1'), id('2')));
        assert_eq!(verify(&key, &token, at(1_300)), Err(TokenError::Expired));
    }

    #[test]
    fn another_key_another_kind_and_noise_are_refused() {
        let (key, now) = (random_key(), at(1_000));
        let (token, _) = mint(&key, id('1'), id('2'), now).expect("minted");
        assert_eq!(verify(&random_key(), &token, now), Err(TokenError::Invalid));
        let room: VisitId = id('3');
        let media = crate::media::mint(
            &key,
            &crate::media::Grant::party(room, id('1'), domain::Role::Patient),
            now,
            at(2_000),
        )
        .expect("minted");
        assert_eq!(verify(&key, &media, now), Err(TokenError::Invalid));
        for noise in ["", ".", "a.b.c", &"x".repeat(10_000)] {
            assert_eq!(verify(&key, noise, now), Err(TokenError::Invalid));
        }
        // {"alg":"none"} with the same claims must not pass.
        let unsigned = format!(
            "eyJhbGciOiJub25lIn0.{}.",
            token.split('.').nth(1).expect("claims")
        );
        assert_eq!(verify(&key, &unsigned, now), Err(TokenError::Invalid));
    }
}
