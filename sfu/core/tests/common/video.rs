//! Frames that look like VP8 to whoever routes them.

use sfu_core::{Layer, Quality};

/// One encoder: its numbers, and the bytes that tell where a packet came from.
pub struct Encoder {
    pub tag: u8,
    pub seq: u64,
    pub timestamp: u32,
    pub picture_id: u16,
    pub tl0: u8,
    pub frame: u32,
}

/// What a receiver reads out of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub tag: u8,
    pub frame: u32,
    pub key: bool,
    pub start: bool,
    pub picture_id: u16,
    pub tl0: u8,
}

impl Encoder {
    pub fn new(tag: u8) -> Self {
        let n = u64::from(tag);
        Self {
            tag,
            seq: 1_000 * n,
            timestamp: 77_777 * u32::from(tag),
            picture_id: 0x7ff0 - 100 * u16::from(tag),
            tl0: 250 - tag,
            frame: 0,
        }
    }

    /// The payloads of the next frame.
    pub fn frame(&mut self, key: bool, packets: usize) -> Vec<Vec<u8>> {
        self.frame += 1;
        self.timestamp = self.timestamp.wrapping_add(3_000);
        self.picture_id = (self.picture_id + 1) & 0x7fff;
        self.tl0 = self.tl0.wrapping_add(1);
        let [high, low] = self.picture_id.to_be_bytes();
        (0..packets)
            .map(|index| {
                let start = index == 0;
                let mut payload = vec![if start { 0x90 } else { 0x80 }, 0xe0];
                payload.extend([0x80 | high, low, self.tl0, 0]);
                payload.extend([u8::from(!key), self.tag]);
                payload.extend(self.frame.to_be_bytes());
                payload.resize(600, 0xaa);
                payload
            })
            .collect()
    }
}

pub fn read(payload: &[u8]) -> Seen {
    Seen {
        start: payload[0] & 0x10 != 0,
        picture_id: u16::from_be_bytes([payload[2] & 0x7f, payload[3]]),
        tl0: payload[4],
        key: payload[6] & 1 == 0,
        tag: payload[7],
        frame: u32::from_be_bytes([payload[8], payload[9], payload[10], payload[11]]),
    }
}

/// What a client announces for this many simulcast layers.
pub fn layers(count: usize) -> Vec<Layer> {
    let layer = |quality, width, bitrate| Layer {
        quality,
        width,
        height: width * 9 / 16,
        bitrate,
    };
    let all = [
        layer(Quality::Low, 320, 60_000),
        layer(Quality::Medium, 640, 120_000),
        layer(Quality::High, 1280, 180_000),
    ];
    all.into_iter().take(count).collect()
}
