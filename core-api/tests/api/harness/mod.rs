//! A small clinic, a second one, and a hand-moved clock.

mod answer;
mod clock;
pub(crate) mod post;

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use auth::{Key, SystemEntropy};
use aws_lc_rs::digest;
use axum::Router;
use axum::body::Body;
use axum::http::request::Builder;
use axum::http::{Method, Request, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bus::BusDir;
use bus::event::Event;
use domain::Entropy as _;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sqlx::Row as _;
use store::sealing::{KeyProvider, KeyRing};
use testkit::postgres::TestDb;
use tower::ServiceExt as _;
use uuid::Uuid;

pub(crate) use answer::Answer;
pub(crate) use clock::HandClock;

/// The password of everybody in tests.
pub(crate) const PASSWORD: &str = "quiet harbour 7";
/// Where every test begins: a Monday morning in Toronto.
pub(crate) const START: &str = "2026-11-23T15:00:00Z";
pub(crate) const MEDIA_KEY: [u8; 32] = [2; 32];
pub(crate) const SESSION_KEY: [u8; 32] = [1; 32];

static PASSWORD_HASH: LazyLock<String> = LazyLock::new(|| {
    auth::password::hash(PASSWORD, &[7; 16], auth::password::COST).expect("hashed")
});

/// Somebody signed in.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) account: Uuid,
    pub(crate) session: Uuid,
    /// The patient or clinician they are; nil for others.
    pub(crate) part: Uuid,
    pub(crate) cookie: String,
}

/// A running core-api with two clinics.
pub(crate) struct World {
    pub(crate) db: TestDb,
    pub(crate) clock: Arc<HandClock>,
    pub(crate) service: core_api::Service,
    pub(crate) bus: BusDir,
    pub(crate) context: runtime::Context,
    pub(crate) router: Router,
    pub(crate) clinic: Uuid,
    pub(crate) amina: Person,
    pub(crate) jonas: Person,
    pub(crate) lee: Person,
    pub(crate) okafor: Person,
    pub(crate) paula: Person,
    pub(crate) tomas: Person,
    pub(crate) ines: Person,
    /// Coordinator of another clinic.
    pub(crate) fiona: Person,
    /// Clinician of another clinic.
    pub(crate) grant: Person,
    _dir: tempfile::TempDir,
}

impl World {
    /// As `--demo` runs: nobody must have a second factor.
    pub(crate) async fn new() -> Self {
        Self::with(core_api::Config {
            mfa: core_api::MfaPolicy::Invited,
            ..core_api::Config::default()
        })
        .await
    }

    pub(crate) async fn with(config: core_api::Config) -> Self {
        let clock = Arc::new(HandClock::at(START));
        let db = TestDb::create_at(&[core_api::migrations()], clock.clone()).await;
        let dir = tempfile::tempdir().expect("temporary directory");
        let bus = BusDir::open(&dir.path().join("bus")).expect("bus directory");
        let context = runtime::Context::new();
        let deps = deps(&db, &bus, &clock).await;
        let service = core_api::start(config, deps, &context)
            .await
            .expect("started");
        let router = service.router();
        let mut sql = db.owner().await;
        let clinic = make_clinic(&mut sql, "Harbour Street").await;
        let other = make_clinic(&mut sql, "Elsewhere").await;
        let mut person = async |clinic, name, role| make_person(&mut sql, clinic, name, role).await;
        let mut world = Self {
            amina: person(clinic, "Amina Osei", "patient").await,
            jonas: person(clinic, "Jonas Lindqvist", "patient").await,
            lee: person(clinic, "Mina Lee", "clinician").await,
            okafor: person(clinic, "Chidi Okafor", "clinician").await,
            paula: person(clinic, "Paula Ruiz", "coordinator").await,
            tomas: person(clinic, "Tomas Berg", "clinic_admin").await,
            ines: person(clinic, "Ines Duarte", "compliance").await,
            fiona: person(other, "Fiona Other", "coordinator").await,
            grant: person(other, "Grant Other", "clinician").await,
            db,
            clock,
            service,
            bus,
            context,
            router,
            clinic,
            _dir: dir,
        };
        world.amina.part = world
            .make_patient("Amina Osei", Some(world.amina.account))
            .await;
        world.jonas.part = world
            .make_patient("Jonas Lindqvist", Some(world.jonas.account))
            .await;
        world
    }

    /// The keys of the database, as another process has them.
    pub(crate) async fn keys(&self) -> KeyRing {
        keys(&self.db).await
    }

    /// Starts core-api once more on the same database, as another process.
    pub(crate) async fn start_again(&self) -> runtime::Context {
        let dir = tempfile::tempdir().expect("temporary directory");
        let bus = BusDir::open(&dir.path().join("bus")).expect("bus directory");
        let context = runtime::Context::new();
        let deps = deps(&self.db, &bus, &self.clock).await;
        let config = core_api::Config::default();
        core_api::start(config, deps, &context)
            .await
            .expect("started");
        context
    }

    /// A patient of the clinic, made by its coordinator and linked to `account`.
    pub(crate) async fn make_patient(&self, name: &str, account: Option<Uuid>) -> Uuid {
        let body = json!({"display_name": name, "date_of_birth": "1984-03-09", "sex": "female"});
        let made = self.post(&self.paula, "/api/v1/patients", &body).await;
        let id = made.expect(201).id("id");
        if let Some(account) = account {
            sqlx::query("update core.patient set account_id = $2 where id = $1")
                .bind(id)
                .bind(account)
                .execute(&mut self.db.owner().await)
                .await
                .expect("linked");
        }
        id
    }

    /// Somebody new with this role in `clinic`, signed in.
    pub(crate) async fn make_person(&self, clinic: Uuid, role: &str) -> Person {
        let mut sql = self.db.owner().await;
        let name = format!("Somebody {}", random_id().simple());
        let mut person = make_person(&mut sql, clinic, &name, role).await;
        let now = self.clock.read();
        (person.session, person.cookie) = open_session(&mut sql, person.account, now).await;
        person
    }

    /// Another clinic, of `organisation` or of the one that every installation begins with.
    pub(crate) async fn make_clinic(&self, name: &str, organisation: Option<Uuid>) -> Uuid {
        let mut sql = self.db.owner().await;
        let clinic = make_clinic(&mut sql, name).await;
        if let Some(organisation) = organisation {
            sqlx::query("update core.clinic set organisation_id = $2 where id = $1")
                .bind(clinic)
                .bind(organisation)
                .execute(&mut sql)
                .await
                .expect("moved");
        }
        clinic
    }

    /// Another organisation.
    pub(crate) async fn make_organisation(&self) -> Uuid {
        let id = random_id();
        sqlx::query("insert into core.organisation values ($1, 'Somewhere else', now())")
            .bind(id)
            .execute(&mut self.db.owner().await)
            .await
            .expect("organisation");
        id
    }

    /// Signs `person` in at the present time of the clock.
    pub(crate) async fn sign_in(&self, person: &Person) -> Person {
        let mut person = person.clone();
        let now = self.clock.read();
        (person.session, person.cookie) =
            open_session(&mut self.db.owner().await, person.account, now).await;
        person
    }

    // ---- requests

    pub(crate) fn request(&self, who: Option<&Person>, method: Method, path: &str) -> Call<'_> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "visits.test:8080")
            .header("sec-fetch-site", "same-origin");
        if let Some(who) = who {
            request = request.header(header::COOKIE, format!("__Host-bedside={}", who.cookie));
        }
        Call {
            world: self,
            request,
            body: Body::empty(),
        }
    }

    pub(crate) async fn get(&self, who: &Person, path: &str) -> Answer {
        self.request(Some(who), Method::GET, path).send().await
    }

    pub(crate) async fn post(&self, who: &Person, path: &str, body: &Value) -> Answer {
        self.request(Some(who), Method::POST, path)
            .json(body)
            .send()
            .await
    }

    /// POSTs an action of a visit that needs no body.
    pub(crate) async fn act(&self, who: &Person, visit: Uuid, action: &str) -> Answer {
        self.post(who, &format!("/api/v1/visits/{visit}/{action}"), &json!({}))
            .await
    }

    // ---- a visit on its way

    /// Books Amina with Dr Lee in `minutes` from now, for half an hour.
    pub(crate) async fn book(&self, in_minutes: i64) -> Uuid {
        self.book_for(&self.amina, &self.lee, in_minutes).await
    }

    pub(crate) async fn book_for(
        &self,
        patient: &Person,
        clinician: &Person,
        in_minutes: i64,
    ) -> Uuid {
        let body = self.booking(patient.part, clinician.part, in_minutes, 30);
        let made = self.post(&self.paula, "/api/v1/appointments", &body).await;
        made.expect(201).id("visit_id")
    }

    pub(crate) fn booking(
        &self,
        patient: Uuid,
        provider: Uuid,
        in_minutes: i64,
        minutes: i64,
    ) -> Value {
        let starts_at = self.clock.read() + SignedDuration::from_mins(in_minutes);
        json!({
            "patient_id": patient, "provider_id": provider, "starts_at": starts_at,
            "minutes": minutes, "visit_type": "video", "reason": "Blood pressure follow-up",
        })
    }

    pub(crate) async fn consent(&self, who: &Person) -> Uuid {
        let text = self.get(who, "/api/v1/consent-documents/telehealth").await;
        let body = json!({"document_id": text.expect(200).id("id")});
        let path = format!("/api/v1/patients/{}/consents", who.part);
        self.post(who, &path, &body).await.expect(201).id("id")
    }

    pub(crate) async fn ready(&self, who: &Person, visit: Uuid) -> Answer {
        let check =
            json!({"device_check": {"camera": "ok", "microphone": "ok", "network": "skipped"}});
        self.post(who, &format!("/api/v1/visits/{visit}/ready"), &check)
            .await
    }

    /// A visit of Amina with Dr Lee that stands at `state`, with consent given.
    pub(crate) async fn visit_at(&self, state: &str) -> Uuid {
        let visit = self.book(0).await;
        self.consent(&self.amina).await;
        let order = ["scheduled", "checked_in", "ready", "admitted"];
        let reached = order.iter().position(|other| *other == state);
        let reached = reached.expect("a state on the way to admission");
        if reached >= 1 {
            self.act(&self.amina, visit, "check-in").await.expect(200);
        }
        if reached >= 2 {
            self.ready(&self.amina, visit).await.expect(200);
        }
        if reached >= 3 {
            self.act(&self.lee, visit, "admit").await.expect(200);
        }
        visit
    }

    // ---- what stayed behind

    /// Everything in the audit log in the order of writing, as transaction and command numbers
    /// tell it: while the clock stands still, ids do not, and where a row lies in the table
    /// depends on which connection wrote it.
    pub(crate) async fn audit(&self) -> Vec<AuditRow> {
        let rows = sqlx::query(
            "select action, resource_type, resource_id, outcome, code, patient_id, search_id, \
             request_id, actor_id, actor_service from audit.event \
             order by xid, cmin::text::bigint, ctid",
        )
        .fetch_all(&mut self.db.owner().await)
        .await
        .expect("audit rows");
        rows.iter()
            .map(|row| AuditRow {
                line: format!(
                    "{} {} {}{}",
                    row.get::<String, _>("action"),
                    row.get::<String, _>("resource_type"),
                    row.get::<String, _>("outcome"),
                    row.get::<Option<String>, _>("code")
                        .map(|c| format!(" {c}"))
                        .unwrap_or_default(),
                ),
                resource: row.get("resource_id"),
                patient: row.get("patient_id"),
                search: row.get("search_id"),
                request: row.get("request_id"),
                actor: row.get("actor_id"),
                service: row.get("actor_service"),
            })
            .collect()
    }

    /// The audit rows that `work` wrote, and what it returned.
    pub(crate) async fn audited<T>(&self, work: impl Future<Output = T>) -> (T, Vec<AuditRow>) {
        let before = self.audit().await.len();
        let done = work.await;
        (done, self.audit().await.split_off(before))
    }

    /// Every event of the outbox, in order.
    pub(crate) async fn events(&self) -> Vec<Event> {
        let rows: Vec<(sqlx::types::Json<Event>,)> =
            sqlx::query_as("select payload from outbox.event order by id")
                .fetch_all(&mut self.db.owner().await)
                .await
                .expect("events");
        rows.into_iter().map(|(event,)| event.0).collect()
    }
}

/// A row of the audit log.
#[derive(Debug, Clone)]
pub(crate) struct AuditRow {
    pub(crate) line: String,
    pub(crate) resource: Option<Uuid>,
    pub(crate) patient: Option<Uuid>,
    pub(crate) search: Option<Uuid>,
    pub(crate) request: Option<Uuid>,
    pub(crate) actor: Option<Uuid>,
    pub(crate) service: Option<String>,
}

/// The words of `rows`.
pub(crate) fn lines(rows: &[AuditRow]) -> Vec<&str> {
    rows.iter().map(|row| row.line.as_str()).collect()
}

/// A request being made.
pub(crate) struct Call<'w> {
    world: &'w World,
    request: Builder,
    body: Body,
}

impl Call<'_> {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        let headers = self.request.headers_mut().expect("valid so far");
        let name: header::HeaderName = name.parse().expect("header name");
        headers.insert(name, value.parse().expect("header value"));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.request
            .headers_mut()
            .expect("valid so far")
            .remove(name);
        self
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json")
            .body(body.to_string())
    }

    pub(crate) fn body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    /// As the listener would have it from a client at `address`.
    pub(crate) fn from(mut self, address: &str) -> Self {
        let address: std::net::IpAddr = address.parse().expect("an address");
        let peer = axum::extract::ConnectInfo(std::net::SocketAddr::new(address, 40_000));
        self.request = self.request.extension(peer);
        self
    }

    pub(crate) async fn send(self) -> Answer {
        let request = self.request.body(self.body).expect("request");
        let answering = self.world.router.clone().oneshot(request);
        let response = tokio::time::timeout(Duration::from_secs(60), answering).await;
        let response = response.expect("an answer in time").expect("infallible");
        Answer::read(response).await
    }
}

async fn keys(db: &TestDb) -> KeyRing {
    let provider = KeyProvider::fixed([3; 32]).expect("a key");
    let columns = core_api::sealed_columns();
    let keys = KeyRing::open(db.db(), provider, &columns).await;
    keys.expect("opened")
}

async fn deps(db: &TestDb, bus: &BusDir, clock: &Arc<HandClock>) -> core_api::Deps {
    core_api::Deps {
        db: db.db().clone(),
        bus: bus.clone(),
        session_key: Key::from_bytes(SESSION_KEY),
        media_key: Key::from_bytes(MEDIA_KEY),
        sealing: keys(db).await,
        clock: clock.clone(),
        entropy: Arc::new(SystemEntropy),
    }
}

async fn make_clinic(sql: &mut store::Connection, name: &str) -> Uuid {
    let id = random_id();
    sqlx::query("insert into core.clinic values ($1, $2, 'America/Toronto', now())")
        .bind(id)
        .bind(name)
        .execute(sql)
        .await
        .expect("clinic");
    id
}

async fn make_person(sql: &mut store::Connection, clinic: Uuid, name: &str, role: &str) -> Person {
    let account = random_id();
    let email = format!("{}@mail.example", name.to_lowercase().replace(' ', "."));
    sqlx::query(
        "insert into core.account (id, clinic_id, email, display_name, password_hash, roles, \
         created_at) values ($1, $2, $3, $4, $5, array[$6], now())",
    )
    .bind(account)
    .bind(clinic)
    .bind(&email)
    .bind(name)
    .bind(PASSWORD_HASH.as_str())
    .bind(role)
    .execute(&mut *sql)
    .await
    .expect("account");
    let mut part = Uuid::nil();
    if role == "clinician" {
        part = random_id();
        sqlx::query("insert into core.provider values ($1, $2, $3, 'Family medicine', now())")
            .bind(part)
            .bind(clinic)
            .bind(account)
            .execute(&mut *sql)
            .await
            .expect("provider");
    }
    let now = START.parse().expect("an instant");
    let (session, cookie) = open_session(sql, account, now).await;
    Person {
        account,
        session,
        part,
        cookie,
    }
}

async fn open_session(
    sql: &mut store::Connection,
    account: Uuid,
    now: Timestamp,
) -> (Uuid, String) {
    use jiff_sqlx::ToSqlx as _;
    let (session, mut secret) = (random_id(), [0_u8; 32]);
    SystemEntropy.fill(&mut secret).expect("randomness");
    sqlx::query(
        "insert into core.session (id, account_id, secret_hash, created_at, last_seen_at, \
         expires_at) values ($1, $2, $3, $4, $4, $5)",
    )
    .bind(session)
    .bind(account)
    .bind(digest::digest(&digest::SHA256, &secret).as_ref())
    .bind(now.to_sqlx())
    .bind((now + SignedDuration::from_hours(24)).to_sqlx())
    .execute(sql)
    .await
    .expect("session");
    (session, URL_SAFE_NO_PAD.encode(secret))
}

pub(crate) fn random_id() -> Uuid {
    testkit::postgres::ids().make().expect("randomness")
}
