//! What an authenticator signs of itself (section 6.1).

use aws_lc_rs::digest::{SHA256, digest};
use ciborium::Value;

use super::Refused;
use super::key::read;

/// Bytes of the hash of the site's domain.
const SITE: usize = 32;
/// Bytes that name the model of an authenticator, which nobody asks for.
const MODEL: usize = 16;
/// The longest name of a key (section 4, "Credential ID").
const LONGEST_ID: usize = 1_023;
/// The largest answer looked into.
const MOST_BYTES: usize = 16 * 1_024;

/// Flags, by their bits.
mod flag {
    pub(super) const PRESENT: u8 = 1;
    pub(super) const VERIFIED: u8 = 1 << 2;
    pub(super) const BACKUP_ELIGIBLE: u8 = 1 << 3;
    pub(super) const BACKED_UP: u8 = 1 << 4;
    pub(super) const MADE: u8 = 1 << 6;
    pub(super) const EXTENSIONS: u8 = 1 << 7;
}

/// A key that was made, inside what its authenticator says.
pub(super) struct Made<'a> {
    pub(super) id: &'a [u8],
    /// A `COSE_Key`.
    pub(super) public_key: &'a [u8],
}

/// What an authenticator says of itself.
pub(super) struct AuthenticatorData<'a> {
    site_hash: &'a [u8],
    user_present: bool,
    pub(super) user_verified: bool,
    pub(super) backup_eligible: bool,
    pub(super) backed_up: bool,
    pub(super) sign_count: u32,
    /// With a new key.
    pub(super) made: Option<Made<'a>>,
}

impl<'a> AuthenticatorData<'a> {
    /// Reads it, to its last byte.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, Refused> {
        if bytes.len() > MOST_BYTES {
            return Err(Refused::Form);
        }
        let (site_hash, rest) = bytes.split_at_checked(SITE).ok_or(Refused::Form)?;
        let ([flags, counter @ ..], mut rest) =
            rest.split_first_chunk::<5>().ok_or(Refused::Form)?;
        let made = match flags & flag::MADE {
            0 => None,
            _ => {
                let (made, after) = made(rest)?;
                rest = after;
                Some(made)
            }
        };
        if flags & flag::EXTENSIONS != 0 {
            // Nothing is asked of extensions; they only have to be well formed.
            let (extensions, after) = read(rest)?;
            extensions.as_map().ok_or(Refused::Form)?;
            rest = after;
        }
        let backup_eligible = flags & flag::BACKUP_ELIGIBLE != 0;
        let backed_up = flags & flag::BACKED_UP != 0;
        if !rest.is_empty() || (backed_up && !backup_eligible) {
            return Err(Refused::Form);
        }
        Ok(Self {
            site_hash,
            user_present: flags & flag::PRESENT != 0,
            user_verified: flags & flag::VERIFIED != 0,
            backup_eligible,
            backed_up,
            sign_count: u32::from_be_bytes(*counter),
            made,
        })
    }

    /// Whether it is about this site, and somebody was there.
    pub(super) fn check(&self, site: &str) -> Result<(), Refused> {
        if self.site_hash != digest(&SHA256, site.as_bytes()).as_ref() {
            return Err(Refused::RelyingParty);
        }
        if !self.user_present {
            return Err(Refused::Presence);
        }
        Ok(())
    }
}

/// The new key at the beginning of `bytes`, and what follows it.
fn made(bytes: &[u8]) -> Result<(Made<'_>, &[u8]), Refused> {
    let (_, rest) = bytes.split_at_checked(MODEL).ok_or(Refused::Form)?;
    let (length, rest) = rest.split_first_chunk::<2>().ok_or(Refused::Form)?;
    let length = usize::from(u16::from_be_bytes(*length));
    if !(1..=LONGEST_ID).contains(&length) {
        return Err(Refused::Form);
    }
    let (id, rest) = rest.split_at_checked(length).ok_or(Refused::Form)?;
    let (_, after) = read(rest)?;
    let public_key = &rest[..rest.len() - after.len()];
    Ok((Made { id, public_key }, after))
}

/// The authenticator data inside an attestation object (section 6.5). The statement beside it is
/// not looked at.
pub(super) fn in_attestation(object: &[u8]) -> Result<Vec<u8>, Refused> {
    if object.len() > MOST_BYTES {
        return Err(Refused::Form);
    }
    let (object, after) = read(object)?;
    let Value::Map(members) = object else {
        return Err(Refused::Form);
    };
    let mut found = None;
    for (name, value) in members {
        if name.as_text() == Some("authData") && found.replace(value).is_some() {
            return Err(Refused::Form);
        }
    }
    match found {
        Some(Value::Bytes(data)) if after.is_empty() => Ok(data),
        _ => Err(Refused::Form),
    }
}
