use axum::http::Method;
use bus::event::Event;
use domain::VisitState;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Answer, World, lines, random_id};

fn path(visit: Uuid) -> String {
    format!("/api/v1/visits/{visit}")
}

fn actions(answer: &Answer) -> Vec<&str> {
    answer.body["actions"]
        .as_array()
        .expect("actions")
        .iter()
        .filter_map(Value::as_str)
        .collect()
}

#[tokio::test]
async fn a_visit_from_booking_to_its_end() {
    let world = World::new().await;
    let visit = world.book(10).await;
    let seen = world.get(&world.amina, &path(visit)).await.expect(200);
    assert_eq!(seen.body["state"], "scheduled");
    assert_eq!(seen.body["window_opens_at"], "2026-11-23T14:40:00Z");
    assert_eq!(seen.body["window_closes_at"], "2026-11-23T16:40:00Z");
    assert_eq!(seen.body["consent_telehealth"], false);
    assert_eq!(seen.body["conversation_id"], json!(visit));
    assert_eq!(seen.header("etag"), Some("\"1\""));
    assert_eq!(actions(&seen), ["check_in", "cancel"]);

    let here = world.act(&world.amina, visit, "check-in").await.expect(200);
    assert_eq!(here.body["state"], "checked_in");
    assert_eq!(here.body["checked_in_at"], "2026-11-23T15:00:00Z");
    assert_eq!(
        here.body["queue"],
        json!({"ahead": 0, "estimated_minutes": {"low": 0, "high": 0}})
    );
    world
        .ready(&world.amina, visit)
        .await
        .refused(409, "consent_required");
    world.consent(&world.amina).await;
    let ready = world.ready(&world.amina, visit).await.expect(200);
    assert_eq!(ready.body["state"], "ready");
    assert_eq!(ready.body["device_check"]["network"], "skipped");

    let board = world.get(&world.lee, &path(visit)).await.expect(200);
    assert_eq!(actions(&board), ["admit", "cancel"]);
    world.clock.advance_minutes(3);
    let admitted = world.act(&world.lee, visit, "admit").await.expect(200);
    assert_eq!(admitted.body["state"], "admitted");
    assert_eq!(admitted.body["admitted_by"], json!(world.lee.account));
    assert_eq!(
        actions(&admitted),
        ["join", "return_to_waiting", "complete"]
    );
    assert_eq!(
        actions(&world.get(&world.amina, &path(visit)).await),
        ["join"]
    );

    let done = world.act(&world.lee, visit, "complete").await.expect(200);
    assert_eq!(
        (&done.body["state"], &done.body["actions"]),
        (&json!("completed"), &json!([]))
    );
    assert_eq!(done.body["ended_at"], "2026-11-23T15:03:00Z");
    assert_eq!(done.header("etag"), Some("\"5\""));
}

#[tokio::test]
async fn every_step_is_one_audit_row_and_one_event_with_the_line() {
    let world = World::new().await;
    let (first, second) = (
        world.book(0).await,
        world.book_for(&world.jonas, &world.lee, 30).await,
    );
    world.act(&world.amina, first, "check-in").await.expect(200);
    let arrived = world.clock.read();
    world.clock.advance_minutes(1);
    let (answer, rows) = world
        .audited(world.act(&world.jonas, second, "check-in"))
        .await;
    let answer = answer.expect(200);
    assert_eq!(lines(&rows), ["check_in visit success"]);
    assert_eq!(rows[0].patient, Some(world.jonas.part));
    assert_eq!(rows[0].resource, Some(second));
    assert_eq!(
        rows[0].request.map(|id| id.to_string()).as_deref(),
        answer.header("x-request-id")
    );
    assert_eq!(answer.body["queue"]["ahead"], 1);
    assert_eq!(
        answer.body["queue"]["estimated_minutes"],
        json!({"low": 15, "high": 30})
    );
    let moved = |visit: Uuid, patient: Uuid, at, from, to, by: Option<Uuid>, queue: &[Uuid]| {
        Event::VisitStateChanged {
            visit: visit.into(),
            clinic: world.clinic.into(),
            patient: Some(patient.into()),
            from,
            to,
            at,
            by: by.map(Into::into),
            queue: queue.iter().map(|id| (*id).into()).collect(),
        }
    };
    let (amina, jonas) = (world.amina.account, world.jonas.account);
    let now = world.clock.read();
    let (from, to) = (VisitState::Scheduled, VisitState::CheckedIn);
    let events = world.events().await;
    assert_eq!(
        events[events.len() - 2..],
        [
            moved(first, amina, arrived, from, to, Some(amina), &[first]),
            moved(second, jonas, now, from, to, Some(jonas), &[first, second]),
        ]
    );
    world.act(&world.paula, first, "admit").await.expect(200);
    let (from, to) = (VisitState::CheckedIn, VisitState::Admitted);
    let admitted = moved(
        first,
        amina,
        now,
        from,
        to,
        Some(world.paula.account),
        &[second],
    );
    assert_eq!(world.events().await.last(), Some(&admitted));
    let next = world.get(&world.jonas, &path(second)).await.expect(200);
    assert_eq!(next.body["queue"]["ahead"], 0);
}

#[tokio::test]
async fn returning_to_waiting_keeps_the_place_and_clears_the_admission() {
    let world = World::new().await;
    let visit = world.visit_at("admitted").await;
    world.clock.advance_minutes(5);
    let back = world
        .act(&world.lee, visit, "return-to-waiting")
        .await
        .expect(200);
    assert_eq!(back.body["state"], "ready");
    assert_eq!(back.body["checked_in_at"], "2026-11-23T15:00:00Z");
    assert_eq!(back.body["admitted_at"], Value::Null);
    assert_eq!(back.body["queue"]["ahead"], 0);
    let again = world.act(&world.paula, visit, "admit").await.expect(200);
    assert_eq!(again.body["admitted_by"], json!(world.paula.account));
}

#[tokio::test]
async fn of_two_admissions_at_once_one_wins_and_the_other_learns_who() {
    let world = World::new().await;
    for _ in 0..4 {
        let visit = world.book_for(&world.amina, &world.lee, 0).await;
        world.act(&world.amina, visit, "check-in").await.expect(200);
        let (one, other) = tokio::join!(
            world.act(&world.lee, visit, "admit"),
            world.act(&world.paula, visit, "admit")
        );
        let (winner, loser) = if one.status.is_success() {
            ("Mina Lee", other)
        } else {
            one.refused(409, "already_admitted");
            other.expect(200);
            let late = world.act(&world.lee, visit, "admit").await;
            ("Paula Ruiz", late)
        };
        let loser = loser.refused(409, "already_admitted");
        assert_eq!(loser.body["admitted_by"]["display_name"], winner);
        assert_eq!(loser.body["state"], "admitted");
        world.act(&world.lee, visit, "complete").await.expect(200);
    }
}

#[tokio::test]
async fn an_illegal_step_is_refused_with_the_state_and_put_on_record() {
    let world = World::new().await;
    let visit = world.book(0).await;
    let (answer, rows) = world
        .audited(world.act(&world.lee, visit, "complete"))
        .await;
    let answer = answer.refused(409, "illegal_transition");
    assert_eq!(answer.body["state"], "scheduled");
    assert_eq!(lines(&rows), ["complete visit denied illegal_transition"]);
    world
        .act(&world.lee, visit, "admit")
        .await
        .refused(409, "illegal_transition");
}

#[tokio::test]
async fn strangers_learn_nothing_and_are_put_on_record() {
    let world = World::new().await;
    let visit = world.visit_at("ready").await;
    for stranger in [&world.jonas, &world.okafor, &world.fiona, &world.grant] {
        let (answer, rows) = world.audited(world.get(stranger, &path(visit))).await;
        let foreign = answer.refused(404, "not_found");
        assert_eq!(lines(&rows), ["read visit denied not_found"]);
        assert_eq!(
            (rows[0].patient, rows[0].actor),
            (Some(world.amina.part), Some(stranger.account))
        );
        let unknown = world
            .get(stranger, &path(random_id()))
            .await
            .refused(404, "not_found");
        assert_eq!(foreign.body["detail"], unknown.body["detail"]);
        for action in [
            "check-in",
            "admit",
            "complete",
            "no-show",
            "return-to-waiting",
            "join",
        ] {
            let (answer, rows) = world.audited(world.act(stranger, visit, action)).await;
            answer.refused(404, "not_found");
            assert_eq!(rows.len(), 1, "{action}");
        }
    }
    let state = world.get(&world.amina, &path(visit)).await;
    assert_eq!(state.body["state"], "ready", "nobody moved it");
}

#[tokio::test]
async fn each_step_belongs_to_somebody() {
    let world = World::new().await;
    let visit = world.visit_at("ready").await;
    for (who, action) in [
        (&world.amina, "admit"),
        (&world.amina, "complete"),
        (&world.amina, "no-show"),
        (&world.paula, "complete"),
        (&world.paula, "return-to-waiting"),
        (&world.lee, "check-in"),
        (&world.tomas, "admit"),
    ] {
        let (answer, rows) = world.audited(world.act(who, visit, action)).await;
        answer.refused(403, "forbidden");
        assert_eq!(rows.len(), 1, "{action}");
        assert!(rows[0].line.ends_with("denied forbidden"));
    }
    world
        .ready(&world.paula, visit)
        .await
        .refused(403, "forbidden");
}

#[tokio::test]
async fn the_window_bounds_arrival_and_admission() {
    let world = World::new().await;
    let early = world.book(31).await;
    let answer = world
        .act(&world.amina, early, "check-in")
        .await
        .refused(403, "outside_window");
    assert_eq!(answer.body["window_opens_at"], "2026-11-23T15:01:00Z");
    world.clock.advance_minutes(1);
    world.act(&world.paula, early, "check-in").await.expect(200);
    world.clock.advance_minutes(120);
    let lee = world.sign_in(&world.lee).await;
    world
        .act(&lee, early, "admit")
        .await
        .refused(403, "outside_window");
}

#[tokio::test]
async fn a_no_show_is_recorded_only_after_the_start() {
    let world = World::new().await;
    let visit = world.book(5).await;
    world
        .act(&world.paula, visit, "no-show")
        .await
        .refused(403, "outside_window");
    world.clock.advance_minutes(5);
    let answer = world.act(&world.paula, visit, "no-show").await.expect(200);
    assert_eq!(answer.body["state"], "no_show");
}

#[tokio::test]
async fn calling_off_frees_the_slot() {
    let world = World::new().await;
    let visit = world.book(0).await;
    let body = json!({"reason": "I feel better"});
    let cancel = format!("{}/cancel", path(visit));
    let (answer, rows) = world
        .audited(world.post(&world.amina, &cancel, &body))
        .await;
    assert_eq!(answer.expect(200).body["state"], "cancelled");
    assert_eq!(lines(&rows), ["cancel visit success"]);
    world.book(0).await;
    world
        .post(&world.amina, &cancel, &body)
        .await
        .refused(409, "illegal_transition");
    let long = json!({"reason": "x".repeat(501)});
    world
        .post(&world.amina, &cancel, &long)
        .await
        .refused(422, "invalid_field");
}

#[tokio::test]
async fn lists_hold_ones_own_visits_and_a_row_for_each_patient_shown() {
    let world = World::new().await;
    let first = world.book(0).await;
    let second = world.book_for(&world.jonas, &world.lee, 30).await;
    let third = world.book_for(&world.amina, &world.okafor, 60).await;
    for (who, expected, patients) in [
        (&world.amina, vec![first, third], 1),
        (&world.jonas, vec![second], 1),
        (&world.lee, vec![first, second], 2),
        (&world.okafor, vec![third], 1),
        (&world.paula, vec![first, second, third], 2),
        (&world.tomas, vec![first, second, third], 2),
        (&world.fiona, vec![], 0),
    ] {
        let (answer, rows) = world.audited(world.get(who, "/api/v1/visits")).await;
        assert_eq!(answer.expect(200).ids("items"), expected);
        assert_eq!(rows[0].line, "search visit success");
        assert_eq!(rows.len(), 1 + patients);
        assert!(
            rows[1..]
                .iter()
                .all(|row| row.line == "show visit success" && row.search.is_some())
        );
    }
    let (answer, rows) = world
        .audited(world.get(&world.ines, "/api/v1/visits"))
        .await;
    answer.refused(403, "forbidden");
    assert_eq!(lines(&rows), ["search visit denied forbidden"]);
}

#[tokio::test]
async fn lists_come_in_pages_and_filters_hold() {
    let world = World::new().await;
    let mut visits = Vec::new();
    for n in 0..3 {
        visits.push(world.book(n * 30).await);
    }
    let first = world
        .get(&world.lee, "/api/v1/visits?limit=2")
        .await
        .expect(200);
    assert_eq!(first.ids("items"), visits[..2]);
    let cursor = first.body["next_cursor"].as_str().unwrap();
    let rest = world
        .get(
            &world.lee,
            &format!("/api/v1/visits?limit=2&cursor={cursor}"),
        )
        .await;
    assert_eq!(rest.expect(200).ids("items"), visits[2..]);
    world
        .act(&world.amina, visits[1], "check-in")
        .await
        .expect(200);
    let waiting = world
        .get(&world.lee, "/api/v1/visits?state=checked_in")
        .await;
    assert_eq!(waiting.expect(200).ids("items"), visits[1..2]);
    let range = "/api/v1/visits?from=2026-11-23T15:30:00Z&to=2026-11-23T16:00:00Z";
    assert_eq!(
        world.get(&world.lee, range).await.expect(200).ids("items"),
        visits[1..2]
    );
    for bad in [
        "limit=0",
        "limit=101",
        "cursor=!",
        "state=asleep",
        "from=yesterday",
        "colour=red",
    ] {
        let answer = world
            .get(&world.lee, &format!("/api/v1/visits?{bad}"))
            .await;
        answer.refused(400, "invalid_request");
    }
}

#[tokio::test]
async fn bad_bodies_and_ids_are_refused_and_change_nothing() {
    let world = World::new().await;
    let visit = world.visit_at("checked_in").await;
    let ready = format!("{}/ready", path(visit));
    for body in [
        json!({}),
        json!({"device_check": {"camera": "ok"}}),
        json!([1]),
    ] {
        world
            .post(&world.amina, &ready, &body)
            .await
            .refused(400, "invalid_request");
    }
    world
        .post(
            &world.amina,
            &format!("{}/admit", path(visit)),
            &json!({"force": true}),
        )
        .await
        .refused(400, "invalid_request");
    world
        .get(&world.amina, "/api/v1/visits/17")
        .await
        .refused(400, "invalid_request");
    let bare = world.request(
        Some(&world.lee),
        Method::POST,
        &format!("{}/admit", path(visit)),
    );
    bare.send().await.expect(200);
}
