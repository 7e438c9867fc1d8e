//! Messages to clients.

use std::net::SocketAddr;

use stun_types::attribute::{AttributeType, ErrorCode, Fingerprint, UnknownAttributes};
use stun_types::message::{
    IntegrityAlgorithm, IntegrityKey, Message, MessageClass, MessageType, MessageWriteVec,
};
use stun_types::prelude::*;
use turn_types::attribute::{Data, XorPeerAddress};
use turn_types::channel::ChannelData;
use turn_types::message::DATA;

/// An answer with these attributes: success without `code`, otherwise that error. Signed with
/// `key` if there is one, with a fingerprint if the request had one. None only if it would be
/// too long to write, which a handful of short attributes is not.
pub(super) fn answer(
    request: &Message<'_>,
    code: Option<u16>,
    attributes: &[&dyn AttributeWrite],
    key: Option<&IntegrityKey>,
) -> Option<Vec<u8>> {
    let class = match code {
        None => MessageClass::Success,
        Some(_) => MessageClass::Error,
    };
    let kind = MessageType::from_class_method(class, request.method());
    let writer = MessageWriteVec::with_capacity(160);
    let mut message = Message::builder(kind, request.transaction_id(), writer);
    if let Some(code) = code {
        let reason = ErrorCode::default_reason_for_code(code);
        message
            .add_attribute(&ErrorCode::new(code, reason).ok()?)
            .ok()?;
    }
    for attribute in attributes {
        message.add_attribute(*attribute).ok()?;
    }
    if let Some(key) = key {
        let algorithm = IntegrityAlgorithm::Sha1;
        message
            .add_message_integrity_with_key(key, algorithm)
            .ok()?;
    }
    if request.has_attribute(Fingerprint::TYPE) {
        message.add_fingerprint().ok()?;
    }
    Some(message.finish())
}

/// The answer 420: attributes that must be understood and are not.
pub(super) fn unknown_attributes(
    request: &Message<'_>,
    unknown: &[AttributeType],
    key: Option<&IntegrityKey>,
) -> Option<Vec<u8>> {
    let unknown = UnknownAttributes::new(unknown);
    answer(
        request,
        Some(ErrorCode::UNKNOWN_ATTRIBUTE),
        &[&unknown],
        key,
    )
}

/// A Data indication (RFC 8656, section 11.3). `number` need only differ from one to the next.
pub(super) fn data_indication(peer: SocketAddr, contents: &[u8], number: u64) -> Option<Vec<u8>> {
    let kind = MessageType::from_class_method(MessageClass::Indication, DATA);
    let transaction = u128::from(number).into();
    let writer = MessageWriteVec::with_capacity(contents.len() + 40);
    let mut message = Message::builder(kind, transaction, writer);
    message
        .add_attribute(&XorPeerAddress::new(peer, transaction))
        .ok()?;
    message.add_attribute(&Data::new(contents)).ok()?;
    Some(message.finish())
}

/// A ChannelData message (RFC 8656, section 12.4), padded as a stream needs it.
pub(super) fn channel_data(channel: u16, contents: &[u8], padded: bool) -> Vec<u8> {
    let length = contents.len() + 4;
    let mut message = vec![0; length];
    ChannelData::new(channel, contents).write_into_unchecked(&mut message);
    if padded {
        message.resize(length.next_multiple_of(4), 0);
    }
    message
}
