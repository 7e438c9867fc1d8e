//! Session keys out of what DTLS exported (RFC 3711, section 4.3; RFC 7714, section 11).

use str0m::crypto::dtls::SrtpProfile;

use super::srtp::{RtcpOpener, RtcpSealer, Sealer};
use crate::transport::Exported;

/// Labels of RFC 3711, section 4.3.2.
const RTP_KEY: u8 = 0;
const RTP_AUTH: u8 = 1;
const RTP_SALT: u8 = 2;
const RTCP_KEY: u8 = 3;
const RTCP_AUTH: u8 = 4;
const RTCP_SALT: u8 = 5;

/// The ciphers of one connection: ours to send, the client's to receive reports.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) rtp: Sealer,
    pub(super) rtcp: RtcpSealer,
    pub(super) reports: RtcpOpener,
}

/// One side's master key and salt.
struct Master<'a> {
    key: &'a [u8],
    salt: &'a [u8],
}

/// Key material of one direction and protocol.
pub(super) struct SessionKeys {
    pub(super) key: Vec<u8>,
    pub(super) salt: Vec<u8>,
    /// Empty for the AEAD profiles.
    pub(super) auth: Vec<u8>,
}

impl Keys {
    /// None when the profile is none of ours or the material is too short.
    pub(super) fn derive(exported: &Exported) -> Option<Self> {
        let (key_len, salt_len) = match exported.profile {
            SrtpProfile::AES128_CM_SHA1_80 => (16, 14),
            SrtpProfile::AEAD_AES_128_GCM => (16, 12),
            SrtpProfile::AEAD_AES_256_GCM => (32, 12),
            _ => return None,
        };
        // RFC 5764, section 4.2: client key, server key, client salt, server salt.
        let (client_key, rest) = exported.material.split_at_checked(key_len)?;
        let (server_key, rest) = rest.split_at_checked(key_len)?;
        let (client_salt, rest) = rest.split_at_checked(salt_len)?;
        let server_salt = rest.get(..salt_len)?;
        let client = Master {
            key: client_key,
            salt: client_salt,
        };
        let server = Master {
            key: server_key,
            salt: server_salt,
        };
        let (ours, theirs) = match exported.client {
            true => (client, server),
            false => (server, client),
        };
        let profile = exported.profile;
        Some(Self {
            rtp: Sealer::new(profile, &ours.session(RTP_KEY, RTP_SALT, RTP_AUTH))?,
            rtcp: RtcpSealer::new(profile, &ours.session(RTCP_KEY, RTCP_SALT, RTCP_AUTH))?,
            reports: RtcpOpener::new(profile, &theirs.session(RTCP_KEY, RTCP_SALT, RTCP_AUTH))?,
        })
    }
}

impl Master<'_> {
    fn session(&self, key: u8, salt: u8, auth: u8) -> SessionKeys {
        SessionKeys {
            key: self.derive(key, self.key.len()),
            salt: self.derive(salt, self.salt.len()),
            // HMAC-SHA1 takes 160 bits (RFC 3711, section 5.2).
            auth: self.derive(auth, 20),
        }
    }

    /// The key derivation function: the key stream of AES counter mode that starts at
    /// salt ⊕ label · 2⁴⁸, with a key derivation rate of 0.
    fn derive(&self, label: u8, len: usize) -> Vec<u8> {
        let crypto = str0m::crypto::from_feature_flags().srtp_provider;
        let mut counter = [0_u8; 16];
        counter[..self.salt.len()].copy_from_slice(self.salt);
        counter[7] ^= label;
        let mut derived = Vec::with_capacity(len + 16);
        for block in 0_u16.. {
            if derived.len() >= len {
                break;
            }
            counter[14..].copy_from_slice(&block.to_be_bytes());
            // The provider writes a padding block behind the one asked for.
            let mut out = [0_u8; 32];
            match self.key.len() {
                32 => crypto.srtp_aes_256_ecb_round(self.key, &counter, &mut out),
                _ => crypto.srtp_aes_128_ecb_round(self.key, &counter, &mut out),
            }
            derived.extend_from_slice(&out[..16]);
        }
        derived.truncate(len);
        derived
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
        let pair = |pair: &[u8]| {
            let text = std::str::from_utf8(pair).expect("ASCII");
            u8::from_str_radix(text, 16).expect("hexadecimal")
        };
        digits.chunks(2).map(pair).collect()
    }

    /// RFC 3711, appendix B.3.
    #[test]
    fn the_published_vectors_are_derived() {
        let (key, salt) = (
            bytes("E1F97A0D3E018BE0D64FA32C06DE4139"),
            bytes("0EC675AD498AFEEBB6960B3AABE6"),
        );
        let master = Master {
            key: &key,
            salt: &salt,
        };
        let session = master.session(RTP_KEY, RTP_SALT, RTP_AUTH);
        assert_eq!(session.key, bytes("C61E7A93744F39EE10734AFE3FF7A087"));
        assert_eq!(session.salt, bytes("30CBBC08863D8C85D49DB34A9AE1"));
        assert_eq!(
            session.auth,
            bytes("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4")
        );
    }
}
