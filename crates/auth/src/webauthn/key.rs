//! Public keys as authenticators give them (RFC 9053), and their signatures.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use ciborium::Value;

use super::Refused;

/// What a key signs with. Every browser and authenticator speaks one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA with P-256 and SHA-256: what nearly all use.
    Es256,
    /// Ed25519.
    EdDsa,
    /// RSA PKCS #1 v1.5 with SHA-256, which older machines' trust modules use.
    Rs256,
}

impl Algorithm {
    /// Every algorithm, the preferred ones first.
    pub const ALL: [Self; 3] = [Self::Es256, Self::EdDsa, Self::Rs256];

    /// Its number in the COSE registry.
    pub const fn number(self) -> i32 {
        match self {
            Self::Es256 => -7,
            Self::EdDsa => -8,
            Self::Rs256 => -257,
        }
    }
}

/// The first CBOR item of `bytes`, and what follows it.
pub(super) fn read(bytes: &[u8]) -> Result<(Value, &[u8]), Refused> {
    let mut rest = bytes;
    // Deep enough for what authenticators write, and no deeper.
    let item = ciborium::de::from_reader_with_recursion_limit(&mut rest, 8);
    Ok((item.map_err(|_| Refused::Form)?, rest))
}

/// Labels of a `COSE_Key` and the values that mean something here.
mod label {
    pub(super) const KIND: i64 = 1;
    pub(super) const ALGORITHM: i64 = 3;
    pub(super) const CURVE_OR_N: i64 = -1;
    pub(super) const X_OR_E: i64 = -2;
    pub(super) const Y: i64 = -3;
    pub(super) const OCTET_PAIR: i64 = 1;
    pub(super) const ELLIPTIC: i64 = 2;
    pub(super) const RSA: i64 = 3;
    pub(super) const P256: i64 = 1;
    pub(super) const ED25519: i64 = 6;
}

/// A public key, ready to verify.
pub(super) enum PublicKey {
    /// An uncompressed point (SEC 1, section 2.3.3).
    Es256([u8; 65]),
    EdDsa(Vec<u8>),
    Rs256 {
        n: Vec<u8>,
        e: Vec<u8>,
    },
}

impl PublicKey {
    /// Reads a `COSE_Key`, to its last byte.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Refused> {
        let (key, after) = read(bytes)?;
        let Value::Map(members) = key else {
            return Err(Refused::Key);
        };
        let members = Members(members);
        if !after.is_empty() {
            return Err(Refused::Key);
        }
        match (
            members.number(label::KIND)?,
            members.number(label::ALGORITHM)?,
        ) {
            (label::ELLIPTIC, -7) if members.number(label::CURVE_OR_N)? == label::P256 => {
                let (x, y) = (members.bytes(label::X_OR_E)?, members.bytes(label::Y)?);
                let point = [&[4], x, y].concat();
                Ok(Self::Es256(point.try_into().map_err(|_| Refused::Key)?))
            }
            (label::OCTET_PAIR, -8) if members.number(label::CURVE_OR_N)? == label::ED25519 => {
                Ok(Self::EdDsa(members.bytes(label::X_OR_E)?.to_vec()))
            }
            (label::RSA, -257) => Ok(Self::Rs256 {
                n: members.bytes(label::CURVE_OR_N)?.to_vec(),
                e: members.bytes(label::X_OR_E)?.to_vec(),
            }),
            _ => Err(Refused::Key),
        }
    }

    /// What it signs with.
    pub(super) const fn algorithm(&self) -> Algorithm {
        match self {
            Self::Es256(_) => Algorithm::Es256,
            Self::EdDsa(_) => Algorithm::EdDsa,
            Self::Rs256 { .. } => Algorithm::Rs256,
        }
    }

    /// Whether it has signed `authenticator_data` together with the hash of `client_data`.
    pub(super) fn verify(
        &self,
        authenticator_data: &[u8],
        client_data: &[u8],
        signature: &[u8],
    ) -> Result<(), Refused> {
        let hash = digest(&SHA256, client_data);
        let message = [authenticator_data, hash.as_ref()].concat();
        let right = match self {
            Self::Es256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(&message, signature)
            }
            Self::EdDsa(key) => UnparsedPublicKey::new(&ED25519, key).verify(&message, signature),
            Self::Rs256 { n, e } => RsaPublicKeyComponents { n, e }.verify(
                &RSA_PKCS1_2048_8192_SHA256,
                &message,
                signature,
            ),
        };
        right.map_err(|_| Refused::Signature)
    }
}

/// The members of a `COSE_Key`.
struct Members(Vec<(Value, Value)>);

impl Members {
    /// The one member of this label.
    fn one(&self, label: i64) -> Result<&Value, Refused> {
        let named = |name: &Value| name.as_integer().is_some_and(|name| name == label.into());
        let mut found = self.0.iter().filter(|(name, _)| named(name));
        let (_, value) = found.next().ok_or(Refused::Key)?;
        match found.next() {
            None => Ok(value),
            Some(_) => Err(Refused::Key),
        }
    }

    fn number(&self, label: i64) -> Result<i64, Refused> {
        let number = self.one(label)?.as_integer().ok_or(Refused::Key)?;
        i64::try_from(number).map_err(|_| Refused::Key)
    }

    fn bytes(&self, label: i64) -> Result<&[u8], Refused> {
        let bytes = self.one(label)?.as_bytes().ok_or(Refused::Key)?;
        Ok(bytes)
    }
}
