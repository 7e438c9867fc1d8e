//! A writer of feedback, and what the parser makes of it and of anything else.

use proptest::prelude::*;

use super::*;

/// How to write statuses: any way is legal, receivers mix them.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Style {
    Runs,
    OneBit,
    TwoBits,
}

/// What becomes of a packet, in steps of 250 µs from the one before; none = not arrived.
type Status = Option<i16>;

fn symbol(status: Status) -> u16 {
    match status {
        None => 0,
        Some(0..=255) => 1,
        Some(_) => 2,
    }
}

fn chunks(statuses: &[Status], style: &mut dyn FnMut() -> Style) -> Vec<u8> {
    let symbols: Vec<u16> = statuses.iter().map(|status| symbol(*status)).collect();
    let mut out = Vec::new();
    let mut at = 0;
    while at < symbols.len() {
        let rest = &symbols[at..];
        let run = rest.iter().take_while(|next| **next == rest[0]).count();
        let one_bit = rest.iter().take(14).all(|next| *next < 2);
        let (chunk, taken) = match style() {
            Style::OneBit if one_bit => (0x8000 | pack(rest, 14, 1), 14),
            Style::TwoBits => (0xc000 | pack(rest, 7, 2), 7),
            _ => (rest[0] << 13 | run.min(0x1fff) as u16, run.min(0x1fff)),
        };
        out.extend(chunk.to_be_bytes());
        at += taken;
    }
    out
}

fn pack(symbols: &[u16], count: usize, width: u16) -> u16 {
    (0..count).fold(0, |bits, n| {
        bits << width | symbols.get(n).copied().unwrap_or(0)
    })
}

/// One feedback packet. `reference`: in steps of 64 ms.
fn write(
    base: u16,
    reference: u32,
    statuses: &[Status],
    style: &mut dyn FnMut() -> Style,
) -> Vec<u8> {
    let mut out = vec![0x80 | FORMAT, PACKET_TYPE, 0, 0];
    out.extend([0x11; 8]);
    out.extend(base.to_be_bytes());
    out.extend((statuses.len() as u16).to_be_bytes());
    out.extend(&reference.to_be_bytes()[1..]);
    out.push(7);
    out.extend(chunks(statuses, style));
    for steps in statuses.iter().flatten() {
        match u8::try_from(*steps) {
            Ok(small) => out.push(small),
            Err(_) => out.extend(steps.to_be_bytes()),
        }
    }
    let missing = (4 - out.len() % 4) % 4;
    if missing > 0 {
        out.resize(out.len() + missing, 0);
        *out.last_mut().unwrap() = missing as u8;
        out[0] |= 0x20;
    }
    let words = (out.len() / 4 - 1) as u16;
    out[2..4].copy_from_slice(&words.to_be_bytes());
    out
}

/// Feedback as a receiver writes it: arrivals in microseconds of its clock, at most 8 s apart.
pub(crate) fn feedback(base: u16, arrivals: &[Option<u64>], style: Style) -> Vec<u8> {
    let first = arrivals.iter().flatten().next().copied().unwrap_or(0);
    let reference = first / REFERENCE_STEP;
    let mut last = (reference * REFERENCE_STEP) as i64 / DELTA_STEP;
    let statuses: Vec<Status> = arrivals
        .iter()
        .map(|arrival| {
            let steps = (*arrival)? as i64 / DELTA_STEP;
            let moved = steps - last;
            last = steps;
            Some(i16::try_from(moved).expect("at most 8 s apart"))
        })
        .collect();
    write(
        base,
        (reference & 0x00ff_ffff) as u32,
        &statuses,
        &mut || style,
    )
}

fn read(packet: &[u8]) -> Result<Vec<(u16, Option<Duration>)>, Malformed> {
    Feedback::parse(packet).map(|feedback| feedback.packets().collect())
}

#[test]
fn the_example_of_a_receiver() {
    // Base 65534; received, lost, received 1 ms later; received 0.5 ms earlier than that.
    let packet = [
        0x8f, 205, 0, 6, 0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0xfe, 0, 4, 0, 0, 2, 9, 0xd1, 0x80, 4, 4,
        0xff, 0xfe, 0, 0,
    ];
    let arrival = |micros| Some(Duration::from_micros(micros));
    assert_eq!(
        read(&packet),
        Ok(vec![
            (65_534, arrival(129_000)),
            (65_535, None),
            (0, arrival(130_000)),
            (1, arrival(129_500)),
        ])
    );
}

#[test]
fn what_is_cut_short_or_something_else_is_refused() {
    let arrivals = [Some(70_000), None, Some(71_000), Some(200_000)];
    let packet = feedback(5, &arrivals, Style::TwoBits);
    assert!(read(&packet).is_ok());
    for end in 0..packet.len() {
        assert!(read(&packet[..end]).is_err(), "{end}");
    }
    let with = |at: usize, byte: u8| {
        let mut changed = packet.clone();
        changed[at] = byte;
        read(&changed)
    };
    assert_eq!(with(0, 0x41), Err(Malformed::Kind));
    assert_eq!(with(0, 0x81), Err(Malformed::Kind));
    assert_eq!(with(1, 206), Err(Malformed::Kind));
    assert_eq!(with(15, 0), Err(Malformed::Count(0)));
    assert_eq!(with(14, 0xff), Err(Malformed::Count(0xff04)));
    assert_eq!(with(20, 0xff), Err(Malformed::Status));
    assert_eq!(with(3, 4), Err(Malformed::Short));
}

#[test]
fn the_clock_starts_again() {
    let wrap = CLOCK.as_micros() as u64;
    let packet = feedback(1, &[Some(wrap - 500), Some(wrap + 1_000)], Style::Runs);
    let times: Vec<_> = read(&packet)
        .unwrap()
        .into_iter()
        .map(|(_, at)| at)
        .collect();
    let at = |micros| Some(Duration::from_micros(micros));
    assert_eq!(times, [at(wrap - 500), at(1_000)]);
}

fn style() -> impl Strategy<Value = Style> {
    prop_oneof![Just(Style::Runs), Just(Style::OneBit), Just(Style::TwoBits)]
}

fn status() -> impl Strategy<Value = Status> {
    prop_oneof![
        Just(None),
        (0_i16..=255).prop_map(Some),
        any::<i16>().prop_map(Some)
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        base: u16,
        reference in 0_u32..1 << 24,
        statuses in prop::collection::vec(status(), 1..400),
        styles in prop::collection::vec(style(), 1..9),
    ) {
        let mut turn = 0;
        let packet = write(base, reference, &statuses, &mut || {
            turn += 1;
            styles[turn % styles.len()]
        });
        let clock = CLOCK.as_micros() as i64;
        let mut at = i64::from(reference) * REFERENCE_STEP as i64;
        let expected: Vec<_> = statuses.iter().enumerate().map(|(n, status)| {
            let arrival = status.map(|steps| {
                at += i64::from(steps) * DELTA_STEP;
                Duration::from_micros(at.rem_euclid(clock) as u64)
            });
            (base.wrapping_add(n as u16), arrival)
        }).collect();
        prop_assert_eq!(read(&packet), Ok(expected));
    }

    #[test]
    fn anything_is_read_in_bounds(mut packet in prop::collection::vec(any::<u8>(), 0..300)) {
        if packet.len() >= HEADER {
            // Most noise ends at the header: let it look like feedback.
            packet[0] = 0x80 | packet[0] & 0x20 | FORMAT;
            packet[1] = PACKET_TYPE;
            packet[2] = 0;
            packet[3] %= (packet.len() / 4) as u8;
            packet[14] %= 70;
        }
        if let Ok(feedback) = Feedback::parse(&packet) {
            let told = feedback.packets().count();
            prop_assert_eq!(told, usize::from(feedback.count));
            prop_assert!(feedback.packets().flat_map(|(_, at)| at).all(|at| at < CLOCK));
        }
    }
}
