//! What a sender sends.

use crate::rtp::VP8;
use crate::rtp::camera::{Camera, FRAMES, Picture};
use crate::rtp::header::{WRITTEN, Written};
use crate::rtp::rtcp::Sent;
use crate::rtp::srtp::{Srtp, TAG};

/// How packets follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Pace {
    /// A picture's packets at once, 30 pictures a second: a camera without a pacer.
    Frames,
    /// Single packets at equal distances.
    Smooth,
}

/// The numbering and the pictures of one sender.
#[derive(Debug)]
pub(crate) struct Film {
    pub(super) on: bool,
    /// Whether its next packets are in the thread's timetable.
    pub(super) scheduled: bool,
    camera: Camera,
    picture: Picture,
    /// Packets of the picture already sent.
    shown: u32,
    pace: Pace,
    rate: u32,
    ssrc: u32,
    /// The next number, with the roll-over counter above it.
    index: u64,
    transport_sequence: u16,
    /// Bytes of a sealed packet.
    len: usize,
    bytes: Vec<u8>,
    packets: u32,
}

impl Film {
    /// `rate` packets of `bytes` a second, RTP header included, tag not.
    pub(crate) fn new(ssrc: u32, rate: u32, bytes: usize, pace: Pace) -> Self {
        let mut camera = Camera::new(rate);
        let picture = camera.picture(true);
        Self {
            on: false,
            scheduled: false,
            picture,
            camera,
            shown: 0,
            pace,
            rate,
            ssrc,
            index: 1,
            transport_sequence: 1,
            len: bytes + TAG,
            bytes: Vec::new(),
            packets: 0,
        }
    }

    pub(super) const fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// Nanoseconds between two calls of [`Self::next`].
    pub(super) fn interval(&self) -> u64 {
        match self.pace {
            Pace::Frames => 1_000_000_000 / u64::from(FRAMES),
            Pace::Smooth => 1_000_000_000 / u64::from(self.rate),
        }
    }

    /// The next packets, sealed, and the length of each.
    pub(super) fn next(&mut self, outward: &Srtp, keyframe: bool, at: u64) -> (&[u8], usize) {
        if keyframe || self.shown == self.picture.packets {
            self.picture = self.camera.picture(keyframe);
            self.shown = 0;
        }
        let count = match self.pace {
            Pace::Frames => self.picture.packets - self.shown,
            Pace::Smooth => 1,
        };
        self.bytes.resize(count as usize * self.len, 0x5a);
        for place in 0..count as usize {
            self.write(place * self.len, outward, at);
        }
        self.packets = self.packets.wrapping_add(count);
        (&self.bytes, self.len)
    }

    fn write(&mut self, start: usize, outward: &Srtp, at: u64) {
        let written = Written {
            marker: self.shown + 1 == self.picture.packets,
            sequence: self.index as u16,
            timestamp: self.picture.timestamp(),
            ssrc: self.ssrc,
            transport_sequence: self.transport_sequence,
            absolute_send_time: ((u128::from(at) << 18) / 1_000_000_000) as u32 & 0x00ff_ffff,
        };
        let packet = &mut self.bytes[start..start + self.len];
        let sealed = packet.len() - TAG;
        if let Some(header) = packet.first_chunk_mut::<WRITTEN>() {
            written.write(VP8, header);
        }
        let payload = &mut packet[WRITTEN..sealed];
        self.picture.write(self.shown, payload, at);
        // Fails only for packets shorter than their header, which the command line refuses.
        let _ = outward.seal(packet, WRITTEN, self.ssrc, self.index);
        self.shown += 1;
        self.index += 1;
        self.transport_sequence = self.transport_sequence.wrapping_add(1);
    }

    /// For a sender report.
    pub(super) fn sent(&self) -> Sent {
        Sent {
            ssrc: self.ssrc,
            timestamp: self.picture.timestamp(),
            packets: self.packets,
            bytes: self.packets.wrapping_mul((self.len - TAG - WRITTEN) as u32),
        }
    }
}
