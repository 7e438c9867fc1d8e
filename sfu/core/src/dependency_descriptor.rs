//! The AV1 dependency descriptor header extension, carried through as it is.
//!
//! A receiver of scalable AV1 (or VP9) cannot assemble one frame without it. What it tells of
//! layers is read in `dependency_templates`.

use str0m::rtp::{Extension, ExtensionSerializer, ExtensionValues};

pub(crate) const URI: &str =
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension";

/// The longest value of a one-byte header (RFC 8285, section 4.2).
const ONE_BYTE_MAX: usize = 16;

/// The bytes of one descriptor.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DependencyDescriptor(pub(crate) Box<[u8]>);

/// The extension to register with the engine.
pub(crate) fn extension() -> Extension {
    Extension::with_serializer(URI, PassThrough)
}

#[derive(Debug)]
struct PassThrough;

impl ExtensionSerializer for PassThrough {
    fn write_to(&self, buf: &mut [u8], ev: &ExtensionValues) -> usize {
        let Some(DependencyDescriptor(bytes)) = ev.user_values.get() else {
            return 0;
        };
        match buf.get_mut(..bytes.len()) {
            Some(space) => {
                space.copy_from_slice(bytes);
                bytes.len()
            }
            None => 0,
        }
    }

    fn parse_value(&self, buf: &[u8], ev: &mut ExtensionValues) -> bool {
        ev.user_values.set(DependencyDescriptor(buf.into()));
        true
    }

    fn is_video(&self) -> bool {
        true
    }

    fn is_audio(&self) -> bool {
        false
    }

    fn requires_two_byte_form(&self, ev: &ExtensionValues) -> bool {
        ev.user_values
            .get()
            .is_some_and(|DependencyDescriptor(bytes)| bytes.len() > ONE_BYTE_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_parsed_is_written() {
        for len in [1, 16, 17, 200] {
            let bytes: Vec<u8> = (0..len).map(|i| i as u8).collect();
            let mut values = ExtensionValues::default();
            assert!(PassThrough.parse_value(&bytes, &mut values));
            assert_eq!(PassThrough.requires_two_byte_form(&values), len > 16);
            let mut out = [0_u8; 256];
            let n = PassThrough.write_to(&mut out, &values);
            assert_eq!(&out[..n], &bytes[..]);
            assert_eq!(PassThrough.write_to(&mut [], &values), 0);
        }
    }
}
