use std::time::Duration;

use axum::http::Method;
use bus::CORE_COMMANDS;
use bus::command::{CoreReply, CoreRequest};
use bus::event::Event;
use bus::request::Client;
use domain::Role;
use serde_json::{Value, json};

use crate::harness::{Answer, PASSWORD, World, lines, random_id};

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
        ("password", json!("Password2026!")),
        ("password", json!("123456789")),
        ("password", json!("new.person1984")),
        ("password", json!("Harbour-Street")),
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

async fn sign_in(world: &World, email: &str, password: &str) -> Answer {
    let body = json!({"email": email, "password": password});
    let call = world.request(None, Method::POST, "/api/v1/sessions");
    call.json(&body).send().await
}

#[tokio::test]
async fn a_password_of_any_characters_is_the_same_on_every_keyboard() {
    let world = World::new().await;
    let mut body = new(&["coordinator"]);
    // Decomposed when it is chosen, composed and full-width when it is typed.
    body["password"] = json!("gru\u{308}ner hafen \u{1f422} 12");
    world.post(&world.tomas, PATH, &body).await.expect(201);
    let typed = "gr\u{fc}ner hafen \u{1f422} \u{ff11}\u{ff12}";
    sign_in(&world, "new.person@mail.example", typed)
        .await
        .expect(201);
    let other = sign_in(
        &world,
        "new.person@mail.example",
        "gruner hafen \u{1f422} 12",
    )
    .await;
    other.refused(401, "invalid_credentials");
}

#[tokio::test]
async fn a_hash_of_another_cost_is_renewed_at_sign_in() {
    let world = World::new().await;
    let cheap = auth::password::Cost {
        memory_kib: 64,
        passes: 1,
        lanes: 1,
    };
    let old = auth::password::hash(PASSWORD, &[1; 16], cheap).unwrap();
    let mut sql = world.db.owner().await;
    sqlx::query("update core.account set password_hash = $2 where id = $1")
        .bind(world.lee.account)
        .bind(&old)
        .execute(&mut sql)
        .await
        .unwrap();
    let mut stored = async || -> String {
        sqlx::query_scalar("select password_hash from core.account where id = $1")
            .bind(world.lee.account)
            .fetch_one(&mut sql)
            .await
            .unwrap()
    };
    let email = "mina.lee@mail.example";
    sign_in(&world, email, "another one")
        .await
        .refused(401, "invalid_credentials");
    assert_eq!(stored().await, old);
    sign_in(&world, email, PASSWORD).await.expect(201);
    let renewed = stored().await;
    let cost = auth::password::COST;
    let prefix = format!("$argon2id$v=19$m={},t={},p=", cost.memory_kib, cost.passes);
    assert!(renewed.starts_with(&prefix), "{renewed}");
    sign_in(&world, email, PASSWORD).await.expect(201);
    assert_eq!(stored().await, renewed);
}

#[tokio::test]
async fn people_change_their_password_and_their_other_sessions_end() {
    let world = World::new().await;
    let other = world.sign_in(&world.lee).await;
    let change = |current: &str, new: &str| {
        let body = json!({"current_password": current, "new_password": new});
        let world = &world;
        async move {
            world
                .post(&world.lee, "/api/v1/account/password", &body)
                .await
        }
    };
    let (wrong, rows) = world
        .audited(change("not this one", "a calm morning"))
        .await;
    wrong.refused(401, "invalid_credentials");
    assert_eq!(lines(&rows), ["update account denied invalid_credentials"]);
    for bad in ["short", "password1", "mina.lee!"] {
        let answer = change(PASSWORD, bad).await.refused(422, "invalid_field");
        assert_eq!(answer.body["field"], "new_password");
    }
    let (answer, rows) = world.audited(change(PASSWORD, "a calm morning")).await;
    answer.expect(204);
    assert_eq!(lines(&rows), ["update account success"]);
    world
        .get(&other, "/api/v1/session")
        .await
        .refused(401, "unauthenticated");
    world.get(&world.lee, "/api/v1/session").await.expect(200);
    let email = "mina.lee@mail.example";
    sign_in(&world, email, PASSWORD)
        .await
        .refused(401, "invalid_credentials");
    sign_in(&world, email, "a calm morning").await.expect(201);
    let notices = world
        .get(&world.lee, "/api/v1/session/notices")
        .await
        .expect(200);
    assert_eq!(notices.body["items"][0]["kind"], "password_changed");
}

/// The administrator proves again who he is.
async fn step_up(world: &World) {
    let password = json!({"password": PASSWORD});
    let done = world
        .post(&world.tomas, "/api/v1/session/step-up", &password)
        .await;
    done.expect(200);
}

#[tokio::test]
async fn shutting_an_account_ends_its_sessions_and_calls() {
    let world = World::new().await;
    let visit = world.visit_at("admitted").await;
    world.act(&world.lee, visit, "join").await.expect(200);
    let signaling = Client::<CoreRequest, CoreReply>::connect(&world.bus, CORE_COMMANDS);
    let ask = async |request: CoreRequest| {
        signaling
            .call(&request, Duration::from_secs(60))
            .await
            .expect("an answer")
    };
    let allowed = async || {
        let visits = vec![visit.into()];
        match ask(CoreRequest::RoomsStatus { visits }).await {
            CoreReply::RoomsStatus { rooms } => rooms[0].allowed.clone(),
            other => panic!("{other:?}"),
        }
    };
    let renewed = async || {
        let account = world.lee.account.into();
        let visit = visit.into();
        ask(CoreRequest::RenewToken { visit, account }).await
    };
    assert!(allowed().await.contains(&world.lee.account.into()));
    assert!(matches!(renewed().await, CoreReply::Token { .. }));

    let path = |what: &str| format!("{PATH}/{}/{what}", world.lee.account);
    let stale = world.post(&world.tomas, &path("disable"), &json!({})).await;
    stale.refused(403, "step_up_required");
    step_up(&world).await;
    let (answer, rows) = world
        .audited(world.post(&world.tomas, &path("disable"), &json!({})))
        .await;
    answer.expect(204);
    assert_eq!(lines(&rows), ["disable account success"]);
    let events = world.events().await;
    for told in [
        Event::SessionEnded {
            session: world.lee.session.into(),
            account: world.lee.account.into(),
        },
        Event::AccountChanged {
            account: world.lee.account.into(),
            clinic: world.clinic.into(),
            roles: vec![],
        },
    ] {
        assert!(events.contains(&told), "{told:?}");
    }
    world
        .get(&world.lee, "/api/v1/session")
        .await
        .refused(401, "unauthenticated");
    let email = "mina.lee@mail.example";
    sign_in(&world, email, PASSWORD)
        .await
        .refused(401, "invalid_credentials");
    assert!(!allowed().await.contains(&world.lee.account.into()));
    assert_eq!(renewed().await, CoreReply::Refused);
    assert!(
        allowed().await.contains(&world.amina.account.into()),
        "the other party stays"
    );

    world
        .post(&world.tomas, &path("enable"), &json!({}))
        .await
        .expect(204);
    let told = Event::AccountChanged {
        account: world.lee.account.into(),
        clinic: world.clinic.into(),
        roles: vec![Role::Clinician],
    };
    assert_eq!(world.events().await.last(), Some(&told));
    sign_in(&world, email, PASSWORD).await.expect(201);
    assert!(allowed().await.contains(&world.lee.account.into()));
}

#[tokio::test]
async fn only_admins_shut_accounts_and_only_others_of_their_clinic() {
    let world = World::new().await;
    step_up(&world).await;
    for what in ["disable", "enable"] {
        for who in [&world.amina, &world.lee, &world.paula, &world.ines] {
            let path = format!("{PATH}/{}/{what}", world.okafor.account);
            let (answer, rows) = world.audited(world.post(who, &path, &json!({}))).await;
            answer.refused(403, "forbidden");
            assert_eq!(lines(&rows), [format!("{what} account denied forbidden")]);
        }
        for foreign in [world.fiona.account, world.tomas.account, random_id()] {
            let path = format!("{PATH}/{foreign}/{what}");
            let answer = world.post(&world.tomas, &path, &json!({})).await;
            answer.refused(404, "not_found");
        }
    }
    world
        .get(&world.okafor, "/api/v1/session")
        .await
        .expect(200);
}
