use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Person, World, lines, random_id};

fn path(patient: Uuid) -> String {
    format!("/api/v1/patients/{patient}/care-team")
}

fn member(who: &Person) -> Value {
    json!({"account_id": who.account, "part": "primary"})
}

async fn set_window(world: &World, before: i32, after: i32) {
    sqlx::query("update core.clinic set care_days_before = $2, care_days_after = $3 where id = $1")
        .bind(world.clinic)
        .bind(before)
        .bind(after)
        .execute(&mut world.db.owner().await)
        .await
        .expect("changed");
}

#[tokio::test]
async fn a_place_in_the_care_team_makes_a_care_relationship_for_as_long_as_it_lasts() {
    let world = World::new().await;
    let patient = format!("/api/v1/patients/{}", world.amina.part);
    let team = path(world.amina.part);
    world
        .get(&world.okafor, &patient)
        .await
        .refused(404, "not_found");
    let (added, rows) = world
        .audited(world.post(&world.paula, &team, &member(&world.okafor)))
        .await;
    let added = added.expect(201);
    assert_eq!(lines(&rows), ["create care_team success"]);
    assert_eq!(rows[0].patient, Some(world.amina.part));
    world.get(&world.okafor, &patient).await.expect(200);
    let visit = world.book(0).await;
    let chart = format!("/api/v1/visits/{visit}/chart");
    world.get(&world.okafor, &chart).await.expect(200);
    world
        .act(&world.okafor, visit, "admit")
        .await
        .refused(403, "forbidden");

    let seen = world.get(&world.amina, &team).await.expect(200);
    assert_eq!(seen.body["items"][0]["display_name"], "Chidi Okafor");
    let end = format!("{team}/{}/end", added.id("id"));
    let (ended, rows) = world
        .audited(world.post(&world.paula, &end, &json!({})))
        .await;
    assert_eq!(ended.expect(200).body["ends_at"], "2026-11-23T15:00:00Z");
    assert_eq!(lines(&rows), ["update care_team success"]);
    for path in [patient, chart] {
        world
            .get(&world.okafor, &path)
            .await
            .refused(404, "not_found");
    }
}

#[tokio::test]
async fn a_place_counts_from_its_start_until_its_end() {
    let world = World::new().await;
    let patient = format!("/api/v1/patients/{}", world.amina.part);
    let mut body = member(&world.okafor);
    body["starts_at"] = json!("2026-11-23T15:10:00Z");
    body["ends_at"] = json!("2026-11-23T15:12:00Z");
    let team = path(world.amina.part);
    world.post(&world.paula, &team, &body).await.expect(201);
    for (minutes, status) in [(0, 404), (10, 200), (1, 200), (1, 404)] {
        world.clock.advance_minutes(minutes);
        world.get(&world.okafor, &patient).await.expect(status);
    }
    body["ends_at"] = json!("2026-11-23T15:00:00Z");
    let refused = world.post(&world.paula, &team, &body).await;
    assert_eq!(
        refused.refused(422, "invalid_field").body["field"],
        "ends_at"
    );
}

#[tokio::test]
async fn an_appointment_counts_inside_the_clinics_window_and_a_live_visit_beyond_it() {
    let world = World::new().await;
    let patient = format!("/api/v1/patients/{}", world.amina.part);
    let visit = world.book(60 * 24 * 10).await;
    let path = format!("/api/v1/visits/{visit}");
    world.get(&world.lee, &patient).await.expect(200);
    set_window(&world, 9, 0).await;
    for path in [&patient, &path] {
        world.get(&world.lee, path).await.refused(404, "not_found");
    }
    let listed = world.get(&world.lee, "/api/v1/visits").await.expect(200);
    assert!(listed.ids("items").is_empty());
    set_window(&world, 10, 0).await;
    for path in [&patient, &path] {
        world.get(&world.lee, path).await.expect(200);
    }

    let soon = world.visit_at("admitted").await;
    set_window(&world, 0, 0).await;
    world.clock.advance_minutes(40);
    let lee = world.sign_in(&world.lee).await;
    world.get(&lee, &patient).await.expect(200);
    world.act(&lee, soon, "complete").await.expect(200);
    world.clock.advance_minutes(1);
    let path = format!("/api/v1/visits/{soon}");
    world.get(&lee, &path).await.refused(404, "not_found");
    world.get(&lee, &patient).await.refused(404, "not_found");
}

#[tokio::test]
async fn the_desk_names_the_team_and_only_people_who_work_there() {
    let world = World::new().await;
    let team = path(world.amina.part);
    world.book(0).await;
    for who in [&world.lee, &world.amina, &world.ines] {
        let (answer, rows) = world
            .audited(world.post(who, &team, &member(&world.lee)))
            .await;
        answer.refused(403, "forbidden");
        assert_eq!(lines(&rows), ["create care_team denied forbidden"]);
        world.get(who, &team).await.expect(200);
    }
    for who in [&world.okafor, &world.fiona, &world.grant] {
        world
            .post(who, &team, &member(&world.lee))
            .await
            .refused(404, "not_found");
    }
    let stranger = Person {
        account: random_id(),
        ..world.jonas.clone()
    };
    for who in [&world.jonas, &stranger] {
        let answer = world.post(&world.paula, &team, &member(who)).await;
        let answer = answer.refused(422, "invalid_field");
        assert_eq!(answer.body["field"], "account_id");
    }
    let end = format!("{team}/{}/end", random_id());
    world
        .post(&world.paula, &end, &json!({}))
        .await
        .refused(404, "not_found");
}
