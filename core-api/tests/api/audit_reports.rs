//! Reports over the audit log, and what patients see of it.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::harness::{Person, World, lines};

fn path(report: &str) -> String {
    format!("/api/v1/audit-reports/{report}")
}

/// A session that has just proved who its holder is.
async fn proved(world: &World, who: &Person) -> Person {
    sqlx::query("update core.session set stepped_up_at = $2 where id = $1")
        .bind(who.session)
        .bind(jiff_sqlx::ToSqlx::to_sqlx(world.clock.read()))
        .execute(&mut world.db.owner().await)
        .await
        .expect("proved");
    who.clone()
}

fn actions(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().expect("items");
    let line = |item: &Value| {
        let word = |name: &str| item[name].as_str().unwrap_or("-").to_owned();
        format!(
            "{} {} {}",
            word("actor_name"),
            word("action"),
            word("resource_type")
        )
    };
    items.iter().map(line).collect()
}

#[tokio::test]
async fn an_accounting_of_disclosures_names_everybody_who_touched_a_patients_data() {
    let world = World::new().await;
    let visit = world.book(0).await;
    let chart = format!("/api/v1/visits/{visit}/chart");
    world.get(&world.lee, &chart).await.expect(200);
    world
        .get(&world.jonas, &chart)
        .await
        .refused(404, "not_found");
    let report = format!(
        "{}?patient_id={}",
        path("accounting-of-disclosures"),
        world.amina.part
    );
    let (page, rows) = world.audited(world.get(&world.ines, &report)).await;
    let page = page.expect(200);
    assert_eq!(lines(&rows), ["search audit_log success"]);
    assert_eq!(rows[0].patient, Some(world.amina.part));
    let found = actions(&page.body);
    assert!(
        found.contains(&"Mina Lee read chart".to_owned()),
        "{found:?}"
    );
    let items = page.body["items"].as_array().expect("items");
    assert!(
        items
            .iter()
            .all(|item| item["patient_id"] == json!(world.amina.part))
    );
    let refused = items
        .iter()
        .find(|item| item["outcome"] == "denied")
        .expect("the attempt");
    assert_eq!(refused["actor_name"], "Jonas Lindqvist");
    world
        .get(&world.ines, &path("accounting-of-disclosures"))
        .await
        .refused(400, "invalid_request");
}

#[tokio::test]
async fn reports_are_for_reviewers_only() {
    let world = World::new().await;
    for who in [&world.amina, &world.lee, &world.paula, &world.fiona] {
        let (answer, rows) = world.audited(world.get(who, &path("exports"))).await;
        answer.refused(403, "forbidden");
        assert_eq!(lines(&rows), ["search audit_log denied forbidden"]);
        let export = format!("{}/export", path("exports"));
        let csv = json!({"format": "csv"});
        let taken = world.post(who, &export, &csv);
        let (answer, rows) = world.audited(taken).await;
        answer.refused(403, "forbidden");
        assert_eq!(lines(&rows), ["export audit_log denied forbidden"]);
    }
    world
        .get(&world.ines, &path("no-such-report"))
        .await
        .refused(400, "invalid_request");
}

#[tokio::test]
async fn what_one_person_did_comes_in_pages() {
    let world = World::new().await;
    for _ in 0..5 {
        world.clock.advance_minutes(1);
        world
            .get(&world.paula, "/api/v1/waiting-room")
            .await
            .expect(200);
    }
    let from = "from=2026-11-23T15:00:30Z";
    let report = format!(
        "{}?account_id={}&{from}",
        path("user-activity"),
        world.paula.account
    );
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = world
            .get(&world.ines, &format!("{report}&limit=2{cursor}"))
            .await
            .expect(200);
        let items = page.body["items"].as_array().expect("items");
        seen.extend(
            items
                .iter()
                .map(|item| item["at"].as_str().expect("a time").to_owned()),
        );
        match page.body["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let expected =
        ["05", "04", "03", "02", "01"].map(|minute| format!("2026-11-23T15:{minute}:00Z"));
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn failed_sign_ins_are_found_also_those_of_nobody_known() {
    let world = World::new().await;
    for email in ["nobody@example.org", "nobody.else@example.org"] {
        let body = json!({"email": email, "password": "wrong wrong wrong"});
        world
            .request(None, Method::POST, "/api/v1/sessions")
            .json(&body)
            .send()
            .await
            .refused(401, "invalid_credentials");
    }
    let page = world
        .get(&world.ines, &path("failed-sign-ins"))
        .await
        .expect(200);
    let found = actions(&page.body);
    assert_eq!(found, ["- sign_in account", "- sign_in account"]);
    // An administrator of one clinic reviews that clinic alone.
    let page = world
        .get(&world.tomas, &path("failed-sign-ins"))
        .await
        .expect(200);
    assert!(actions(&page.body).is_empty());
}

#[tokio::test]
async fn after_hours_and_same_family_name_show_who_stands_out() {
    let world = World::new().await;
    let patient = world.make_patient("Dana Lee", None).await;
    let visit = world
        .post(
            &world.paula,
            "/api/v1/appointments",
            &world.booking(patient, world.lee.part, 0, 30),
        )
        .await
        .expect(201)
        .id("visit_id");
    let chart = format!("/api/v1/visits/{visit}/chart");
    world.get(&world.lee, &chart).await.expect(200);
    let page = world
        .get(&world.ines, &path("same-family-name"))
        .await
        .expect(200);
    let found = actions(&page.body);
    assert_eq!(found, ["Mina Lee read chart"]);
    let page = world
        .get(&world.ines, &path("after-hours"))
        .await
        .expect(200);
    assert!(
        actions(&page.body).is_empty(),
        "ten in the morning in Toronto"
    );
    // Eight in the evening.
    world.clock.advance_minutes(10 * 60);
    let (lee, ines) = (
        world.sign_in(&world.lee).await,
        world.sign_in(&world.ines).await,
    );
    world.get(&lee, &chart).await.expect(200);
    let page = world.get(&ines, &path("after-hours")).await.expect(200);
    assert_eq!(actions(&page.body), ["Mina Lee read chart"]);
}

#[tokio::test]
async fn a_report_is_taken_out_signed_after_a_fresh_proof() {
    let world = World::new().await;
    let visit = world.book(0).await;
    world
        .get(&world.lee, &format!("/api/v1/visits/{visit}/chart"))
        .await
        .expect(200);
    let export = format!("{}/export", path("accounting-of-disclosures"));
    let body = |format: &str| json!({"format": format, "patient_id": world.amina.part});
    let csv = body("csv");
    let unproved = world.post(&world.ines, &export, &csv);
    let (answer, rows) = world.audited(unproved).await;
    answer.refused(403, "step_up_required");
    assert_eq!(lines(&rows), ["export audit_log denied step_up_required"]);
    let ines = proved(&world, &world.ines).await;
    for format in ["csv", "json"] {
        let (answer, rows) = world
            .audited(world.post(&ines, &export, &body(format)))
            .await;
        let signed = answer.expect(200).body;
        assert_eq!(lines(&rows), ["export audit_log success"]);
        let content = signed["content"].as_str().expect("content");
        let bytes = |name: &str| {
            STANDARD
                .decode(signed["signature"][name].as_str().expect("base64"))
                .expect("base64")
        };
        let key = UnparsedPublicKey::new(&ED25519, bytes("public_key"));
        key.verify(content.as_bytes(), &bytes("value"))
            .expect("signed");
        assert!(
            key.verify(format!("{content} ").as_bytes(), &bytes("value"))
                .is_err()
        );
        assert_eq!(
            bytes("public_key"),
            testkit::postgres::audit_key().report_key(),
            "the key that the audit key gives"
        );
        assert!(content.contains("Mina Lee"), "{content}");
        match format {
            "csv" => assert!(content.starts_with("at,actor_id,actor_name,"), "{content}"),
            _ => {
                let report: Value = serde_json::from_str(content).expect("JSON");
                assert_eq!(report["report"], "accounting-of-disclosures");
            }
        }
    }
    let page = world.get(&ines, &path("exports")).await.expect(200);
    assert_eq!(actions(&page.body).len(), 3, "two exports and one attempt");
}

#[tokio::test]
async fn patients_see_who_opened_their_record_in_plain_words() {
    let world = World::new().await;
    let visit = world.book(0).await;
    world.clock.advance_minutes(1);
    world
        .get(&world.lee, &format!("/api/v1/visits/{visit}/chart"))
        .await
        .expect(200);
    let path = format!("/api/v1/patients/{}/record-accesses", world.amina.part);
    let (list, rows) = world.audited(world.get(&world.amina, &path)).await;
    let list = list.expect(200);
    assert_eq!(lines(&rows), ["read audit_log success"]);
    let newest = &list.body["items"][0];
    assert_eq!(newest["who"], "Mina Lee");
    assert_eq!(newest["what"], "looked at your medical record");
    assert_eq!(
        (&newest["emergency"], &newest["refused"]),
        (&json!(false), &json!(false))
    );
    for (who, status, code) in [
        (&world.jonas, 404, "not_found"),
        (&world.fiona, 404, "not_found"),
        (&world.lee, 403, "forbidden"),
    ] {
        let (answer, rows) = world.audited(world.get(who, &path)).await;
        answer.refused(status, code);
        assert_eq!(lines(&rows), [format!("read audit_log denied {code}")]);
    }
}

/// What a superuser can do to the table must not let an act through without its row.
#[tokio::test]
async fn an_act_whose_row_the_database_refuses_does_not_happen() {
    let world = World::new().await;
    let visit = world.book(0).await;
    sqlx::raw_sql(
        "create function audit.refuse() returns trigger language plpgsql as \
           $$ begin raise exception 'no'; end $$; \
         create trigger refuse before insert on audit.event for each row \
           when (new.action = 'check_in') execute function audit.refuse()",
    )
    .execute(&mut world.db.owner().await)
    .await
    .expect("a trigger");
    let state = async || {
        let (state, events): (String, i64) = sqlx::query_as(
            "select (select state from core.visit where id = $1), \
             (select count(*) from outbox.event)",
        )
        .bind(visit)
        .fetch_one(&mut world.db.owner().await)
        .await
        .expect("state");
        (state, events)
    };
    let before = state().await;
    let (answer, rows) = world
        .audited(world.act(&world.amina, visit, "check-in"))
        .await;
    answer.refused(500, "internal");
    assert!(rows.is_empty());
    assert_eq!(state().await, before);
}
