//! What somebody holds beside their password.

use ::store::Connection;
use domain::AccountId;

use crate::caller::Caller;
use crate::factor::dto::Factor;
use crate::factor::model::{FactorRecord, Kind};
use crate::factor::store;
use crate::passkey;
use crate::passkey::model::PasskeyRecord;
use crate::refusal::Refusal;

/// Longest label, in characters.
pub(crate) const LABEL: usize = 60;
/// Factors of one account at most.
const MOST: usize = 10;

/// The second factors of an account that count, oldest first.
pub(crate) struct Held {
    pub(crate) apps: Vec<FactorRecord>,
    pub(crate) passkeys: Vec<PasskeyRecord>,
}

impl Held {
    /// What `account` holds.
    pub(crate) async fn of(conn: &mut Connection, account: AccountId) -> Result<Self, Refusal> {
        Ok(Self {
            apps: store::confirmed(conn, account).await?,
            passkeys: passkey::store::of_account(conn, account).await?,
        })
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.apps.len() + self.passkeys.len()
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// Whether a hardware key is among them.
    pub(crate) fn has_hardware(&self) -> bool {
        self.passkeys.iter().any(PasskeyRecord::is_hardware)
    }

    /// The same without factor `id`.
    pub(crate) fn without(mut self, id: uuid::Uuid) -> Self {
        self.apps.retain(|app| app.id != id);
        self.passkeys.retain(|passkey| passkey.id != id);
        self
    }

    /// As the API shows them.
    pub(crate) fn shown(self) -> Vec<Factor> {
        let apps = self.apps.into_iter().map(Factor::from);
        let mut all: Vec<Factor> = apps
            .chain(self.passkeys.into_iter().map(Factor::from))
            .collect();
        all.sort_by_key(|factor| (factor.created_at, factor.id));
        all
    }
}

impl From<FactorRecord> for Factor {
    fn from(record: FactorRecord) -> Self {
        Self {
            id: record.id,
            kind: record.kind.name(),
            label: record.label,
            created_at: record.confirmed_at.unwrap_or(record.created_at),
            last_used_at: record.last_used_at,
            hardware: None,
        }
    }
}

impl From<PasskeyRecord> for Factor {
    fn from(record: PasskeyRecord) -> Self {
        Self {
            id: record.id,
            kind: Kind::Passkey.name(),
            hardware: Some(record.is_hardware()),
            label: record.label,
            created_at: record.created_at,
            last_used_at: record.last_used_at,
        }
    }
}

/// Whether the caller may add a factor now: a session that serves only to enrol is as fresh as
/// its sign-in; any other must have been proved again.
pub(crate) fn may_add(caller: &Caller, held: &Held) -> Result<(), Refusal> {
    if !caller.enrolling() && !caller.stepped_up(caller.now()) {
        return Err(Refusal::StepUpRequired);
    }
    if held.count() >= MOST {
        return Err(Refusal::Field {
            field: "label",
            problem: "An account has at most ten second factors.",
        });
    }
    Ok(())
}
