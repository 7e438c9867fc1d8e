use serde_json::{Value, json};
use testkit::postgres::audit_key;
use uuid::Uuid;

use crate::harness::{World, lines, random_id};

const PATH: &str = "/api/v1/audit-events";

#[tokio::test]
async fn the_chart_is_for_those_who_may_read_notes() {
    let world = World::new().await;
    let earlier = world.book(0).await;
    world.act(&world.lee, earlier, "no-show").await.expect(200);
    let visit = world.book_for(&world.amina, &world.lee, 60).await;
    let path = format!("/api/v1/visits/{visit}/chart");
    let (chart, rows) = world.audited(world.get(&world.lee, &path)).await;
    let chart = chart.expect(200);
    assert_eq!(lines(&rows), ["read chart success"]);
    assert_eq!(rows[0].patient, Some(world.amina.part));
    assert_eq!(chart.body["reason"], "Blood pressure follow-up");
    assert_eq!(chart.body["patient"]["display_name"], "Amina Osei");
    assert_eq!(chart.ids("previous_visits"), [earlier]);
    assert_eq!(chart.body["previous_visits"][0]["state"], "no_show");
    for who in [&world.tomas, &world.amina, &world.ines] {
        let (answer, rows) = world.audited(world.get(who, &path)).await;
        answer.expect(200);
        assert_eq!(lines(&rows), ["read chart success"]);
    }
    let (answer, rows) = world.audited(world.get(&world.paula, &path)).await;
    answer.refused(403, "forbidden");
    assert_eq!(lines(&rows), ["read chart denied forbidden"]);
    for who in [&world.okafor, &world.jonas, &world.grant] {
        let (answer, rows) = world.audited(world.get(who, &path)).await;
        answer.refused(404, "not_found");
        assert_eq!(lines(&rows), ["read chart denied not_found"]);
    }
    let cancel = format!("/api/v1/visits/{visit}/cancel");
    world
        .post(&world.lee, &cancel, &json!({}))
        .await
        .expect(200);
    world.get(&world.lee, &path).await.refused(403, "forbidden");
    let unknown = format!("/api/v1/visits/{}/chart", random_id());
    world
        .get(&world.lee, &unknown)
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn the_log_tells_who_saw_a_patient_and_that_it_was_asked() {
    let world = World::new().await;
    let visit = world.book(0).await;
    world
        .get(&world.lee, &format!("/api/v1/visits/{visit}/chart"))
        .await
        .expect(200);
    world
        .get(&world.jonas, &format!("/api/v1/visits/{visit}"))
        .await
        .refused(404, "not_found");
    let path = format!("{PATH}?patient_id={}", world.amina.part);
    for who in [&world.tomas, &world.ines] {
        let (log, rows) = world.audited(world.get(who, &path)).await;
        let log = log.expect(200);
        assert_eq!(lines(&rows), ["search audit_log success"]);
        assert_eq!(rows[0].patient, Some(world.amina.part));
        let items = log.body["items"].as_array().unwrap();
        let tried = items
            .iter()
            .find(|item| item["outcome"] == "denied")
            .unwrap();
        assert_eq!(tried["actor"]["display_name"], "Jonas Lindqvist");
        assert_eq!(
            (&tried["action"], &tried["resource_id"]),
            (&json!("read"), &json!(visit))
        );
        let seen = items
            .iter()
            .find(|item| item["resource_type"] == "chart")
            .unwrap();
        assert_eq!(seen["actor"]["account_id"], json!(world.lee.account));
        assert!(
            items
                .iter()
                .all(|item| item["patient_id"] == json!(world.amina.part))
        );
    }
}

#[tokio::test]
async fn the_log_comes_newest_first_in_pages_of_ones_own_clinic() {
    let world = World::new().await;
    for _ in 0..3 {
        world.clock.advance_minutes(1);
        world
            .get(&world.paula, "/api/v1/waiting-room")
            .await
            .expect(200);
    }
    world.clock.advance_minutes(1);
    let from = "from=2026-11-23T15:01:30Z&to=2026-11-23T15:04:00Z";
    let first = world
        .get(&world.tomas, &format!("{PATH}?{from}&limit=1"))
        .await
        .expect(200);
    assert_eq!(first.body["items"][0]["at"], "2026-11-23T15:03:00Z");
    let cursor = first.body["next_cursor"].as_str().unwrap();
    let rest = world
        .get(&world.tomas, &format!("{PATH}?{from}&cursor={cursor}"))
        .await
        .expect(200);
    assert_eq!(rest.body["items"].as_array().unwrap().len(), 1);
    assert_eq!(rest.body["next_cursor"], Value::Null);
    for who in [&world.amina, &world.lee, &world.paula, &world.fiona] {
        let (answer, rows) = world.audited(world.get(who, PATH)).await;
        answer.refused(403, "forbidden");
        assert_eq!(lines(&rows), ["search audit_log denied forbidden"]);
    }
}

#[tokio::test]
async fn an_access_that_cannot_be_recorded_does_not_happen() {
    let world = World::new().await;
    let visit = world.book(0).await;
    sqlx::query("revoke insert on audit.event from bedside_service")
        .execute(&mut world.db.owner().await)
        .await
        .unwrap();
    let path = format!("/api/v1/visits/{visit}");
    let read = world
        .get(&world.amina, &path)
        .await
        .refused(500, "internal");
    assert!(
        !read.text.contains("Amina") && !read.text.contains("audit.event"),
        "{}",
        read.text
    );
    world
        .act(&world.amina, visit, "check-in")
        .await
        .refused(500, "internal");
    world
        .get(&world.jonas, &path)
        .await
        .refused(500, "internal");
    sqlx::query("grant insert on audit.event to bedside_service")
        .execute(&mut world.db.owner().await)
        .await
        .unwrap();
    let seen = world.get(&world.amina, &path).await.expect(200);
    assert_eq!(
        seen.body["state"], "scheduled",
        "nothing moved without its row"
    );
}

#[tokio::test]
async fn every_row_is_authentic() {
    let world = World::new().await;
    let visit = world.visit_at("admitted").await;
    world
        .act(&world.jonas, visit, "join")
        .await
        .refused(404, "not_found");
    let filter = store::audit::Filter::default();
    let mut sql = world.db.owner().await;
    let rows = store::audit::store::page(&mut sql, &filter, None::<Uuid>, 1_000)
        .await
        .unwrap();
    assert!(rows.len() >= 8);
    for row in &rows {
        store::audit::verify_row(&audit_key(), row).unwrap();
    }
}
