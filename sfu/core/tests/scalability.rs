//! Layers inside one stream: what a viewer gets of them, and that it can be decoded.

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::World;
use common::layered::{Decoded, LayeredEncoder, Mode};
use sfu_core::{Connections, MediaKind, PeerEvent, Quality, TrackSettings};
use str0m::media::Mid;
use str0m::rtp::RtpPacket;
use testkit::network::Path;

/// Between two pictures: 25 in a second.
const STEP: Duration = Duration::from_millis(40);

/// Someone shows a film in one layered stream to someone else.
struct Show {
    world: World,
    encoder: LayeredEncoder,
    film: Arc<str>,
    camera: Mid,
    seen_in: Mid,
    seq: u64,
    /// Everything the viewer got so far.
    seen: Vec<RtpPacket>,
    /// How many packets of it were judged.
    judged: usize,
    /// Keyframes the camera was asked for.
    keyframes: usize,
}

impl Show {
    fn new(seed: u64, mode: Mode) -> Self {
        let mut world = World::pair(seed, Connections::Dual);
        let (codec, layers) = match mode {
            Mode::Vp8 => ("vp8", 1),
            Mode::Vp9 { .. } => ("vp9", 3),
            Mode::Av1 => ("av1", 3),
        };
        let (film, camera) = world.publish_layers(0, MediaKind::Video, &[], &[codec], layers);
        world.subscribe(1, 0, &film);
        let seen_in = world.clients[1].section_of(&film).expect("told where");
        Self {
            world,
            encoder: LayeredEncoder::new(mode),
            film,
            camera,
            seen_in,
            seq: 65_000,
            seen: Vec::new(),
            judged: 0,
            keyframes: 0,
        }
    }

    fn viewer(&mut self, path: Path) {
        let address = self.world.clients[1].downlink().address;
        self.world.network.set_path(address, path);
    }

    fn speaker(&mut self, path: Path) {
        self.world.network.set_path(common::server(), path);
    }

    fn wants(&mut self, quality: Quality) {
        let settings = TrackSettings {
            quality,
            ..TrackSettings::default()
        };
        self.world.settings(1, &self.film, settings);
    }

    fn play(&mut self, seconds: u32) -> Decoded {
        for _ in 0..seconds * 25 {
            let asked = std::mem::take(&mut self.world.clients[0].publisher.keyframe_requests);
            self.keyframes += asked.len();
            let key = self.encoder.pictures == 0 || !asked.is_empty();
            let payloads = self.encoder.picture(key);
            let numbers = (self.seq, self.encoder.pictures.wrapping_mul(3_600));
            self.seq += payloads.len() as u64;
            let codec = self.encoder.codec();
            self.world.clients[0].send_video(self.camera, None, codec, numbers, payloads);
            self.world.pump();
            self.world.run(STEP);
        }
        let new = self.world.clients[1].received(self.seen_in);
        self.seen.extend(new);
        self.seen.sort_by_key(|packet| packet.seq_no);
        // A picture that is half there is judged with what comes next.
        let ends = self.seen.iter().rposition(|packet| packet.header.marker);
        let whole = ends.map_or(0, |end| end + 1);
        let before = std::mem::replace(&mut self.judged, whole);
        self.encoder.judge(&self.seen[..whole], before)
    }

    /// Whether the viewer was last told that the video is paused.
    fn paused(&self) -> bool {
        let told = self.world.events.iter().rev();
        told.filter_map(|(of, event)| match event {
            PeerEvent::StreamState { paused, .. } if *of == 1 => Some(*paused),
            _ => None,
        })
        .next()
        .unwrap_or(false)
    }

    /// The steps the publisher was asked for.
    fn demanded(&self) -> Vec<Option<Quality>> {
        let told = self.world.events.iter();
        told.filter_map(|(of, event)| match event {
            PeerEvent::Wanted { quality, .. } if *of == 0 => Some(*quality),
            _ => None,
        })
        .collect()
    }
}

/// Nothing is wrong with what came.
fn whole(pictures: std::ops::Range<usize>, spatial: u8, temporal: u8, got: &Decoded) {
    assert!(pictures.contains(&got.pictures), "{got:?}");
    let expected = Decoded {
        pictures: got.pictures,
        spatial,
        temporal,
        ..Decoded::default()
    };
    assert_eq!(*got, expected);
}

const SPATIAL: [Mode; 3] = [
    Mode::Vp9 { key_only: false },
    Mode::Vp9 { key_only: true },
    Mode::Av1,
];

/// Where not even the lowest layer fits, it comes at a lower frame rate, without a gap in any
/// number, and at the full rate again as soon as there is room, without a keyframe.
#[test]
fn the_frame_rate_falls_before_the_video_stops() {
    let mut show = Show::new(1, Mode::Vp8);
    whole(225..252, 0, 2, &show.play(10));
    show.keyframes = 0;
    // Some 240 kbit/s are sent.
    show.viewer(Path {
        bandwidth: Some(190_000),
        delay: Duration::from_millis(25),
        ..Path::default()
    });
    show.play(10);
    let got = show.play(10);
    assert!((50..200).contains(&got.pictures), "{got:?}");
    assert!(got.temporal < 2, "{got:?}");
    assert_eq!((got.broken, got.jumps, got.unmarked), (0, 0, 0), "{got:?}");
    assert!(!show.paused());

    show.viewer(Path::default());
    show.play(15);
    whole(225..252, 0, 2, &show.play(10));
    assert_eq!(show.keyframes, 0);
}

/// Who says that few pictures a second are enough gets no more, and all again when it wants them.
#[test]
fn the_frame_rate_follows_what_is_shown() {
    for (mode, fps, temporal, pictures) in [
        (Mode::Vp8, 6, 0, 55..70),
        (Mode::Vp8, 13, 1, 120..130),
        (Mode::Av1, 13, 0, 120..130),
    ] {
        let mut show = Show::new(5, mode);
        show.play(10);
        show.keyframes = 0;
        let shown = |fps| TrackSettings {
            fps,
            ..TrackSettings::default()
        };
        let film = show.film.clone();
        show.world.settings(1, &film, shown(fps));
        show.play(1);
        let got = show.play(10);
        assert_eq!(
            (got.temporal, got.broken, got.jumps),
            (temporal, 0, 0),
            "{mode:?}: {got:?}"
        );
        assert!(pictures.contains(&got.pictures), "{mode:?}: {got:?}");
        show.world.settings(1, &film, shown(0));
        show.play(3);
        let got = show.play(5);
        assert!((120..127).contains(&got.pictures), "{mode:?}: {got:?}");
        // This AV1 says of keyframes alone that the frame rate may rise there.
        let most = usize::from(mode == Mode::Av1);
        assert!(show.keyframes <= most, "{mode:?}: {}", show.keyframes);
        assert_eq!(got.broken, 0, "{mode:?}: {got:?}");
    }
}

/// A viewer gets the spatial layers it shows: fewer at once, more from a keyframe on, which is
/// asked for once. The publisher hears what is wanted.
#[test]
fn spatial_layers_follow_what_is_shown() {
    for mode in SPATIAL {
        let mut show = Show::new(2, mode);
        whole(225..252, 2, 1, &show.play(10));
        show.keyframes = 0;
        show.wants(Quality::Low);
        let got = show.play(1);
        assert_eq!(
            (got.broken, got.missing, got.unmarked),
            (0, 0, 0),
            "{got:?}"
        );
        whole(245..252, 0, 1, &show.play(10));
        assert_eq!(show.demanded(), [Some(Quality::Low)]);
        show.wants(Quality::Medium);
        show.play(1);
        whole(120..126, 1, 1, &show.play(5));
        show.wants(Quality::High);
        show.play(1);
        whole(120..126, 2, 1, &show.play(5));
        assert_eq!(show.keyframes, 2, "{mode:?}");
        let all = show.encoder.judge(&show.seen, 0);
        assert_eq!(
            (all.broken, all.missing, all.unmarked),
            (0, 0, 0),
            "{all:?}"
        );
    }
}

/// A narrow network gets the spatial layers that fit, and all again by itself.
#[test]
fn spatial_layers_follow_the_bandwidth() {
    for mode in SPATIAL {
        let mut show = Show::new(3, mode);
        show.play(10);
        show.viewer(Path {
            bandwidth: Some(550_000),
            delay: Duration::from_millis(25),
            ..Path::default()
        });
        show.play(10);
        // 120, 360 and 840 kbit/s.
        let got = show.play(10);
        assert_eq!((got.spatial, got.broken), (1, 0), "{mode:?}: {got:?}");
        assert!(!show.paused());
        show.viewer(Path::default());
        show.play(20);
        whole(245..252, 2, 1, &show.play(10));
    }
}

/// Losses and reordering on both ways around packets that are left out: what was lost is sent
/// again under the right number, and nearly every frame is decoded.
#[test]
fn thinned_streams_survive_losses_and_reordering() {
    for mode in SPATIAL.into_iter().chain([Mode::Vp8]) {
        let mut show = Show::new(4, mode);
        show.play(5);
        let odd = Path {
            loss: 0.03,
            jitter: Duration::from_millis(20),
            delay: Duration::from_millis(20),
            ..Path::default()
        };
        show.speaker(odd);
        let (bandwidth, layers) = match mode {
            Mode::Vp8 => (Some(190_000), (0, 1)),
            Mode::Vp9 { .. } | Mode::Av1 => (None, (1, 1)),
        };
        show.viewer(Path { bandwidth, ..odd });
        show.wants(Quality::Medium);
        show.play(10);
        // What the change cost is over with a keyframe.
        show.world.clients[1].request_keyframe(show.seen_in);
        show.play(2);
        let before = show.seen.len();
        show.play(20);
        // What is still on its way, or asked for again.
        show.world.run(Duration::from_secs(1));
        show.play(0);
        let got = show.encoder.judge(&show.seen, before);
        assert_eq!((got.spatial, got.temporal), layers, "{mode:?}: {got:?}");
        assert!(got.missing <= 5 && got.broken <= 5, "{mode:?}: {got:?}");
    }
}
