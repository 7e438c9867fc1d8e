//! The structures of appendix A.6 of the RTP payload format for AV1, written out bit by bit.

use proptest::prelude::*;

use super::*;
use crate::dependency_templates::DependencyTemplates;

/// One row of a table: spatial and temporal id, frame differences, chain differences, indications.
type Row = (u32, u32, &'static [u32], &'static [u32], &'static str);

/// A.6.1, one spatial layer with three temporal layers.
const L1T3: [Row; 5] = [
    (0, 0, &[], &[0], "SSS"),
    (0, 0, &[4], &[4], "SSS"),
    (0, 1, &[2], &[2], "SD-"),
    (0, 2, &[1], &[1], "D--"),
    (0, 2, &[1], &[3], "D--"),
];
/// A.6.2, two spatial layers with an occasional switch.
const L2T1: [Row; 5] = [
    (0, 0, &[], &[0, 0], "SS"),
    (0, 0, &[2], &[2, 1], "RS"),
    (0, 0, &[2], &[2, 1], "SS"),
    (1, 0, &[1], &[1, 1], "S-"),
    (1, 0, &[2, 1], &[1, 1], "R-"),
];
/// A.6.3, three spatial and three temporal layers.
const L3T3: [Row; 15] = [
    (0, 0, &[], &[0, 0, 0], "SSSSSSSSS"),
    (0, 0, &[12], &[12, 11, 10], "RRRRRRSSS"),
    (0, 1, &[6], &[6, 5, 4], "RR-RR-SD-"),
    (0, 2, &[3], &[3, 2, 1], "R--R--D--"),
    (0, 2, &[3], &[9, 8, 7], "R--R--D--"),
    (1, 0, &[1], &[1, 1, 1], "SSSSSS---"),
    (1, 0, &[12, 1], &[1, 1, 1], "RRRSSS---"),
    (1, 1, &[6, 1], &[7, 6, 5], "RR-SD----"),
    (1, 2, &[3, 1], &[4, 3, 2], "R--D-----"),
    (1, 2, &[3, 1], &[10, 9, 8], "R--D-----"),
    (2, 0, &[1], &[2, 1, 1], "SSS------"),
    (2, 0, &[12, 1], &[2, 1, 1], "SSS------"),
    (2, 1, &[6, 1], &[8, 7, 6], "SD-------"),
    (2, 2, &[3, 1], &[5, 4, 3], "D--------"),
    (2, 2, &[3, 1], &[11, 10, 9], "D--------"),
];

/// Appends a number below `values`, for which there is a writer in this test alone.
fn write_below(out: &mut BitWriter, value: u32, values: u32) {
    let width = u32::BITS - values.leading_zeros();
    let short = (1 << width) - values;
    match value < short {
        true => out.write(value, width - 1),
        false => out.write(value + short, width),
    }
}

/// The descriptor of a key frame's first packet, with resolutions or not, and whatever follows.
fn key_frame(
    rows: &[Row],
    protected_by: &[u32],
    sizes: &[(u32, u32)],
    active: Option<u32>,
) -> Vec<u8> {
    let mut out = BitWriter::default();
    out.write(0x80_00_11, 24);
    out.write(STRUCTURE | active.map_or(0, |_| ACTIVE), FLAGS);
    let targets = rows[0].4.len() as u32;
    out.write(0, 6);
    out.write(targets - 1, 5);
    for pair in rows.windows(2) {
        let ((s, t, ..), (next_s, next_t, ..)) = (pair[0], pair[1]);
        let next = if next_s > s { 2 } else { next_t - t };
        out.write(next, 2);
    }
    out.write(3, 2);
    for (.., indications) in rows {
        for indication in indications.chars() {
            out.write("-DSR".find(indication).expect("known") as u32, 2);
        }
    }
    for (_, _, differences, ..) in rows {
        for difference in *differences {
            out.write(1, 1);
            out.write(difference - 1, 4);
        }
        out.write(0, 1);
    }
    let chains = rows[0].3.len() as u32;
    write_below(&mut out, chains, targets + 1);
    for chain in protected_by {
        write_below(&mut out, *chain, chains);
    }
    for (_, _, _, differences, _) in rows {
        differences
            .iter()
            .for_each(|difference| out.write(*difference, 4));
    }
    out.write(u32::from(!sizes.is_empty()), 1);
    for (width, height) in sizes {
        out.write(width - 1, 16);
        out.write(height - 1, 16);
    }
    if let Some(active) = active {
        out.write(active, targets);
    }
    out.into_bytes()
}

fn ceiling(spatial: u8, temporal: u8) -> Ceiling {
    Ceiling { spatial, temporal }
}

/// The mask told for each ceiling, at a key frame and at a later picture of the base layer. The key
/// frame is otherwise as it was.
fn masks(rows: &[Row], protected_by: &[u32], sizes: &[(u32, u32)], expected: &[((u8, u8), u32)]) {
    let key = key_frame(rows, protected_by, sizes, None);
    let mut templates = DependencyTemplates::attached(&key).expect("well-formed");
    let targets = templates.targets(&key);
    for ((spatial, temporal), mask) in expected {
        let told = |descriptor: &[u8]| {
            targets.told(
                descriptor,
                Position::default(),
                ceiling(*spatial, *temporal),
            )
        };
        let written = key_frame(rows, protected_by, sizes, Some(*mask));
        assert_eq!(
            told(&key).as_deref(),
            Some(&written[..]),
            "{spatial} {temporal}"
        );
        let again = DependencyTemplates::attached(&written).expect("well-formed");
        assert_eq!(again.position(&written), templates.position(&key));

        let later = told(&[0xc1, 0, 0x12]).expect("told");
        let mut bits = Bits::new(&later);
        assert_eq!(bits.read(24), Some(0xc1_00_12));
        assert_eq!(bits.read(FLAGS), Some(ACTIVE));
        assert_eq!(bits.read(targets.count()), Some(*mask));
        assert!(bits.left() < 8);
    }
}

#[test]
fn one_spatial_layer_with_three_frame_rates() {
    let expected = [
        ((0, 0), 0b100),
        ((0, 1), 0b110),
        ((0, 2), 0b111),
        ((9, 9), 0b111),
    ];
    masks(&L1T3, &[0, 0, 0], &[], &expected);
}

#[test]
fn two_spatial_layers() {
    let sizes = [(640, 360), (1280, 720)];
    masks(&L2T1, &[1, 0], &sizes, &[((0, 0), 0b10), ((1, 0), 0b11)]);
}

#[test]
fn three_spatial_layers_with_three_frame_rates() {
    // From bit 0 on: HD, VGA and QVGA, each from the highest frame rate to the lowest.
    let expected = [
        ((0, 0), 0b100_000_000),
        ((0, 2), 0b111_000_000),
        ((1, 0), 0b100_100_000),
        ((1, 1), 0b110_110_000),
        ((2, 0), 0b100_100_100),
        ((2, 2), 0b111_111_111),
    ];
    masks(&L3T3, &[2, 2, 2, 1, 1, 1, 0, 0, 0], &[], &expected);
}

#[test]
fn what_the_publisher_stopped_stays_stopped() {
    let protected_by = [0, 0, 0];
    let key = key_frame(&L1T3, &protected_by, &[], Some(0b101));
    let mut templates = DependencyTemplates::attached(&key).expect("well-formed");
    let targets = templates.targets(&key);
    let told = targets.told(&key, Position::default(), ceiling(0, 1));
    assert_eq!(
        told,
        Some(key_frame(&L1T3, &protected_by, &[], Some(0b100)))
    );

    // Later it sends all again, in a descriptor that also has differences of its own.
    let all = [0x81, 0, 0x20, 0b0101_0111, 0b0100_0100];
    let targets = templates.targets(&all);
    let told = targets.told(&all, Position::default(), ceiling(0, 1));
    assert_eq!(told, Some(vec![0x81, 0, 0x20, 0b0101_0110, 0b0100_0100]));
    // What was not there before is put between flags and differences.
    let without = [0x81, 0, 0x20, 0b0001_0010, 0b0010_0000];
    let told = targets.told(&without, Position::default(), ceiling(0, 1));
    assert_eq!(told, Some(vec![0x81, 0, 0x20, 0b0101_0110, 0b0100_0100, 0]));
}

#[test]
fn only_pictures_of_the_lowest_frame_rate_tell() {
    let key = key_frame(&L1T3, &[0, 0, 0], &[], None);
    let mut templates = DependencyTemplates::attached(&key).expect("well-formed");
    let targets = templates.targets(&key);
    let faster = Position {
        temporal: 1,
        ..Position::default()
    };
    assert_eq!(targets.told(&[0xc2, 0, 3], faster, ceiling(0, 1)), None);
    let middle = targets.told(&[0x41, 0, 3], Position::default(), ceiling(0, 1));
    assert_eq!(middle, None, "not its first packet");
}

proptest! {
    #[test]
    fn any_bytes_are_read_within_bounds(
        mut descriptor in prop::collection::vec(any::<u8>(), 0..255),
        targets in 1_usize..33,
        (spatial, temporal) in (0_u8..4, 0_u8..8),
        flags: u8,
    ) {
        if let [first, _, _, fourth, ..] = &mut descriptor[..] {
            (*first, *fourth) = (*first | 0x80, flags);
        }
        let layers = (0..targets).map(|n| (n as u8 % 4, n as u8 / 4)).collect();
        let targets = DecodeTargets::new(layers);
        let told = targets.told(&descriptor, Position::default(), ceiling(spatial, temporal));
        if let Some(told) = told {
            prop_assert!(told.len() <= descriptor.len() + 6);
            let read = DecodeTargets { active: 0, ..targets }.followed(&told);
            prop_assert!(read.is_some_and(|read| read.active != 0));
        }
    }
}
