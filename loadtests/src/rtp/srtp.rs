//! SRTP and SRTCP with AES-GCM (RFC 7714), written for this measuring: it allocates nothing, so
//! that bots and the floor cost little more than the cipher. Judged by the `rtc` crate in tests.

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use rtc::crypto::{BlockCipherAlgorithm, RTCCrypto};

use crate::error::LoadError;

/// The authentication tag behind each packet.
pub(crate) const TAG: usize = 16;
/// The salt of both profiles.
const SALT: usize = 12;
/// The header of the first report, which stays readable.
const RTCP_HEADER: usize = 8;
/// The index behind each compound packet; its first bit says "encrypted".
const INDEX: usize = 4;
const ENCRYPTED: u32 = 1 << 31;

/// Key derivation labels (RFC 3711, section 4.3.1).
const RTP_KEY: u8 = 0;
const RTP_SALT: u8 = 2;
const RTCP_KEY: u8 = 3;
const RTCP_SALT: u8 = 5;

/// Which AES-GCM was agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    Aes128Gcm,
    Aes256Gcm,
}

impl Profile {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Aes128Gcm => "AEAD_AES_128_GCM",
            Self::Aes256Gcm => "AEAD_AES_256_GCM",
        }
    }

    pub(crate) const fn key_len(self) -> usize {
        match self {
            Self::Aes128Gcm => 16,
            Self::Aes256Gcm => 32,
        }
    }

    /// Bytes to export from DTLS: two keys, two salts.
    pub(crate) const fn export_len(self) -> usize {
        2 * (self.key_len() + SALT)
    }
}

/// One direction of a connection.
pub(crate) struct Srtp {
    rtp: Half,
    rtcp: Half,
}

struct Half {
    key: LessSafeKey,
    salt: [u8; SALT],
}

impl Srtp {
    /// The client's and the server's sending direction from what DTLS exported (RFC 5764,
    /// section 4.2).
    pub(crate) fn pair(
        profile: Profile,
        exported: &[u8],
        crypto: &dyn RTCCrypto,
    ) -> Result<(Self, Self), LoadError> {
        let len = profile.key_len();
        if exported.len() != profile.export_len() {
            return Err(LoadError::Cipher);
        }
        let (keys, salts) = exported.split_at(2 * len);
        let ((client, server), (client_salt, server_salt)) =
            (keys.split_at(len), salts.split_at(SALT));
        Ok((
            Self::new(profile, client, client_salt, crypto)?,
            Self::new(profile, server, server_salt, crypto)?,
        ))
    }

    fn new(
        profile: Profile,
        key: &[u8],
        salt: &[u8],
        crypto: &dyn RTCCrypto,
    ) -> Result<Self, LoadError> {
        let half = |key_label, salt_label| {
            let session = derive(profile, key, salt, key_label, profile.key_len(), crypto)?;
            let nonce = derive(profile, key, salt, salt_label, SALT, crypto)?;
            Half::new(profile, &session, &nonce)
        };
        Ok(Self {
            rtp: half(RTP_KEY, RTP_SALT)?,
            rtcp: half(RTCP_KEY, RTCP_SALT)?,
        })
    }

    /// Seals the packet in `bytes`, whose last [`TAG`] bytes are room for the tag. `header` is
    /// its header's length, `index` its sequence number with the roll-over counter above it.
    pub(crate) fn seal(
        &self,
        bytes: &mut [u8],
        header: usize,
        ssrc: u32,
        index: u64,
    ) -> Result<(), LoadError> {
        let (packet, tag) = bytes
            .split_last_chunk_mut::<TAG>()
            .ok_or(LoadError::Cipher)?;
        let (header, payload) = packet
            .split_at_mut_checked(header)
            .ok_or(LoadError::Cipher)?;
        let nonce = self.rtp.nonce(ssrc, index);
        let sealed = self
            .rtp
            .key
            .seal_in_place_separate_tag(nonce, Aad::from(&*header), payload)
            .map_err(|_| LoadError::Cipher)?;
        tag.copy_from_slice(sealed.as_ref());
        Ok(())
    }

    /// Opens a packet in place and returns its payload; none when it is not authentic.
    pub(crate) fn open<'a>(
        &self,
        packet: &'a mut [u8],
        header: usize,
        ssrc: u32,
        index: u64,
    ) -> Option<&'a [u8]> {
        let (header, sealed) = packet.split_at_mut_checked(header)?;
        let nonce = self.rtp.nonce(ssrc, index);
        let opened = self
            .rtp
            .key
            .open_in_place(nonce, Aad::from(&*header), sealed);
        opened.ok().map(|payload| &*payload)
    }

    /// Seals a compound RTCP packet; it grows by tag and index.
    pub(crate) fn seal_rtcp(&self, compound: &mut Vec<u8>, index: u32) -> Result<(), LoadError> {
        let header: [u8; RTCP_HEADER] = *compound.first_chunk().ok_or(LoadError::Cipher)?;
        let word = (index | ENCRYPTED).to_be_bytes();
        let nonce = self.rtcp.nonce(ssrc_of(&header), index.into());
        let tag = self
            .rtcp
            .key
            .seal_in_place_separate_tag(
                nonce,
                Aad::from(associated(header, word)),
                &mut compound[RTCP_HEADER..],
            )
            .map_err(|_| LoadError::Cipher)?;
        compound.extend_from_slice(tag.as_ref());
        compound.extend_from_slice(&word);
        Ok(())
    }

    /// Opens a compound packet in place; none when it is not authentic, or not encrypted.
    pub(crate) fn open_rtcp<'a>(&self, packet: &'a mut [u8]) -> Option<&'a [u8]> {
        let (sealed, word) = packet.split_last_chunk_mut::<INDEX>()?;
        let index = u32::from_be_bytes(*word);
        let header: [u8; RTCP_HEADER] = *sealed.first_chunk()?;
        if index & ENCRYPTED == 0 {
            return None;
        }
        let nonce = self
            .rtcp
            .nonce(ssrc_of(&header), (index & !ENCRYPTED).into());
        let aad = Aad::from(associated(header, *word));
        let opened = self
            .rtcp
            .key
            .open_in_place(nonce, aad, &mut sealed[RTCP_HEADER..]);
        let len = RTCP_HEADER + opened.ok()?.len();
        sealed.get(..len)
    }
}

impl Half {
    fn new(profile: Profile, key: &[u8], salt: &[u8]) -> Result<Self, LoadError> {
        let algorithm = match profile {
            Profile::Aes128Gcm => &AES_128_GCM,
            Profile::Aes256Gcm => &AES_256_GCM,
        };
        let key = UnboundKey::new(algorithm, key).map_err(|_| LoadError::Cipher)?;
        Ok(Self {
            key: LessSafeKey::new(key),
            salt: salt.try_into().map_err(|_| LoadError::Cipher)?,
        })
    }

    /// RFC 7714, sections 8.1 and 9.1: zeros, SSRC, index; the salt over all of it.
    fn nonce(&self, ssrc: u32, index: u64) -> Nonce {
        let mut nonce = [0; SALT];
        nonce[2..6].copy_from_slice(&ssrc.to_be_bytes());
        nonce[6..].copy_from_slice(&index.to_be_bytes()[2..]);
        for (byte, salt) in nonce.iter_mut().zip(self.salt) {
            *byte ^= salt;
        }
        Nonce::assume_unique_for_key(nonce)
    }
}

fn ssrc_of(header: &[u8; RTCP_HEADER]) -> u32 {
    let [_, _, _, _, a, b, c, d] = *header;
    u32::from_be_bytes([a, b, c, d])
}

fn associated(header: [u8; RTCP_HEADER], word: [u8; INDEX]) -> [u8; RTCP_HEADER + INDEX] {
    let mut all = [0; RTCP_HEADER + INDEX];
    all[..RTCP_HEADER].copy_from_slice(&header);
    all[RTCP_HEADER..].copy_from_slice(&word);
    all
}

/// AES in counter mode over the salted label (RFC 3711, section 4.3.3; RFC 6188 for 256 bits).
fn derive(
    profile: Profile,
    key: &[u8],
    salt: &[u8],
    label: u8,
    len: usize,
    crypto: &dyn RTCCrypto,
) -> Result<Vec<u8>, LoadError> {
    let cipher = match profile {
        Profile::Aes128Gcm => BlockCipherAlgorithm::Aes128,
        Profile::Aes256Gcm => BlockCipherAlgorithm::Aes256,
    };
    let mut stream = Vec::new();
    for counter in 0_u8.. {
        if stream.len() >= len {
            break;
        }
        let mut block = [0; 16];
        block[..SALT].copy_from_slice(salt);
        block[7] ^= label;
        block[15] = counter;
        crypto
            .block_encrypt(cipher, key, &mut block)
            .map_err(|_| LoadError::Cipher)?;
        stream.extend_from_slice(&block);
    }
    stream.truncate(len);
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use rtc::srtp::context::Context;
    use rtc::srtp::protection_profile::ProtectionProfile;

    use super::*;

    fn judge(profile: Profile, exported: &[u8]) -> Context {
        let provider = rtc::crypto::default_provider().expect("a provider");
        let theirs = match profile {
            Profile::Aes128Gcm => ProtectionProfile::AeadAes128Gcm,
            Profile::Aes256Gcm => ProtectionProfile::AeadAes256Gcm,
        };
        let len = profile.key_len();
        let (key, salt) = (&exported[..len], &exported[2 * len..2 * len + SALT]);
        Context::new(key, salt, theirs, None, None, provider.crypto()).expect("a context")
    }

    #[test]
    fn an_independent_stack_opens_what_is_sealed_and_the_other_way_round() {
        let provider = rtc::crypto::default_provider().expect("a provider");
        for profile in [Profile::Aes128Gcm, Profile::Aes256Gcm] {
            let exported: Vec<u8> = (0..profile.export_len())
                .map(|i| (i as u8).wrapping_mul(7))
                .collect();
            let (ours, _) = Srtp::pair(profile, &exported, provider.crypto()).expect("keys");
            let mut judge = judge(profile, &exported);

            let mut packet = vec![0x80, 96, 0xff, 0xfe, 0, 0, 0, 9, 1, 2, 3, 4];
            packet.extend_from_slice(b"picture");
            let plain = packet.clone();
            packet.resize(packet.len() + TAG, 0);
            ours.seal(&mut packet, 12, 0x0102_0304, 0xfffe)
                .expect("sealed");
            assert_eq!(judge.decrypt_rtp(&packet).expect("authentic"), plain);
            let mut theirs = judge.encrypt_rtp(&plain).expect("sealed").to_vec();
            assert_eq!(theirs, packet);
            let payload = ours.open(&mut theirs, 12, 0x0102_0304, 0xfffe);
            assert_eq!(payload.expect("authentic"), b"picture");
            packet[13] ^= 1;
            assert!(ours.open(&mut packet, 12, 0x0102_0304, 0xfffe).is_none());

            let report = vec![0x80, 201, 0, 1, 1, 2, 3, 4, 0x81, 202, 0, 1, 9, 9, 9, 9];
            let mut sealed = report.clone();
            ours.seal_rtcp(&mut sealed, 5).expect("sealed");
            assert_eq!(judge.decrypt_rtcp(&sealed).expect("authentic"), report);
            let mut theirs = judge.encrypt_rtcp(&report).expect("sealed").to_vec();
            assert_eq!(ours.open_rtcp(&mut theirs).expect("authentic"), report);
        }
    }
}
