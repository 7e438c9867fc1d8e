//! The dependency descriptor extension of a client, whose content the test writes and reads.

use str0m::rtp::{Extension, ExtensionMap, ExtensionSerializer, ExtensionValues};

const URI: &str =
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension";

/// The bytes of one descriptor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor(pub Vec<u8>);

/// The usual extensions, and this one.
pub fn extensions() -> ExtensionMap {
    let mut map = ExtensionMap::standard();
    map.set(12, Extension::with_serializer(URI, Serializer));
    map
}

#[derive(Debug)]
struct Serializer;

impl ExtensionSerializer for Serializer {
    fn write_to(&self, buf: &mut [u8], values: &ExtensionValues) -> usize {
        let Some(Descriptor(bytes)) = values.user_values.get() else {
            return 0;
        };
        buf[..bytes.len()].copy_from_slice(bytes);
        bytes.len()
    }

    fn parse_value(&self, buf: &[u8], values: &mut ExtensionValues) -> bool {
        values.user_values.set(Descriptor(buf.to_vec()));
        true
    }

    fn is_video(&self) -> bool {
        true
    }

    fn is_audio(&self) -> bool {
        false
    }

    fn requires_two_byte_form(&self, values: &ExtensionValues) -> bool {
        let descriptor = values.user_values.get::<Descriptor>();
        descriptor.is_some_and(|Descriptor(bytes)| bytes.len() > 16)
    }
}
