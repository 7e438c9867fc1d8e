//! The media token: a LiveKit access token (HS256) for one person in one room.

use domain::{AccountId, Role, VisitId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::{Key, MintError, TokenError, jwt};

/// The `iss` of our media tokens: the name of the key, as LiveKit's API key.
const ISSUER: &str = "bedside";

/// What a media token allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The room: the visit's id.
    pub room: VisitId,
    /// The participant's identity.
    pub identity: AccountId,
    /// The part played, shown to others as the attribute `role`.
    pub role: Option<Role>,
    /// Whether media may be published.
    pub can_publish: bool,
    /// Whether media may be received.
    pub can_subscribe: bool,
    /// Whether data may be published.
    pub can_publish_data: bool,
    /// Whether own name, metadata and attributes may be changed.
    pub can_update_own_metadata: bool,
}

impl Grant {
    /// A full party of the visit.
    pub const fn party(room: VisitId, identity: AccountId, role: Role) -> Self {
        Self {
            room,
            identity,
            role: Some(role),
            can_publish: true,
            can_subscribe: true,
            can_publish_data: true,
            can_update_own_metadata: true,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: AccountId,
    nbf: i64,
    exp: i64,
    video: Video,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<String, String>,
}

/// LiveKit's `video` grant; absent permissions mean allowed, as in LiveKit.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Video {
    #[serde(default)]
    room_join: bool,
    room: VisitId,
    #[serde(default = "allowed")]
    can_publish: bool,
    #[serde(default = "allowed")]
    can_subscribe: bool,
    #[serde(default = "allowed")]
    can_publish_data: bool,
    /// Absent means no, in LiveKit too.
    #[serde(default)]
    can_update_own_metadata: bool,
}

const fn allowed() -> bool {
    true
}

/// A token for `grant`, good from `from` until `until`.
///
/// # Errors
/// [`MintError`] if signing fails.
pub fn mint(
    key: &Key,
    grant: &Grant,
    from: Timestamp,
    until: Timestamp,
) -> Result<String, MintError> {
    let attributes = grant
        .role
        .map(|role| ("role".to_owned(), role.name().to_owned()))
        .into_iter()
        .collect();
    let claims = Claims {
        iss: ISSUER.to_owned(),
        sub: grant.identity,
        nbf: from.as_second(),
        exp: until.as_second(),
        video: Video {
            room_join: true,
            room: grant.room,
            can_publish: grant.can_publish,
            can_subscribe: grant.can_subscribe,
            can_publish_data: grant.can_publish_data,
            can_update_own_metadata: grant.can_update_own_metadata,
        },
        attributes,
    };
    jwt::sign(key, &claims)
}

/// What `token` allows at `now`, and until when.
///
/// # Errors
/// [`TokenError`]; a token without `roomJoin` is invalid.
pub fn verify(key: &Key, token: &str, now: Timestamp) -> Result<(Grant, Timestamp), TokenError> {
    let claims: Claims = jwt::open(key, token)?;
    if claims.iss != ISSUER || !claims.video.room_join {
        return Err(TokenError::Invalid);
    }
    let until = Timestamp::from_second(claims.exp).map_err(|_| TokenError::Invalid)?;
    if now >= until {
        return Err(TokenError::Expired);
    }
    if now.as_second() < claims.nbf {
        return Err(TokenError::NotYet);
    }
    let grant = Grant {
        room: claims.video.room,
        identity: claims.sub,
        role: claims
            .attributes
            .get("role")
            .and_then(|name| Role::from_name(name)),
        can_publish: claims.video.can_publish,
        can_subscribe: claims.video.can_subscribe,
        can_publish_data: claims.video.can_publish_data,
        can_update_own_metadata: claims.video.can_update_own_metadata,
    };
    Ok((grant, until))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }
    fn grant() -> Grant {
        Grant::party(
            "01900000-0000-7000-8000-000000000001".parse().expect("id"),
            "01900000-0000-7000-8000-000000000002".parse().expect("id"),
            Role::Clinician,
        )
    }

    #[test]
    fn a_grant_survives_the_token_inside_its_window_only() {
        let key = Key::from_bytes([7; 32]);
        let token = mint(&key, &grant(), at(100), at(200)).expect("minted");
        assert_eq!(verify(&key, &token, at(99)), Err(TokenError::NotYet));
        assert_eq!(verify(&key, &token, at(100)), Ok((grant(), at(200))));
        assert_eq!(verify(&key, &token, at(200)), Err(TokenError::Expired));
        assert_eq!(
            verify(&Key::from_bytes([8; 32]), &token, at(150)),
            Err(TokenError::Invalid)
        );
    }

    #[test]
    fn a_session_token_opens_no_room() {
        let key = Key::from_bytes([7; 32]);
        let session = "01900000-0000-7000-8000-000000000003".parse().expect("id");
        let (token, _) =
            crate::session::mint(&key, grant().identity, session, at(100)).expect("minted");
        assert_eq!(verify(&key, &token, at(101)), Err(TokenError::Invalid));
    }
}
