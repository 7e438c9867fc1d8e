//! `UpdateMetadata`: names and attributes come from the token alone.

use livekit_protocol as lk;
use lk::request_response::{Reason, Request as Subject};

use crate::room::context::Context;
use crate::room::reply;

pub(super) fn handle(cx: &mut Context<'_>, update: lk::UpdateParticipantMetadata) {
    let subject = Subject::UpdateMetadata(update);
    cx.reply(reply::refusal(
        Reason::NotAllowed,
        "metadata cannot be changed by the client",
        subject,
    ));
}
