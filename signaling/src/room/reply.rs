//! Messages to clients that need no room to be made.

use livekit_protocol as lk;
use lk::leave_request::Action;
use lk::request_response::{Reason, Request as Subject};

use super::Response;

/// How often a client pings, and after how long without an answer it reconnects (seconds).
pub(crate) const PING_INTERVAL: i32 = 5;
/// See [`PING_INTERVAL`].
pub(crate) const PING_TIMEOUT: i32 = 15;

/// The LiveKit version whose features clients may use with us.
const VERSION: &str = "1.9.0";
/// The newest signalling protocol whose messages we know.
const PROTOCOL: i32 = 16;

pub(crate) fn server_info() -> lk::ServerInfo {
    lk::ServerInfo {
        edition: lk::server_info::Edition::Standard as i32,
        version: VERSION.to_owned(),
        protocol: PROTOCOL,
        ..Default::default()
    }
}

/// What a client may publish.
pub(crate) fn publish_codecs() -> Vec<lk::Codec> {
    [
        "video/VP8",
        "video/H264",
        "video/VP9",
        "video/AV1",
        "audio/opus",
        "audio/red",
    ]
    .map(|mime| lk::Codec {
        mime: mime.to_owned(),
        fmtp_line: String::new(),
    })
    .into()
}

pub(crate) fn leave(action: Action, reason: lk::DisconnectReason) -> Response {
    Response::Leave(lk::LeaveRequest {
        // Clients older than `action` look at this flag.
        can_reconnect: action != Action::Disconnect,
        reason: reason as i32,
        action: action as i32,
        regions: None,
    })
}

pub(crate) fn update(participants: Vec<lk::ParticipantInfo>) -> Response {
    Response::Update(lk::ParticipantUpdate { participants })
}

/// A track of somebody else is as unknown as none.
pub(crate) fn not_yours(request: Subject) -> Response {
    refusal(Reason::NotFound, "no such track of yours", request)
}

/// Tells a client that a request was not carried out, and which.
pub(crate) fn refusal(reason: Reason, message: &str, request: Subject) -> Response {
    let request_id = match &request {
        Subject::UpdateMetadata(update) => update.request_id,
        _ => 0,
    };
    Response::RequestResponse(lk::RequestResponse {
        request_id,
        reason: reason as i32,
        message: message.to_owned(),
        request: Some(request),
    })
}
