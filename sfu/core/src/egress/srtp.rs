//! Sealing RTP in place, sealing and opening RTCP (RFC 3711; RFC 7714).

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_128, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;
use str0m::crypto::dtls::SrtpProfile;

use super::keys::SessionKeys;

/// Length of an AES-GCM tag.
const GCM_TAG: usize = 16;
/// Length of a truncated HMAC-SHA1 tag (the `_80` of the profile).
const HMAC_TAG: usize = 10;
/// The first bytes of RTCP stay readable: header and sender's SSRC.
const RTCP_CLEAR: usize = 8;
/// The flag "encrypted" before the 31-bit SRTCP index.
const ENCRYPTED: u32 = 0x8000_0000;
/// Senders whose replays are told apart on one connection.
const MAX_SENDERS: usize = 32;

/// One direction's cipher.
enum Cipher {
    Gcm { key: LessSafeKey, salt: [u8; 12] },
    CounterMode(Box<CounterMode>),
}

/// AES in counter mode with HMAC-SHA1.
struct CounterMode {
    key: EncryptingKey,
    salt: [u8; 14],
    auth: hmac::Key,
}

impl std::fmt::Debug for Cipher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cipher")
    }
}

impl Cipher {
    fn new(profile: SrtpProfile, keys: &SessionKeys) -> Option<Self> {
        let gcm = |algorithm| {
            let key = UnboundKey::new(algorithm, &keys.key).ok()?;
            Some(Self::Gcm {
                key: LessSafeKey::new(key),
                salt: keys.salt.as_slice().try_into().ok()?,
            })
        };
        match profile {
            SrtpProfile::AEAD_AES_128_GCM => gcm(&AES_128_GCM),
            SrtpProfile::AEAD_AES_256_GCM => gcm(&AES_256_GCM),
            SrtpProfile::AES128_CM_SHA1_80 => Some(Self::CounterMode(Box::new(CounterMode {
                key: EncryptingKey::ctr(UnboundCipherKey::new(&AES_128, &keys.key).ok()?).ok()?,
                salt: keys.salt.as_slice().try_into().ok()?,
                auth: hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &keys.auth),
            }))),
            _ => None,
        }
    }
}

/// RFC 7714, sections 8.1 and 9.1: two zero bytes, the SSRC, the 48-bit index; ⊕ salt.
fn gcm_nonce(salt: &[u8; 12], ssrc: u32, index: u64) -> Nonce {
    let mut nonce = *salt;
    xor(&mut nonce[2..6], &ssrc.to_be_bytes());
    xor(&mut nonce[6..], &index.to_be_bytes()[2..]);
    Nonce::assume_unique_for_key(nonce)
}

/// RFC 3711, section 4.1.1: (salt · 2¹⁶) ⊕ (SSRC · 2⁶⁴) ⊕ (index · 2¹⁶).
fn counter_block(salt: &[u8; 14], ssrc: u32, index: u64) -> EncryptionContext {
    let mut block = [0_u8; 16];
    block[..14].copy_from_slice(salt);
    xor(&mut block[4..8], &ssrc.to_be_bytes());
    xor(&mut block[8..14], &index.to_be_bytes()[2..]);
    EncryptionContext::Iv128(FixedLength::from(block))
}

fn xor(into: &mut [u8], with: &[u8]) {
    into.iter_mut().zip(with).for_each(|(a, b)| *a ^= b);
}

/// The cipher refused: only its own failure, never a property of what is sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unsealed;

/// Seals RTP.
#[derive(Debug)]
pub(super) struct Sealer(Cipher);

impl Sealer {
    pub(super) fn new(profile: SrtpProfile, keys: &SessionKeys) -> Option<Self> {
        Cipher::new(profile, keys).map(Self)
    }

    /// Seals the packet that is the end of `arena` from `start` on and whose header has `header`
    /// bytes, and appends the tag. `index` is the extended sequence number; the same pair of
    /// SSRC and index must not be sealed twice.
    pub(super) fn seal(
        &self,
        arena: &mut Vec<u8>,
        start: usize,
        header: usize,
        ssrc: u32,
        index: u64,
    ) -> Result<(), Unsealed> {
        match &self.0 {
            Cipher::Gcm { key, salt } => {
                let (head, body) = arena[start..].split_at_mut(header);
                let nonce = gcm_nonce(salt, ssrc, index);
                let tag = key
                    .seal_in_place_separate_tag(nonce, Aad::from(&*head), body)
                    .map_err(|_| Unsealed)?;
                arena.extend_from_slice(tag.as_ref());
            }
            Cipher::CounterMode(cipher) => {
                let CounterMode { key, salt, auth } = &**cipher;
                let body = &mut arena[start + header..];
                key.less_safe_encrypt(body, counter_block(salt, ssrc, index))
                    .map_err(|_| Unsealed)?;
                let mut mac = hmac::Context::with_key(auth);
                mac.update(&arena[start..]);
                // The roll-over counter is authenticated though not sent (section 4.2).
                mac.update(&((index >> 16) as u32).to_be_bytes());
                arena.extend_from_slice(&mac.sign().as_ref()[..HMAC_TAG]);
            }
        }
        Ok(())
    }
}

/// Seals RTCP, counting the packets.
#[derive(Debug)]
pub(super) struct RtcpSealer {
    cipher: Cipher,
    index: u32,
}

impl RtcpSealer {
    pub(super) fn new(profile: SrtpProfile, keys: &SessionKeys) -> Option<Self> {
        Some(Self {
            cipher: Cipher::new(profile, keys)?,
            index: 0,
        })
    }

    /// Seals the compound packet that is the end of `arena` from `start` on.
    pub(super) fn seal(&mut self, arena: &mut Vec<u8>, start: usize) -> Result<(), Unsealed> {
        self.index = (self.index + 1) & !ENCRYPTED;
        let trailer = (self.index | ENCRYPTED).to_be_bytes();
        let index = u64::from(self.index);
        let ssrc = sender(&arena[start..]).ok_or(Unsealed)?;
        match &self.cipher {
            Cipher::Gcm { key, salt } => {
                let (head, body) = arena[start..].split_at_mut(RTCP_CLEAR);
                let aad = rtcp_aad(head, trailer);
                let nonce = gcm_nonce(salt, ssrc, index);
                let tag = key
                    .seal_in_place_separate_tag(nonce, Aad::from(aad), body)
                    .map_err(|_| Unsealed)?;
                arena.extend_from_slice(tag.as_ref());
                arena.extend_from_slice(&trailer);
            }
            Cipher::CounterMode(cipher) => {
                let CounterMode { key, salt, auth } = &**cipher;
                let body = &mut arena[start + RTCP_CLEAR..];
                key.less_safe_encrypt(body, counter_block(salt, ssrc, index))
                    .map_err(|_| Unsealed)?;
                arena.extend_from_slice(&trailer);
                let tag = hmac::sign(auth, &arena[start..]);
                arena.extend_from_slice(&tag.as_ref()[..HMAC_TAG]);
            }
        }
        Ok(())
    }
}

/// Opens RTCP; each packet once.
#[derive(Debug)]
pub(super) struct RtcpOpener {
    cipher: Cipher,
    senders: Vec<Replays>,
    opened: Vec<u8>,
}

/// The newest index of one sender and which of the 64 before it came (RFC 3711, section 3.3.2).
#[derive(Debug)]
struct Replays {
    ssrc: u32,
    newest: u32,
    seen: u64,
}

impl RtcpOpener {
    pub(super) fn new(profile: SrtpProfile, keys: &SessionKeys) -> Option<Self> {
        Some(Self {
            cipher: Cipher::new(profile, keys)?,
            senders: Vec::new(),
            opened: Vec::new(),
        })
    }

    /// The compound packet inside, when it is authentic and was not seen before.
    pub(super) fn open(&mut self, sealed: &[u8]) -> Option<&[u8]> {
        let ssrc = sender(sealed)?;
        match &self.cipher {
            Cipher::Gcm { key, salt } => {
                let (packet, trailer) = sealed.split_last_chunk::<4>()?;
                let index = encrypted_index(*trailer)?;
                let (head, body) = packet.split_at_checked(RTCP_CLEAR)?;
                body.len().checked_sub(GCM_TAG)?;
                self.opened.clear();
                self.opened.extend_from_slice(packet);
                let nonce = gcm_nonce(salt, ssrc, index.into());
                let aad = Aad::from(rtcp_aad(head, *trailer));
                let body = &mut self.opened[RTCP_CLEAR..];
                let plain = key.open_in_place(nonce, aad, body).ok()?.len();
                self.opened.truncate(RTCP_CLEAR + plain);
                fresh(&mut self.senders, ssrc, index).then_some(&self.opened)
            }
            Cipher::CounterMode(cipher) => {
                let CounterMode { key, salt, auth } = &**cipher;
                let (signed, tag) = sealed.split_last_chunk::<HMAC_TAG>()?;
                let (packet, trailer) = signed.split_last_chunk::<4>()?;
                let index = encrypted_index(*trailer)?;
                let expected = hmac::sign(auth, signed);
                verify_slices_are_equal(&expected.as_ref()[..HMAC_TAG], tag).ok()?;
                self.opened.clear();
                self.opened.extend_from_slice(packet);
                let body = self.opened.get_mut(RTCP_CLEAR..)?;
                // Counter mode decrypts as it encrypts.
                key.less_safe_encrypt(body, counter_block(salt, ssrc, index.into()))
                    .ok()?;
                fresh(&mut self.senders, ssrc, index).then_some(&self.opened)
            }
        }
    }
}

/// The SSRC of the first packet of a compound.
fn sender(compound: &[u8]) -> Option<u32> {
    let bytes = compound.get(4..RTCP_CLEAR)?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}

/// RFC 7714, section 9.2: what is sent in the clear is authenticated.
fn rtcp_aad(head: &[u8], trailer: [u8; 4]) -> [u8; RTCP_CLEAR + 4] {
    let mut aad = [0; RTCP_CLEAR + 4];
    aad[..RTCP_CLEAR].copy_from_slice(head);
    aad[RTCP_CLEAR..].copy_from_slice(&trailer);
    aad
}

/// The index of an encrypted packet; WebRTC sends no other (RFC 8827, section 6.5).
fn encrypted_index(trailer: [u8; 4]) -> Option<u32> {
    let trailer = u32::from_be_bytes(trailer);
    (trailer & ENCRYPTED != 0).then_some(trailer & !ENCRYPTED)
}

/// Notes an authentic packet; false when it came before or is too old to tell.
fn fresh(senders: &mut Vec<Replays>, ssrc: u32, index: u32) -> bool {
    let Some(known) = senders.iter_mut().find(|known| known.ssrc == ssrc) else {
        if senders.len() >= MAX_SENDERS {
            return false;
        }
        senders.push(Replays {
            ssrc,
            newest: index,
            seen: 1,
        });
        return true;
    };
    if index > known.newest {
        known.seen = known.seen.checked_shl(index - known.newest).unwrap_or(0) | 1;
        known.newest = index;
        return true;
    }
    let age = known.newest - index;
    let bit = 1_u64.checked_shl(age).unwrap_or(0);
    let unseen = bit != 0 && known.seen & bit == 0;
    known.seen |= bit;
    unseen
}

#[cfg(test)]
#[path = "srtp_tests.rs"]
mod tests;
