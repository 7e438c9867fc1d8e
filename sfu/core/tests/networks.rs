//! Bad networks, simulated: what a viewer gets. One publishes microphone and camera in three
//! layers, one watches behind the network in question.

mod common;

use std::time::Duration;

use common::World;
use common::call::{Film, Got, STEP, Seats};
use sfu_core::{
    Action, Connections, Flows, MediaKind, MediaReport, PeerEvent, QualityReason, Target,
};
use testkit::network::Path;

/// A conversation of one speaking and one watching.
struct Call {
    world: World,
    film: Film,
    seats: Seats,
}

impl Call {
    fn new(seed: u64, connections: Connections) -> Self {
        let mut world = World::pair(seed, connections);
        let (voice, microphone) = world.publish(0, MediaKind::Audio, &[]);
        let (film, camera) = world.publish(0, MediaKind::Video, &["q", "h", "f"]);
        world.subscribe(1, 0, &voice);
        world.subscribe(1, 0, &film);
        let section = |track| world.clients[1].section_of(track).expect("told where");
        let seats = Seats {
            heard_in: section(&voice),
            seen_in: section(&film),
        };
        Self {
            world,
            film: Film::new(0, microphone, camera),
            seats,
        }
    }

    fn viewer(&mut self, path: Path) {
        let address = self.world.clients[1].downlink().address;
        self.world.network.set_path(address, path);
    }

    fn speaker(&mut self, path: Path) {
        self.world.network.set_path(common::server(), path);
    }

    fn play(&mut self, seconds: u32) -> Got {
        self.world.clients[1].downlink().packets.clear();
        let before = self.film.keyframes;
        for _ in 0..seconds * 50 {
            self.film.step(&mut self.world);
        }
        let keyframes = self.film.keyframes - before;
        Got::by(&mut self.world.clients[1], self.seats, seconds, keyframes)
    }

    /// What the viewer's connection was last said to suffer from.
    fn suffers_from(&self) -> Option<QualityReason> {
        let told = self.world.events.iter().rev();
        let mut reasons = told.filter_map(|(of, event)| match event {
            PeerEvent::Quality { reason, .. } if *of == 1 => Some(*reason),
            _ => None,
        });
        reasons.next().expect("quality is told each second")
    }

    /// Whether this was ever to blame for the viewer's connection.
    fn suffered_from(&self, what: QualityReason) -> bool {
        self.world.events.iter().any(|(of, event)| {
            *of == 1 && matches!(event, PeerEvent::Quality { reason, .. } if *reason == Some(what))
        })
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
}

fn path(delay: u64) -> Path {
    Path {
        delay: Duration::from_millis(delay),
        ..Path::default()
    }
}

/// Lost on the way to the viewer. Sound is never sent again (RED and concealment are the
/// receiver's), pictures are: nearly every frame comes whole, and the best layer stays.
#[test]
fn losses_on_the_way_down_cost_no_picture() {
    for (loss, burst, whole) in [
        (0.02, 1.0, 0.99),
        (0.05, 1.0, 0.99),
        (0.10, 1.0, 0.99),
        (0.02, 6.0, 0.99),
        (0.05, 6.0, 0.99),
        (0.10, 6.0, 0.99),
        (0.20, 1.0, 0.97),
        (0.20, 6.0, 0.97),
    ] {
        let mut call = Call::new(1, Connections::Dual);
        call.play(5);
        call.viewer(Path {
            loss,
            burst,
            ..path(25)
        });
        let got = call.play(30);
        let case = format!("{loss} lost in rows of {burst}: {got:?}");
        assert!(got.audio > 1.0 - loss * 1.5, "{case}");
        assert!(got.whole >= whole, "{case}");
        assert!(got.rate > 24.5, "{case}");
        // Losses are repaired, not answered by keyframes: each is for a change of layer.
        assert!(got.keyframes < got.layers.len(), "{case}");
        if loss <= 0.05 {
            assert_eq!(got.layers, [3], "{case}");
        }
        if loss >= 0.1 {
            assert!(call.suffered_from(QualityReason::DownlinkLoss), "{case}");
        }
        assert!(got.layers.iter().all(|layer| *layer >= 2), "{case}");
        assert!(!call.paused(), "{case}");
    }
}

/// Lost on the way from the speaker: the node asks for it again.
#[test]
fn losses_on_the_way_up_are_asked_for_again() {
    for (loss, burst, whole) in [
        (0.02, 1.0, 0.98),
        (0.05, 1.0, 0.98),
        (0.10, 1.0, 0.98),
        (0.02, 6.0, 0.98),
        (0.05, 6.0, 0.98),
        (0.10, 6.0, 0.98),
        (0.20, 1.0, 0.60),
        (0.20, 6.0, 0.80),
    ] {
        let mut call = Call::new(1, Connections::Single);
        call.play(5);
        call.speaker(Path {
            loss,
            burst,
            ..path(25)
        });
        let got = call.play(20);
        let case = format!("{loss} lost in rows of {burst}: {got:?}");
        assert!(got.audio > 1.0 - loss * 1.5, "{case}");
        assert!(got.whole >= whole, "{case}");
        assert_eq!(got.layers, [3], "{case}");
    }
}

/// A network that suddenly carries less: the layer that fits flows within three seconds, sound
/// does not suffer from then on, nothing swings, and all comes back by itself.
#[test]
fn a_narrow_network_gets_what_fits_and_sound_first() {
    for (cap, layer) in [
        (1_000_000, Some(2)),
        (600_000, Some(2)),
        (300_000, Some(1)),
        (150_000, None),
        (64_000, None),
    ] {
        let mut call = Call::new(2, Connections::Single);
        call.play(10);
        call.viewer(Path {
            bandwidth: Some(cap),
            ..path(25)
        });
        let at_once = call.play(3);
        assert!(at_once.layers.len() <= 2, "{cap}: {at_once:?}");
        assert!(at_once.keyframes <= 1, "{cap}: {at_once:?}");
        let settling = call.play(5);
        assert!(settling.audio > 0.97, "{cap}: {settling:?}");
        let settled = call.play(20);
        assert!(settled.audio > 0.99, "{cap}: {settled:?}");
        assert_eq!(
            settled.layers,
            layer.into_iter().collect::<Vec<u8>>(),
            "{cap}"
        );
        assert_eq!(call.paused(), layer.is_none(), "{cap}: the viewer is told");
        assert_eq!(call.suffers_from(), Some(QualityReason::Bandwidth), "{cap}");
        if layer.is_some() {
            assert!(settled.whole > 0.99, "{cap}: {settled:?}");
            assert_eq!(settled.keyframes, 0, "{cap}: {settled:?}");
        }

        call.viewer(path(5));
        let climbing = call.play(20);
        assert!(climbing.layers.is_sorted(), "{cap}: up only: {climbing:?}");
        assert_eq!(climbing.layers.last(), Some(&3), "{cap}: {climbing:?}");
        assert!(climbing.audio > 0.99, "{cap}: {climbing:?}");
        assert!(!call.paused(), "{cap}: the viewer is told");
        let free = call.play(20);
        assert_eq!((free.layers, free.keyframes), (vec![3], 0), "{cap}");
        assert_eq!(call.suffers_from(), None, "{cap}");
    }
}

/// The shaper of a narrow access: what passes its bucket at line speed is no reason to send more. The
/// lowest layer flows without a pause from the moment it was chosen on.
#[test]
fn a_shaped_network_keeps_its_picture() {
    for seed in [1, 2, 3] {
        let mut call = Call::new(seed, Connections::Single);
        call.play(10);
        call.viewer(Path {
            bandwidth: Some(300_000),
            queue: Duration::from_millis(400),
            bucket: 6_144,
            ..path(10)
        });
        call.play(5);
        let got = call.play(40);
        assert_eq!(got.layers, [1], "{seed}: {got:?}");
        assert!(got.rate > 24.0 && got.audio > 0.99, "{seed}: {got:?}");
        assert!(!call.paused());
        call.viewer(path(10));
        call.play(25);
        assert_eq!(call.play(5).layers, [3]);
    }
}

/// From the far side of the world, and over a path that reorders.
#[test]
fn delay_and_reordering_cost_nothing_lasting() {
    for (delay, jitter) in [(200, 0), (25, 60), (200, 100)] {
        let mut call = Call::new(3, Connections::Dual);
        call.viewer(Path {
            jitter: Duration::from_millis(jitter),
            ..path(delay)
        });
        call.play(10);
        let got = call.play(20);
        let case = format!("{delay} ms + {jitter} ms: {got:?}");
        assert!(got.audio > 0.99, "{case}");
        assert!(got.whole > 0.98, "{case}");
        assert_eq!((&got.layers[..], got.keyframes), (&[3][..], 0), "{case}");
    }
}

/// The viewer's NAT gives it another port, and nothing is said about it: its own reports from
/// there are enough, as soon as one of its checks has proved the address.
#[test]
fn a_viewer_that_changes_address_is_followed() {
    for connections in [Connections::Dual, Connections::Single] {
        let mut call = Call::new(4, connections);
        call.play(5);
        call.world.clients[1].downlink().translate_port(40_000);
        call.viewer(path(5));
        let mut seconds = 1;
        while call.play(1).audio < 0.99 {
            seconds += 1;
            assert!(seconds <= 4, "{connections:?}: back after {seconds} s");
        }
        let got = call.play(5);
        assert_eq!(got.layers, [3], "{got:?}");
        assert!(got.whole > 0.99, "{got:?}");
    }
}

/// The record of a visit: a minute's sound and picture, in numbers.
#[test]
fn each_minute_is_reported_and_the_rest_at_the_end() {
    let mut call = Call::new(5, Connections::Dual);
    call.play(5);
    call.viewer(Path {
        loss: 0.1,
        ..path(25)
    });
    call.play(30);
    // Silence of the camera, while the microphone goes on.
    for _ in 0..250 {
        call.world.clients[0].send_audio(call.film.microphone, 20);
        call.world.pump();
        call.world.run(STEP);
    }
    call.play(30);
    call.world.order(1, Action::Close);
    let reports = |of: usize| -> Vec<MediaReport> {
        let events = call.world.events.iter();
        let reports = events.filter_map(|(whose, event)| match event {
            PeerEvent::Report(report) if *whose == of => Some(**report),
            _ => None,
        });
        reports.collect()
    };
    let seconds = |report: &MediaReport| report.period.as_secs_f64().round() as u64;

    let viewer = reports(1);
    assert_eq!(viewer.iter().map(seconds).collect::<Vec<_>>(), [60, 10]);
    let down = viewer[0].down;
    let sent = (down.audio.packets + down.audio.lost) as f64;
    assert!(
        (0.06..0.12).contains(&(down.audio.lost as f64 / sent)),
        "{down:?}"
    );
    assert!(down.audio.jitter.is_some() && down.estimate.is_some());
    assert_eq!((down.audio.freezes, down.video.freezes), (0, 1), "{down:?}");
    let frozen = down.video.frozen.as_secs_f64();
    assert!((4.9..5.2).contains(&frozen), "{frozen}");
    assert!(
        viewer[0]
            .rtt
            .is_some_and(|rtt| rtt < Duration::from_millis(100))
    );
    assert_eq!(
        viewer[0].up,
        Flows::default(),
        "who sends nothing loses nothing"
    );

    let speaker = reports(0);
    assert_eq!(speaker.len(), 1);
    let up = speaker[0].up;
    assert_eq!((up.audio.lost, up.video.lost, up.audio.freezes), (0, 0, 0));
    assert!((2_900..3_100).contains(&up.audio.packets), "{up:?}");
    assert_eq!(up.video.freezes, 1, "{up:?}");
}

/// Long before its consent expires; the media that comes back over the same path ends it.
#[test]
fn who_falls_silent_is_told_as_lost_and_as_back_when_media_comes() {
    let mut call = Call::new(7, Connections::Dual);
    call.play(3);
    let target = Target::Publisher;
    let (lost, back) = (
        PeerEvent::Disconnected { target },
        PeerEvent::Connected { target },
    );
    let count = |call: &Call, event| call.world.count(0, event);
    let joined = count(&call, &back);
    call.speaker(Path {
        loss: 1.0,
        ..path(25)
    });
    call.play(5);
    assert_eq!(count(&call, &lost), 0, "too early to say");
    call.play(3);
    assert_eq!((count(&call, &lost), count(&call, &back)), (1, joined));
    call.speaker(path(25));
    call.play(1);
    assert_eq!((count(&call, &lost), count(&call, &back)), (1, joined + 1));
}
