//! Transport-wide feedback from a hostile receiver: the parser, and the estimator behind it.
//!
//! Input: commands of a byte and what belongs to it, run against one estimator on simulated time.

use std::time::{Duration, Instant};

use crate::bandwidth::{Bandwidth, twcc};

fn take<'a>(input: &mut &'a [u8], most: usize) -> &'a [u8] {
    let (head, tail) = input.split_at(most.min(input.len()));
    *input = tail;
    head
}

fn number(input: &mut &[u8]) -> u16 {
    let bytes = take(input, 2);
    u16::from_be_bytes([
        bytes.first().copied().unwrap_or(0),
        bytes.get(1).copied().unwrap_or(0),
    ])
}

/// One input; time begins at the instant given.
pub(crate) fn run(input: &[u8], start: Instant) {
    let mut now = start;
    let mut input = input;
    let mut seq = 0_u16;
    let mut bandwidth = Bandwidth::new(now, 300_000);
    bandwidth.desire(2_500_000);
    while let [command, rest @ ..] = input {
        input = rest;
        match command % 8 {
            0 => {
                // A burst of packets, a millisecond apart.
                let count = number(&mut input) % 2_048;
                for _ in 0..count {
                    now += Duration::from_millis(u64::from(command >> 7));
                    bandwidth.sent(seq, now, usize::from(*command) * 8);
                    seq = seq.wrapping_add(1);
                }
            }
            1 | 2 => {
                let length = usize::from(number(&mut input) % 512);
                let packet = take(&mut input, length);
                if let Ok(feedback) = twcc::Feedback::parse(packet) {
                    assert!(feedback.packets().count() <= 16_384);
                    bandwidth.feedback(now, feedback.packets());
                }
            }
            3 => {
                // Feedback on what was sent last, with any arrivals.
                let count = u16::from(*take(&mut input, 1).first().unwrap_or(&0));
                let first = seq.wrapping_sub(count);
                let mut at = Duration::from_millis(number(&mut input).into());
                let report = (0..count).map(|n| {
                    let moved = number(&mut input);
                    at += Duration::from_micros(u64::from(moved) * 4);
                    let arrival = (!moved.is_multiple_of(7)).then_some(at);
                    (first.wrapping_add(n), arrival)
                });
                let report: Vec<_> = report.collect();
                bandwidth.feedback(now, report.into_iter());
            }
            4 => now += Duration::from_micros(u64::from(number(&mut input)) * 50),
            5 => {
                let lost = f32::from(number(&mut input)) / 30_000.0 - 0.5;
                let round_trip = Duration::from_millis(number(&mut input).into());
                bandwidth.receiver_report(now, lost, Some(round_trip));
            }
            6 => bandwidth.desire(u64::from(number(&mut input)) << (command >> 3)),
            _ => bandwidth.remb(now, u64::from(number(&mut input)) << (command >> 3)),
        }
        bandwidth.timeout(now);
        for asked in 0.. {
            assert!(asked < 3, "asks for ever");
            let Some(bytes) = bandwidth.poll_padding(now) else {
                break;
            };
            bandwidth.sent(seq, now, bytes.min(1_200));
            seq = seq.wrapping_add(1);
        }
        assert!((30_000..=100_000_000).contains(&bandwidth.estimate()));
        assert!((0.0..=1.0).contains(&bandwidth.loss()));
        assert!(bandwidth.deadline().is_none_or(|due| due >= start));
        let _ = bandwidth.rtt();
    }
}
