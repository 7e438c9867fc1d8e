//! Web Authentication (Level 3): judging what passkeys and security keys answer.
//!
//! The server remembers a challenge for each ceremony, whose it is and until when; here it is
//! judged whether an answer is to that challenge, made on a page of ours, by the key it names.
//! Attestation is not asked for: a statement about a key's maker is neither trusted nor kept, and
//! everything a page could forge about a new key harms nobody but the account it is added to.

mod authenticator_data;
mod client_data;
mod key;

use authenticator_data::AuthenticatorData;
use client_data::Ceremony;

pub use client_data::challenge;
pub use key::Algorithm;

/// The site that keys are made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelyingParty {
    /// The domain that keys are bound to, such as `visits.example`.
    pub id: String,
    /// The one origin whose pages may use them, such as `https://visits.example`.
    pub origin: String,
}

/// A key that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCredential {
    /// What the authenticator calls it: 1 to 1,023 bytes.
    pub id: Vec<u8>,
    /// The public key as a `COSE_Key` (RFC 9052, section 7).
    pub public_key: Vec<u8>,
    /// What it signs with.
    pub algorithm: Algorithm,
    /// How often it has signed; 0 with authenticators that do not count.
    pub sign_count: u32,
    /// Whether its holder was verified, by a PIN or their body, and not merely present.
    pub user_verified: bool,
    /// Whether it may be copied to other devices. One that may not is bound to its hardware.
    pub backup_eligible: bool,
    /// Whether it has been copied.
    pub backed_up: bool,
}

/// What the server keeps of a key.
#[derive(Debug, Clone, Copy)]
pub struct Credential<'a> {
    /// [`NewCredential::public_key`].
    pub public_key: &'a [u8],
    /// The counter it showed last.
    pub sign_count: u32,
    /// [`NewCredential::backup_eligible`], which never changes.
    pub backup_eligible: bool,
}

/// What a browser brings of a key that was asked to sign.
#[derive(Debug, Clone, Copy)]
pub struct Assertion<'a> {
    /// `response.clientDataJSON`.
    pub client_data: &'a [u8],
    /// `response.authenticatorData`.
    pub authenticator_data: &'a [u8],
    /// `response.signature`.
    pub signature: &'a [u8],
}

/// A key has signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proven {
    /// Its counter now.
    pub sign_count: u32,
    /// Whether its holder was verified this time.
    pub user_verified: bool,
    /// Whether it has been copied by now.
    pub backed_up: bool,
}

/// Why an answer does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It does not have the form of an answer.
    #[error("the answer does not have the form of one")]
    Form,
    /// It is of another ceremony: a key made, not used, or the other way round.
    #[error("the answer is of another ceremony")]
    Ceremony,
    /// It answers another challenge.
    #[error("the answer is to another challenge")]
    Challenge,
    /// It was made on a page of another origin, or inside one.
    #[error("the answer was made on a page of another origin")]
    Origin,
    /// The key is one of another site.
    #[error("the key is one of another site")]
    RelyingParty,
    /// Nobody touched the authenticator.
    #[error("nobody was present")]
    Presence,
    /// The key signs in a way that was not asked for, or is no key of its kind.
    #[error("the key is none that was asked for")]
    Key,
    /// The signature is not the key's.
    #[error("the signature is not that of the key")]
    Signature,
    /// A key bound to its device says it may be copied, or the other way round.
    #[error("the key has changed its nature")]
    Nature,
    /// The counter did not grow: there are two of the key.
    #[error("the counter of the key has not grown")]
    Counter,
}

impl Refused {
    /// The stable word in the audit log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Ceremony => "ceremony",
            Self::Challenge => "challenge",
            Self::Origin => "origin",
            Self::RelyingParty => "relying_party",
            Self::Presence => "presence",
            Self::Key => "key",
            Self::Signature => "signature",
            Self::Nature => "nature",
            Self::Counter => "counter",
        }
    }
}

/// The key made in answer to `challenge` (section 7.1).
///
/// # Errors
/// [`Refused`]: nothing of the answer may be used then.
pub fn register(
    site: &RelyingParty,
    challenge: &[u8],
    client_data: &[u8],
    attestation_object: &[u8],
) -> Result<NewCredential, Refused> {
    client_data::check(client_data, Ceremony::Create, challenge, &site.origin)?;
    let bytes = authenticator_data::in_attestation(attestation_object)?;
    let data = AuthenticatorData::parse(&bytes)?;
    data.check(&site.id)?;
    let made = data.made.ok_or(Refused::Form)?;
    let key = key::PublicKey::parse(made.public_key)?;
    Ok(NewCredential {
        id: made.id.to_vec(),
        public_key: made.public_key.to_vec(),
        algorithm: key.algorithm(),
        sign_count: data.sign_count,
        user_verified: data.user_verified,
        backup_eligible: data.backup_eligible,
        backed_up: data.backed_up,
    })
}

/// Whether `credential` has signed `challenge` (section 7.2).
///
/// # Errors
/// [`Refused`]; with [`Refused::Counter`] the signature was right, and there are two of the key.
pub fn assert(
    site: &RelyingParty,
    challenge: &[u8],
    credential: &Credential<'_>,
    assertion: &Assertion<'_>,
) -> Result<Proven, Refused> {
    client_data::check(
        assertion.client_data,
        Ceremony::Get,
        challenge,
        &site.origin,
    )?;
    let data = AuthenticatorData::parse(assertion.authenticator_data)?;
    data.check(&site.id)?;
    key::PublicKey::parse(credential.public_key)?.verify(
        assertion.authenticator_data,
        assertion.client_data,
        assertion.signature,
    )?;
    if data.backup_eligible != credential.backup_eligible {
        return Err(Refused::Nature);
    }
    let counts = data.sign_count != 0 || credential.sign_count != 0;
    if counts && data.sign_count <= credential.sign_count {
        return Err(Refused::Counter);
    }
    Ok(Proven {
        sign_count: data.sign_count,
        user_verified: data.user_verified,
        backed_up: data.backed_up,
    })
}
