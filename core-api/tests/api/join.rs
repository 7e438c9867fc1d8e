use axum::http::Method;
use domain::Role;
use serde_json::json;
use uuid::Uuid;

use crate::harness::{MEDIA_KEY, World, lines};

fn verify(world: &World, token: &serde_json::Value) -> (auth::media::Grant, jiff::Timestamp) {
    let key = auth::Key::from_bytes(MEDIA_KEY);
    auth::media::verify(&key, token.as_str().expect("a token"), world.clock.read())
        .expect("a good token")
}

#[tokio::test]
async fn a_party_of_an_admitted_visit_gets_a_token_for_it() {
    let world = World::new().await;
    let visit = world.visit_at("admitted").await;
    for (who, role) in [(&world.amina, Role::Patient), (&world.lee, Role::Clinician)] {
        let (answer, rows) = world.audited(world.act(who, visit, "join")).await;
        let answer = answer.expect(200);
        assert_eq!(lines(&rows), ["join visit success"]);
        assert_eq!(rows[0].patient, Some(world.amina.part));
        assert_eq!(answer.body["url"], "ws://visits.test:8080");
        assert_eq!(answer.id("room"), visit);
        assert_eq!(answer.id("identity"), who.account);
        assert_eq!(answer.body["expires_at"], "2026-11-23T15:10:00Z");
        let (grant, until) = verify(&world, &answer.body["token"]);
        assert_eq!(
            grant,
            auth::media::Grant::party(visit.into(), who.account.into(), role)
        );
        assert_eq!(until.to_string(), "2026-11-23T15:10:00Z");
    }
}

#[tokio::test]
async fn the_address_follows_the_page_or_the_configuration() {
    let world = World::new().await;
    let visit = world.visit_at("admitted").await;
    let path = format!("/api/v1/visits/{visit}/join");
    let call = world.request(Some(&world.amina), Method::POST, &path);
    let answer = call
        .header("origin", "https://visits.test:8080")
        .send()
        .await
        .expect(200);
    assert_eq!(answer.body["url"], "wss://visits.test:8080");

    let public_url = Some("https://clinic.example/".to_owned());
    let world = World::with(core_api::Config {
        public_url,
        ..core_api::Config::default()
    })
    .await;
    let visit = world.visit_at("admitted").await;
    let answer = world.act(&world.amina, visit, "join").await.expect(200);
    assert_eq!(answer.body["url"], "wss://clinic.example");
}

#[tokio::test]
async fn nobody_gets_a_token_before_admission_or_after_the_end() {
    let world = World::new().await;
    let visit = world.visit_at("ready").await;
    let refused = async |state: &str| {
        for who in [&world.amina, &world.lee] {
            let (answer, rows) = world.audited(world.act(who, visit, "join")).await;
            let answer = answer.refused(403, "not_admitted");
            assert_eq!(answer.body["state"], state);
            assert_eq!(lines(&rows), ["join visit denied not_admitted"]);
        }
    };
    refused("ready").await;
    world.act(&world.lee, visit, "admit").await.expect(200);
    world.act(&world.amina, visit, "join").await.expect(200);
    world
        .act(&world.lee, visit, "return-to-waiting")
        .await
        .expect(200);
    refused("ready").await;
    world.act(&world.lee, visit, "admit").await.expect(200);
    world.act(&world.lee, visit, "complete").await.expect(200);
    refused("completed").await;
}

#[tokio::test]
async fn nobody_gets_a_token_without_consent() {
    let world = World::new().await;
    let visit = world.visit_at("admitted").await;
    let consents = format!("/api/v1/patients/{}/consents", world.amina.part);
    let given = world
        .get(&world.amina, &consents)
        .await
        .expect(200)
        .ids("items")[0];
    let withdraw = format!("{consents}/{given}/withdraw");
    world
        .post(&world.amina, &withdraw, &json!({}))
        .await
        .expect(200);
    for who in [&world.amina, &world.lee] {
        let (answer, rows) = world.audited(world.act(who, visit, "join")).await;
        answer.refused(409, "consent_required");
        assert_eq!(lines(&rows), ["join visit denied consent_required"]);
    }
    world.consent(&world.amina).await;
    world.act(&world.amina, visit, "join").await.expect(200);
}

#[tokio::test]
async fn a_token_ends_with_the_window_and_none_is_made_after_it() {
    let world = World::new().await;
    let visit = world.visit_at("admitted").await;
    world.clock.advance_minutes(85);
    let amina = world.sign_in(&world.amina).await;
    let answer = world.act(&amina, visit, "join").await.expect(200);
    assert_eq!(answer.body["expires_at"], "2026-11-23T16:30:00Z");
    world.clock.advance_minutes(5);
    world
        .act(&amina, visit, "join")
        .await
        .refused(403, "outside_window");
}

#[tokio::test]
async fn only_parties_get_a_token() {
    let world = World::new().await;
    let visit = world.visit_at("admitted").await;
    let (answer, rows) = world.audited(world.act(&world.paula, visit, "join")).await;
    answer.refused(403, "forbidden");
    assert_eq!(lines(&rows), ["join visit denied forbidden"]);
    for stranger in [&world.jonas, &world.okafor, &world.fiona, &world.grant] {
        let (answer, rows) = world.audited(world.act(stranger, visit, "join")).await;
        answer.refused(404, "not_found");
        assert_eq!(lines(&rows), ["join visit denied not_found"]);
    }
    world
        .act(&world.amina, Uuid::nil(), "join")
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn the_token_of_one_visit_says_nothing_of_another() {
    let world = World::new().await;
    let visit = world.visit_at("admitted").await;
    let other = world.book_for(&world.amina, &world.okafor, 60).await;
    let answer = world.act(&world.amina, visit, "join").await.expect(200);
    assert_eq!(verify(&world, &answer.body["token"]).0.room, visit.into());
    world.clock.advance_minutes(1);
    world
        .act(&world.amina, other, "join")
        .await
        .refused(403, "not_admitted");
}
