//! Who must have a second factor, and which ones count.

use domain::{Role, Roles};
use jiff::Timestamp;
use uuid::Uuid;

use crate::factor::held::Held;
use crate::passkey::model::PasskeyRecord;

/// Whether the duty by role is enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MfaPolicy {
    /// Staff must have a second factor; until they do, their sessions only enrol one.
    #[default]
    Required,
    /// Everybody is invited and nobody must: for demonstrations and for moving in.
    Invited,
}

/// What an account owes. The order is that of strictness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Duty {
    /// A second factor is its owner's choice.
    Invited,
    /// Some second factor.
    Required,
    /// A hardware key: a passkey that cannot leave its device. Nothing else will do.
    HardwareKey,
}

/// A kind of second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// One-time codes of an authenticator app (RFC 6238).
    Totp,
    /// Passkeys and security keys (Web Authentication).
    Passkey,
}

/// A factor as stored.
pub(crate) struct FactorRecord {
    pub(crate) id: Uuid,
    pub(crate) kind: Kind,
    pub(crate) label: String,
    pub(crate) secret: Vec<u8>,
    pub(crate) last_step: Option<i64>,
    pub(crate) created_at: Timestamp,
    pub(crate) confirmed_at: Option<Timestamp>,
    pub(crate) last_used_at: Option<Timestamp>,
}

impl Duty {
    /// What somebody with these roles owes: the strictest of them counts.
    pub(crate) fn of(policy: MfaPolicy, roles: &Roles) -> Self {
        if policy == MfaPolicy::Invited {
            return Self::Invited;
        }
        let duties = roles.iter().map(|role| match role {
            Role::Patient | Role::FamilyMember => Self::Invited,
            Role::Clinician | Role::Coordinator | Role::ClinicAdmin | Role::SuperAdmin => {
                Self::Required
            }
            Role::Compliance => Self::HardwareKey,
        });
        duties.max().unwrap_or(Self::Required)
    }

    /// The stable name in answers.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Required => "required",
            Self::HardwareKey => "hardware_key",
        }
    }

    /// Whether an account that holds this does what it owes.
    pub(crate) fn is_met(self, held: &Held) -> bool {
        match self {
            Self::Invited => true,
            Self::Required => !held.is_empty(),
            Self::HardwareKey => held.has_hardware(),
        }
    }

    /// Whether codes of an app do: not beside the hardware key of somebody who owes one, for then
    /// the weaker would open what the stronger guards.
    pub(crate) fn takes_codes(self, held: &Held) -> bool {
        self != Self::HardwareKey || !held.has_hardware()
    }

    /// Whether this passkey does, likewise.
    pub(crate) fn takes_passkey(self, held: &Held, passkey: &PasskeyRecord) -> bool {
        passkey.is_hardware() || self.takes_codes(held)
    }

    /// What does, by kind.
    pub(crate) fn takes(self, held: &Held) -> Vec<Kind> {
        let codes = !held.apps.is_empty() && self.takes_codes(held);
        let mut passkeys = held.passkeys.iter();
        let passkeys = passkeys.any(|passkey| self.takes_passkey(held, passkey));
        let kinds = [(codes, Kind::Totp), (passkeys, Kind::Passkey)];
        let kinds = kinds.into_iter().filter(|(does, _)| *does);
        kinds.map(|(_, kind)| kind).collect()
    }
}

impl Kind {
    /// The stable name in storage and answers.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Passkey => "passkey",
        }
    }

    /// The kind of that stable name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        let all = [Self::Totp, Self::Passkey];
        all.into_iter().find(|kind| kind.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strictest_role_decides() {
        let duty = |roles: &[Role]| Duty::of(MfaPolicy::Required, &roles.iter().copied().collect());
        assert_eq!(duty(&[Role::Patient]), Duty::Invited);
        assert_eq!(duty(&[Role::FamilyMember]), Duty::Invited);
        for role in [
            Role::Clinician,
            Role::Coordinator,
            Role::ClinicAdmin,
            Role::SuperAdmin,
        ] {
            assert_eq!(duty(&[role]), Duty::Required);
            assert_eq!(duty(&[Role::Patient, role]), Duty::Required);
            assert_eq!(duty(&[role, Role::Compliance]), Duty::HardwareKey);
        }
        let compliance = [Role::Compliance].into_iter().collect();
        assert_eq!(Duty::of(MfaPolicy::Invited, &compliance), Duty::Invited);
    }

    fn app() -> FactorRecord {
        FactorRecord {
            id: Uuid::nil(),
            kind: Kind::Totp,
            label: "Phone".into(),
            secret: Vec::new(),
            last_step: None,
            created_at: Timestamp::UNIX_EPOCH,
            confirmed_at: None,
            last_used_at: None,
        }
    }

    fn passkey(hardware: bool) -> PasskeyRecord {
        PasskeyRecord {
            id: Uuid::nil(),
            account: Uuid::nil().into(),
            credential: vec![1],
            public_key: vec![1],
            sign_count: 0,
            backup_eligible: !hardware,
            transports: Vec::new(),
            label: "Key".into(),
            created_at: Timestamp::UNIX_EPOCH,
            last_used_at: None,
        }
    }

    fn held(apps: usize, synced: usize, hardware: usize) -> Held {
        let passkeys = [(false, synced), (true, hardware)].into_iter();
        Held {
            apps: (0..apps).map(|_| app()).collect(),
            passkeys: passkeys
                .flat_map(|(hardware, count)| (0..count).map(move |_| passkey(hardware)))
                .collect(),
        }
    }

    #[test]
    fn each_duty_is_met_by_what_it_asks_for() {
        for (apps, synced, hardware, required, by_hardware) in [
            (0, 0, 0, false, false),
            (1, 0, 0, true, false),
            (0, 1, 0, true, false),
            (0, 0, 1, true, true),
            (1, 1, 1, true, true),
        ] {
            let held = held(apps, synced, hardware);
            assert!(Duty::Invited.is_met(&held));
            assert_eq!(Duty::Required.is_met(&held), required);
            assert_eq!(Duty::HardwareKey.is_met(&held), by_hardware);
        }
    }

    #[test]
    fn beside_a_hardware_key_that_is_owed_nothing_weaker_counts() {
        let all = held(1, 1, 1);
        assert_eq!(Duty::Required.takes(&all), [Kind::Totp, Kind::Passkey]);
        assert_eq!(Duty::HardwareKey.takes(&all), [Kind::Passkey]);
        assert!(!Duty::HardwareKey.takes_codes(&all));
        assert!(!Duty::HardwareKey.takes_passkey(&all, &passkey(false)));
        assert!(Duty::HardwareKey.takes_passkey(&all, &passkey(true)));
        // On the way to one, what there is opens the session that enrols it.
        assert_eq!(Duty::HardwareKey.takes(&held(1, 0, 0)), [Kind::Totp]);
        assert_eq!(Duty::Invited.takes(&held(0, 0, 0)), []);
    }
}
