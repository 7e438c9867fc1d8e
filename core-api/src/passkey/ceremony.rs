//! Asking passkeys to sign, and judging what they answer.

use ::store::Connection;
use auth::webauthn::{self, Assertion, Credential, Refused, RelyingParty};
use domain::AccountId;
use jiff::Timestamp;

use crate::app::App;
use crate::notice::{self, NoticeKind};
use crate::passkey::dto::{AssertionAnswer, Descriptor, RequestOptions, bytes};
use crate::passkey::model::{PATIENCE, PasskeyRecord, Purpose};
use crate::passkey::store;
use crate::refusal::Refusal;
use crate::session::open;
use crate::session::secret::Secret;

/// What keys are bound to here; none where the server has no address that they could be.
#[derive(Debug, Clone)]
pub(crate) struct Site(pub(crate) Option<RelyingParty>);

impl Site {
    /// What keys are bound to.
    pub(crate) fn known(&self) -> Result<&RelyingParty, Refusal> {
        self.0.as_ref().ok_or(Refusal::PasskeysUnavailable)
    }
}

/// Who has to show a passkey, and how.
pub(crate) struct Asked<'a> {
    pub(crate) purpose: Purpose,
    /// Whose it has to be; none where the key says it.
    pub(crate) account: Option<AccountId>,
    /// Whether its holder has to be verified: it stands for both factors.
    pub(crate) verified: bool,
    pub(crate) site: &'a Site,
}

/// What an answer is worth.
pub(crate) enum Judged {
    /// The key has signed; its record is as it was before.
    Right(Box<PasskeyRecord>),
    /// It counts for nothing: whose key it would be, where that is known, and why, as a word of the
    /// audit log.
    Wrong(Option<AccountId>, &'static str),
}

/// A fresh challenge for `purpose`.
pub(crate) async fn challenge(
    app: &App,
    conn: &mut Connection,
    purpose: Purpose,
    now: Timestamp,
) -> Result<Secret, Refusal> {
    let challenge = open::secret(&*app.entropy)?;
    let expires_at = now.checked_add(PATIENCE).map_err(Refusal::internal)?;
    store::remember(conn, &challenge, purpose, expires_at).await?;
    Ok(challenge)
}

/// What a browser asks a passkey to sign with: one of `keys`, or with none whichever the person
/// chooses.
pub(crate) async fn options(
    app: &App,
    conn: &mut Connection,
    asked: &Asked<'_>,
    keys: &[PasskeyRecord],
    now: Timestamp,
) -> Result<RequestOptions, Refusal> {
    let site = asked.site.known()?;
    let challenge = challenge(app, conn, asked.purpose, now).await?;
    Ok(RequestOptions {
        challenge: challenge.text(),
        timeout: timeout(),
        rp_id: site.id.clone(),
        allow_credentials: keys.iter().map(Descriptor::from).collect(),
        user_verification: match asked.verified {
            true => "required",
            // A password was shown before: a touch is enough.
            false => "discouraged",
        },
    })
}

/// How long browsers wait, in milliseconds.
pub(crate) fn timeout() -> i64 {
    PATIENCE.as_secs() * 1_000
}

/// Judges an answer, and uses its challenge up: the transaction on `conn` has to be committed also
/// when the answer is wrong. The owner of a key that was copied is told.
pub(crate) async fn judge(
    app: &App,
    conn: &mut Connection,
    asked: &Asked<'_>,
    answer: &AssertionAnswer,
    now: Timestamp,
) -> Result<Judged, Refusal> {
    let site = asked.site.known()?;
    let wrong = |whose, refused: Refused| Ok(Judged::Wrong(whose, refused.name()));
    let response = &answer.response;
    let (Some(credential), Some(client_data), Some(authenticator_data), Some(signature)) = (
        bytes(&answer.raw_id),
        bytes(&response.client_data),
        bytes(&response.authenticator_data),
        bytes(&response.signature),
    ) else {
        return wrong(None, Refused::Form);
    };
    let Some(challenge) = taken(conn, asked.purpose, &client_data, now).await? else {
        return wrong(None, Refused::Challenge);
    };
    let Some(key) = store::lock(conn, &credential).await? else {
        return Ok(Judged::Wrong(asked.account, "unknown"));
    };
    let whose = Some(key.account);
    if !is_of(&key, asked, response.user_handle.as_deref()) {
        return Ok(Judged::Wrong(asked.account, "foreign"));
    }
    let assertion = Assertion {
        client_data: &client_data,
        authenticator_data: &authenticator_data,
        signature: &signature,
    };
    let kept = Credential {
        public_key: &key.public_key,
        sign_count: key.sign_count,
        backup_eligible: key.backup_eligible,
    };
    let proven = match webauthn::assert(site, &challenge, &kept, &assertion) {
        Ok(proven) => proven,
        Err(refused) => {
            if refused == Refused::Counter {
                notice::add(app, conn, key.account, NoticeKind::PasskeyCopied, now).await?;
            }
            return wrong(whose, refused);
        }
    };
    if asked.verified && !proven.user_verified {
        return Ok(Judged::Wrong(whose, "verification"));
    }
    store::used(conn, key.id, &proven, now).await?;
    Ok(Judged::Right(Box::new(key)))
}

/// The challenge that `client_data` answers, used up; none when it was not made for `purpose`.
pub(crate) async fn taken(
    conn: &mut Connection,
    purpose: Purpose,
    client_data: &[u8],
    now: Timestamp,
) -> Result<Option<Vec<u8>>, Refusal> {
    let Ok(said) = webauthn::challenge(client_data) else {
        return Ok(None);
    };
    let Some(challenge) = Secret::from_bytes(&said) else {
        return Ok(None);
    };
    let counts = store::take(conn, &challenge, purpose, now).await?;
    Ok(counts.then_some(said))
}

/// Whether the key is of whoever it has to be of. Where nobody has said who they are, the key says
/// it, and must say the same as our record of it.
fn is_of(key: &PasskeyRecord, asked: &Asked<'_>, said: Option<&str>) -> bool {
    let said = said.map(bytes);
    let same = |said: &Option<Vec<u8>>| said.as_deref() == Some(key.account.as_uuid().as_bytes());
    match asked.account {
        Some(account) => account == key.account && said.as_ref().is_none_or(same),
        None => said.as_ref().is_some_and(same),
    }
}
