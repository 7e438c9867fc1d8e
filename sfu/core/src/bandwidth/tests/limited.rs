//! The application is the limit: what is not sent must not be estimated away, and what is padded
//! to see more stays little.

use super::{App, Call, SEEDS, worst};

#[test]
fn a_thin_stream_in_noise_keeps_the_estimate() {
    for seed in SEEDS {
        let mut call = Call::new(seed);
        call.run(5);
        let before = call.estimate();
        call.app = App::Trickle;
        call.desire = 20_000;
        call.link.jitter = 30_000;
        call.run(60);
        // A machine that is busy elsewhere, on top.
        for _ in 0..60 {
            call.run(1);
            let stall = 50_000 + (call.link.chance() * 450_000.0) as u64;
            call.link.stalled = call.now + stall;
        }
        assert_eq!(call.over(6..125).lowest, before);
        assert_eq!(call.over(6..125).padding, 0.0, "nothing more is desired");
    }
}

#[test]
fn an_estimate_that_was_lost_comes_back_by_probing_alone() {
    let took = worst(|seed| {
        let mut call = Call::new(seed);
        call.link.rate = Some(15_000);
        call.app = App::Trickle;
        call.run(20);
        assert!(call.estimate() < 100_000.0, "{}", call.estimate());
        call.link.rate = None;
        call.link.jitter = 10_000;
        call.run_to(60, |call| call.estimate() >= 2_000_000.0)
            .expect("within a minute")
    });
    eprintln!("20 kbit/s sent, from below 100 kbit/s: 2 Mbit/s after {took:.1} s");
    assert!(took < 30.0, "{took}");
}

#[test]
fn a_path_that_cannot_take_even_the_little_is_noticed() {
    let took = worst(|seed| {
        let mut call = Call::new(seed);
        call.app = App::Ladder;
        call.desire = 190_000;
        call.bandwidth.desire(2_500_000);
        call.run(10);
        call.link.rate = Some(100_000);
        call.run_to(10, |call| call.estimate() <= 100_000.0)
            .expect("within ten seconds")
    });
    eprintln!("190 kbit/s into 100: noticed after {took:.2} s");
    assert!(took < 3.0, "{took}");
}

#[test]
fn silence_leaves_all_as_it_was() {
    for app in [App::Fluid, App::Ladder] {
        for seed in SEEDS {
            let mut call = Call::new(seed);
            call.app = app;
            call.run(10);
            let before = call.estimate();
            call.app = App::Silent;
            call.run(60);
            assert!(call.estimate() >= before, "{}", call.estimate());
            call.app = app;
            call.run(30);
            assert!(
                call.over(70..100).lowest >= 0.9 * before,
                "{:?}",
                call.over(70..100)
            );
        }
    }
}

#[test]
fn padding_is_bounded() {
    // A free path: what it takes to see 2.5 Mbit/s, once.
    let free = worst(|seed| {
        let mut call = Call::new(seed);
        call.app = App::Ladder;
        call.run(60);
        call.over(0..60).padding * 60.0 / 8.0
    });
    // A path that never carries what is desired: probes that find nothing, for ever.
    let narrow = worst(|seed| {
        let mut call = Call::new(seed);
        call.app = App::Ladder;
        call.link.rate = Some(300_000);
        call.run(300);
        call.over(0..300).padding
    });
    let thin = worst(|seed| {
        let mut call = Call::new(seed);
        call.app = App::Trickle;
        call.link.rate = Some(64_000);
        call.run(300);
        call.over(0..300).padding
    });
    eprintln!(
        "padding: {free:.0} bytes to 2.5 Mbit/s; {narrow:.0} bit/s at 300 k, {thin:.0} at 64 k"
    );
    assert!(free < 50_000.0, "{free}");
    assert!(narrow < 2_500.0, "{narrow}");
    assert!(thin < 1_500.0, "{thin}");
}

#[test]
fn an_owner_without_padding_still_grows_with_what_it_sends() {
    let took = worst(|seed| {
        let mut call = Call::new(seed);
        call.no_padding = true;
        call.run_to(90, |call| call.estimate() >= 1_700_000.0)
            .expect("within 90 seconds")
    });
    eprintln!("no padding: 1.7 Mbit/s after {took:.1} s");
    assert!(took < 35.0, "{took}");
}
