use bus::journal::RefusedFor;
use bus::media::Flows;
use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::journal::sentence::{Party, sentence};

const START: Timestamp = Timestamp::UNIX_EPOCH;

fn who(number: u8) -> AccountId {
    format!("01900000-0000-7000-8000-0000000000{number:02x}")
        .parse()
        .unwrap()
}

/// An entry about `number` at `second`.
fn told(number: u8, second: i64, what: Happening) -> Told {
    Told {
        at: START + SignedDuration::from_secs(second),
        account: who(number),
        participant: Some(format!("PA_{number}")),
        what,
    }
}

/// `packets` that arrived and `lost` ones, stopped for `frozen_ms`.
fn flow(packets: u64, lost: u64, frozen_ms: u32) -> FlowReport {
    FlowReport {
        packets,
        lost,
        bytes: packets * 100,
        frozen_ms,
        freezes: u32::from(frozen_ms > 0),
        jitter_ms: Some(5),
    }
}

fn side(audio: FlowReport, video: FlowReport) -> Flows {
    Flows {
        audio,
        video,
        estimate_bps: None,
    }
}

fn good() -> Flows {
    side(flow(3_000, 0, 0), flow(6_000, 0, 0))
}

/// The report of the minute that ends at `minute`.
fn minute(number: u8, minute: i64, up: Flows, down: Flows) -> Told {
    let report = MediaReport {
        period_ms: 60_000,
        rtt_ms: Some(40),
        up,
        down,
    };
    told(number, minute * 60, Happening::Quality { report })
}

fn left(cause: LeaveCause) -> Happening {
    Happening::Left { cause }
}

const PATIENT: u8 = 1;
const CLINICIAN: u8 = 2;

/// What is said of the patient and of the clinician.
fn said(entries: &[Told]) -> [String; 2] {
    let figures = figures(entries);
    [(PATIENT, Party::Patient), (CLINICIAN, Party::Clinician)]
        .map(|(number, party)| sentence(&figures[&who(number)], party))
}

fn joined() -> Vec<Told> {
    vec![
        told(PATIENT, 0, Happening::Joined),
        told(CLINICIAN, 0, Happening::Joined),
    ]
}

#[test]
fn a_good_visit_is_called_good() {
    let mut entries = joined();
    for at in 1..=20 {
        entries.push(minute(PATIENT, at, good(), good()));
        entries.push(minute(CLINICIAN, at, good(), good()));
    }
    let sentence = "Audio intact 100 %, video without a pause.";
    assert_eq!(said(&entries), [sentence, sentence]);
}

#[test]
fn loss_on_the_patients_way_up_is_the_patients_network_for_both() {
    let mut entries = joined();
    let lossy = side(flow(2_760, 240, 0), flow(5_520, 480, 0));
    for at in 1..=10 {
        // The way down of the clinician misses what never came up.
        let up = if at == 1 { lossy } else { good() };
        entries.push(minute(PATIENT, at, up, good()));
        entries.push(minute(CLINICIAN, at, good(), up));
    }
    assert_eq!(
        said(&entries),
        [
            "Audio intact 99.2 %, video without a pause, patient's network.",
            "Audio intact 99.2 %, video without a pause, patient's network.",
        ]
    );
}

#[test]
fn a_picture_stopped_for_want_of_bandwidth_is_the_receivers_network() {
    let mut entries = joined();
    let track: TrackSid = "TR_1".into();
    let lossy = side(flow(2_976, 24, 0), flow(4_000, 0, 0));
    let paused = Happening::StreamPaused {
        track: track.clone(),
    };
    entries.push(told(PATIENT, 5, paused.clone()));
    entries.push(told(PATIENT, 6, paused));
    entries.push(told(PATIENT, 45, Happening::StreamResumed { track }));
    entries.push(minute(PATIENT, 1, good(), lossy));
    entries.push(minute(CLINICIAN, 1, good(), good()));
    assert_eq!(
        said(&entries),
        [
            "Audio intact 99.2 %, video paused 40 s, patient's network.",
            "Audio intact 100 %, video without a pause.",
        ]
    );
}

#[test]
fn a_stop_that_nobody_ended_ends_with_the_session() {
    let mut entries = joined();
    let track: TrackSid = "TR_1".into();
    entries.push(told(PATIENT, 10, Happening::StreamPaused { track }));
    entries.push(told(PATIENT, 100, left(LeaveCause::Client)));
    entries.push(minute(PATIENT, 2, good(), good()));
    let figures = figures(&entries);
    assert_eq!(figures[&who(PATIENT)].video_paused_ms, Some(90_000));
}

#[test]
fn both_networks_and_nobodys() {
    let lossy = side(flow(2_700, 300, 0), flow(6_000, 0, 0));
    let mut both = joined();
    both.push(minute(PATIENT, 1, lossy, lossy));
    both.push(minute(CLINICIAN, 1, lossy, lossy));
    let sentence = "Audio intact 90 %, video without a pause, both networks.";
    assert_eq!(
        said(&both),
        [sentence, sentence],
        "each lost on its way up, and the other missed that"
    );
    // Everybody's way down at once and nobody's way up: it may be the server's own line.
    let mut server = joined();
    server.push(minute(PATIENT, 1, good(), lossy));
    server.push(minute(CLINICIAN, 1, good(), lossy));
    let sentence = "Audio intact 90 %, video without a pause.";
    assert_eq!(said(&server), [sentence, sentence]);
}

#[test]
fn a_camera_that_stood_still_alone_blames_no_network() {
    let mut entries = joined();
    let still = side(flow(3_000, 0, 0), flow(4_000, 0, 12_300));
    entries.push(minute(PATIENT, 1, still, good()));
    entries.push(minute(CLINICIAN, 1, good(), still));
    let sentence = "Audio intact 100 %, video paused 13 s.";
    assert_eq!(said(&entries), [sentence, sentence]);
}

#[test]
fn a_way_up_that_stopped_is_named_to_the_one_who_waited() {
    let mut entries = joined();
    let cut = side(flow(2_700, 0, 6_000), flow(5_400, 0, 6_000));
    entries.push(minute(PATIENT, 1, cut, good()));
    entries.push(minute(CLINICIAN, 1, good(), cut));
    let sentence = "Audio intact 90 %, video paused 6 s, patient's network.";
    assert_eq!(said(&entries), [sentence, sentence]);
}

#[test]
fn lost_connections_are_counted_and_departures_are_not() {
    let mut entries = joined();
    for what in [
        Happening::Resumed,
        left(LeaveCause::MediaLost),
        left(LeaveCause::Lost),
        left(LeaveCause::Client),
        left(LeaveCause::Replaced),
        left(LeaveCause::Shutdown),
    ] {
        entries.push(told(PATIENT, 70, what));
    }
    entries.push(minute(PATIENT, 1, good(), good()));
    assert_eq!(
        said(&entries),
        [
            "Audio intact 100 %, video without a pause, connection lost 3 times.",
            "Too short to measure.",
        ]
    );
}

#[test]
fn silence_and_darkness_are_said_as_they_are() {
    let none = FlowReport::default();
    let mut entries = joined();
    let sound = side(flow(3_000, 1, 0), none);
    entries.push(minute(PATIENT, 1, sound, side(none, none)));
    entries.push(minute(CLINICIAN, 1, side(none, none), side(none, none)));
    assert_eq!(
        said(&entries),
        [
            "Audio intact 99.9 %, no video, patient's network.",
            "No audio, no video."
        ]
    );
}

#[test]
fn whoever_never_got_in_has_no_figures() {
    let refused = Told {
        participant: None,
        ..told(
            PATIENT,
            0,
            Happening::Refused {
                reason: RefusedFor::Full,
            },
        )
    };
    assert!(figures(&[refused]).is_empty());
}

prop_compose! {
    fn any_flow()(packets in 0_u64..u64::MAX / 4, lost in 0_u64..u64::MAX / 4, frozen: u32)
        -> FlowReport {
        flow(packets / 100, lost, frozen)
    }
}

prop_compose! {
    fn any_minute()(
        number in 1_u8..4, at in 0_i64..5, period_ms in 0_u32..120_000,
        audio in any_flow(), video in any_flow(), back in any_flow(), quiet: bool,
    ) -> Told {
        let down = if quiet { Flows::default() } else { side(back, audio) };
        let report = MediaReport { period_ms, rtt_ms: None, up: side(audio, video), down };
        told(number, at * 60, Happening::Quality { report })
    }
}

proptest! {
    /// Whatever is reported, the figures are in range, and nothing missing is called whole.
    #[test]
    fn figures_are_in_range(entries in prop::collection::vec(any_minute(), 0..20)) {
        for (account, figures) in figures(&entries) {
            let mine = || entries.iter().filter(|entry| entry.account == account);
            let missing = mine().any(|entry| {
                let Happening::Quality { report } = &entry.what else { return false };
                [report.up.audio, report.down.audio].iter().any(|flow| {
                    flow.lost > 0 || flow.frozen_ms.min(report.period_ms) > 0
                })
            });
            let intact = figures.audio_intact.unwrap_or(0);
            prop_assert!(intact <= 1_000);
            prop_assert!(!missing || intact < 1_000);
            prop_assert!(figures.video_paused_ms.unwrap_or(0) <= figures.measured_ms);
            prop_assert!(sentence(&figures, Party::Patient).ends_with('.'));
        }
    }
}
