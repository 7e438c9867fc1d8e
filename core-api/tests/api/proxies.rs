use axum::http::Method;
use serde_json::{Value, json};
use sqlx::Row as _;
use uuid::Uuid;

use crate::harness::{Answer, Person, World, lines, random_id};

async fn family(world: &World) -> (Person, String) {
    let person = world.make_person(world.clinic, "family_member").await;
    let email = sqlx::query_scalar("select email from core.account where id = $1")
        .bind(person.account)
        .fetch_one(&mut world.db.owner().await)
        .await
        .expect("a row");
    (person, email)
}

fn path(world: &World) -> String {
    format!("/api/v1/patients/{}/proxies", world.amina.part)
}

async fn grant(world: &World, who: &Person, email: &str, level: &str, basis: &str) -> Answer {
    let mut body = json!({"email": email, "level": level, "basis": basis});
    if basis != "patient" {
        body["documents"] = json!("Birth certificate, seen at the desk");
    }
    world.post(who, &path(world), &body).await
}

async fn born(world: &World, date: &str) {
    let path = format!("/api/v1/patients/{}", world.amina.part);
    let found = world.get(&world.paula, &path).await.expect(200);
    let version = found.header("etag").expect("a version").to_owned();
    let change = world
        .request(Some(&world.paula), Method::PATCH, &path)
        .header("if-match", &version)
        .json(&json!({"date_of_birth": date}));
    change.send().await.expect(200);
}

#[tokio::test]
async fn a_proxy_does_what_was_granted_until_it_is_taken_back() {
    let world = World::new().await;
    let visit = world.book(0).await;
    let (nadia, email) = family(&world).await;
    let patient = format!("/api/v1/patients/{}", world.amina.part);
    let cancel = format!("/api/v1/visits/{visit}/cancel");
    world.get(&nadia, &patient).await.refused(404, "not_found");
    let (made, rows) = world
        .audited(grant(&world, &world.amina, &email, "view", "patient"))
        .await;
    let view = made.expect(201).id("id");
    assert_eq!(lines(&rows), ["create proxy success"]);

    let seen = world.get(&nadia, &patient).await.expect(200);
    assert_eq!(seen.body["display_name"], "Amina Osei");
    let visits = world.get(&nadia, "/api/v1/visits").await.expect(200);
    assert_eq!(visits.ids("items"), [visit]);
    let list = world
        .get(&nadia, "/api/v1/represented-patients")
        .await
        .expect(200);
    assert_eq!(list.body["items"][0]["patient_id"], json!(world.amina.part));
    world
        .post(&nadia, &cancel, &json!({}))
        .await
        .refused(403, "forbidden");
    world
        .act(&nadia, visit, "check-in")
        .await
        .refused(403, "forbidden");

    let full = grant(&world, &world.amina, &email, "full", "patient").await;
    let full = full.expect(201).id("id");
    world.act(&nadia, visit, "check-in").await.expect(200);
    let row = sqlx::query(
        "select actor_id, patient_id, detail from audit.event where action = 'check_in' \
         and outcome = 'success'",
    )
    .fetch_one(&mut world.db.owner().await)
    .await
    .unwrap();
    assert_eq!(row.get::<Uuid, _>("actor_id"), nadia.account);
    assert_eq!(row.get::<Uuid, _>("patient_id"), world.amina.part);
    assert_eq!(row.get::<Value, _>("detail")["proxy_grant"], json!(full));
    world
        .act(&nadia, visit, "join")
        .await
        .refused(403, "forbidden");

    for id in [full, view] {
        let revoke = format!("{}/{id}/revoke", path(&world));
        let (done, rows) = world
            .audited(world.post(&world.amina, &revoke, &json!({})))
            .await;
        done.expect(200);
        assert_eq!(lines(&rows), ["revoke proxy success"]);
    }
    world.get(&nadia, &patient).await.refused(404, "not_found");
    let visits = world.get(&nadia, "/api/v1/visits").await.expect(200);
    assert!(visits.ids("items").is_empty());
}

#[tokio::test]
async fn a_grant_is_the_patients_word_or_rests_on_documents() {
    let world = World::new().await;
    world.book(0).await;
    let (_, email) = family(&world).await;
    grant(&world, &world.paula, &email, "full", "legal_authority")
        .await
        .expect(201);
    for (who, basis, field) in [
        (&world.paula, "patient", "basis"),
        (&world.amina, "legal_authority", "basis"),
    ] {
        let refused = grant(&world, who, &email, "view", basis).await;
        assert_eq!(refused.refused(422, "invalid_field").body["field"], field);
    }
    let bare = json!({"email": email, "level": "view", "basis": "legal_authority"});
    let refused = world.post(&world.paula, &path(&world), &bare).await;
    let refused = refused.refused(422, "invalid_field");
    assert_eq!(refused.body["field"], "documents");
    let refused = grant(
        &world,
        &world.amina,
        "nobody@mail.example",
        "view",
        "patient",
    )
    .await;
    assert_eq!(refused.refused(422, "invalid_field").body["field"], "email");
    for who in [&world.tomas, &world.lee] {
        grant(&world, who, &email, "view", "legal_authority")
            .await
            .refused(403, "forbidden");
        world.get(who, &path(&world)).await.expect(200);
    }
    for who in [&world.jonas, &world.fiona, &world.okafor] {
        grant(&world, who, &email, "view", "patient")
            .await
            .refused(404, "not_found");
    }
    let revoke = format!("{}/{}/revoke", path(&world), random_id());
    world
        .post(&world.amina, &revoke, &json!({}))
        .await
        .refused(404, "not_found");
    let kept: Vec<u8> = sqlx::query_scalar("select documents_sealed from core.proxy_grant")
        .fetch_one(&mut world.db.owner().await)
        .await
        .unwrap();
    assert!(!String::from_utf8_lossy(&kept).contains("certificate"));
}

#[tokio::test]
async fn a_parents_grant_rests_from_the_age_the_clinic_has_set_on() {
    let world = World::new().await;
    let (nadia, email) = family(&world).await;
    let patient = format!("/api/v1/patients/{}", world.amina.part);
    grant(
        &world,
        &world.paula,
        &email,
        "full",
        "parental_responsibility",
    )
    .await
    .expect(201);
    for (birth, status) in [("2014-11-24", 200), ("2014-11-23", 404)] {
        born(&world, birth).await;
        world.get(&nadia, &patient).await.expect(status);
    }
    sqlx::query("update core.clinic set proxy_cutoff_age = 14 where id = $1")
        .bind(world.clinic)
        .execute(&mut world.db.owner().await)
        .await
        .unwrap();
    world.get(&nadia, &patient).await.expect(200);
    born(&world, "1990-01-01").await;
    world.get(&nadia, &patient).await.refused(404, "not_found");
    // The adolescent's own word counts.
    grant(&world, &world.amina, &email, "view", "patient")
        .await
        .expect(201);
    world.get(&nadia, &patient).await.expect(200);
}

#[tokio::test]
async fn a_grant_has_its_period() {
    let world = World::new().await;
    let (nadia, email) = family(&world).await;
    let patient = format!("/api/v1/patients/{}", world.amina.part);
    let body = json!({
        "email": email, "level": "view", "basis": "patient",
        "starts_at": "2026-11-23T15:05:00Z", "ends_at": "2026-11-23T15:07:00Z",
    });
    let made = world.post(&world.amina, &path(&world), &body).await;
    made.expect(201);
    for (minutes, status) in [(0, 404), (5, 200), (1, 200), (1, 404)] {
        world.clock.advance_minutes(minutes);
        world.get(&nadia, &patient).await.expect(status);
    }
}
