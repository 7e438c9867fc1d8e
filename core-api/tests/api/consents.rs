use serde_json::{Value, json};

use crate::harness::{World, lines, random_id};

#[tokio::test]
async fn consent_is_given_once_withdrawn_and_given_anew() {
    let world = World::new().await;
    let text = world
        .get(&world.amina, "/api/v1/consent-documents/telehealth")
        .await
        .expect(200);
    assert_eq!(
        (&text.body["kind"], &text.body["version"]),
        (&json!("telehealth"), &json!(1))
    );
    assert!(
        text.body["body_markdown"]
            .as_str()
            .unwrap()
            .contains("emergency")
    );
    let path = format!("/api/v1/patients/{}/consents", world.amina.part);
    let body = json!({"document_id": text.id("id")});
    let (given, rows) = world.audited(world.post(&world.amina, &path, &body)).await;
    let given = given.expect(201);
    assert_eq!(lines(&rows), ["consent consent success"]);
    assert_eq!(
        (rows[0].resource, rows[0].patient),
        (Some(given.id("id")), Some(world.amina.part))
    );
    assert_eq!(given.id("given_by"), world.amina.account);
    let again = world.post(&world.amina, &path, &body).await.expect(201);
    assert_eq!(again.body, given.body);

    world.clock.advance_minutes(1);
    let withdraw = format!("{path}/{}/withdraw", given.id("id"));
    let (gone, rows) = world
        .audited(world.post(&world.amina, &withdraw, &json!({})))
        .await;
    assert_eq!(
        gone.expect(200).body["withdrawn_at"],
        "2026-11-23T15:01:00Z"
    );
    assert_eq!(lines(&rows), ["withdraw_consent consent success"]);
    world.clock.advance_minutes(1);
    let twice = world
        .post(&world.amina, &withdraw, &json!({}))
        .await
        .expect(200);
    assert_eq!(
        twice.body["withdrawn_at"], "2026-11-23T15:01:00Z",
        "it was withdrawn then"
    );
    let anew = world.post(&world.amina, &path, &body).await.expect(201);
    assert_ne!(anew.id("id"), given.id("id"));
    let (all, rows) = world.audited(world.get(&world.amina, &path)).await;
    let all = all.expect(200);
    assert_eq!(lines(&rows), ["read consent success"]);
    assert_eq!(all.ids("items"), [anew.id("id"), given.id("id")]);
    assert_eq!(all.body["items"][0]["withdrawn_at"], Value::Null);
}

#[tokio::test]
async fn only_the_patient_gives_and_withdraws() {
    let world = World::new().await;
    world.book(0).await;
    let given = world.consent(&world.amina).await;
    let text = world
        .get(&world.amina, "/api/v1/consent-documents/telehealth")
        .await
        .id("id");
    let path = format!("/api/v1/patients/{}/consents", world.amina.part);
    let body = json!({"document_id": text});
    for who in [&world.lee, &world.paula, &world.tomas, &world.ines] {
        let (answer, rows) = world.audited(world.post(who, &path, &body)).await;
        answer.refused(403, "forbidden");
        assert_eq!(lines(&rows), ["consent consent denied forbidden"]);
        let withdraw = format!("{path}/{given}/withdraw");
        world
            .post(who, &withdraw, &json!({}))
            .await
            .refused(403, "forbidden");
        world.get(who, &path).await.expect(200);
    }
    for who in [&world.jonas, &world.okafor, &world.fiona] {
        for (answer, rows) in [
            world.audited(world.post(who, &path, &body)).await,
            world
                .audited(world.post(who, &format!("{path}/{given}/withdraw"), &json!({})))
                .await,
            world.audited(world.get(who, &path)).await,
        ] {
            answer.refused(404, "not_found");
            assert_eq!(rows.len(), 1);
        }
    }
}

#[tokio::test]
async fn consent_is_to_the_text_in_force() {
    let world = World::new().await;
    let old = world
        .get(&world.amina, "/api/v1/consent-documents/telehealth")
        .await
        .id("id");
    let visit = world.visit_at("ready").await;
    sqlx::query(
        "insert into core.consent_document \
         values ($1, 'telehealth', 2, 'Newer', 'Newer', '2026-11-23T15:01:00Z')",
    )
    .bind(random_id())
    .execute(&mut world.db.owner().await)
    .await
    .unwrap();
    let path = format!("/api/v1/patients/{}/consents", world.amina.part);
    let seen = world
        .get(&world.amina, &format!("/api/v1/visits/{visit}"))
        .await;
    assert_eq!(
        seen.body["consent_telehealth"], true,
        "the newer one is not in force yet"
    );
    world.clock.advance_minutes(1);
    let seen = world
        .get(&world.amina, &format!("/api/v1/visits/{visit}"))
        .await;
    assert_eq!(seen.body["consent_telehealth"], false);
    let body = json!({"document_id": old});
    world
        .post(&world.amina, &path, &body)
        .await
        .refused(409, "consent_outdated");
    let body = json!({"document_id": random_id()});
    world
        .post(&world.amina, &path, &body)
        .await
        .refused(404, "not_found");
    let withdraw = format!("{path}/{}/withdraw", random_id());
    world
        .post(&world.amina, &withdraw, &json!({}))
        .await
        .refused(404, "not_found");
}
