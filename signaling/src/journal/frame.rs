//! One record in a file: length, CRC-32C, bytes. The numbers are little-endian; the checksum
//! covers the length too, so that neither a flipped length nor a run of zeros passes.

/// Bytes before the record's own.
pub(super) const HEADER: usize = 8;
/// A record's own bytes at most. Entries take a tenth of it.
pub(super) const MAX_RECORD: usize = 16 * 1024;

/// Appends `record` (1 to [`MAX_RECORD`] bytes) to `out`.
pub(super) fn write(out: &mut Vec<u8>, record: &[u8]) {
    let length = u32::try_from(record.len())
        .unwrap_or(u32::MAX)
        .to_le_bytes();
    out.extend_from_slice(&length);
    out.extend_from_slice(&checksum(length, record).to_le_bytes());
    out.extend_from_slice(record);
}

/// The record that `bytes` begin with and how many bytes it takes with its header; none when they
/// begin with no whole, sound record.
pub(super) fn read(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (sum, rest) = rest.split_first_chunk::<4>()?;
    let size = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    if !(1..=MAX_RECORD).contains(&size) {
        return None;
    }
    let record = rest.get(..size)?;
    (checksum(*length, record) == u32::from_le_bytes(*sum)).then_some((record, HEADER + size))
}

fn checksum(length: [u8; 4], record: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&length), record)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_survives_and_every_flipped_or_missing_byte_shows() {
        let mut bytes = Vec::new();
        write(&mut bytes, b"joined");
        assert_eq!(read(&bytes), Some((&b"joined"[..], HEADER + 6)));
        for at in 0..bytes.len() {
            assert_eq!(read(&bytes[..at]), None, "cut at {at}");
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            assert_eq!(read(&flipped), None, "flipped at {at}");
        }
    }

    #[test]
    fn zeros_and_giants_are_no_records() {
        assert_eq!(read(&[0; 64]), None);
        let mut giant = Vec::new();
        write(&mut giant, &vec![7; MAX_RECORD + 1]);
        assert_eq!(read(&giant), None);
        let mut largest = Vec::new();
        write(&mut largest, &vec![7; MAX_RECORD]);
        assert!(read(&largest).is_some());
    }
}
