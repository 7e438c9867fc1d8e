use axum::http::Method;
use futures::future::join_all;
use serde_json::json;
use uuid::Uuid;

use crate::harness::{Answer, World, lines, random_id};

const PATH: &str = "/api/v1/appointments";

async fn patch(world: &World, id: Uuid, tag: Option<&str>, body: &serde_json::Value) -> Answer {
    let path = format!("{PATH}/{id}");
    let mut call = world
        .request(Some(&world.paula), Method::PATCH, &path)
        .json(body);
    if let Some(tag) = tag {
        call = call.header("if-match", tag);
    }
    call.send().await
}

#[tokio::test]
async fn a_coordinator_books_and_the_parties_are_told() {
    let world = World::new().await;
    let body = world.booking(world.amina.part, world.lee.part, 60, 20);
    let (answer, rows) = world.audited(world.post(&world.paula, PATH, &body)).await;
    let answer = answer.expect(201);
    assert_eq!(lines(&rows), ["create appointment success"]);
    assert_eq!(rows[0].patient, Some(world.amina.part));
    assert_eq!(answer.body["ends_at"], "2026-11-23T16:20:00Z");
    assert_eq!(answer.body["status"], "scheduled");
    assert_eq!(answer.header("etag"), Some("\"1\""));
    let told = bus::event::Event::VisitScheduled {
        visit: answer.id("visit_id").into(),
        clinic: world.clinic.into(),
        patient: Some(world.amina.account.into()),
        clinician: world.lee.account.into(),
        starts_at: "2026-11-23T16:00:00Z".parse().unwrap(),
    };
    assert_eq!(world.events().await.last(), Some(&told));
    let read = world
        .audited(world.get(&world.tomas, &format!("{PATH}/{}", answer.id("id"))))
        .await;
    assert_eq!(read.0.expect(200).body, answer.body);
    assert_eq!(lines(&read.1), ["read appointment success"]);
}

#[tokio::test]
async fn of_64_bookings_of_one_slot_one_wins() {
    let world = World::new().await;
    let body = world.booking(world.amina.part, world.lee.part, 60, 30);
    let all = (0..64).map(|_| world.post(&world.paula, PATH, &body));
    let answers = join_all(all).await;
    let won = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(won, 1);
    for lost in answers.into_iter().filter(|answer| answer.status != 201) {
        let lost = lost.refused(409, "slot_taken");
        assert_eq!(
            lost.body["alternatives"],
            json!([
                "2026-11-23T15:30:00Z",
                "2026-11-23T16:30:00Z",
                "2026-11-23T16:45:00Z"
            ])
        );
    }
}

#[tokio::test]
async fn crossing_bookings_never_deadlock_and_never_overlap() {
    let world = World::new().await;
    let patients = [world.amina.part, world.jonas.part];
    let providers = [world.lee.part, world.okafor.part];
    let bodies: Vec<_> = (0..40)
        .map(|n| {
            world.booking(
                patients[n % 2],
                providers[n / 2 % 2],
                (n as i64 % 5) * 10,
                25,
            )
        })
        .collect();
    let answers = join_all(
        bodies
            .iter()
            .map(|body| world.post(&world.paula, PATH, body)),
    )
    .await;
    for answer in &answers {
        assert!(
            matches!(answer.status.as_u16(), 201 | 409),
            "{}",
            answer.text
        );
    }
    let overlaps: i64 = sqlx::query_scalar(
        "select count(*) from core.appointment a join core.appointment b on a.id < b.id \
         and (a.provider_id = b.provider_id or a.patient_id = b.patient_id) \
         and tstzrange(a.starts_at, a.ends_at) && tstzrange(b.starts_at, b.ends_at)",
    )
    .fetch_one(&mut world.db.owner().await)
    .await
    .unwrap();
    assert_eq!(overlaps, 0);
    assert!(answers.iter().any(|answer| answer.status == 201));
}

#[tokio::test]
async fn the_database_has_the_last_word_on_overlaps() {
    let world = World::new().await;
    world.book(60).await;
    let mut service = world.db.service().await;
    sqlx::query("select set_config('app.service', 'on', false)")
        .execute(&mut service)
        .await
        .unwrap();
    let error = sqlx::query(
        "insert into core.appointment (id, clinic_id, patient_id, provider_id, starts_at, ends_at, \
         visit_type, reason_sealed, created_at, created_by) \
         select gen_random_uuid(), clinic_id, $1, provider_id, starts_at + interval '10 min', \
         ends_at, visit_type, reason_sealed, created_at, created_by from core.appointment",
    )
    .bind(world.jonas.part)
    .execute(&mut service)
    .await
    .unwrap_err();
    let code = error
        .as_database_error()
        .and_then(|error| error.code().map(|c| c.into_owned()));
    assert_eq!(code.as_deref(), Some("23P01"));
}

#[tokio::test]
async fn a_repeated_request_with_its_key_books_once() {
    let world = World::new().await;
    let body = world.booking(world.amina.part, world.lee.part, 60, 30);
    let book = |key: &'static str, body: serde_json::Value| {
        let call = world
            .request(Some(&world.paula), Method::POST, PATH)
            .json(&body);
        call.header("idempotency-key", key).send()
    };
    let answers = join_all((0..8).map(|_| book("k-1", body.clone()))).await;
    let ids: Vec<Uuid> = answers
        .into_iter()
        .map(|answer| answer.expect(201).id("id"))
        .collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let other = world.booking(world.amina.part, world.lee.part, 120, 30);
    book("k-1", other)
        .await
        .refused(409, "idempotency_conflict");
    book("k-2", body).await.refused(409, "slot_taken");
    book("", json!({})).await.refused(400, "invalid_request");
}

#[tokio::test]
async fn a_refused_booking_leaves_its_key_free() {
    let world = World::new().await;
    let taken = world.book(60).await;
    let body = world.booking(world.amina.part, world.lee.part, 60, 30);
    let book = || {
        let call = world
            .request(Some(&world.paula), Method::POST, PATH)
            .json(&body);
        call.header("idempotency-key", "again").send()
    };
    book().await.refused(409, "slot_taken");
    world
        .post(
            &world.amina,
            &format!("/api/v1/visits/{taken}/cancel"),
            &json!({}),
        )
        .await
        .expect(200);
    book().await.expect(201);
}

#[tokio::test]
async fn only_schedulers_of_the_clinic_touch_its_schedule() {
    let world = World::new().await;
    let body = world.booking(world.amina.part, world.lee.part, 60, 30);
    for who in [&world.amina, &world.lee, &world.ines] {
        let (answer, rows) = world.audited(world.post(who, PATH, &body)).await;
        answer.refused(403, "forbidden");
        assert_eq!(lines(&rows), ["create appointment denied forbidden"]);
    }
    let answer = world
        .post(&world.fiona, PATH, &body)
        .await
        .refused(422, "invalid_field");
    assert_eq!(answer.body["field"], "patient_id");
    let made = world
        .post(&world.paula, PATH, &body)
        .await
        .expect(201)
        .id("id");
    for (who, id) in [(&world.fiona, made), (&world.paula, random_id())] {
        let (answer, rows) = world.audited(world.get(who, &format!("{PATH}/{id}"))).await;
        answer.refused(404, "not_found");
        assert_eq!(lines(&rows), ["read appointment denied not_found"]);
    }
    world
        .get(&world.amina, &format!("{PATH}/{made}"))
        .await
        .refused(403, "forbidden");
}

#[tokio::test]
async fn impossible_bookings_name_their_field() {
    let world = World::new().await;
    let good = world.booking(world.amina.part, world.lee.part, 60, 30);
    for (field, value) in [
        ("patient_id", json!(random_id())),
        ("provider_id", json!(world.grant.part)),
        ("starts_at", json!("2026-11-23T14:00:00Z")),
        ("starts_at", json!("2036-01-01T00:00:00Z")),
        ("minutes", json!(3)),
        ("minutes", json!(10_000)),
        ("reason", json!("  ")),
        ("reason", json!("x".repeat(501))),
    ] {
        let mut bad = good.clone();
        bad[field] = value;
        let answer = world
            .post(&world.paula, PATH, &bad)
            .await
            .refused(422, "invalid_field");
        assert_eq!(answer.body["field"], field);
    }
    for (field, value) in [
        ("visit_type", json!("seance")),
        ("starts_at", json!("soon")),
        ("extra", json!(1)),
    ] {
        let mut bad = good.clone();
        bad[field] = value;
        world
            .post(&world.paula, PATH, &bad)
            .await
            .refused(400, "invalid_request");
    }
}

#[tokio::test]
async fn an_appointment_moves_only_from_the_version_one_saw() {
    let world = World::new().await;
    let body = world.booking(world.amina.part, world.lee.part, 60, 30);
    let made = world.post(&world.paula, PATH, &body).await.expect(201);
    let id = made.id("id");
    let to = json!({"starts_at": "2026-11-23T16:10:00Z", "minutes": 45});
    patch(&world, id, None, &to)
        .await
        .refused(428, "precondition_required");
    patch(&world, id, Some("\"2\""), &to)
        .await
        .refused(412, "version_mismatch");
    let (moved, rows) = world.audited(patch(&world, id, Some("\"1\""), &to)).await;
    let moved = moved.expect(200);
    assert_eq!(lines(&rows), ["reschedule appointment success"]);
    assert_eq!(moved.body["ends_at"], "2026-11-23T16:55:00Z");
    assert_eq!(moved.header("etag"), Some("\"2\""));
    patch(&world, id, Some("\"1\""), &to)
        .await
        .refused(412, "version_mismatch");
    let visit = world
        .get(
            &world.amina,
            &format!("/api/v1/visits/{}", made.id("visit_id")),
        )
        .await;
    assert_eq!(visit.expect(200).body["starts_at"], "2026-11-23T16:10:00Z");
    patch(&world, random_id(), Some("\"1\""), &to)
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn an_appointment_moves_neither_onto_another_nor_after_arrival() {
    let world = World::new().await;
    world.book(120).await;
    let body = world.booking(world.amina.part, world.okafor.part, 0, 30);
    let made = world.post(&world.paula, PATH, &body).await.expect(201);
    let to = json!({"starts_at": "2026-11-23T17:10:00Z", "minutes": 30});
    let (answer, rows) = world
        .audited(patch(&world, made.id("id"), Some("\"1\""), &to))
        .await;
    answer.refused(409, "slot_taken");
    assert_eq!(lines(&rows), ["reschedule appointment denied slot_taken"]);
    world
        .act(&world.amina, made.id("visit_id"), "check-in")
        .await
        .expect(200);
    let later = json!({"starts_at": "2026-11-23T19:00:00Z", "minutes": 30});
    let answer = patch(&world, made.id("id"), Some("\"1\""), &later).await;
    assert_eq!(
        answer.refused(409, "illegal_transition").body["state"],
        "checked_in"
    );
}

#[tokio::test]
async fn calling_off_an_appointment_calls_off_its_visit() {
    let world = World::new().await;
    let body = world.booking(world.amina.part, world.lee.part, 60, 30);
    let made = world.post(&world.paula, PATH, &body).await.expect(201);
    let path = format!("{PATH}/{}/cancel", made.id("id"));
    let reason = json!({"reason": "Clinician is ill"});
    world
        .post(&world.lee, &path, &reason)
        .await
        .refused(403, "forbidden");
    world
        .post(&world.fiona, &path, &reason)
        .await
        .refused(404, "not_found");
    let (answer, rows) = world
        .audited(world.post(&world.tomas, &path, &reason))
        .await;
    assert_eq!(answer.expect(200).body["status"], "cancelled");
    assert_eq!(lines(&rows), ["cancel visit success"]);
    let visit = world
        .get(
            &world.amina,
            &format!("/api/v1/visits/{}", made.id("visit_id")),
        )
        .await;
    assert_eq!(visit.expect(200).body["state"], "cancelled");
    world
        .post(&world.paula, &path, &reason)
        .await
        .refused(409, "illegal_transition");
}
