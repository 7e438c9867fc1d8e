//! Adding a passkey to the caller's account.

use ::store::audit::{Action, Outcome, ResourceType};
use ::store::{Audit, Events, Exempt};
use auth::webauthn::{self, Algorithm, NewCredential, Refused};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::access::deny;
use crate::app::App;
use crate::caller::Caller;
use crate::factor::dto::Enrolled;
use crate::factor::held::{self, Held};
use crate::factor::{self, ops};
use crate::http::caller::Visitor;
use crate::passkey::ceremony::{self, Site};
use crate::passkey::dto::{
    CreationOptions, Descriptor, Extensions, KEY, KeyKind, NewPasskey, RegistrationAnswer,
    RelyingParty, Selection, User, bytes,
};
use crate::passkey::model::Purpose;
use crate::passkey::store;
use crate::refusal::Refusal;
use crate::session::open::Opened;
use crate::{account, text};

/// What the site is called, as browsers show it.
const NAME: &str = "Bedside";
/// What a passkey is in the audit log and in lists of factors.
pub(crate) const KIND: &str = "passkey";
/// How a browser may say that it reaches a key; others are not kept.
const TRANSPORTS: [&str; 6] = ["usb", "nfc", "ble", "smart-card", "hybrid", "internal"];

/// What the caller's browser makes a passkey with.
pub(crate) async fn options(
    app: &App,
    caller: &Caller,
    site: &Site,
) -> Result<CreationOptions, Refusal> {
    let site = site.known()?;
    let entry = caller.did(Action::Create, ResourceType::Factor);
    let mut tx = app.db.begin().await?;
    let held = Held::of(tx.conn(), caller.account).await?;
    if let Err(refusal) = held::may_add(caller, &held) {
        return Err(deny(tx, entry.detail("kind", KIND), refusal).await);
    }
    let account = account::store::find(tx.conn(), caller.account).await?;
    let account = account.ok_or(Refusal::Unauthenticated)?;
    let purpose = Purpose::Register(caller.session);
    let challenge = ceremony::challenge(app, tx.conn(), purpose, caller.now()).await?;
    let audit = Audit::exempt(Exempt::NoHealthData("a challenge for a new passkey"));
    tx.commit(audit, Events::none()).await?;
    let kinds = Algorithm::ALL.map(|algorithm| KeyKind {
        kind: KEY,
        alg: algorithm.number(),
    });
    Ok(CreationOptions {
        rp: RelyingParty {
            id: site.id.clone(),
            name: NAME,
        },
        user: User {
            id: URL_SAFE_NO_PAD.encode(caller.account.as_uuid().as_bytes()),
            name: account.email.into_inner(),
            display_name: account.display_name.into_inner(),
        },
        challenge: challenge.text(),
        pub_key_cred_params: kinds.into(),
        timeout: ceremony::timeout(),
        exclude_credentials: held.passkeys.iter().map(Descriptor::from).collect(),
        authenticator_selection: Selection {
            resident_key: "preferred",
            require_resident_key: false,
            user_verification: "preferred",
        },
        attestation: "none",
        extensions: Extensions { cred_props: true },
    })
}

/// Adds the passkey that the caller's browser made.
pub(crate) async fn add(
    app: &App,
    caller: &Caller,
    visitor: &Visitor,
    site: &Site,
    new: NewPasskey,
) -> Result<(Enrolled, Option<Opened>), Refusal> {
    let site = site.known()?;
    let label = text::line("label", &new.label, held::LABEL)?;
    let now = caller.now();
    let entry = caller.did(Action::Create, ResourceType::Factor);
    let entry = entry.detail("kind", KIND);
    let mut tx = app.db.begin().await?;
    factor::store::lock(tx.conn(), caller.account).await?;
    let held = Held::of(tx.conn(), caller.account).await?;
    if let Err(refusal) = held::may_add(caller, &held) {
        return Err(deny(tx, entry, refusal).await);
    }
    let client_data = bytes(&new.credential.response.client_data).unwrap_or_default();
    let purpose = Purpose::Register(caller.session);
    let challenge = ceremony::taken(tx.conn(), purpose, &client_data, now).await?;
    let made = match challenge {
        Some(challenge) => judge(site, &challenge, &client_data, &new.credential),
        None => Err(Refused::Challenge),
    };
    let made = match made {
        Ok(made) => made,
        Err(refused) => {
            // Committed, not rolled back: the challenge is used up.
            let refusal = Refusal::InvalidCode;
            let entry = entry.outcome(Outcome::Denied).code(refusal.code());
            let entry = entry.detail("reason", refused.name());
            tx.commit(Audit::of(entry), Events::none()).await?;
            return Err(refusal);
        }
    };
    let id = app.id()?;
    let transports = transports(&new.credential);
    let passkey = store::NewPasskey {
        id,
        account: caller.account,
        made: &made,
        transports: &transports,
        label: &label,
    };
    if let Err(error) = store::insert(tx.conn(), &passkey, now).await {
        if !error.violates(store::CREDENTIAL_KEY) {
            return Err(error.into());
        }
        let refusal = Refusal::Field {
            field: "credential",
            problem: "This passkey has been added before.",
        };
        return Err(deny(tx, entry, refusal).await);
    }
    let entry = entry.resource(id).detail("hardware", !made.backup_eligible);
    ops::enrolled(app, caller, visitor, tx, id, entry).await
}

fn judge(
    site: &webauthn::RelyingParty,
    challenge: &[u8],
    client_data: &[u8],
    answer: &RegistrationAnswer,
) -> Result<NewCredential, Refused> {
    let object = bytes(&answer.response.attestation_object).ok_or(Refused::Form)?;
    webauthn::register(site, challenge, client_data, &object)
}

fn transports(answer: &RegistrationAnswer) -> Vec<String> {
    let said = &answer.response.transports;
    let known = TRANSPORTS
        .iter()
        .filter(|word| said.iter().any(|one| one == *word));
    known.map(|word| (*word).to_owned()).collect()
}
