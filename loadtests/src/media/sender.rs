//! What a sender sends.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rtc::rtp::Packet;
use tokio::time::MissedTickBehavior;
use webrtc::media_stream::track_local::TrackLocal as _;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;

use super::keyframe::Wish;
use super::meter::Meter;
use super::peer::OPUS;
use super::video::{Camera, FRAMES};

/// One Opus packet holds 20 ms.
const AUDIO: Duration = Duration::from_millis(20);

/// Sends pictures for ever.
pub(crate) async fn film(
    track: Arc<TrackLocalStaticRTP>,
    mut camera: Camera,
    wish: Wish,
    meter: Arc<Meter>,
) {
    let mut frame = tokio::time::interval(Duration::from_secs(1) / FRAMES);
    frame.set_missed_tick_behavior(MissedTickBehavior::Burst);
    loop {
        frame.tick().await;
        let stamp = meter.elapsed();
        for packet in camera.picture(wish.take(), stamp) {
            if track.write_rtp(packet).await.is_err() {
                return;
            }
            meter.count_sent(1);
        }
    }
}

/// Sends Opus-sized packets for ever.
pub(crate) async fn hum(track: Arc<TrackLocalStaticRTP>, ssrc: u32, meter: Arc<Meter>) {
    let mut tick = tokio::time::interval(AUDIO);
    let payload = Bytes::from_static(&[0x78; 100]);
    let mut packet = Packet::default();
    packet.header.version = 2;
    packet.header.payload_type = OPUS;
    packet.header.ssrc = ssrc;
    loop {
        tick.tick().await;
        packet.payload = payload.clone();
        if track.write_rtp(packet.clone()).await.is_err() {
            return;
        }
        meter.count_sent(1);
        packet.header.sequence_number = packet.header.sequence_number.wrapping_add(1);
        packet.header.timestamp = packet.header.timestamp.wrapping_add(960);
    }
}
