//! LiveKit data packets on the data channels.
//!
//! Only the few fields the relay needs are read. A packet is passed on byte for byte with the
//! sender appended: in protobuf the last value of a field wins, so a sender cannot pretend to be
//! someone else, and fields newer than this program survive.

use prost::Message;

/// How a channel delivers; told by its label alone, because clients mislabel `DataPacket.kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Delivery {
    Reliable,
    Lossy,
}

impl Delivery {
    pub(crate) const ALL: [Self; 2] = [Self::Reliable, Self::Lossy];

    /// The label LiveKit clients open and expect.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Reliable => "_reliable",
            Self::Lossy => "_lossy",
        }
    }

    pub(crate) fn of_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|d| d.label() == label)
    }

    /// `DataPacket.Kind`.
    fn kind(self) -> u8 {
        match self {
            Self::Reliable => 0,
            Self::Lossy => 1,
        }
    }
}

/// Whom a packet is for.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Envelope {
    /// `DataPacket.destination_identities`; empty = everybody else.
    #[prost(string, repeated, tag = "5")]
    pub(crate) destinations: Vec<String>,
}

/// The sender, as fields of a `DataPacket`.
#[derive(Clone, PartialEq, Message)]
struct Stamp {
    #[prost(string, tag = "4")]
    participant_identity: String,
    #[prost(string, tag = "17")]
    participant_sid: String,
}

/// The tag of `DataPacket.kind`: field 1, varint.
const KIND_TAG: u8 = 1 << 3;

/// Reads whom `packet` is for. None when it is not a protobuf message.
pub(crate) fn envelope(packet: &[u8]) -> Option<Envelope> {
    Envelope::decode(packet).ok()
}

/// `packet` with its sender and kind as this server knows them.
pub(crate) fn stamp(packet: &[u8], delivery: Delivery, identity: &str, sid: &str) -> Vec<u8> {
    let stamp = Stamp {
        participant_identity: identity.to_owned(),
        participant_sid: sid.to_owned(),
    };
    let mut out = Vec::with_capacity(packet.len() + 2 + stamp.encoded_len());
    out.extend_from_slice(packet);
    out.extend_from_slice(&[KIND_TAG, delivery.kind()]);
    out.extend(stamp.encode_to_vec());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use livekit_protocol::{DataPacket, UserPacket, data_packet};

    #[test]
    #[expect(deprecated, reason = "clients still read DataPacket.kind")]
    fn the_stamp_wins_over_what_the_sender_claims() {
        let sent = DataPacket {
            kind: data_packet::Kind::Lossy.into(),
            participant_identity: "somebody else".into(),
            participant_sid: "PA_other".into(),
            destination_identities: vec!["bob".into(), "eve".into()],
            value: Some(data_packet::Value::User(UserPacket {
                payload: b"hello".to_vec(),
                ..UserPacket::default()
            })),
            ..DataPacket::default()
        };
        let bytes = sent.encode_to_vec();
        assert_eq!(
            envelope(&bytes).expect("a packet").destinations,
            ["bob", "eve"]
        );

        let stamped = stamp(&bytes, Delivery::Reliable, "alice", "PA_alice");
        let read = DataPacket::decode(&stamped[..]).expect("a packet");
        assert_eq!(read.participant_identity, "alice");
        assert_eq!(read.participant_sid, "PA_alice");
        assert_eq!(read.kind(), data_packet::Kind::Reliable);
        assert_eq!(read.value, sent.value);
    }

    #[test]
    fn rubbish_is_refused() {
        assert!(envelope(&[0xff, 0xff]).is_none());
        assert!(envelope(&[0x2a, 0x7f, 0x01]).is_none());
    }

    #[test]
    fn labels() {
        assert_eq!(Delivery::of_label("_reliable"), Some(Delivery::Reliable));
        assert_eq!(Delivery::of_label("_lossy"), Some(Delivery::Lossy));
        assert_eq!(Delivery::of_label("_data_track"), None);
    }
}
