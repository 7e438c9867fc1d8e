//! Lossy paths: what loses whatever is sent is left alone, what drops the excess is obeyed.

use super::link::Bursts;
use super::{App, Call, SEEDS, least, worst};

fn lossy(seed: u64, app: App, loss: f64) -> Call {
    let mut call = Call::new(seed);
    call.app = app;
    call.link.loss = loss;
    call
}

#[test]
fn random_loss_on_an_ample_path_does_not_cost_the_estimate() {
    for (loss, app, within, mean) in [
        (0.02, App::Fluid, 2.0, 2_500_000.0),
        (0.05, App::Fluid, 2.0, 2_500_000.0),
        (0.10, App::Fluid, 8.0, 2_300_000.0),
        (0.20, App::Fluid, 25.0, 1_900_000.0),
        (0.02, App::Ladder, 2.0, 2_500_000.0),
        (0.05, App::Ladder, 2.0, 2_500_000.0),
        (0.10, App::Ladder, 8.0, 2_300_000.0),
        (0.20, App::Ladder, 25.0, 1_900_000.0),
    ] {
        let took = worst(|seed| {
            lossy(seed, app, loss)
                .run_to(60, |call| call.estimate() >= 2_000_000.0)
                .expect("within a minute")
        });
        let held = least(|seed| {
            let mut call = lossy(seed, app, loss);
            call.run(90);
            call.over(30..90).estimate
        });
        eprintln!(
            "{loss} lost, {app:?}: 2 Mbit/s after {took:.1} s, mean {:.0} kbit/s",
            held / 1e3
        );
        assert!(took < within, "{loss}, {app:?}: {took}");
        assert!(held > mean, "{loss}, {app:?}: {held}");
    }
}

#[test]
fn bursts_of_loss_do_not_cost_the_estimate() {
    for app in [App::Fluid, App::Ladder] {
        for seed in SEEDS {
            let mut call = lossy(seed, app, 0.0);
            call.link.bursts = Some(Bursts {
                good: 400.0,
                bad: 15.0,
            });
            call.run(60);
            assert!(call.over(10..60).estimate > 2_400_000.0, "{app:?}");
        }
        // Nothing at all for 300 ms, each five seconds.
        for seed in SEEDS {
            let mut call = lossy(seed, app, 0.0);
            for _ in 0..10 {
                call.run(5);
                call.link.loss = 1.0;
                call.run_to(1, |call| call.now % 1_000_000 == 300_000);
                call.link.loss = 0.0;
                call.run_to(1, |call| call.now % 1_000_000 == 0);
            }
            assert!(call.over(10..60).estimate > 2_400_000.0, "{app:?}");
        }
    }
}

#[test]
fn a_policer_is_obeyed() {
    for (depth, app, rarely) in [
        (3_000.0, App::Fluid, 0.25),
        (20_000.0, App::Fluid, 0.45),
        (3_000.0, App::Ladder, 0.25),
        (20_000.0, App::Ladder, 0.25),
    ] {
        let over = worst(|seed| {
            let mut call = lossy(seed, app, 0.0);
            call.link.rate = Some(400_000);
            call.link.policer = Some(depth);
            call.run(120);
            let seconds = &call.seconds[10..120];
            let over = seconds.iter().filter(|second| second.media > 480_000.0);
            over.count() as f64 / seconds.len() as f64
        });
        eprintln!("policer of 400 kbit/s, {depth} bytes, {app:?}: {over:.2} of the time above 480");
        assert!(over < rarely, "{depth}, {app:?}: {over}");
    }
}
