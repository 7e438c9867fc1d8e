//! `Wanted`: which steps of a track somebody watches; the publisher stops sending the others.

use bus::media::Quality;
use livekit_protocol as lk;

use crate::room::Response;
use crate::room::context::Context;

pub(super) fn handle(cx: &mut Context<'_>, track: &str, codec: String, highest: Option<Quality>) {
    if cx.me().is_none_or(|me| !me.tracks.contains_key(track)) {
        return;
    }
    let steps = [
        (lk::VideoQuality::Low, Quality::Low),
        (lk::VideoQuality::Medium, Quality::Medium),
        (lk::VideoQuality::High, Quality::High),
    ];
    let qualities = steps.map(|(quality, step)| lk::SubscribedQuality {
        quality: quality as i32,
        enabled: highest.is_some_and(|highest| step <= highest),
    });
    let subscribed_codecs = vec![lk::SubscribedCodec {
        codec,
        qualities: qualities.into(),
    }];
    cx.reply(Response::SubscribedQualityUpdate(
        lk::SubscribedQualityUpdate {
            track_sid: track.to_owned(),
            subscribed_codecs,
            ..Default::default()
        },
    ));
}
