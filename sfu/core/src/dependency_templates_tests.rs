use proptest::prelude::*;

use super::*;

/// Appends bits given as text.
fn bytes(bits: &str) -> Vec<u8> {
    let bits: Vec<u8> = bits.bytes().filter(|b| matches!(b, b'0' | b'1')).collect();
    let byte = |eight: &[u8]| {
        let padded = eight.iter().chain(std::iter::repeat(&b'0')).take(8);
        padded.fold(0, |value, bit| value << 1 | (bit - b'0'))
    };
    bits.chunks(8).map(byte).collect()
}

/// `L2T2`: a keyframe's descriptor with the templates S0T0 (twice), S0T1, S1T0 and S1T1, from
/// template id 62 on, for four decode targets.
fn keyframe() -> Vec<u8> {
    let mut bits = String::from("1 0 111110 0000000000000001");
    bits += "1 0000 111110 00011";
    // The same, next temporal, next spatial, next temporal, no more.
    bits += "00 01 10 01 11";
    for template in ["10101010", "10101111", "00010001", "00001011", "00000001"] {
        bits += template;
    }
    // The differences of frame numbers follow and are not read.
    bits += "0 1 0001 0";
    bytes(&bits)
}

#[test]
fn a_keyframe_brings_the_templates() {
    let templates = DependencyTemplates::attached(&keyframe()).expect("well-formed");
    let layers: Vec<(u8, u8, bool)> = templates
        .templates
        .iter()
        .map(|t| (t.spatial, t.temporal, t.switches))
        .collect();
    let expected = [
        (0, 0, true),
        (0, 0, false),
        (0, 1, false),
        (1, 0, false),
        (1, 1, false),
    ];
    assert_eq!((templates.offset, &layers[..]), (62, &expected[..]));
    for len in 0..10 {
        let cut = &keyframe()[..len];
        assert_eq!(DependencyTemplates::attached(cut), None, "{len}");
    }
    assert_eq!(DependencyTemplates::attached(&[0x80, 0, 1]), None);
    assert_eq!(DependencyTemplates::attached(&[0x80, 0, 1, 0x40]), None);
}

#[test]
fn other_frames_name_one() {
    let templates = DependencyTemplates::attached(&keyframe()).expect("well-formed");
    let base = Position {
        begins: true,
        ends: false,
        rise: Rise::Behind,
        ..Position::default()
    };
    assert_eq!(templates.position(&keyframe()), Some(base));
    // Ids wrap: 62, 63, 0, 1, 2.
    let upper = Position {
        spatial: 1,
        temporal: 0,
        begins: false,
        ends: true,
        rise: Rise::Nowhere,
    };
    assert_eq!(templates.position(&[0xc1, 0, 2]), Some(upper));
    let faster = Position {
        temporal: 1,
        begins: true,
        ends: true,
        ..Position::default()
    };
    assert_eq!(templates.position(&[0xc0, 0, 3]), Some(faster));
    assert_eq!(templates.position(&[0xc3, 0, 3]), None);
    assert_eq!(templates.position(&[]), None);
    // Indications of its own take the place of the template's.
    let custom = templates.position(&[0xbe, 0, 4, 0x20, 0]);
    assert_eq!(custom.map(|p| p.rise), Some(Rise::Nowhere));
}

proptest! {
    #[test]
    fn any_bytes_are_read_within_bounds(
        mut descriptor in prop::collection::vec(any::<u8>(), 0..255),
        others in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..6), 0..20),
        present: bool,
    ) {
        if let (true, Some(flags)) = (present, descriptor.get_mut(3)) {
            *flags |= 0x80;
        }
        if let Some(templates) = DependencyTemplates::attached(&descriptor) {
            prop_assert!(templates.templates.len() <= TEMPLATES);
            for other in others.iter().chain([&descriptor]) {
                if let Some(position) = templates.position(other) {
                    prop_assert!(position.spatial <= MAX_SPATIAL);
                    prop_assert!(position.temporal <= MAX_TEMPORAL);
                }
            }
        }
    }
}
