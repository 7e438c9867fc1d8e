//! Reports, as far as bots write and read them (RFC 3550, section 6; RFC 4585, section 6.3).

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const PAYLOAD_FEEDBACK: u8 = 206;
const PICTURE_LOSS: u8 = 1;
const FULL_INTRA: u8 = 4;
const VERSION: u8 = 0x80;
/// Seconds between 1900 and 1970.
const NTP_EPOCH: u64 = 2_208_988_800;

/// Whether a datagram of the RTP family is RTCP (RFC 5761, section 4).
pub(crate) fn is_rtcp(datagram: &[u8]) -> bool {
    datagram
        .get(1)
        .is_some_and(|kind| (192..=223).contains(kind))
}

/// Nanoseconds since 1970 as an NTP time stamp.
pub(crate) const fn ntp(nanos: u64) -> u64 {
    let seconds = nanos / 1_000_000_000 + NTP_EPOCH;
    let fraction = ((nanos % 1_000_000_000) << 32) / 1_000_000_000;
    seconds << 32 | fraction
}

/// What a sender has sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sent {
    pub(crate) ssrc: u32,
    pub(crate) timestamp: u32,
    pub(crate) packets: u32,
    pub(crate) bytes: u32,
}

/// Appends a sender report of moment `nanos`.
pub(crate) fn sender_report(out: &mut Vec<u8>, sent: Sent, nanos: u64) {
    out.extend_from_slice(&[VERSION, SENDER_REPORT, 0, 6]);
    out.extend_from_slice(&sent.ssrc.to_be_bytes());
    out.extend_from_slice(&ntp(nanos).to_be_bytes());
    for word in [sent.timestamp, sent.packets, sent.bytes] {
        out.extend_from_slice(&word.to_be_bytes());
    }
}

/// What arrived of one stream.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Reception {
    pub(crate) ssrc: u32,
    /// Of 256 since the last report.
    pub(crate) fraction_lost: u8,
    pub(crate) lost: u32,
    pub(crate) highest: u32,
    /// In ticks of the RTP clock.
    pub(crate) jitter: u32,
    /// The middle of the newest sender report's NTP time, and how long ago it came in 1/65,536 s.
    pub(crate) last_report: u32,
    pub(crate) since: u32,
}

/// Appends a receiver report about at most 31 streams.
pub(crate) fn receiver_report(out: &mut Vec<u8>, own: u32, streams: &[Reception]) {
    let streams = &streams[..streams.len().min(31)];
    let words = (1 + 6 * streams.len()) as u8;
    out.extend_from_slice(&[VERSION | streams.len() as u8, RECEIVER_REPORT, 0, words]);
    out.extend_from_slice(&own.to_be_bytes());
    for stream in streams {
        let losses = u32::from(stream.fraction_lost) << 24 | stream.lost & 0x00ff_ffff;
        for word in [
            stream.ssrc,
            losses,
            stream.highest,
            stream.jitter,
            stream.last_report,
            stream.since,
        ] {
            out.extend_from_slice(&word.to_be_bytes());
        }
    }
}

/// What bots heed of a compound packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// A sender report: of whom, and the middle of its NTP time.
    Clock { ssrc: u32, middle: u32 },
    /// A keyframe is wanted.
    Keyframe,
}

/// Hands what is heeded to `each`.
pub(crate) fn read(mut compound: &[u8], mut each: impl FnMut(Heard)) {
    while let Some([first, kind, l0, l1]) = compound.first_chunk() {
        let len = 4 + 4 * usize::from(u16::from_be_bytes([*l0, *l1]));
        let (format, kind) = (first & 0x1f, *kind);
        let Some((packet, rest)) = compound.split_at_checked(len) else {
            return;
        };
        let word = |at: usize| {
            let bytes = packet.get(at..)?.first_chunk()?;
            Some(u32::from_be_bytes(*bytes))
        };
        match (kind, format) {
            (SENDER_REPORT, _) => {
                if let (Some(ssrc), Some(high), Some(low)) = (word(4), word(8), word(12)) {
                    let middle = high << 16 | low >> 16;
                    each(Heard::Clock { ssrc, middle });
                }
            }
            (PAYLOAD_FEEDBACK, PICTURE_LOSS | FULL_INTRA) => each(Heard::Keyframe),
            _ => {}
        }
        compound = rest;
    }
}

#[cfg(test)]
mod tests {
    use rtc::rtcp::packet::unmarshal;
    use rtc::rtcp::receiver_report::ReceiverReport;
    use rtc::rtcp::sender_report::SenderReport;

    use super::*;

    #[test]
    fn an_independent_stack_reads_the_reports_alike() {
        let mut compound = Vec::new();
        let sent = Sent {
            ssrc: 7,
            timestamp: 8,
            packets: 9,
            bytes: 10,
        };
        sender_report(&mut compound, sent, 1_500_000_000);
        let stream = Reception {
            ssrc: 11,
            fraction_lost: 12,
            lost: 13,
            highest: 14,
            jitter: 15,
            last_report: 16,
            since: 17,
        };
        receiver_report(&mut compound, 7, &[stream]);
        let packets = unmarshal(&mut &compound[..]).expect("RTCP");
        let first = packets[0].as_any().downcast_ref::<SenderReport>();
        let first = first.expect("a sender report");
        assert_eq!(
            (first.ssrc, first.packet_count, first.octet_count),
            (7, 9, 10)
        );
        assert_eq!(first.ntp_time, (NTP_EPOCH + 1) << 32 | 1 << 31);
        let second = packets[1].as_any().downcast_ref::<ReceiverReport>();
        let block = &second.expect("a receiver report").reports[0];
        assert_eq!((block.ssrc, block.fraction_lost), (11, 12));
        assert_eq!((block.total_lost, block.last_sequence_number), (13, 14));
        assert_eq!(
            (block.jitter, block.last_sender_report, block.delay),
            (15, 16, 17)
        );

        let mut heard = Vec::new();
        read(&compound, |what| heard.push(what));
        let middle = ((NTP_EPOCH + 1) as u32) << 16 | 1 << 15;
        assert_eq!(heard, [Heard::Clock { ssrc: 7, middle }]);
        heard.clear();
        read(&[0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2], |what| {
            heard.push(what)
        });
        read(&[0x81, 206, 0, 9, 0, 0, 0, 1], |what| heard.push(what));
        assert_eq!(heard, [Heard::Keyframe]);
    }
}
