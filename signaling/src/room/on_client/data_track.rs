//! `PublishDataTrackRequest`: data tracks are not offered; data packets are.

use livekit_protocol as lk;
use lk::request_response::{Reason, Request as Subject};

use crate::room::context::Context;
use crate::room::reply;

pub(super) fn handle(cx: &mut Context<'_>, request: lk::PublishDataTrackRequest) {
    let subject = Subject::PublishDataTrack(request);
    cx.reply(reply::refusal(
        Reason::UnsupportedType,
        "data tracks are not supported",
        subject,
    ));
}
