//! One AES-256-GCM key. Nonces are random: good for 2³² values under one key (NIST SP 800-38D,
//! section 8.3). The library wipes its copy when the key is dropped.

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use zeroize::Zeroizing;

use super::error::SealingError;
use super::value::{NONCE, TAG};

/// The bytes of a key, wiped on drop.
pub(super) type Secret = Zeroizing<[u8; 32]>;

pub(super) struct Cipher(RandomizedNonceKey);

impl Cipher {
    pub(super) fn new(secret: &[u8; 32]) -> Result<Self, SealingError> {
        RandomizedNonceKey::new(&AES_256_GCM, secret)
            .map(Self)
            .map_err(|_| SealingError::Library)
    }

    /// The nonce, and ciphertext with tag.
    pub(super) fn seal(
        &self,
        associated: &[u8],
        plain: &[u8],
    ) -> Result<([u8; NONCE], Vec<u8>), SealingError> {
        // Room for the tag at once: growing later would leave plaintext behind in freed memory.
        let mut body = Vec::with_capacity(plain.len() + TAG);
        body.extend(plain);
        let nonce = self
            .0
            .seal_in_place_append_tag(Aad::from(associated), &mut body)
            .map_err(|_| SealingError::Library)?;
        Ok((*nonce.as_ref(), body))
    }

    /// The plaintext, wiped on drop.
    pub(super) fn open(
        &self,
        associated: &[u8],
        nonce: &[u8],
        body: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealingError> {
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealingError::Format)?;
        let mut body = Zeroizing::new(body.to_vec());
        let length = self
            .0
            .open_in_place(nonce, Aad::from(associated), &mut body)
            .map_err(|_| SealingError::Altered)?
            .len();
        body.truncate(length);
        Ok(body)
    }

    /// `secret` sealed: nonce, ciphertext and tag in one.
    pub(super) fn wrap(&self, context: &[u8], secret: &[u8; 32]) -> Result<Vec<u8>, SealingError> {
        let (nonce, body) = self.seal(context, secret)?;
        Ok([&nonce[..], &body].concat())
    }

    /// What [`Cipher::wrap`] sealed.
    pub(super) fn unwrap(&self, context: &[u8], wrapped: &[u8]) -> Result<Secret, SealingError> {
        let (nonce, body) = wrapped
            .split_at_checked(NONCE)
            .ok_or(SealingError::Format)?;
        let plain = self.open(context, nonce, body)?;
        secret(&plain)
    }
}

/// The 32 bytes of a key.
pub(super) fn secret(bytes: &[u8]) -> Result<Secret, SealingError> {
    let mut secret = Zeroizing::new([0; 32]);
    if bytes.len() != secret.len() {
        return Err(SealingError::Format);
    }
    secret.copy_from_slice(bytes);
    Ok(secret)
}

/// A fresh random key.
pub(super) fn fresh() -> Result<Secret, SealingError> {
    let mut secret = Zeroizing::new([0; 32]);
    aws_lc_rs::rand::fill(secret.as_mut_slice()).map_err(|_| SealingError::Library)?;
    Ok(secret)
}

/// Derives `out.len()` bytes from a master key with HKDF-SHA256.
pub(super) fn derive(
    master: &[u8; 32],
    info: &[&[u8]],
    out: &mut [u8],
) -> Result<(), SealingError> {
    struct Length(usize);
    impl KeyType for Length {
        fn len(&self) -> usize {
            self.0
        }
    }
    Salt::new(HKDF_SHA256, &[])
        .extract(master)
        .expand(info, Length(out.len()))
        .and_then(|okm| okm.fill(out))
        .map_err(|_| SealingError::Library)
}
