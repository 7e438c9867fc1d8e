//! `Ping` and `PingReq`: any answer tells the client that the connection lives.

use livekit_protocol as lk;

use crate::room::Response;
use crate::room::context::Context;

pub(super) fn handle(cx: &mut Context<'_>, ping: lk::Ping) {
    let timestamp = cx.now.wall.as_millisecond();
    cx.reply(Response::PongResp(lk::Pong {
        last_ping_timestamp: ping.timestamp,
        timestamp,
    }));
}

/// Clients send both forms at once, for servers that know only one.
pub(super) fn handle_legacy(cx: &mut Context<'_>) {
    let timestamp = cx.now.wall.as_millisecond();
    cx.reply(Response::Pong(timestamp));
}
