use super::*;

const PROFILES: [SrtpProfile; 3] = [
    SrtpProfile::AEAD_AES_128_GCM,
    SrtpProfile::AEAD_AES_256_GCM,
    SrtpProfile::AES128_CM_SHA1_80,
];

fn keys(profile: SrtpProfile) -> SessionKeys {
    let (key, salt) = match profile {
        SrtpProfile::AEAD_AES_128_GCM => (16, 12),
        SrtpProfile::AEAD_AES_256_GCM => (32, 12),
        _ => (16, 14),
    };
    SessionKeys {
        key: vec![7; key],
        salt: vec![9; salt],
        auth: vec![5; 20],
    }
}

/// A receiver report without blocks, then a goodbye.
fn compound() -> Vec<u8> {
    let mut compound = vec![0x80, 201, 0, 1, 1, 2, 3, 4];
    compound.extend([0x81, 203, 0, 1, 1, 2, 3, 4]);
    compound
}

#[test]
fn reports_open_once_and_only_unharmed() {
    for profile in PROFILES {
        let mut sealer = RtcpSealer::new(profile, &keys(profile)).expect("a sealer");
        let mut opener = RtcpOpener::new(profile, &keys(profile)).expect("an opener");
        let mut sealed = Vec::new();
        for _ in 0..3 {
            let mut arena = vec![0xee; 5];
            arena.extend(compound());
            sealer.seal(&mut arena, 5).expect("sealed");
            assert_eq!(arena[..5], [0xee; 5]);
            sealed.push(arena.split_off(5));
        }
        let mut harmed = sealed[0].clone();
        harmed[9] ^= 1;
        assert_eq!(opener.open(&harmed), None);
        assert_eq!(opener.open(&sealed[1]), Some(&compound()[..]));
        assert_eq!(opener.open(&sealed[1]), None);
        assert_eq!(opener.open(&sealed[0]), Some(&compound()[..]));
        assert_eq!(opener.open(&sealed[2]), Some(&compound()[..]));
        assert_eq!(opener.open(&sealed[0]), None);
        for len in 0..sealed[0].len() {
            assert_eq!(opener.open(&sealed[0][..len]), None);
        }
    }
}

#[test]
fn replays_are_told_within_the_window() {
    let mut senders = Vec::new();
    assert!(fresh(&mut senders, 1, 100));
    assert!(fresh(&mut senders, 2, 100));
    assert!(!fresh(&mut senders, 1, 100));
    assert!(fresh(&mut senders, 1, 40));
    assert!(!fresh(&mut senders, 1, 36));
    assert!(fresh(&mut senders, 1, 500));
    assert!(!fresh(&mut senders, 1, 100));
    for ssrc in 0..1_000 {
        fresh(&mut senders, ssrc, 1);
    }
    assert_eq!(senders.len(), MAX_SENDERS);
}

/// RFC 7714, section 16.1.1 (AES-128-GCM) and 16.2.1 (AES-256-GCM): session keys, not derived.
#[test]
fn published_packets_are_sealed() {
    let plain =
        b"\x80\x40\xf1\x7b\x80\x41\xf8\xd3\x55\x01\xa0\xb2Gallia est omnis divisa in partes tres";
    let salt = b"Quid pro quo".to_vec();
    // The first bytes of the sealed payload and of the tag.
    let expected = [
        (
            SrtpProfile::AEAD_AES_128_GCM,
            16,
            [0xf2, 0x4d, 0xe3, 0xa3],
            [0x89, 0x9d, 0x7f, 0x27],
        ),
        (
            SrtpProfile::AEAD_AES_256_GCM,
            32,
            [0x32, 0xb1, 0xde, 0x78],
            [0x7a, 0xa3, 0xdb, 0x36],
        ),
    ];
    for (profile, key, payload, tag) in expected {
        let keys = SessionKeys {
            key: (0..key).collect(),
            salt: salt.clone(),
            auth: Vec::new(),
        };
        let sealer = Sealer::new(profile, &keys).expect("a sealer");
        let mut arena = plain.to_vec();
        sealer
            .seal(&mut arena, 0, 12, 0x5501_a0b2, 0xf17b)
            .expect("sealed");
        assert_eq!(arena[..12], plain[..12]);
        assert_eq!(arena[12..16], payload);
        assert_eq!(arena[plain.len()..][..4], tag);
    }
}
