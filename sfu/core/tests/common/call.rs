//! One who speaks and shows a camera in three layers, and what others get of it.

use std::time::Duration;

use str0m::media::Mid;

use super::World;
use super::client::Client;

/// Between two packets of sound.
pub const STEP: Duration = Duration::from_millis(20);

/// A microphone and a camera.
pub struct Film {
    /// Who sends it.
    pub of: usize,
    pub microphone: Mid,
    pub camera: Mid,
    steps: u32,
    /// Keyframes the camera was asked for.
    pub keyframes: usize,
}

/// Where somebody receives it.
#[derive(Debug, Clone, Copy)]
pub struct Seats {
    pub heard_in: Mid,
    pub seen_in: Mid,
}

/// What arrived in a while.
#[derive(Debug)]
pub struct Got {
    /// Share of the audio packets sent.
    pub audio: f64,
    /// Share of the frames of which every packet came, of those of which any came.
    pub whole: f64,
    /// Frames a second, whole ones.
    pub rate: f64,
    /// The layers that flowed, 1–3, in their order.
    pub layers: Vec<u8>,
    pub keyframes: usize,
}

impl Film {
    pub fn new(of: usize, microphone: Mid, camera: Mid) -> Self {
        Self {
            of,
            microphone,
            camera,
            steps: 0,
            keyframes: 0,
        }
    }

    /// A packet of sound, every other time a frame, and the time it takes: 50 packets of sound and
    /// 25 frames a second, some 140, 390 and 1,020 kbit/s.
    pub fn step(&mut self, world: &mut World) {
        self.steps += 1;
        let speaker = &mut world.clients[self.of];
        speaker.send_audio(self.microphone, 20);
        if self.steps.is_multiple_of(2) {
            let asked = std::mem::take(&mut speaker.publisher.keyframe_requests);
            self.keyframes += asked.len();
            for (rid, packets) in [("q", 1), ("h", 3), ("f", 8)] {
                let key = asked.iter().any(|r| r.rid.as_deref() == Some(rid));
                speaker.send_frame(self.camera, Some(rid), key, packets);
            }
        }
        world.pump();
        world.run(STEP);
    }
}

impl Got {
    /// What `client` received in so many seconds, in which so many keyframes were asked for.
    pub fn by(client: &mut Client, seats: Seats, seconds: u32, keyframes: usize) -> Self {
        let sounds = client.received(seats.heard_in).len();
        let mut whole = 0;
        let mut seen: Vec<(u8, u32, usize)> = Vec::new();
        for (_, packet) in client.seen(seats.seen_in) {
            match seen.last_mut() {
                Some((tag, frame, count)) if (*tag, *frame) == (packet.tag, packet.frame) => {
                    *count += 1;
                }
                _ => seen.push((packet.tag, packet.frame, 1)),
            }
        }
        let mut layers: Vec<u8> = Vec::new();
        for (tag, _, count) in &seen {
            whole += usize::from(*count >= [0, 1, 3, 8][usize::from(*tag)]);
            if layers.last() != Some(tag) {
                layers.push(*tag);
            }
        }
        Self {
            audio: sounds as f64 / f64::from(seconds * 50),
            whole: whole as f64 / seen.len().max(1) as f64,
            rate: whole as f64 / f64::from(seconds),
            layers,
            keyframes,
        }
    }
}
