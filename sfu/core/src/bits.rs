//! Bits, from the most significant on.

/// Reads bits.
#[derive(Debug, Clone)]
pub(crate) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next `count` bits, at most 32; none when there are fewer.
    pub(crate) fn read(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            let byte = *self.bytes.get(self.at / 8)?;
            value = value << 1 | u32::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(value)
    }

    /// A number below `values`, of which the lower ones take a bit less (`ns(n)` of the AV1
    /// specifications). `values` is at least 1 and below 2^31.
    pub(crate) fn read_below(&mut self, values: u32) -> Option<u32> {
        let width = u32::BITS - values.leading_zeros();
        let short = (1 << width) - values;
        let value = self.read(width - 1)?;
        match value < short {
            true => Some(value),
            false => Some((value << 1) - short + self.read(1)?),
        }
    }

    /// Bits read so far.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// Bits that are left.
    pub(crate) fn left(&self) -> usize {
        self.bytes.len() * 8 - self.at
    }
}

/// Appends bits; the last byte ends with zeros.
#[derive(Debug, Default)]
pub(crate) struct BitWriter {
    bytes: Vec<u8>,
    len: usize,
}

impl BitWriter {
    /// Appends the lowest `count` bits of `value`, at most 32.
    pub(crate) fn write(&mut self, value: u32, count: u32) {
        for bit in (0..count).rev() {
            if self.len.is_multiple_of(8) {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut() {
                *last |= ((value >> bit & 1) as u8) << (7 - self.len % 8);
            }
            self.len += 1;
        }
    }

    /// Appends the next `count` bits of `from`. None when there are fewer.
    pub(crate) fn copy(&mut self, from: &mut Bits<'_>, count: usize) -> Option<()> {
        for _ in 0..count {
            self.write(from.read(1)?, 1);
        }
        Some(())
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut writer = BitWriter::default();
        writer.write(0b101, 3);
        writer.write(0xdead_beef, 32);
        let bytes = writer.into_bytes();
        assert_eq!(bytes.len(), 5);
        let mut bits = Bits::new(&bytes);
        assert_eq!(
            (bits.read(3), bits.read(32)),
            (Some(0b101), Some(0xdead_beef))
        );
        assert_eq!((bits.position(), bits.left(), bits.read(6)), (35, 5, None));
        let mut copy = BitWriter::default();
        assert_eq!(copy.copy(&mut Bits::new(&bytes), 40), Some(()));
        assert_eq!(copy.into_bytes(), bytes);
    }

    /// The table of the AV1 bitstream specification, section 4.10.10, for n = 5.
    #[test]
    fn lower_numbers_take_a_bit_less() {
        for (bits, value) in [(0b00, 0), (0b01, 1), (0b10, 2), (0b110, 3), (0b111, 4)] {
            let width = if value < 3 { 2 } else { 3 };
            let byte = [(bits << (8 - width)) as u8];
            let mut reader = Bits::new(&byte);
            assert_eq!(
                (reader.read_below(5), reader.position()),
                (Some(value), width)
            );
        }
        assert_eq!(Bits::new(&[]).read_below(1), Some(0));
    }
}
