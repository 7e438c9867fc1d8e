//! `UpdateMetadata`: the client's name, metadata or attributes, if its token lets it.

use livekit_protocol as lk;
use lk::request_response::{Reason, Request as Subject};

use crate::room::Response;
use crate::room::context::Context;
use crate::room::profile::Unfit;
use crate::room::reply;

pub(super) fn handle(cx: &mut Context<'_>, update: &lk::UpdateParticipantMetadata) {
    let Some(me) = cx.me() else { return };
    if !me.grant.can_update_own_metadata {
        return refuse(cx, Reason::NotAllowed, "not allowed by the token", update);
    }
    let next = match me.profile.updated(update, me.grant.role, &cx.fx.limits) {
        Ok(next) => next,
        Err(unfit) => {
            let reason = match unfit {
                Unfit::Name | Unfit::Metadata | Unfit::Attributes => Reason::LimitExceeded,
                Unfit::Reserved => Reason::NotAllowed,
            };
            return refuse(cx, reason, &unfit.to_string(), update);
        }
    };
    if let Some(me) = cx.me_mut().filter(|me| me.profile != next) {
        me.profile = next;
        cx.room.announce(cx.fx, &cx.who, cx.now);
    }
    cx.reply(Response::RequestResponse(lk::RequestResponse {
        request_id: update.request_id,
        reason: Reason::Ok as i32,
        ..Default::default()
    }));
}

/// The client knows what it asked for by the number; its text is not sent back.
fn refuse(
    cx: &mut Context<'_>,
    reason: Reason,
    message: &str,
    update: &lk::UpdateParticipantMetadata,
) {
    let subject = Subject::UpdateMetadata(lk::UpdateParticipantMetadata {
        request_id: update.request_id,
        ..Default::default()
    });
    cx.reply(reply::refusal(reason, message, subject));
}
