//! Passkeys over the API, with an authenticator in software.

use axum::http::Method;
use core_api::{Config, MfaPolicy};
use serde_json::{Value, json};
use testkit::webauthn::{Algorithm, Authenticator};

use crate::harness::{Answer, PASSWORD, Person, World, lines};

const ORIGIN: &str = "https://visits.example";
const AMINA: &str = "amina.osei@mail.example";
const INES: &str = "ines.duarte@mail.example";
const OPTIONS: &str = "/api/v1/sessions/passkey/options";

async fn world(mfa: MfaPolicy) -> World {
    World::with(Config {
        public_url: Some(ORIGIN.into()),
        mfa,
        ..Config::default()
    })
    .await
}

fn key() -> Authenticator {
    Authenticator::new(ORIGIN, Algorithm::Es256)
}

async fn public(world: &World, path: &str, body: &Value) -> Answer {
    let call = world.request(None, Method::POST, path).json(body);
    call.send().await
}

/// Signs in with the password.
async fn password(world: &World, email: &str) -> Answer {
    let body = json!({"email": email, "password": PASSWORD});
    public(world, "/api/v1/sessions", &body).await
}

fn as_signed_in(who: &Person, answer: &Answer) -> Person {
    Person {
        cookie: answer.cookie(),
        session: answer.id("session_id"),
        ..who.clone()
    }
}

/// POSTs what needs no body.
async fn begin(world: &World, who: &Person, path: &str) -> Answer {
    world.post(who, path, &json!({})).await
}

/// Adds `key` to the account of `who`.
async fn add(world: &World, who: &Person, key: &mut Authenticator) -> Answer {
    let path = "/api/v1/factors/passkeys";
    let options = begin(world, who, &format!("{path}/options")).await;
    let credential = key.create(&options.expect(200).body);
    let body = json!({"label": "Blue key", "credential": credential});
    world.post(who, path, &body).await
}

/// Amina, just signed in, with `key`.
async fn with_key(world: &World, key: &mut Authenticator) -> Person {
    let amina = as_signed_in(&world.amina, &password(world, AMINA).await.expect(201));
    add(world, &amina, key).await.expect(201);
    amina
}

/// Signs in with `key` alone.
async fn enter(world: &World, key: &mut Authenticator) -> Answer {
    let options = public(world, OPTIONS, &json!({})).await.expect(200).body;
    let body = json!({"credential": key.get(&options)});
    public(world, "/api/v1/sessions/passkey", &body).await
}

#[tokio::test]
async fn a_passkey_is_added_and_signs_in_alone() {
    let world = world(MfaPolicy::Invited).await;
    let amina = as_signed_in(&world.amina, &password(&world, AMINA).await.expect(201));
    let mut key = key();
    let (added, rows) = world.audited(add(&world, &amina, &mut key)).await;
    let added = added.expect(201);
    assert_eq!(lines(&rows), ["create factor success"]);
    assert_eq!(added.body["recovery_codes"].as_array().unwrap().len(), 10);
    let list = world.get(&amina, "/api/v1/factors").await.expect(200);
    let item = &list.body["items"][0];
    assert_eq!(
        (&item["kind"], &item["label"], &item["hardware"]),
        (&json!("passkey"), &json!("Blue key"), &json!(true))
    );

    let options = public(&world, OPTIONS, &json!({})).await.expect(200).body;
    assert_eq!(options["rpId"], "visits.example");
    assert_eq!(options["allowCredentials"], json!([]));
    assert_eq!(options["userVerification"], "required");
    let body = json!({"credential": key.get(&options)});
    let path = "/api/v1/sessions/passkey";
    let (answer, rows) = world.audited(public(&world, path, &body)).await;
    assert_eq!(lines(&rows), ["sign_in session success"]);
    assert_eq!(rows[0].actor, Some(world.amina.account));
    let amina = as_signed_in(&world.amina, &answer.expect(201));
    world.get(&amina, "/api/v1/visits").await.expect(200);
    // What was said once does not count again.
    let (again, rows) = world.audited(public(&world, path, &body)).await;
    again.refused(422, "invalid_code");
    assert_eq!(lines(&rows), ["sign_in account denied invalid_code"]);
}

#[tokio::test]
async fn a_passkey_follows_the_password() {
    let world = world(MfaPolicy::Invited).await;
    let (mut own, mut foreign) = (key(), key());
    own.verifies = false;
    with_key(&world, &mut own).await;
    let jonas = "jonas.lindqvist@mail.example";
    let signed_in = password(&world, jonas).await.expect(201);
    let other = as_signed_in(&world.jonas, &signed_in);
    add(&world, &other, &mut foreign).await.expect(201);

    let first = password(&world, AMINA).await;
    let first = first.refused(401, "second_factor_required");
    let waiting = &first.body["second_factor"];
    assert_eq!(waiting["methods"], json!(["passkey", "recovery_code"]));
    let body = json!({"attempt": waiting["attempt"]});
    let path = "/api/v1/sessions/second-factor";
    let options = async || {
        let options = public(&world, &format!("{path}/passkey"), &body).await;
        options.expect(200).body
    };
    let show = async |credential: Value| {
        let proof = json!({"method": "passkey", "credential": credential});
        let body = json!({"attempt": waiting["attempt"], "proof": proof});
        public(&world, path, &body).await
    };
    let asked = options().await;
    assert_eq!(asked["allowCredentials"][0]["id"], json!(own.id()));
    assert_eq!(asked["allowCredentials"].as_array().unwrap().len(), 1);
    show(foreign.get(&asked)).await.refused(422, "invalid_code");
    // An answer to the challenge of another ceremony is none to this one.
    let alone = public(&world, OPTIONS, &json!({})).await.expect(200).body;
    show(own.get(&alone)).await.refused(422, "invalid_code");
    let asked = options().await;
    let (answer, rows) = world.audited(show(own.get(&asked))).await;
    assert_eq!(lines(&rows), ["sign_in session success"]);
    let amina = as_signed_in(&world.amina, &answer.expect(201));
    world.get(&amina, "/api/v1/visits").await.expect(200);
    // Alone it does not do: it does not say that its holder was verified.
    enter(&world, &mut own).await.refused(422, "invalid_code");
    let stray = json!({"attempt": "AAAA"});
    let stray = public(&world, &format!("{path}/passkey"), &stray).await;
    stray.refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_passkey_proves_again_in_its_own_session_only() {
    let world = world(MfaPolicy::Invited).await;
    let mut key = key();
    let amina = with_key(&world, &mut key).await;
    let path = "/api/v1/session/step-up";
    let options = begin(&world, &amina, &format!("{path}/passkey")).await;
    let options = options.expect(200).body;
    let body =
        |credential: Value| json!({"proof": {"method": "passkey", "credential": credential}});
    let answer = body(key.get(&options));
    let elsewhere = world.sign_in(&world.amina).await;
    let stolen = world.post(&elsewhere, path, &answer).await;
    stolen.refused(422, "invalid_code");
    let (done, rows) = world.audited(world.post(&amina, path, &answer)).await;
    done.expect(200);
    assert_eq!(lines(&rows), ["step_up session success"]);
    world
        .post(&amina, path, &answer)
        .await
        .refused(422, "invalid_code");
    // Whoever has none is not asked for one.
    let none = begin(&world, &world.jonas, &format!("{path}/passkey")).await;
    none.refused(404, "not_found");
}

#[tokio::test]
async fn what_is_not_made_here_and_now_is_refused() {
    let world = world(MfaPolicy::Invited).await;
    let mut key = key();
    with_key(&world, &mut key).await;
    let refused = async |key: &mut Authenticator, reason: &str| {
        let (answer, rows) = world.audited(enter(&world, key)).await;
        answer.refused(422, "invalid_code");
        assert_eq!(lines(&rows), ["sign_in account denied invalid_code"]);
        let said: Option<String> =
            sqlx::query_scalar("select detail ->> 'reason' from audit.event where request_id = $1")
                .bind(rows[0].request)
                .fetch_one(&mut world.db.owner().await)
                .await
                .unwrap();
        assert_eq!(said.as_deref(), Some(reason));
    };
    key.origin = "https://visits.example.evil.example".into();
    refused(&mut key, "origin").await;
    key.origin = ORIGIN.into();
    key.site = Some("evil.example".into());
    refused(&mut key, "relying_party").await;
    key.site = None;
    key.user_handle = world.jonas.account.as_bytes().to_vec();
    refused(&mut key, "foreign").await;
    refused(&mut Authenticator::new(ORIGIN, Algorithm::EdDsa), "unknown").await;
    key.user_handle = world.amina.account.as_bytes().to_vec();
    enter(&world, &mut key).await.expect(201);

    let late = public(&world, OPTIONS, &json!({})).await.expect(200).body;
    world.clock.advance_minutes(5);
    let body = json!({"credential": key.get(&late)});
    let late = public(&world, "/api/v1/sessions/passkey", &body).await;
    late.refused(422, "invalid_code");
    sqlx::query("update core.account set disabled_at = now() where id = $1")
        .bind(world.amina.account)
        .execute(&mut world.db.owner().await)
        .await
        .unwrap();
    refused(&mut key, "disabled").await;
}

#[tokio::test]
async fn a_counter_that_does_not_grow_is_told_to_the_owner() {
    let world = world(MfaPolicy::Invited).await;
    let mut key = key();
    let amina = with_key(&world, &mut key).await;
    key.counter = Some(20);
    enter(&world, &mut key).await.expect(201);
    key.counter = Some(3);
    enter(&world, &mut key).await.refused(422, "invalid_code");
    let notices = world.get(&amina, "/api/v1/session/notices").await;
    let notices = notices.expect(200).body;
    let kinds = notices["items"].as_array().unwrap();
    let told = kinds.iter().any(|one| one["kind"] == "passkey_copied");
    assert!(told, "{notices}");
    key.counter = Some(21);
    enter(&world, &mut key).await.expect(201);
}

#[tokio::test]
async fn adding_needs_a_fresh_proof_and_its_own_session() {
    let world = world(MfaPolicy::Invited).await;
    let path = "/api/v1/factors/passkeys";
    let begun = format!("{path}/options");
    let (stale, rows) = world.audited(begin(&world, &world.amina, &begun)).await;
    stale.refused(403, "step_up_required");
    assert_eq!(lines(&rows), ["create factor denied step_up_required"]);

    let amina = as_signed_in(&world.amina, &password(&world, AMINA).await.expect(201));
    let elsewhere = as_signed_in(&world.amina, &password(&world, AMINA).await.expect(201));
    let options = begin(&world, &amina, &begun).await.expect(200).body;
    assert_eq!(options["rp"]["id"], "visits.example");
    assert_eq!(options["user"]["name"], AMINA);
    let mut key = key();
    let body = json!({"label": "Key", "credential": key.create(&options)});
    let stolen = world.post(&elsewhere, path, &body).await;
    stolen.refused(422, "invalid_code");
    world.post(&amina, path, &body).await.expect(201);
    let again = world.post(&amina, path, &body).await;
    again.refused(422, "invalid_code");
    // The same key for somebody else.
    let jonas = password(&world, "jonas.lindqvist@mail.example").await;
    let jonas = as_signed_in(&world.jonas, &jonas.expect(201));
    add(&world, &jonas, &mut key)
        .await
        .refused(422, "invalid_field");
    let options = begin(&world, &amina, &begun).await.expect(200).body;
    assert_eq!(options["excludeCredentials"][0]["id"], json!(key.id()));
}

#[tokio::test]
async fn passkeys_have_names_and_go_with_a_fresh_proof() {
    let world = world(MfaPolicy::Invited).await;
    let mut key = key();
    let amina = with_key(&world, &mut key).await;
    let id = world.get(&amina, "/api/v1/factors").await.ids("items")[0];
    let path = format!("/api/v1/factors/{id}");
    let rename = async |who: &Person, label: &str| {
        let call = world.request(Some(who), Method::PATCH, &path);
        call.json(&json!({"label": label})).send().await
    };
    let (done, rows) = world.audited(rename(&amina, "Key ring")).await;
    done.expect(204);
    assert_eq!(lines(&rows), ["update factor success"]);
    rename(&world.jonas, "Mine").await.refused(404, "not_found");
    rename(&amina, " ").await.refused(422, "invalid_field");
    let list = world.get(&amina, "/api/v1/factors").await;
    assert_eq!(list.body["items"][0]["label"], "Key ring");
    let remove = async |who: &Person| {
        let call = world.request(Some(who), Method::DELETE, &path);
        call.send().await
    };
    remove(&world.amina).await.refused(403, "step_up_required");
    remove(&amina).await.expect(204);
    enter(&world, &mut key).await.refused(422, "invalid_code");
    let list = world.get(&amina, "/api/v1/factors").await;
    assert_eq!(list.body["recovery_codes_left"], 0);
}

#[tokio::test]
async fn compliance_needs_a_key_that_cannot_leave_its_device() {
    let world = world(MfaPolicy::Required).await;
    let first = password(&world, INES).await.expect(201);
    let ines = as_signed_in(&world.ines, &first);
    let mut synced = key();
    synced.synced = true;
    let added = add(&world, &ines, &mut synced).await.expect(201);
    assert_eq!(added.body["session"], Value::Null, "the duty is not met");
    let answer = enter(&world, &mut synced).await.expect(201);
    assert_eq!(answer.body["enrolment_only"], true);

    let mut hardware = key();
    let added = add(&world, &ines, &mut hardware).await.expect(201);
    let ines = Person {
        cookie: added.cookie(),
        session: added.body["session"]["session_id"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap(),
        ..ines
    };
    world.get(&ines, "/api/v1/audit-events").await.expect(200);
    // From now on the weaker key opens nothing.
    enter(&world, &mut synced)
        .await
        .refused(422, "invalid_code");
    let answer = enter(&world, &mut hardware).await.expect(201);
    assert_eq!(answer.body["enrolment_only"], Value::Null);
    let factors = world.get(&ines, "/api/v1/factors").await.expect(200);
    assert_eq!(factors.body["duty_met"], true);
    let by_kind = |hardware: bool| {
        let items = factors.body["items"].as_array().unwrap().iter();
        let mut found = items.filter(move |item| item["hardware"] == hardware);
        found.next().unwrap()["id"].as_str().unwrap().to_owned()
    };
    let remove = async |id: String| {
        let path = format!("/api/v1/factors/{id}");
        world
            .request(Some(&ines), Method::DELETE, &path)
            .send()
            .await
    };
    remove(by_kind(true)).await.refused(409, "factor_needed");
    remove(by_kind(false)).await.expect(204);
}

#[tokio::test]
async fn without_a_domain_there_are_no_passkeys() {
    let world = World::new().await;
    let answer = public(&world, OPTIONS, &json!({})).await;
    answer.refused(409, "passkeys_unavailable");
    // The demonstration is reached at localhost, which leads nowhere else.
    let call = world.request(None, Method::POST, OPTIONS);
    let call = call.header("host", "localhost:8080").json(&json!({}));
    let options = call.send().await.expect(200).body;
    assert_eq!(options["rpId"], "localhost");
}
