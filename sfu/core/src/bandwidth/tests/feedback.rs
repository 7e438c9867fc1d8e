//! Feedback that is lost, doubled, late, absent or nonsense.

use std::time::Duration;

use proptest::prelude::*;

use super::super::twcc;
use super::call::origin;
use super::{App, Call, SEEDS, worst};
use crate::bandwidth::{Bandwidth, Usage};

#[test]
fn bad_feedback_slows_and_does_not_mislead() {
    for app in [App::Fluid, App::Ladder] {
        let took = worst(|seed| {
            let mut call = Call::new(seed);
            call.app = app;
            call.feedback_loss = 0.3;
            call.feedback_late = 0.2;
            call.feedback_doubled = 0.1;
            let took = call.run_to(30, |call| call.estimate() >= 2_000_000.0);
            call.run(30);
            assert!(
                call.over(30..call.seconds.len()).lowest > 1_500_000.0,
                "{app:?}"
            );
            call.link.rate = Some(400_000);
            // Low enough to leave the layers that do not fit.
            let found = call.run_to(10, |call| call.estimate() < 540_000.0);
            assert!(found.is_some_and(|found| found < 2.5), "{app:?}: {found:?}");
            call.run(20);
            call.link.rate = None;
            let back = call.run_to(60, |call| call.estimate() >= 1_700_000.0);
            assert!(back.is_some_and(|back| back < 45.0), "{app:?}: {back:?}");
            took.expect("within thirty seconds")
        });
        eprintln!("a third of feedback lost, {app:?}: 2 Mbit/s after {took:.1} s");
        assert!(took < 12.0, "{app:?}: {took}");
    }
}

#[test]
fn feedback_each_quarter_second_will_do() {
    let took = worst(|seed| {
        let mut call = Call::new(seed);
        call.app = App::Ladder;
        call.interval = 250_000;
        call.run_to(30, |call| call.estimate() >= 2_500_000.0)
            .expect("within thirty seconds")
    });
    eprintln!("feedback each 250 ms: 2.5 Mbit/s after {took:.1} s");
    assert!(took < 3.0, "{took}");
}

#[test]
fn a_silent_receiver_lowers_what_is_believed_until_it_speaks() {
    for seed in SEEDS {
        let mut call = Call::new(seed);
        call.run(10);
        let before = call.estimate();
        call.feedback_loss = 1.0;
        call.run(6);
        assert!(call.estimate() < before / 4.0, "{}", call.estimate());
        call.feedback_loss = 0.0;
        call.run(1);
        assert!(call.estimate() > 0.6 * before, "{}", call.estimate());
    }
}

/// Neither what was lost meanwhile nor the little that was sent speaks against the path.
#[test]
fn a_path_that_was_gone_is_used_again_at_once() {
    for app in [App::Fluid, App::Ladder] {
        for seed in SEEDS {
            let mut call = Call::new(seed);
            call.app = app;
            call.run(10);
            let before = call.estimate();
            call.link.loss = 1.0;
            call.run(6);
            call.link.loss = 0.0;
            let back = call.run_to(5, |call| call.estimate() > 0.8 * before);
            assert!(back.is_some_and(|back| back < 0.5), "{app:?}: {back:?}");
            call.run(5);
            let lowest = call.over(18..21).lowest;
            assert!(lowest > 0.8 * before, "{app:?}: {lowest} of {before}");
        }
    }
}

#[test]
fn sequence_numbers_wrap_many_times() {
    let mut call = Call::new(1);
    call.run(400);
    assert!(call.seq > 2 * 65_536, "{}", call.seq);
    assert!(call.over(10..400).lowest > 2_400_000.0);
    assert!(call.bandwidth.loss() < 0.001 && call.bandwidth.usage == Usage::Normal);
    let round_trip = call.bandwidth.rtt().expect("known");
    assert!(
        (50..150).contains(&round_trip.as_millis()),
        "{round_trip:?}"
    );
}

#[test]
fn receiver_reports_and_remb_decide_where_feedback_is_absent() {
    let start = origin();
    let at = |second: u64| start + Duration::from_secs(second);
    let mut bandwidth = Bandwidth::new(start, 300_000);
    bandwidth.desire(1_000_000);
    let round_trip = Some(Duration::from_millis(60));
    for second in 1..60 {
        bandwidth.sent(second as u16, at(second), 60_000);
        bandwidth.receiver_report(at(second), 0.01, round_trip);
        assert_eq!(
            bandwidth.poll_padding(at(second)),
            None,
            "nobody would report on it"
        );
    }
    assert_eq!(bandwidth.estimate(), 1_100_000);
    assert_eq!(bandwidth.rtt(), round_trip);
    bandwidth.remb(at(60), 200_000);
    assert_eq!(bandwidth.estimate(), 200_000);
    for second in 61..75 {
        bandwidth.sent(second as u16, at(second), 60_000);
        bandwidth.receiver_report(at(second), 0.0, round_trip);
    }
    assert_eq!(bandwidth.estimate(), 1_100_000, "it has expired");
    bandwidth.receiver_report(at(75), 0.5, round_trip);
    assert!(bandwidth.estimate() < 500_000 && bandwidth.loss() > 0.1);
    bandwidth.receiver_report(at(76), f32::NAN, Some(Duration::MAX));
    assert!(bandwidth.estimate() >= 30_000 && bandwidth.loss() > 0.1);
}

#[test]
fn receiver_reports_beside_feedback_tell_the_round_trip_only() {
    let mut call = Call::new(1);
    call.link.rate = Some(400_000);
    call.run(10);
    let before = call.estimate();
    let report = |call: &mut Call, lost| {
        let at = call.at(call.now);
        let round_trip = Some(Duration::from_millis(41));
        call.bandwidth.receiver_report(at, lost, round_trip);
    };
    report(&mut call, 0.5);
    assert_eq!(call.estimate(), before);
    assert_eq!(call.bandwidth.rtt(), Some(Duration::from_millis(41)));
    // Nothing is sent, so little is fed back, and reports on nothing must not grow anything.
    call.app = App::Silent;
    for _ in 0..60 {
        call.run(1);
        report(&mut call, 0.0);
    }
    assert!(call.estimate() < 400_000.0, "{}", call.estimate());
    // Feedback ends for good: reports take over.
    call.app = App::Fluid;
    call.feedback_loss = 1.0;
    call.link.rate = None;
    for _ in 0..20 {
        call.run(1);
        report(&mut call, 0.0);
    }
    assert!(call.estimate() > 600_000.0, "{}", call.estimate());
    assert_eq!(call.bandwidth.deadline(), None);
}

#[derive(Debug, Clone)]
enum Event {
    Sent(u16, usize),
    Feedback(Vec<u8>),
    Reported(Vec<(u16, Option<u64>)>),
    Report(f32, Option<u64>),
    Remb(u64),
    Desire(u64),
}

fn event() -> impl Strategy<Value = Event> {
    let told = (any::<u16>(), prop::option::of(any::<u64>()));
    prop_oneof![
        (any::<u16>(), 0_usize..100_000).prop_map(|(seq, bytes)| Event::Sent(seq, bytes)),
        (0_u16..40, 0_usize..1_500).prop_map(|(seq, bytes)| Event::Sent(seq, bytes)),
        prop::collection::vec(any::<u8>(), 0..60).prop_map(Event::Feedback),
        prop::collection::vec(told, 0..50).prop_map(Event::Reported),
        prop::collection::vec((0_u16..40, prop::option::of(0_u64..9_000_000)), 0..50)
            .prop_map(Event::Reported),
        (any::<f32>(), prop::option::of(any::<u64>())).prop_map(|(l, r)| Event::Report(l, r)),
        any::<u64>().prop_map(Event::Remb),
        any::<u64>().prop_map(Event::Desire),
    ]
}

proptest! {
    #[test]
    fn whatever_a_receiver_claims_the_estimate_stays_in_bounds(
        events in prop::collection::vec((event(), 0_u64..3_000_000), 0..200),
    ) {
        let start = origin();
        let mut now = start;
        let mut bandwidth = Bandwidth::new(now, 300_000);
        bandwidth.desire(2_000_000);
        for (event, passed) in events {
            now += Duration::from_micros(passed);
            match event {
                Event::Sent(seq, bytes) => bandwidth.sent(seq, now, bytes),
                Event::Feedback(bytes) => {
                    if let Ok(feedback) = twcc::Feedback::parse(&bytes) {
                        bandwidth.feedback(now, feedback.packets());
                    }
                }
                Event::Reported(told) => {
                    let told = told.into_iter();
                    let micros = |at: Option<u64>| at.map(Duration::from_micros);
                    bandwidth.feedback(now, told.map(|(seq, at)| (seq, micros(at))));
                }
                Event::Report(lost, round_trip) => {
                    bandwidth.receiver_report(now, lost, round_trip.map(Duration::from_micros));
                }
                Event::Remb(bps) => bandwidth.remb(now, bps),
                Event::Desire(bps) => bandwidth.desire(bps),
            }
            bandwidth.timeout(now);
            let mut asked = 0;
            while bandwidth.poll_padding(now).is_some() {
                asked += 1;
                prop_assert!(asked < 3);
            }
            prop_assert!(bandwidth.deadline().is_none_or(|due| due > start));
            prop_assert!((30_000..=100_000_000).contains(&bandwidth.estimate()));
            prop_assert!((0.0..=1.0).contains(&bandwidth.loss()));
        }
    }
}
