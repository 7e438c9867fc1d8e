//! The RTP header with the extensions browsers use (RFC 3550, section 5.1; RFC 8285).

/// Ids of the extensions, as the bots' offers name them.
pub(crate) const ABSOLUTE_SEND_TIME: u8 = 2;
/// See [`ABSOLUTE_SEND_TIME`].
pub(crate) const TRANSPORT_SEQUENCE: u8 = 3;
/// See [`ABSOLUTE_SEND_TIME`].
pub(crate) const MID: u8 = 4;

/// Bytes of the header that [`Written::write`] makes.
pub(crate) const WRITTEN: usize = 28;
const FIXED: usize = 12;
/// One-byte form of extensions.
const ONE_BYTE: u16 = 0xbede;

/// A header to write.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Written {
    pub(crate) marker: bool,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) ssrc: u32,
    pub(crate) transport_sequence: u16,
    /// 6.18 fixed point seconds.
    pub(crate) absolute_send_time: u32,
}

impl Written {
    /// Writes [`WRITTEN`] bytes: fixed header and extensions, the section's mid being `0`.
    pub(crate) fn write(&self, payload_type: u8, to: &mut [u8; WRITTEN]) {
        to[0] = 0x90;
        to[1] = payload_type | if self.marker { 0x80 } else { 0 };
        to[2..4].copy_from_slice(&self.sequence.to_be_bytes());
        to[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
        to[8..12].copy_from_slice(&self.ssrc.to_be_bytes());
        to[12..14].copy_from_slice(&ONE_BYTE.to_be_bytes());
        to[14..16].copy_from_slice(&3_u16.to_be_bytes());
        let [_, high, middle, low] = self.absolute_send_time.to_be_bytes();
        to[16..20].copy_from_slice(&[ABSOLUTE_SEND_TIME << 4 | 2, high, middle, low]);
        let [high, low] = self.transport_sequence.to_be_bytes();
        to[20..23].copy_from_slice(&[TRANSPORT_SEQUENCE << 4 | 1, high, low]);
        to[23..28].copy_from_slice(&[MID << 4, b'0', 0, 0, 0]);
    }
}

/// What a receiver reads of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    /// Bytes before the payload.
    pub(crate) len: usize,
    pub(crate) marker: bool,
    pub(crate) payload_type: u8,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) ssrc: u32,
    pub(crate) transport_sequence: Option<u16>,
}

impl Header {
    /// None for what is not RTP.
    pub(crate) fn parse(packet: &[u8]) -> Option<Self> {
        let fixed: &[u8; FIXED] = packet.first_chunk()?;
        let [first, second, s0, s1, t0, t1, t2, t3, a, b, c, d] = *fixed;
        if first >> 6 != 2 {
            return None;
        }
        let mut len = FIXED + 4 * usize::from(first & 0x0f);
        let mut transport_sequence = None;
        if first & 0x10 != 0 {
            let [p0, p1, l0, l1] = *packet.get(len..)?.first_chunk()?;
            len += 4;
            let words = usize::from(u16::from_be_bytes([l0, l1]));
            let block = packet.get(len..len + 4 * words)?;
            len += block.len();
            if u16::from_be_bytes([p0, p1]) == ONE_BYTE {
                transport_sequence = find(block, TRANSPORT_SEQUENCE)
                    .and_then(|value| value.first_chunk())
                    .map(|value| u16::from_be_bytes(*value));
            }
        }
        Some(Self {
            len,
            marker: second & 0x80 != 0,
            payload_type: second & 0x7f,
            sequence: u16::from_be_bytes([s0, s1]),
            timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
            ssrc: u32::from_be_bytes([a, b, c, d]),
            transport_sequence,
        })
    }
}

/// The value of extension `id` in a block of the one-byte form.
fn find(mut block: &[u8], id: u8) -> Option<&[u8]> {
    while let Some((&first, rest)) = block.split_first() {
        if first == 0 {
            block = rest;
            continue;
        }
        let (value, rest) = rest.split_at_checked(usize::from(first & 0x0f) + 1)?;
        if first >> 4 == id {
            return Some(value);
        }
        block = rest;
    }
    None
}

#[cfg(test)]
mod tests {
    use rtc::rtp::Packet;
    use rtc::shared::marshal::Unmarshal as _;

    use super::*;

    #[test]
    fn what_is_written_is_read_alike_by_an_independent_stack() {
        let written = Written {
            marker: true,
            sequence: 0xfedc,
            timestamp: 0x0102_0304,
            ssrc: 0x0506_0708,
            transport_sequence: 0x1234,
            absolute_send_time: 0x00ab_cdef,
        };
        let mut bytes = [0; WRITTEN];
        written.write(96, &mut bytes);
        let ours = Header::parse(&bytes).expect("RTP");
        let theirs = Packet::unmarshal(&mut &bytes[..]).expect("RTP").header;
        assert_eq!(ours.len, WRITTEN);
        assert_eq!(ours.transport_sequence, Some(0x1234));
        assert_eq!(
            (
                ours.marker,
                ours.payload_type,
                ours.sequence,
                ours.timestamp,
                ours.ssrc
            ),
            (
                theirs.marker,
                theirs.payload_type,
                theirs.sequence_number,
                theirs.timestamp,
                theirs.ssrc
            )
        );
        let value = |id| theirs.get_extension(id).map(|value| value.to_vec());
        assert_eq!(value(MID), Some(b"0".to_vec()));
        assert_eq!(value(TRANSPORT_SEQUENCE), Some(vec![0x12, 0x34]));
        assert_eq!(value(ABSOLUTE_SEND_TIME), Some(vec![0xab, 0xcd, 0xef]));
    }

    #[test]
    fn noise_is_not_rtp() {
        assert_eq!(Header::parse(&[0x80; 11]), None);
        assert_eq!(Header::parse(&[0x16; 40]), None);
        let mut cut = [0; WRITTEN];
        cut[0] = 0x90;
        cut[15] = 9;
        assert_eq!(Header::parse(&cut), None);
    }
}
