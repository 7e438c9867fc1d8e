//! Who stands where: a patient, somebody at one distance from them, and what the paths name.

use domain::Role;
use domain::permission::{Circle, ProxyLevel};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use uuid::Uuid;

use crate::harness::{Person, World, random_id};

/// How far somebody stands from the patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Distance {
    /// They are the patient; a family member acts for them.
    Own,
    /// They are in the care team.
    CareTeam,
    /// They conduct the visit.
    Conducts,
    /// They are of the same clinic.
    SameClinic,
    /// They are of another clinic of the organisation.
    OtherClinic,
    /// They are of another organisation.
    OtherOrganisation,
}

pub(super) const DISTANCES: [Distance; 6] = [
    Distance::Own,
    Distance::CareTeam,
    Distance::Conducts,
    Distance::SameClinic,
    Distance::OtherClinic,
    Distance::OtherOrganisation,
];

/// Everybody and everything in one cell of the matrix.
pub(super) struct Cast {
    pub(super) role: Role,
    pub(super) distance: Distance,
    pub(super) actor: Person,
    pub(super) now: Timestamp,
    clinic: Uuid,
    patients_clinic: Uuid,
    pub(super) patient: Uuid,
    pub(super) provider: Uuid,
    pub(super) colleague: Uuid,
    pub(super) document: Uuid,
    visit: Uuid,
    appointment: Uuid,
    consent: Uuid,
    member: Uuid,
    grant: Uuid,
    invitation: Uuid,
    emergency: Uuid,
    participant: Uuid,
}

impl Cast {
    pub(super) async fn new(world: &World, role: Role, distance: Distance) -> Self {
        let mut sql = world.db.owner().await;
        let clinic = match distance {
            Distance::OtherClinic => world.make_clinic("Next door", None).await,
            Distance::OtherOrganisation => {
                let organisation = world.make_organisation().await;
                world.make_clinic("Far away", Some(organisation)).await
            }
            _ => world.clinic,
        };
        let actor = world.make_person(clinic, role.name()).await;
        let host = world.make_person(world.clinic, "clinician").await;
        let colleague = world.make_person(world.clinic, "clinician").await;
        let family = world.make_person(world.clinic, "family_member").await;
        // A family member is nobody's patient here; everybody else can be their own.
        let patient = match (distance, role) {
            (Distance::Own, Role::FamilyMember) => world.make_person(clinic, "patient").await,
            (Distance::Own, _) => actor.clone(),
            _ => world.make_person(world.clinic, "patient").await,
        };
        let patient = Person {
            part: world
                .make_patient("Rosa Quiet", Some(patient.account))
                .await,
            ..patient
        };
        let provider = match distance {
            Distance::Conducts => actor.part,
            _ => host.part,
        };
        let conductor = Person {
            part: provider,
            ..host.clone()
        };
        let visit = world.book_for(&patient, &conductor, 0).await;
        let of_visit = "select appointment_id from core.visit where id = $1";
        let appointment = one(&mut sql, of_visit, visit).await;
        let text = "select id from core.consent_document where id <> $1";
        let document = one(&mut sql, text, visit).await;
        let mut cast = Self {
            role,
            distance,
            now: world.clock.read(),
            clinic,
            patients_clinic: world.clinic,
            patient: patient.part,
            provider,
            colleague: colleague.account,
            document,
            visit,
            appointment,
            consent: random_id(),
            member: random_id(),
            grant: random_id(),
            invitation: random_id(),
            emergency: Uuid::nil(),
            participant: patient.account,
            actor,
        };
        cast.furnish(world, &mut sql, colleague.account, family.account)
            .await;
        cast.approach(world, &mut sql).await;
        cast
    }

    /// What the paths name: a consent, a colleague in the care team, a proxy, an emergency.
    async fn furnish(
        &mut self,
        world: &World,
        sql: &mut store::Connection,
        colleague: Uuid,
        family: Uuid,
    ) {
        let now = self.now;
        let statements = [
            (
                "insert into core.consent (id, patient_id, document_id, given_at, given_by) \
                 values ($1, $2, $5, $4, $3)",
                self.consent,
                self.participant,
            ),
            (
                "insert into core.care_team_member (id, patient_id, account_id, part, starts_at, \
                 added_at, added_by) select $1, $2, $3, 'other', $4, $4, $3 where $5 is not null",
                self.member,
                colleague,
            ),
            (
                "insert into core.proxy_grant (id, patient_id, account_id, level, basis, \
                 starts_at, granted_at, granted_by) \
                 select $1, $2, $3, 'view', 'patient', $4, $4, $3 where $5 is not null",
                self.grant,
                family,
            ),
        ];
        for (statement, id, account) in statements {
            sqlx::query(statement)
                .bind(id)
                .bind(self.patient)
                .bind(account)
                .bind(now.to_sqlx())
                .bind(self.document)
                .execute(&mut *sql)
                .await
                .expect("furnished");
        }
        sqlx::query(
            "insert into core.invitation (id, visit_id, secret_hash, display_name, part, \
             invited_at, invited_by) values ($1, $2, sha256($1::text::bytea), 'Kim', 'interpreter', \
             $3, $4)",
        )
        .bind(self.invitation)
        .bind(self.visit)
        .bind(now.to_sqlx())
        .bind(colleague)
        .execute(&mut *sql)
        .await
        .expect("invited");
        // By the API, for its reason is sealed.
        let colleague = world.make_person(world.clinic, "clinician").await;
        let path = format!("/api/v1/patients/{}/emergency-access", self.patient);
        let body = serde_json::json!({"reason": "Found unconscious in the hall"});
        let made = world.post(&colleague, &path, &body).await.expect(201);
        self.emergency = made.id("id");
    }

    /// Brings the actor to where they stand.
    async fn approach(&self, world: &World, sql: &mut store::Connection) {
        let statement = match (self.distance, self.role) {
            (Distance::Own, Role::FamilyMember) => {
                "insert into core.proxy_grant (id, patient_id, account_id, level, basis, \
                 starts_at, granted_at, granted_by) \
                 values (gen_random_uuid(), $1, $2, 'full', 'patient', $3, $3, $2)"
            }
            (Distance::CareTeam, _) => {
                "insert into core.care_team_member (id, patient_id, account_id, part, starts_at, \
                 added_at, added_by) values (gen_random_uuid(), $1, $2, 'primary', $3, $3, $2)"
            }
            _ => return,
        };
        sqlx::query(statement)
            .bind(self.patient)
            .bind(self.actor.account)
            .bind(world.clock.read().to_sqlx())
            .execute(sql)
            .await
            .expect("brought near");
    }

    /// What the actor is to the patient, as the permission table has it.
    pub(super) fn circle(&self) -> Circle {
        let family = self.role == Role::FamilyMember;
        let own = self.distance == Distance::Own;
        Circle {
            own: own && !family,
            proxy: (own && family).then_some(ProxyLevel::Full),
            attending: self.distance == Distance::Conducts,
            care: self.distance == Distance::CareTeam,
            emergency: false,
            clinic: !matches!(
                self.distance,
                Distance::OtherClinic | Distance::OtherOrganisation
            ),
            organisation: self.distance != Distance::OtherOrganisation,
        }
    }

    /// The same actor before things that do not exist.
    pub(super) fn of_nobody(&self) -> Self {
        Self {
            actor: self.actor.clone(),
            patients_clinic: random_id(),
            patient: random_id(),
            visit: random_id(),
            appointment: random_id(),
            emergency: random_id(),
            ..*self
        }
    }

    /// The path of `template` with what it names filled in.
    pub(super) fn path(&self, template: &str) -> String {
        let id = match template.split('/').nth(1) {
            Some("patients") => self.patient,
            Some("visits") => self.visit,
            Some("appointments") => self.appointment,
            Some("clinics") if template.ends_with("access-policy") => self.patients_clinic,
            Some("clinics") => self.clinic,
            Some("emergency-access") => self.emergency,
            _ => Uuid::nil(),
        };
        template
            .replace("{id}", &id.to_string())
            .replace("{cid}", &self.consent.to_string())
            .replace("{member}", &self.member.to_string())
            .replace("{invitation}", &self.invitation.to_string())
            .replace("{grant}", &self.grant.to_string())
            .replace("{account}", &self.participant.to_string())
            .replace("{report}", "exports")
    }
}

async fn one(sql: &mut store::Connection, statement: &'static str, id: Uuid) -> Uuid {
    sqlx::query_scalar(statement)
        .bind(id)
        .fetch_one(sql)
        .await
        .expect("a row")
}
