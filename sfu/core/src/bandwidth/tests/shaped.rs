//! Shapers as access networks have them: a bucketful passes at line speed, the rest at the rate, and
//! what exceeds both waits in a queue (`tc-tbf` with 6 kB and 400 ms).

use super::{App, Call, SEEDS, worst};

fn narrow(call: &mut Call, rate: u64, bucket: u64) {
    call.link.rate = Some(rate);
    call.link.bucket = bucket;
    call.link.queue = 400_000 + bucket * 8_000_000 / rate;
}

/// What the bucket lets pass is not taken for what the path carries: the layer that fits flows all the
/// time, no probe fills the queue, and what the path carries is used.
#[test]
fn a_bucketful_that_passes_is_no_capacity() {
    for (rate, bucket) in [
        (300_000, 6_144),
        (300_000, 3_000),
        (600_000, 6_144),
        (300_000, 0),
    ] {
        for seed in SEEDS {
            let mut call = Call::new(seed);
            call.app = App::Ladder;
            call.run(10);
            narrow(&mut call, rate, bucket);
            call.run(60);
            let settled = call.over(15..70);
            let stopped = call.seconds[15..70].iter().filter(|s| s.media < 100_000.0);
            assert_eq!(stopped.count(), 0, "seconds without video: {settled:?}");
            assert!(settled.highest <= 1.05 * rate as f64, "{settled:?}");
            assert!(settled.lowest >= 0.75 * rate as f64, "{settled:?}");
            assert!(
                settled.queue <= 300.0 && settled.mean_queue < 15.0,
                "{settled:?}"
            );
            assert!(settled.padding < 0.05 * rate as f64, "{settled:?}");
            eprintln!("{rate} bit/s and {bucket} bytes, {seed}: {settled:?}");
        }
    }
}

/// A path that really became wide is found out in spite of its bucket.
#[test]
fn a_wider_path_is_proved_behind_its_bucket() {
    let took = worst(|seed| {
        let mut call = Call::new(seed);
        call.app = App::Ladder;
        call.run(5);
        narrow(&mut call, 300_000, 6_144);
        call.run(30);
        narrow(&mut call, 3_000_000, 6_144);
        call.run_to(60, |call| call.estimate() >= 1_900_000.0)
            .expect("within a minute")
    });
    eprintln!("300 kbit/s no more, with a bucket: 1.9 Mbit/s after {took:.1} s");
    assert!(took < 30.0, "{took}");
}
