use axum::http::Method;
use bus::event::Event;
use domain::Role;
use serde_json::{Value, json};

use crate::harness::{World, lines, random_id};

const PATH: &str = "/api/v1/accounts";

fn new(roles: &[&str]) -> Value {
    json!({"email": "New.Person@mail.example", "display_name": "New Person", "roles": roles,
           "password": "first password"})
}

#[tokio::test]
async fn an_admin_makes_an_account_that_can_sign_in() {
    let world = World::new().await;
    let (answer, rows) = world
        .audited(world.post(&world.tomas, PATH, &new(&["coordinator"])))
        .await;
    let answer = answer.expect(201);
    assert_eq!(lines(&rows), ["create account success"]);
    assert_eq!(answer.body["email"], "new.person@mail.example");
    assert!(!answer.text.contains("first password"));
    let told = Event::AccountChanged {
        account: answer.id("id").into(),
        clinic: world.clinic.into(),
        roles: vec![Role::Coordinator],
    };
    assert_eq!(world.events().await.last(), Some(&told));
    let body = json!({"email": "new.person@mail.example", "password": "first password"});
    let call = world
        .request(None, Method::POST, "/api/v1/sessions")
        .json(&body);
    call.send().await.expect(201);
}

#[tokio::test]
async fn a_clinicians_account_can_be_booked() {
    let world = World::new().await;
    let mut body = new(&["clinician"]);
    body["specialty"] = json!("Cardiology");
    let made = world.post(&world.tomas, PATH, &body).await.expect(201);
    let providers = world
        .get(&world.amina, "/api/v1/providers")
        .await
        .expect(200);
    assert!(providers.ids("items").contains(&made.id("provider_id")));
    assert!(providers.text.contains("Cardiology"));
    let booking = world.booking(world.amina.part, made.id("provider_id"), 60, 30);
    world
        .post(&world.paula, "/api/v1/appointments", &booking)
        .await
        .expect(201);
}

#[tokio::test]
async fn a_patients_account_is_linked_to_its_patient() {
    let world = World::new().await;
    let patient = world.make_patient("Wei Zhang", None).await;
    let mut body = new(&["patient"]);
    body["patient_id"] = json!(patient);
    let made = world.post(&world.tomas, PATH, &body).await.expect(201);
    assert_eq!(made.id("patient_id"), patient);
    body["email"] = json!("second@mail.example");
    let again = world
        .post(&world.tomas, PATH, &body)
        .await
        .refused(422, "invalid_field");
    assert_eq!(again.body["field"], "patient_id");
}

#[tokio::test]
async fn an_address_is_taken_once_whatever_its_case() {
    let world = World::new().await;
    let mut body = new(&["coordinator"]);
    body["email"] = json!("MINA.LEE@mail.example");
    world
        .post(&world.tomas, PATH, &body)
        .await
        .refused(409, "email_taken");
}

#[tokio::test]
async fn a_repeated_request_with_its_key_makes_one_account() {
    let world = World::new().await;
    let make = |body: Value| {
        let call = world
            .request(Some(&world.tomas), Method::POST, PATH)
            .json(&body);
        call.header("idempotency-key", "k").send()
    };
    let first = make(new(&["coordinator"])).await.expect(201);
    let again = make(new(&["coordinator"])).await.expect(201);
    assert_eq!(first.body, again.body);
    make(new(&["clinician"]))
        .await
        .refused(409, "idempotency_conflict");
    let stored: Vec<u8> = sqlx::query_scalar("select request_hash from core.idempotency_key")
        .fetch_one(&mut world.db.owner().await)
        .await
        .unwrap();
    let mut body = new(&["coordinator"]);
    body["patient_id"] = Value::Null;
    body["specialty"] = Value::Null;
    let plain = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, body.to_string().as_bytes());
    assert_ne!(
        stored,
        plain.as_ref(),
        "a password must not be guessable from it"
    );
}

#[tokio::test]
async fn only_admins_manage_accounts() {
    let world = World::new().await;
    for who in [&world.amina, &world.lee, &world.paula, &world.ines] {
        let (answer, rows) = world.audited(world.get(who, PATH)).await;
        answer.refused(403, "forbidden");
        assert_eq!(lines(&rows), ["search account denied forbidden"]);
        let (answer, rows) = world
            .audited(world.post(who, PATH, &new(&["clinic_admin"])))
            .await;
        answer.refused(403, "forbidden");
        assert_eq!(lines(&rows), ["create account denied forbidden"]);
    }
}

#[tokio::test]
async fn accounts_come_in_pages_of_ones_own_clinic() {
    let world = World::new().await;
    let first = world
        .get(&world.tomas, &format!("{PATH}?limit=4"))
        .await
        .expect(200);
    let cursor = first.body["next_cursor"].as_str().unwrap();
    let rest = world
        .get(&world.tomas, &format!("{PATH}?limit=4&cursor={cursor}"))
        .await
        .expect(200);
    assert_eq!(rest.body["next_cursor"], Value::Null);
    let mut ids = first.ids("items");
    ids.extend(rest.ids("items"));
    assert_eq!(ids.len(), 7);
    assert!(!ids.contains(&world.fiona.account));
}

#[tokio::test]
async fn bad_accounts_name_their_field() {
    let world = World::new().await;
    for (field, value) in [
        ("email", json!("nobody")),
        ("display_name", json!("")),
        ("password", json!("short")),
        ("password", json!("x".repeat(129))),
        ("roles", json!([])),
        ("roles", json!(["patient", "clinician"])),
        ("specialty", json!("Cardiology")),
        ("patient_id", json!(random_id())),
    ] {
        let mut bad = new(&["coordinator"]);
        bad[field] = value;
        let answer = world
            .post(&world.tomas, PATH, &bad)
            .await
            .refused(422, "invalid_field");
        assert_eq!(answer.body["field"], field);
    }
    let mut unknown = new(&["emperor"]);
    world
        .post(&world.tomas, PATH, &unknown)
        .await
        .refused(400, "invalid_request");
    unknown["roles"] = json!("coordinator");
    world
        .post(&world.tomas, PATH, &unknown)
        .await
        .refused(400, "invalid_request");
}
