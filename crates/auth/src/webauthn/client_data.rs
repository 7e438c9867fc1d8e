//! What the browser says of the page an answer was made on (section 5.8.1).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::Refused;

/// Bytes looked at: a challenge, an origin and some words.
const MOST_BYTES: usize = 4_096;

/// What a page asked its browser for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ceremony {
    /// A new key.
    Create,
    /// A signature of one that there is.
    Get,
}

impl Ceremony {
    const fn name(self) -> &'static str {
        match self {
            Self::Create => "webauthn.create",
            Self::Get => "webauthn.get",
        }
    }
}

/// Members that are judged; browsers add others, and are told to.
#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    ceremony: String,
    challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: bool,
}

fn parse(bytes: &[u8]) -> Result<ClientData, Refused> {
    if bytes.len() > MOST_BYTES {
        return Err(Refused::Form);
    }
    serde_json::from_slice(bytes).map_err(|_| Refused::Form)
}

/// The challenge that an answer says it is to, by which the server finds what it remembered.
/// Nothing is proved by it.
///
/// # Errors
/// [`Refused::Form`].
pub fn challenge(client_data: &[u8]) -> Result<Vec<u8>, Refused> {
    let text = parse(client_data)?.challenge;
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Refused::Form)
}

/// Whether an answer was made in this ceremony, to this challenge, on a page of this origin.
pub(super) fn check(
    client_data: &[u8],
    ceremony: Ceremony,
    challenge: &[u8],
    origin: &str,
) -> Result<(), Refused> {
    let said = parse(client_data)?;
    if said.ceremony != ceremony.name() {
        return Err(Refused::Ceremony);
    }
    if URL_SAFE_NO_PAD.decode(said.challenge).as_deref() != Ok(challenge) {
        return Err(Refused::Challenge);
    }
    // Letter by letter: an origin is compared, never interpreted.
    if said.origin != origin || said.cross_origin {
        return Err(Refused::Origin);
    }
    Ok(())
}
