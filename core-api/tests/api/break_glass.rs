use std::time::Duration;

use serde_json::{Value, json};
use sqlx::Row as _;
use uuid::Uuid;

use crate::harness::{Person, World, lines};

const REASON: &str = "Found unconscious, allergies unknown";

fn patient(world: &World) -> String {
    format!("/api/v1/patients/{}", world.amina.part)
}

async fn break_glass(world: &World, who: &Person, reason: &str) -> crate::harness::Answer {
    let path = format!("{}/emergency-access", patient(world));
    world.post(who, &path, &json!({"reason": reason})).await
}

/// Purpose and detail of the newest audit row of `actor`.
async fn mark(world: &World, actor: Uuid) -> (String, Value) {
    let row = sqlx::query(
        "select purpose, detail from audit.event where actor_id = $1 \
         order by xid desc, cmin::text::bigint desc limit 1",
    )
    .bind(actor)
    .fetch_one(&mut world.db.owner().await)
    .await
    .expect("a row");
    (row.get("purpose"), row.get("detail"))
}

#[tokio::test]
async fn the_glass_opens_reading_for_an_hour_and_every_access_is_marked() {
    let world = World::new().await;
    let visit = world.book(0).await;
    let chart = format!("/api/v1/visits/{visit}/chart");
    world
        .get(&world.okafor, &chart)
        .await
        .refused(404, "not_found");
    let (opened, rows) = world
        .audited(break_glass(&world, &world.okafor, REASON))
        .await;
    let opened = opened.expect(201);
    assert_eq!(lines(&rows), ["break_glass emergency_access success"]);
    assert_eq!(rows[0].patient, Some(world.amina.part));
    assert_eq!(opened.body["ends_at"], "2026-11-23T16:00:00Z");
    assert_eq!(opened.body["review_state"], "open");

    for path in [&chart, &patient(&world)] {
        world.get(&world.okafor, path).await.expect(200);
        let (purpose, detail) = mark(&world, world.okafor.account).await;
        assert_eq!(purpose, "emergency", "{path}");
        assert_eq!(detail["emergency_access"], opened.body["id"], "{path}");
    }
    // Reading is all it opens.
    for action in ["admit", "complete", "join"] {
        world
            .act(&world.okafor, visit, action)
            .await
            .refused(403, "forbidden");
    }
    let team = format!("{}/care-team", patient(&world));
    let body = json!({"account_id": world.okafor.account, "part": "primary"});
    world
        .post(&world.okafor, &team, &body)
        .await
        .refused(403, "forbidden");

    world.clock.advance_minutes(59);
    let okafor = world.sign_in(&world.okafor).await;
    world.get(&okafor, &chart).await.expect(200);
    world.clock.advance_minutes(1);
    world.get(&okafor, &chart).await.refused(404, "not_found");
    world
        .get(&world.sign_in(&world.lee).await, &chart)
        .await
        .expect(200);
    let (purpose, _) = mark(&world, world.lee.account).await;
    assert_eq!(purpose, "treatment");
}

#[tokio::test]
async fn the_glass_is_for_clinicians_of_the_organisation_with_a_reason() {
    let world = World::new().await;
    for short in ["", "urgent", &"x ".repeat(9)] {
        let refused = break_glass(&world, &world.okafor, short).await;
        let refused = refused.refused(422, "invalid_field");
        assert_eq!(refused.body["field"], "reason");
    }
    world
        .get(&world.okafor, &patient(&world))
        .await
        .refused(404, "not_found");
    // Of another clinic of the same organisation.
    break_glass(&world, &world.grant, REASON).await.expect(201);
    world.get(&world.grant, &patient(&world)).await.expect(200);
    for who in [&world.paula, &world.tomas, &world.ines, &world.amina] {
        break_glass(&world, who, REASON)
            .await
            .refused(403, "forbidden");
    }
    let organisation = world.make_organisation().await;
    let clinic = world.make_clinic("Far away", Some(organisation)).await;
    let far = world.make_person(clinic, "clinician").await;
    for who in [&far, &world.jonas, &world.fiona] {
        let (answer, rows) = world.audited(break_glass(&world, who, REASON)).await;
        answer.refused(404, "not_found");
        assert_eq!(
            lines(&rows),
            ["break_glass emergency_access denied not_found"]
        );
    }
}

#[tokio::test]
async fn patient_and_compliance_are_told_and_compliance_judges() {
    let world = World::new().await;
    let opened = break_glass(&world, &world.okafor, REASON).await.expect(201);
    let id = opened.id("id");
    for who in [&world.amina, &world.ines] {
        let told = world
            .get(who, "/api/v1/emergency-notices")
            .await
            .expect(200);
        let notice = &told.body["items"][0];
        assert_eq!(notice["kind"], "emergency_access");
        assert_eq!(notice["resource_id"], json!(id));
    }
    for who in [&world.jonas, &world.okafor, &world.tomas] {
        let told = world
            .get(who, "/api/v1/emergency-notices")
            .await
            .expect(200);
        assert!(told.ids("items").is_empty());
    }
    let list = "/api/v1/emergency-access?state=open";
    let found = world.get(&world.ines, list).await.expect(200);
    assert_eq!(found.ids("items"), [id]);
    assert_eq!(found.body["items"][0]["reason"], REASON);
    let path = format!("/api/v1/emergency-access/{id}");
    let review = format!("{path}/review");
    let finding = json!({"finding": "justified", "note": "The ambulance report agrees"});
    for who in [&world.tomas, &world.okafor, &world.paula, &world.amina] {
        for answer in [
            world.get(who, list).await,
            world.get(who, &path).await,
            world.post(who, &review, &finding).await,
        ] {
            answer.refused(403, "forbidden");
        }
    }
    world.clock.advance_minutes(5);
    let (done, rows) = world
        .audited(world.post(&world.ines, &review, &finding))
        .await;
    let done = done.expect(200);
    assert_eq!(lines(&rows), ["review emergency_access success"]);
    assert_eq!(done.body["review_state"], "justified");
    assert_eq!(done.body["reviewed_by"], json!(world.ines.account));
    world
        .post(&world.ines, &review, &finding)
        .await
        .refused(412, "version_mismatch");
    let open = world.get(&world.ines, list).await.expect(200);
    assert!(open.ids("items").is_empty());

    let organisation = world.make_organisation().await;
    let clinic = world.make_clinic("Far away", Some(organisation)).await;
    let far = world.make_person(clinic, "compliance").await;
    world.get(&far, &path).await.refused(404, "not_found");
    let none = world
        .get(&far, "/api/v1/emergency-access")
        .await
        .expect(200);
    assert!(none.ids("items").is_empty());
}

#[tokio::test]
async fn a_review_that_nobody_does_is_escalated_after_three_days() {
    let world = World::new().await;
    let opened = break_glass(&world, &world.okafor, REASON).await.expect(201);
    let path = format!("/api/v1/emergency-access/{}", opened.id("id"));
    world.clock.advance_minutes(60 * 72);
    let ines = world.sign_in(&world.ines).await;
    let escalated = async {
        loop {
            let seen = world.get(&ines, &path).await.expect(200);
            if seen.body["review_state"] == "escalated" {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let seen = tokio::time::timeout(Duration::from_secs(60), escalated).await;
    let seen = seen.expect("the sweep came by");
    assert_eq!(seen.body["escalated_at"], "2026-11-26T15:00:00Z");
    let tomas = world.sign_in(&world.tomas).await;
    let told = world
        .get(&tomas, "/api/v1/emergency-notices")
        .await
        .expect(200);
    assert_eq!(told.body["items"][0]["kind"], "emergency_access_overdue");
    let rows = world.audit().await;
    let row = rows
        .iter()
        .find(|row| row.line == "escalate emergency_access success");
    assert_eq!(row.unwrap().service.as_deref(), Some("core-api"));
    let review = json!({"finding": "unjustified", "note": "No call was on record"});
    let path = format!("{path}/review");
    let done = world.post(&ines, &path, &review).await.expect(200);
    assert_eq!(done.body["review_state"], "unjustified");
}
