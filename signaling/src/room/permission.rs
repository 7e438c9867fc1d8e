//! Whom a publisher lets receive its tracks (LiveKit's `SubscriptionPermission`).

use std::collections::{BTreeMap, BTreeSet};

use livekit_protocol as lk;

/// Keyed by identity, because a permission outlives the session of the one it is given to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Whoever may subscribe at all.
    #[default]
    Everyone,
    /// Only these identities, and of them only these tracks.
    Listed(BTreeMap<String, Tracks>),
}

/// Which tracks of the publisher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tracks {
    All,
    Only(BTreeSet<String>),
}

impl Audience {
    /// The audience a client asked for; `identity_of` resolves participants named by sid only.
    /// Entries beyond `most` are dropped: they could only have allowed more.
    pub(crate) fn from_request(
        request: lk::SubscriptionPermission,
        most: usize,
        identity_of: impl Fn(&str) -> Option<String>,
    ) -> Self {
        if request.all_participants {
            return Self::Everyone;
        }
        let mut listed = BTreeMap::new();
        for entry in request.track_permissions.into_iter().take(most) {
            let identity = if entry.participant_identity.is_empty() {
                identity_of(&entry.participant_sid)
            } else {
                Some(entry.participant_identity)
            };
            let tracks = if entry.all_tracks {
                Tracks::All
            } else {
                Tracks::Only(entry.track_sids.into_iter().take(most).collect())
            };
            if let Some(identity) = identity {
                listed.insert(identity, tracks);
            }
        }
        Self::Listed(listed)
    }

    /// Whether `identity` may receive `track`.
    pub(crate) fn admits(&self, identity: &str, track: &str) -> bool {
        match self {
            Self::Everyone => true,
            Self::Listed(listed) => match listed.get(identity) {
                Some(Tracks::All) => true,
                Some(Tracks::Only(tracks)) => tracks.contains(track),
                None => false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(identity: &str, sid: &str, tracks: &[&str]) -> lk::TrackPermission {
        lk::TrackPermission {
            participant_sid: sid.into(),
            participant_identity: identity.into(),
            all_tracks: tracks.is_empty(),
            track_sids: tracks.iter().map(|sid| (*sid).to_owned()).collect(),
        }
    }

    #[test]
    fn only_the_listed_tracks_and_people_are_admitted() {
        let request = lk::SubscriptionPermission {
            all_participants: false,
            track_permissions: vec![entry("ann", "", &["TR_1"]), entry("", "PA_b", &[])],
        };
        let audience =
            Audience::from_request(request, 8, |sid| (sid == "PA_b").then(|| "bob".to_owned()));
        assert!(audience.admits("ann", "TR_1") && !audience.admits("ann", "TR_2"));
        assert!(audience.admits("bob", "TR_2"));
        assert!(!audience.admits("eve", "TR_1"));
    }
}
