//! People who join a video that goes on: when they see something, and what it costs its publisher.

mod common;

use std::sync::Arc;
use std::time::{Duration, Instant};

use common::World;
use common::video::Seen;
use sfu_core::{Connections, MediaKind, TrackSettings};
use str0m::media::Mid;
use testkit::network::Path;

const STEP: Duration = Duration::from_millis(1);
const FRAME: u32 = 33;
/// libwebrtc ignores requests for keyframes this soon after one that it heeded.
const IGNORED: Duration = Duration::from_millis(300);

/// A browser's camera, and those who watch it.
struct Stage {
    world: World,
    film: Arc<str>,
    camera: Mid,
    /// Packets of a frame; a keyframe has four times as many.
    packets: usize,
    millis: u32,
    heeded: Option<Instant>,
    /// Requests that reached the publisher, and keyframes made.
    asked: usize,
    keyframes: usize,
    frames: u32,
    viewers: Vec<Viewer>,
}

#[derive(Debug, Default)]
struct Viewer {
    index: usize,
    /// Connected at, and first saw a keyframe at.
    up: Option<Instant>,
    saw: Option<Instant>,
    seen: Vec<(u64, Seen)>,
    /// The most packets that came within 10 ms.
    burst: usize,
    recent: Vec<(Instant, usize)>,
}

impl Stage {
    fn new(seed: u64, packets: usize, away: Duration) -> Self {
        let mut world = World::new(seed);
        let publisher = world.join(Connections::Dual);
        let (film, camera) = world.publish(publisher, MediaKind::Video, &[]);
        world.until("the publisher is connected", |w| {
            w.clients[0].publisher.up && w.clients[0].receives()
        });
        let publisher = &world.clients[0];
        let path = Path {
            delay: away,
            ..Path::default()
        };
        let addresses = [
            publisher.publisher.address,
            publisher.subscriber.as_ref().expect("two").address,
        ];
        for address in addresses {
            world.network.set_path(address, path);
        }
        Self {
            world,
            film,
            camera,
            packets,
            millis: 0,
            heeded: None,
            asked: 0,
            keyframes: 0,
            frames: 0,
            viewers: Vec::new(),
        }
    }

    fn join(&mut self) {
        let index = self.world.join(Connections::Dual);
        let film = self.film.clone();
        self.world.ask(index, 0, &film);
        self.viewers.push(Viewer {
            index,
            ..Viewer::default()
        });
    }

    fn play(&mut self, time: Duration) {
        let end = self.world.now + time;
        while self.world.now < end {
            self.millis += 1;
            if self.millis.is_multiple_of(FRAME) {
                self.shoot();
            }
            self.world.run(STEP);
            self.look();
        }
    }

    fn shoot(&mut self) {
        let now = self.world.now;
        let asked = std::mem::take(&mut self.world.clients[0].publisher.keyframe_requests);
        self.asked += asked.len();
        let ready = |at: Instant| now.saturating_duration_since(at) >= IGNORED;
        let key = self.frames == 0 || !asked.is_empty() && self.heeded.is_none_or(ready);
        if key {
            self.heeded = Some(now);
            self.keyframes += 1;
        }
        self.frames += 1;
        let packets = self.packets * if key { 4 } else { 1 };
        self.world.clients[0].send_frame(self.camera, None, key, packets);
        self.world.pump();
    }

    fn look(&mut self) {
        let now = self.world.now;
        for viewer in &mut self.viewers {
            let client = &mut self.world.clients[viewer.index];
            if client.downlink().up {
                viewer.up.get_or_insert(now);
            }
            let Some(section) = client.section_of(&self.film) else {
                continue;
            };
            let new = client.seen(section);
            viewer.recent.push((now, new.len()));
            let lately =
                |at: Instant| now.saturating_duration_since(at) < Duration::from_millis(10);
            viewer.recent.retain(|(at, _)| lately(*at));
            let burst = viewer.recent.iter().map(|(_, count)| count).sum();
            viewer.burst = viewer.burst.max(burst);
            viewer.seen.extend(new);
            let key = viewer.seen.iter().filter(|(_, seen)| seen.key).count();
            if key >= self.packets * 4 {
                viewer.saw.get_or_insert(now);
            }
        }
    }

    /// How long the slowest waited for its first keyframe, once connected.
    fn longest_wait(&self) -> Duration {
        let wait = |viewer: &Viewer| {
            let up = viewer.up.expect("connected");
            viewer
                .saw
                .expect("saw a picture")
                .saturating_duration_since(up)
        };
        self.viewers
            .iter()
            .map(wait)
            .max()
            .expect("somebody joined")
    }

    /// Everyone can decode everything since the first keyframe, and is where the camera is.
    fn judge(&self) {
        for viewer in &self.viewers {
            let (_, first) = viewer.seen[0];
            assert!(
                first.key && first.start,
                "begins with a keyframe: {first:?}"
            );
            for pair in viewer.seen.windows(2) {
                let (a, b) = (pair[0], pair[1]);
                assert_eq!(a.0 + 1, b.0, "no gap in sequence numbers");
                let step = u32::from(b.1.start);
                assert_eq!(a.1.frame + step, b.1.frame, "no frame is left out");
            }
            let (_, last) = viewer.seen[viewer.seen.len() - 1];
            assert!(last.frame + 2 >= self.frames, "{last:?} of {}", self.frames);
        }
    }
}

/// Twelve come one after the other, at any moment after a keyframe. Each sees a picture at once,
/// although the browser that sends it gives no more than three keyframes a second.
#[test]
fn joiners_see_a_picture_at_once() {
    for (away, apart, wait) in [(5, 70, 120), (5, 230, 120), (5, 410, 120), (60, 130, 250)] {
        let mut stage = Stage::new(31, 2, Duration::from_millis(away));
        stage.play(Duration::from_secs(1));
        for _ in 0..12 {
            stage.join();
            stage.play(Duration::from_millis(apart));
        }
        stage.play(Duration::from_secs(2));
        let longest = stage.longest_wait();
        let (asked, keyframes) = (stage.asked, stage.keyframes);
        eprintln!(
            "{away} ms away, each {apart} ms: {longest:?}, {asked} requests, {keyframes} keyframes"
        );
        assert!(longest <= Duration::from_millis(wait), "{longest:?}");
        stage.judge();
        let most = 12.min(2 + (12 * apart as usize).div_ceil(330));
        assert!(asked <= most, "{asked} requests");
    }
}

/// What a joiner is behind goes to it faster than it came, but not at once.
#[test]
fn what_is_behind_goes_at_a_bounded_pace() {
    let mut stage = Stage::new(32, 8, Duration::from_millis(5));
    stage.play(Duration::from_secs(1));
    stage.join();
    // A keyframe comes, and another joins as late after it as can be.
    stage.play(Duration::from_millis(600));
    let before = stage.keyframes;
    stage.join();
    stage.play(Duration::from_secs(3));
    stage.judge();
    assert!(stage.keyframes <= before + 1);
    let burst = stage.viewers[1].burst;
    assert!(burst <= 34, "{burst} packets within 10 ms");
}

/// Who asks without end costs the publisher two keyframes a second, and nobody else a picture.
#[test]
fn a_flood_of_requests_reaches_the_publisher_as_a_trickle() {
    let mut stage = Stage::new(33, 2, Duration::from_millis(5));
    stage.join();
    stage.join();
    stage.play(Duration::from_secs(2));
    let before = stage.asked;
    let section = stage.world.clients[1]
        .section_of(&stage.film)
        .expect("told where");
    for _ in 0..500 {
        stage.world.clients[1].request_keyframe(section);
        stage.world.pump();
        stage.play(Duration::from_millis(20));
    }
    let asked = stage.asked - before;
    assert!((15..=24).contains(&asked), "{asked} requests in 10 s");
    stage.judge();
}

/// Hiding a video and showing it again sends nothing twice, and asks for no more than joining.
#[test]
fn showing_a_video_again_and_again_repeats_nothing() {
    let mut stage = Stage::new(34, 2, Duration::from_millis(5));
    stage.join();
    stage.play(Duration::from_secs(2));
    let (before, frames) = (stage.asked, stage.viewers[0].seen.len());
    let film = stage.film.clone();
    for _ in 0..50 {
        for disabled in [true, false] {
            let settings = TrackSettings {
                disabled,
                ..TrackSettings::default()
            };
            stage.world.settings(1, &film, settings);
            stage.play(Duration::from_millis(50));
        }
    }
    stage.play(Duration::from_secs(2));
    assert!(stage.asked - before <= 16, "{}", stage.asked - before);
    let numbers = stage.viewers[0].seen.iter().map(|(_, seen)| seen.frame);
    let came: Vec<u32> = numbers.skip(frames).collect();
    assert!(came.is_sorted(), "nothing comes again");
}
