//! The demo clinic: people who do not exist, and visits that start when the program does.

mod people;
mod store;
mod visits;

use std::collections::HashMap;
use std::fmt;

use ::store::audit::{Action, Actor, Purpose, ResourceType};
use ::store::{Audit, AuditEntry, Connection, Events, Exempt};
use auth::Key;
use auth::password::Verdict;
use aws_lc_rs::hmac;
use bus::event::Event;
use domain::{AccountId, ClinicId, Pii, ProviderId, Role, Roles};
use futures::future::try_join_all;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::app::App;
use crate::chart::model::NewEntry;
use crate::clinic::dto::Clinic;
use crate::patient::model::{Details, PatientRecord};
use crate::refusal::Refusal;
use crate::{account, chart, clinic, patient, provider};
use people::{CLINIC, DemoPatient, PATIENTS, PEOPLE, Person, TIME_ZONE};

/// Letters and digits that nobody mixes up when reading them from a screen.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz0123456789"
    .first_chunk()
    .expect("the literal is longer");

/// An account of the demo clinic. Printed, it is the line
/// `demo  ROLE  EMAIL  PASSWORD`; in debug form it keeps its password.
pub struct DemoAccount {
    /// What it may do.
    pub role: Role,
    /// What to sign in with.
    pub email: String,
    /// What to sign in with.
    pub password: Zeroizing<String>,
}

impl fmt::Display for DemoAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let password = self.password.as_str();
        write!(f, "demo  {}  {}  {password}", self.role.name(), self.email)
    }
}

impl fmt::Debug for DemoAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DemoAccount")
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// Makes the demo clinic where it is missing and the visits that start now; the accounts in the
/// order of [`PEOPLE`].
pub(crate) async fn seed(app: &App, key: &Key) -> Result<Vec<DemoAccount>, Refusal> {
    let accounts: Vec<DemoAccount> = PEOPLE
        .iter()
        .map(|person| demo_account(key, person))
        .collect();
    let stored = {
        let mut reader = app
            .db
            .reader(Exempt::NoHealthData("demo credentials"))
            .await?;
        let email = Pii::new(PEOPLE[0].email.to_owned());
        account::store::credentials(reader.conn(), &email).await?
    };
    match stored {
        None => make(app, &accounts).await?,
        Some(first) => {
            let password = &accounts[0].password;
            let verdict = app.passwords.verify(password, Some(first.password_hash));
            if verdict.await? == Verdict::Wrong {
                set_passwords(app, &accounts).await?;
            }
        }
    }
    visits::ensure(app).await?;
    Ok(accounts)
}

/// The account of `person`, its password derived from `key`: 80 bits in groups of four.
fn demo_account(key: &Key, person: &Person) -> DemoAccount {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.bytes());
    let mut context = hmac::Context::with_key(&key);
    context.update(b"bedside demo password v1\0");
    context.update(person.email.as_bytes());
    let tag = context.sign();
    let mut password = Zeroizing::new(String::with_capacity(19));
    for (index, byte) in tag.as_ref().iter().take(16).enumerate() {
        if index > 0 && index % 4 == 0 {
            password.push('-');
        }
        password.push(char::from(ALPHABET[usize::from(byte % 32)]));
    }
    DemoAccount {
        role: person.role,
        email: person.email.to_owned(),
        password,
    }
}

async fn hashes(app: &App, accounts: &[DemoAccount]) -> Result<Vec<String>, Refusal> {
    let hash = |account: &DemoAccount| app.passwords.hash(account.password.clone());
    try_join_all(accounts.iter().map(hash)).await
}

/// Gives the accounts the passwords of another key.
async fn set_passwords(app: &App, accounts: &[DemoAccount]) -> Result<(), Refusal> {
    let hashes = hashes(app, accounts).await?;
    let mut tx = app.db.begin().await?;
    for (account, hash) in accounts.iter().zip(&hashes) {
        let email = Pii::new(account.email.clone());
        if let Some(known) = account::store::credentials(tx.conn(), &email).await? {
            account::store::set_password(tx.conn(), known.id, hash).await?;
        }
    }
    let audit = Audit::exempt(Exempt::NoHealthData("passwords of demo accounts"));
    tx.commit(audit, Events::none()).await?;
    Ok(())
}

/// Makes clinic, people and charts in one transaction.
async fn make(app: &App, accounts: &[DemoAccount]) -> Result<(), Refusal> {
    let hashes = hashes(app, accounts).await?;
    let now = app.now();
    let clinic = Clinic {
        id: app.id()?,
        name: CLINIC.to_owned(),
        time_zone: TIME_ZONE.to_owned(),
    };
    let mut tx = app.db.begin().await?;
    clinic::store::insert(tx.conn(), &clinic, now).await?;
    let mut by_email: HashMap<&str, AccountId> = HashMap::new();
    let mut events = Vec::new();
    for (person, hash) in PEOPLE.iter().zip(hashes) {
        let account = make_account(app, tx.conn(), person, clinic.id, hash).await?;
        by_email.insert(person.email, account);
        events.push(Event::AccountChanged {
            account,
            clinic: clinic.id,
            roles: vec![person.role],
        });
    }
    let mut entries = Vec::new();
    for demo in &PATIENTS {
        let account = demo.account.and_then(|email| by_email.get(email).copied());
        entries.push(make_patient(app, tx.conn(), demo, clinic.id, account).await?);
    }
    tx.commit(Audit::all(entries), Events::of(events)).await?;
    Ok(())
}

async fn make_account(
    app: &App,
    conn: &mut Connection,
    person: &Person,
    clinic: ClinicId,
    password_hash: String,
) -> Result<AccountId, Refusal> {
    let record = account::model::NewRecord {
        id: app.id()?,
        clinic,
        email: Pii::new(person.email.to_owned()),
        display_name: Pii::new(person.name.to_owned()),
        password_hash,
        roles: Roles::new([person.role]),
    };
    account::store::insert(conn, &record, app.now()).await?;
    if person.role == Role::Clinician {
        let id: ProviderId = app.id()?;
        provider::store::insert(conn, id, &record, person.specialty, app.now()).await?;
    }
    Ok(record.id)
}

async fn make_patient(
    app: &App,
    conn: &mut Connection,
    demo: &DemoPatient,
    clinic: ClinicId,
    account: Option<AccountId>,
) -> Result<AuditEntry, Refusal> {
    let now = app.now();
    let record = PatientRecord {
        id: app.id()?,
        clinic,
        account,
        version: 1,
        details: Details {
            display_name: Pii::new(demo.name.to_owned()),
            date_of_birth: demo.date_of_birth,
            sex: demo.sex,
            pronouns: demo.pronouns.map(|text| Pii::new(text.to_owned())),
            phone: Some(Pii::new(demo.phone.to_owned())),
            email: demo.account.map(|email| Pii::new(email.to_owned())),
            preferred_language: Some("en".to_owned()),
        },
        reach: None,
    };
    patient::store::insert(conn, &app.seals.demographics, &record, now).await?;
    for (kind, text) in demo.chart {
        let entry = NewEntry {
            id: app.id::<Uuid>()?,
            patient: record.id,
            kind: *kind,
            text: Pii::new((*text).to_owned()),
            recorded_at: now,
        };
        chart::store::insert(conn, &app.seals.clinical, &entry).await?;
    }
    let entry = did(Action::Create, ResourceType::Patient, clinic);
    Ok(entry.resource(record.id).patient(record.id))
}

/// The seeding did `action`.
fn did(action: Action, resource: ResourceType, clinic: ClinicId) -> AuditEntry {
    let actor = Actor::Service("demo");
    AuditEntry::new(actor, action, resource, Purpose::Operations).clinic(clinic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_key_gives_the_same_password_and_another_key_another() {
        let password = |key: u8, person: usize| {
            let account = demo_account(&Key::from_bytes([key; 32]), &PEOPLE[person]);
            account.password.as_str().to_owned()
        };
        assert_eq!(password(1, 0), password(1, 0));
        assert_ne!(password(1, 0), password(2, 0));
        assert_ne!(password(1, 0), password(1, 1));
        assert_eq!(password(1, 0).len(), 19);
    }

    #[test]
    fn an_account_is_one_line_and_its_debug_form_no_secret() {
        let account = demo_account(&Key::from_bytes([1; 32]), &PEOPLE[0]);
        let line = account.to_string();
        let words: Vec<&str> = line.split("  ").collect();
        assert_eq!(&words[..3], ["demo", "patient", "amina.osei@demo.example"]);
        assert!(!format!("{account:?}").contains(words[3]));
    }
}
