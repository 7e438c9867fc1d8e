use auth::Key;
use axum::http::Method;
use serde_json::json;

use crate::harness::{Person, World};

async fn sign_in(world: &World, email: &str, password: &str) -> Person {
    let body = json!({"email": email, "password": password});
    let call = world
        .request(None, Method::POST, "/api/v1/sessions")
        .json(&body);
    let answer = call.send().await.expect(201);
    Person {
        account: answer.body["account"]["id"]
            .as_str()
            .and_then(|id| id.parse().ok())
            .expect("id"),
        session: answer.id("session_id"),
        part: Default::default(),
        cookie: answer.cookie(),
    }
}

#[tokio::test]
async fn the_demo_has_a_visit_to_enter_now_at_every_start() {
    let world = World::new().await;
    let key = Key::from_bytes([9; 32]);
    let accounts = world.service.seed_demo(&key).await.unwrap();
    let roles: Vec<&str> = accounts.iter().map(|account| account.role.name()).collect();
    assert_eq!(
        roles,
        [
            "patient",
            "patient",
            "clinician",
            "clinician",
            "coordinator",
            "clinic_admin",
            "compliance"
        ]
    );
    let (patient, clinician) = (&accounts[0], &accounts[2]);
    let amina = sign_in(&world, &patient.email, &patient.password).await;
    let lee = sign_in(&world, &clinician.email, &clinician.password).await;
    let visits = world
        .get(&amina, "/api/v1/visits?state=scheduled")
        .await
        .expect(200);
    let visit = visits.ids("items")[0];
    assert_eq!(visits.body["items"][0]["starts_at"], "2026-11-23T15:00:00Z");
    let board = world.get(&lee, "/api/v1/waiting-room").await.expect(200);
    assert_eq!(board.ids("items").len(), 2);
    let chart = world
        .get(&lee, &format!("/api/v1/visits/{visit}/chart"))
        .await
        .expect(200);
    assert_eq!(chart.body["entries"].as_array().unwrap().len(), 7);
    assert_eq!(chart.body["previous_visits"].as_array().unwrap().len(), 2);

    let again = world.service.seed_demo(&key).await.unwrap();
    assert_eq!(accounts[0].to_string(), again[0].to_string());
    let same = world
        .get(&amina, "/api/v1/visits?state=scheduled")
        .await
        .expect(200);
    assert_eq!(same.ids("items"), [visit], "a repetition adds nothing");

    world.act(&amina, visit, "check-in").await.expect(200);
    world.act(&lee, visit, "admit").await.expect(200);
    world.act(&lee, visit, "complete").await.expect(200);
    world.service.seed_demo(&key).await.unwrap();
    let next = world
        .get(&amina, "/api/v1/visits?state=scheduled")
        .await
        .expect(200);
    assert_eq!(
        next.ids("items").len(),
        1,
        "the finished visit has a successor"
    );
    world
        .act(&amina, next.ids("items")[0], "check-in")
        .await
        .expect(200);
}

#[tokio::test]
async fn another_key_sets_other_passwords() {
    let world = World::new().await;
    let old = world
        .service
        .seed_demo(&Key::from_bytes([9; 32]))
        .await
        .unwrap();
    let new = world
        .service
        .seed_demo(&Key::from_bytes([8; 32]))
        .await
        .unwrap();
    sign_in(&world, &new[4].email, &new[4].password).await;
    let body = json!({"email": old[4].email, "password": old[4].password.as_str()});
    let call = world
        .request(None, Method::POST, "/api/v1/sessions")
        .json(&body);
    call.send().await.refused(401, "invalid_credentials");
}
