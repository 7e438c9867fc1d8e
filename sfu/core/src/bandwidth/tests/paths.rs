//! Free and narrow paths: how soon the estimate finds what they carry, and at what queue.

use super::{App, Call, SEEDS, least, worst};

fn call(seed: u64, app: App) -> Call {
    let mut call = Call::new(seed);
    call.app = app;
    call
}

#[test]
fn a_free_path_is_used_within_a_second() {
    for app in [App::Fluid, App::Ladder] {
        let took = worst(|seed| {
            let mut call = call(seed, app);
            let took = call.run_to(10, |call| call.estimate() >= 2_500_000.0);
            call.run(20);
            assert!(
                call.over(5..20).lowest >= 2_500_000.0,
                "{app:?}: lost again"
            );
            took.expect("within ten seconds")
        });
        eprintln!("free path, {app:?}: 2.5 Mbit/s after {took:.2} s");
        assert!(took < 1.0, "{app:?}: {took}");
    }
}

#[test]
fn a_long_path_is_used_within_three_seconds() {
    let took = worst(|seed| {
        let mut call = call(seed, App::Ladder);
        call.link.delay = 200_000;
        call.back = 200_000;
        call.run_to(10, |call| call.estimate() >= 2_500_000.0)
            .expect("within ten seconds")
    });
    eprintln!("free path, 400 ms round trip: 2.5 Mbit/s after {took:.2} s");
    assert!(took < 3.0, "{took}");
}

/// A narrow path from the start, or after ten seconds of a free one.
fn narrow(seed: u64, app: App, rate: u64, begins: u64) -> Call {
    let mut call = call(seed, app);
    call.run(begins);
    call.link.rate = Some(rate);
    call
}

#[test]
fn a_narrow_path_is_found_and_its_queue_emptied() {
    for (rate, begins) in [
        (300_000, 0),
        (150_000, 0),
        (64_000, 0),
        (1_000_000, 10),
        (300_000, 10),
        (150_000, 10),
        (64_000, 10),
    ] {
        for app in [App::Fluid, App::Ladder] {
            // The fluid application never sends less than 60 kbit/s: the queue takes its time.
            let most = if rate == 64_000 { 10.0 } else { 3.0 };
            let found = worst(|seed| {
                narrow(seed, app, rate, begins)
                    .run_to(10, |call| call.estimate() <= rate as f64)
                    .expect("within ten seconds")
            });
            let emptied = worst(|seed| {
                let mut call = narrow(seed, app, rate, begins);
                call.run(1);
                1.0 + call
                    .run_to(20, |call| call.link.standing(call.now) < 20_000)
                    .expect("within twenty seconds")
            });
            eprintln!("{rate} bit/s after {begins} s, {app:?}: {found:.2} s, empty {emptied:.2} s");
            let within = if rate == 64_000 { 2.5 } else { 1.7 };
            assert!(found < within, "{rate}, {app:?}: {found}");
            assert!(emptied < most, "{rate}, {app:?}: {emptied}");
        }
    }
}

#[test]
fn a_narrow_path_is_filled_without_a_standing_queue_and_without_flapping() {
    for (rate, app, from, to) in [
        (1_000_000, App::Fluid, 0.68, 1.0),
        (300_000, App::Fluid, 0.68, 1.0),
        (150_000, App::Fluid, 0.68, 1.0),
        (64_000, App::Fluid, 0.75, 1.05),
        (1_000_000, App::Ladder, 0.9, 1.05),
        (300_000, App::Ladder, 0.9, 1.1),
        (150_000, App::Ladder, 0.9, 1.05),
    ] {
        for seed in SEEDS {
            let mut call = narrow(seed, app, rate, 0);
            call.run(80);
            let late = call.over(20..80);
            let share = |bits: f64| bits / rate as f64;
            eprintln!(
                "{rate} bit/s, {app:?}, {seed}: estimate {:.2} ({:.2}-{:.2}), queue {:.0} ms, at most {:.0}, padding {:.1} kbit/s",
                share(late.estimate),
                share(late.lowest),
                share(late.highest),
                late.mean_queue,
                late.queue,
                late.padding / 1e3,
            );
            assert!(share(late.lowest) >= from, "{rate} {app:?} {}", late.lowest);
            assert!(share(late.highest) <= to, "{rate} {app:?} {}", late.highest);
            assert!(late.mean_queue < 30.0, "{rate} {app:?} {}", late.mean_queue);
            assert!(
                late.padding < 0.02 * rate as f64,
                "{rate} {app:?} {}",
                late.padding
            );
        }
    }
}

#[test]
fn a_path_that_becomes_free_is_used_again() {
    for (rate, app) in [
        (300_000, App::Fluid),
        (300_000, App::Ladder),
        (64_000, App::Fluid),
        (64_000, App::Ladder),
    ] {
        let took = worst(|seed| {
            let mut call = narrow(seed, app, rate, 0);
            // Anywhere between two probes.
            call.run(30 + 3 * seed);
            call.link.rate = None;
            call.run_to(60, |call| call.estimate() >= 1_700_000.0)
                .expect("within a minute")
        });
        eprintln!("{rate} bit/s no more, {app:?}: 1.7 Mbit/s after {took:.1} s");
        assert!(took < 25.0, "{rate}, {app:?}: {took}");
    }
}

#[test]
fn a_long_narrow_path_is_found_too() {
    let found = worst(|seed| {
        let mut call = narrow(seed, App::Ladder, 400_000, 0);
        call.link.delay = 200_000;
        call.back = 200_000;
        let found = call.run_to(10, |call| {
            call.estimate() <= 420_000.0 && call.clock() > 1.0
        });
        call.run(60);
        let late = call.over(20..60);
        assert!(
            late.mean_queue < 15.0 && late.lowest > 250_000.0,
            "{late:?}"
        );
        found.expect("within ten seconds")
    });
    eprintln!("400 kbit/s, 400 ms round trip: {found:.2} s");
    assert!(found < 2.0, "{found}");
}

#[test]
fn jitter_costs_little_on_a_narrow_path_and_nothing_on_a_free_one() {
    let share = least(|seed| {
        let mut call = call(seed, App::Fluid);
        call.link.jitter = 30_000;
        call.run(60);
        let late = call.over(20..60);
        assert!(
            late.estimate >= 2_400_000.0 && late.lowest >= 1_700_000.0,
            "free: {late:?}"
        );
        let mut call = narrow(seed, App::Fluid, 400_000, 0);
        call.link.jitter = 30_000;
        call.run(60);
        let late = call.over(20..60);
        assert!(late.mean_queue < 40.0, "{late:?}");
        late.media / 400_000.0
    });
    eprintln!("30 ms of jitter, 400 kbit/s: {share:.2} of it used");
    assert!(share > 0.75, "{share}");
}

#[test]
fn stalls_of_a_busy_machine_cost_nothing() {
    for app in [App::Fluid, App::Ladder] {
        for seed in SEEDS {
            let mut call = call(seed, app);
            call.run(5);
            for _ in 0..60 {
                call.run(1);
                let stall = 50_000 + (call.link.chance() * 250_000.0) as u64;
                call.link.stalled = call.now + stall;
            }
            assert!(
                call.over(5..60).lowest >= 2_500_000.0,
                "{app:?} {:?}",
                call.over(5..60)
            );
        }
    }
}

#[test]
fn a_path_that_becomes_longer_is_no_queue() {
    for app in [App::Fluid, App::Ladder] {
        let dip = least(|seed| {
            let mut call = call(seed, app);
            call.run(20);
            call.link.delay += 100_000;
            call.run(40);
            assert!(call.over(30..60).lowest >= 2_400_000.0, "{app:?}");
            call.over(20..60).lowest
        });
        eprintln!(
            "100 ms longer path, {app:?}: {:.0} kbit/s at least",
            dip / 1e3
        );
        assert!(dip > 1_200_000.0, "{app:?}: {dip}");
    }
}
