use std::collections::BTreeSet;

use proptest::prelude::*;
use str0m::media::Mid;

use super::*;
use crate::packet::Extensions;
use crate::scalability::Position;

const ORIGIN: Origin = Origin {
    publication: 0,
    stream: 0,
};

/// A VP8 payload with a 15-bit picture id and TL0PICIDX.
fn vp8(picture_id: u16, tl0: u8) -> Vec<u8> {
    let [high, low] = picture_id.to_be_bytes();
    vec![0x90, 0xe0, 0x80 | high, low, tl0, 0x00, 0x01, 0xff]
}

fn packet(ssrc: u32, seq: u64, timestamp: u32, payload: Vec<u8>, arrived: Instant) -> Packet {
    Packet {
        mid: Mid::from("0"),
        rid: None,
        ssrc: ssrc.into(),
        pt: 96.into(),
        seq,
        timestamp,
        marker: false,
        extensions: Extensions::default(),
        arrived,
        position: Position::parse(Codec::Vp8, &payload),
        payload: payload.into(),
        clock: None,
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "an origin for a hand-moved clock"
)]
fn origin() -> Instant {
    Instant::now()
}

#[test]
fn a_switch_goes_on_where_the_last_source_stopped() {
    let start = origin();
    let mut rewriter = Rewriter::new(&mut Random::new(1));
    let first = packet(1, 70_000, 5_000, vp8(32_767, 255), start);
    let a = rewriter
        .rewrite(&first, Codec::Vp8, ORIGIN, Ceiling::NONE)
        .expect("sent");
    let before = rewriter.last;

    let later = start + Duration::from_millis(40);
    let second = packet(2, 9, 4_000_000_000, vp8(77, 3), later);
    let b = rewriter
        .rewrite(&second, Codec::Vp8, ORIGIN, Ceiling::NONE)
        .expect("sent");

    assert_eq!(b.seq, a.seq + 1);
    assert_eq!(b.timestamp, a.timestamp.wrapping_add(3_600));
    let after = rewriter.last;
    assert_eq!(after.picture_id, (before.picture_id + 1) & 0x7fff);
    assert_eq!(after.tl0_pic_idx, before.tl0_pic_idx.wrapping_add(1));
    assert_eq!(
        rewriter
            .source_of(a.seq as u16)
            .map(|(run, seq)| (run.ssrc, seq)),
        Some((1, 70_000))
    );
    assert_eq!(
        rewriter
            .source_of(b.seq as u16)
            .map(|(run, seq)| (run.ssrc, seq)),
        Some((2, 9))
    );
    assert!(rewriter.source_of(b.seq as u16 + 1).is_none());
}

#[test]
fn packets_from_before_a_switch_are_not_sent() {
    let start = origin();
    let mut rewriter = Rewriter::new(&mut Random::new(2));
    let at = |seq| packet(1, seq, 0, vec![0x10, 0], start);
    assert!(
        rewriter
            .rewrite(&at(10), Codec::Vp8, ORIGIN, Ceiling::NONE)
            .is_some()
    );
    assert!(
        rewriter
            .rewrite(&at(9), Codec::Vp8, ORIGIN, Ceiling::NONE)
            .is_none()
    );
    assert!(
        rewriter
            .rewrite(&at(12), Codec::Vp8, ORIGIN, Ceiling::NONE)
            .is_some()
    );
    assert!(
        rewriter
            .rewrite(&at(11), Codec::Vp8, ORIGIN, Ceiling::NONE)
            .is_some()
    );
}

#[test]
fn a_detached_source_continues_without_the_gap() {
    let start = origin();
    let mut rewriter = Rewriter::new(&mut Random::new(3));
    let a = rewriter.rewrite(
        &packet(1, 10, 0, vec![1], start),
        Codec::Opus,
        ORIGIN,
        Ceiling::NONE,
    );
    rewriter.detach();
    let later = start + Duration::from_secs(60);
    let b = rewriter.rewrite(
        &packet(1, 4_000, 99, vec![1], later),
        Codec::Opus,
        ORIGIN,
        Ceiling::NONE,
    );
    let (a, b) = (a.expect("sent"), b.expect("sent"));
    assert_eq!(b.seq, a.seq + 1);
    assert_eq!(b.timestamp, a.timestamp.wrapping_add(60 * 48_000));
}

#[test]
fn short_picture_ids_stay_short() {
    let start = origin();
    let mut rewriter = Rewriter::new(&mut Random::new(4));
    let payload = vec![0x90, 0x80, 0x7f, 0x01, 0x00];
    let out = rewriter
        .rewrite(
            &packet(1, 1, 0, payload, start),
            Codec::Vp8,
            ORIGIN,
            Ceiling::NONE,
        )
        .expect("sent");
    assert!(out.payload.picture_id.is_some_and(|id| id.value < 0x80));
}

proptest! {
    /// Whatever sources come and go: numbers are unique, a switch leaves no gap, order within
    /// a source is kept, and the receiver's 16-bit view never jumps back at a switch.
    #[test]
    fn numbering_is_unbroken(
        seed: u64,
        segments in proptest::collection::vec(
            (1_u32..4, 0_u64..200_000, any::<u32>(), proptest::collection::vec(0_u64..3, 1..30)),
            1..12,
        ),
    ) {
        let start = origin();
        let mut rewriter = Rewriter::new(&mut Random::new(seed));
        let mut sent = BTreeSet::new();
        let mut highest = None;
        let mut clock = start;
        for (ssrc, first, timestamp, skips) in segments {
            rewriter.detach();
            let mut seq = first;
            let mut first_of_segment = true;
            for skip in skips {
                seq += 1 + skip;
                clock += Duration::from_millis(5);
                let ticks = (seq - first) as u32;
                let p = packet(ssrc, seq, timestamp.wrapping_add(ticks), vp8(seq as u16, seq as u8), clock);
                let out = rewriter.rewrite(&p, Codec::Vp8, ORIGIN, Ceiling::NONE).expect("in order");
                prop_assert!(sent.insert(out.seq));
                if let Some(highest) = highest {
                    let step = out.seq - highest;
                    prop_assert_eq!(step, if first_of_segment { 1 } else { 1 + skip });
                }
                highest = Some(out.seq);
                first_of_segment = false;
            }
        }
    }

    /// Untrusted payloads never break the rewriter.
    #[test]
    fn any_payload(payload in proptest::collection::vec(any::<u8>(), 0..12), seq: u64, ts: u32) {
        let mut rewriter = Rewriter::new(&mut Random::new(seq));
        let p = packet(7, seq, ts, payload, origin());
        let base = Ceiling { spatial: 0, temporal: 0 };
        for codec in [Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1, Codec::Opus] {
            for ceiling in [Ceiling::NONE, base] {
                rewriter.detach();
                let _ = rewriter.rewrite(&p, codec, ORIGIN, ceiling);
                let _ = codec.starts_decodable(&p.payload);
            }
        }
    }
}
