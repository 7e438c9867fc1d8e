use axum::http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Answer, World, lines, random_id};

const PATH: &str = "/api/v1/patients";

fn new() -> Value {
    json!({
        "display_name": "Wei Zhang", "date_of_birth": "1991-12-02", "sex": "female",
        "pronouns": "they/them", "phone": "+1 416 555 0142", "email": "Wei@mail.example",
        "preferred_language": "zh-Hans",
    })
}

async fn patch(world: &World, id: Uuid, tag: &str, body: Value) -> Answer {
    let path = format!("{PATH}/{id}");
    let call = world
        .request(Some(&world.paula), Method::PATCH, &path)
        .json(&body);
    call.header("if-match", tag).send().await
}

#[tokio::test]
async fn a_patient_is_made_read_and_changed() {
    let world = World::new().await;
    let (made, rows) = world.audited(world.post(&world.paula, PATH, &new())).await;
    let made = made.expect(201);
    let id = made.id("id");
    assert_eq!(lines(&rows), ["create patient success"]);
    assert_eq!((rows[0].patient, rows[0].resource), (Some(id), Some(id)));
    let (read, rows) = world
        .audited(world.get(&world.tomas, &format!("{PATH}/{id}")))
        .await;
    let read = read.expect(200);
    assert_eq!(lines(&rows), ["read patient success"]);
    assert_eq!(read.body, made.body);
    assert_eq!(read.body["email"], "wei@mail.example");
    assert_eq!(read.header("etag"), Some("\"1\""));
    let change = json!({"phone": null, "display_name": "Wei Zhang-Roy"});
    let (changed, rows) = world.audited(patch(&world, id, "\"1\"", change)).await;
    let changed = changed.expect(200);
    assert_eq!(lines(&rows), ["update patient success"]);
    assert_eq!(changed.body["display_name"], "Wei Zhang-Roy");
    assert_eq!(changed.body["phone"], Value::Null);
    assert_eq!(
        changed.body["pronouns"], "they/them",
        "what was left out stays"
    );
    assert_eq!(changed.header("etag"), Some("\"2\""));
    patch(&world, id, "\"1\"", json!({}))
        .await
        .refused(412, "version_mismatch");
    let path = format!("{PATH}/{id}");
    let bare = world
        .request(Some(&world.paula), Method::PATCH, &path)
        .json(&json!({}));
    bare.send().await.refused(428, "precondition_required");
}

#[tokio::test]
async fn patients_are_found_by_part_of_the_name_and_each_one_shown_is_on_record() {
    let world = World::new().await;
    let search = format!("{PATH}/_search");
    let wei = world
        .post(&world.paula, PATH, &new())
        .await
        .expect(201)
        .id("id");
    let (all, rows) = world.audited(world.get(&world.paula, PATH)).await;
    assert_eq!(
        all.expect(200).ids("items"),
        [world.amina.part, world.jonas.part, wei]
    );
    assert_eq!(rows.len(), 4);
    let (found, rows) = world
        .audited(world.post(&world.paula, &search, &json!({"query": "ZHA"})))
        .await;
    assert_eq!(found.expect(200).ids("items"), [wei]);
    assert_eq!(
        lines(&rows),
        ["search patient success", "show patient success"]
    );
    assert_eq!(rows[1].patient, Some(wei));
    let none = world
        .post(&world.paula, &search, &json!({"query": "%"}))
        .await
        .expect(200);
    assert!(none.ids("items").is_empty(), "no wildcards");
    assert!(
        world
            .get(&world.fiona, PATH)
            .await
            .expect(200)
            .ids("items")
            .is_empty()
    );
    let first = world
        .get(&world.paula, &format!("{PATH}?limit=2"))
        .await
        .expect(200);
    let cursor = first.body["next_cursor"].as_str().unwrap();
    let rest = world
        .get(&world.paula, &format!("{PATH}?limit=2&cursor={cursor}"))
        .await;
    assert_eq!(rest.expect(200).ids("items"), [wei]);
}

#[tokio::test]
async fn a_patient_is_seen_by_those_who_care_and_by_nobody_else() {
    let world = World::new().await;
    let path = format!("{PATH}/{}", world.amina.part);
    world.get(&world.amina, &path).await.expect(200);
    world.get(&world.ines, &path).await.expect(200);
    for stranger in [&world.jonas, &world.lee, &world.fiona, &world.grant] {
        let (answer, rows) = world.audited(world.get(stranger, &path)).await;
        answer.refused(404, "not_found");
        assert_eq!(lines(&rows), ["read patient denied not_found"]);
        assert_eq!(rows[0].patient, Some(world.amina.part));
    }
    let visit = world.book(0).await;
    world.get(&world.lee, &path).await.expect(200);
    world
        .get(&world.okafor, &path)
        .await
        .refused(404, "not_found");
    let cancel = format!("/api/v1/visits/{visit}/cancel");
    world
        .post(&world.amina, &cancel, &json!({}))
        .await
        .expect(200);
    world.get(&world.lee, &path).await.refused(404, "not_found");
    world
        .get(&world.paula, &format!("{PATH}/{}", random_id()))
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn only_schedulers_list_make_and_change_patients_but_for_how_one_is_reached() {
    let world = World::new().await;
    for who in [&world.amina, &world.lee, &world.ines] {
        let (answer, rows) = world.audited(world.get(who, PATH)).await;
        answer.refused(403, "forbidden");
        assert_eq!(lines(&rows), ["search patient denied forbidden"]);
        world
            .post(who, PATH, &new())
            .await
            .refused(403, "forbidden");
    }
    let path = format!("{PATH}/{}", world.amina.part);
    let call = world
        .request(Some(&world.amina), Method::PATCH, &path)
        .json(&json!({"display_name": "Amina Else"}));
    call.header("if-match", "\"1\"")
        .send()
        .await
        .refused(403, "forbidden");
    let call = world
        .request(Some(&world.amina), Method::PATCH, &path)
        .json(&json!({"phone": "+1 416 555 0123"}));
    let changed = call.header("if-match", "\"1\"").send().await.expect(200);
    assert_eq!(changed.body["phone"], "+1 416 555 0123");
    let call = world
        .request(Some(&world.fiona), Method::PATCH, &path)
        .json(&json!({}));
    call.header("if-match", "\"1\"")
        .send()
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn a_repeated_request_with_its_key_makes_one_patient() {
    let world = World::new().await;
    let make = |body: Value| {
        let call = world
            .request(Some(&world.paula), Method::POST, PATH)
            .json(&body);
        call.header("idempotency-key", "k").send()
    };
    let first = make(new()).await.expect(201);
    assert_eq!(make(new()).await.expect(201).body, first.body);
    let mut other = new();
    other["sex"] = json!("male");
    make(other).await.refused(409, "idempotency_conflict");
}

#[tokio::test]
async fn impossible_details_name_their_field() {
    let world = World::new().await;
    for (field, value) in [
        ("display_name", json!(" ")),
        ("date_of_birth", json!("2030-01-01")),
        ("phone", json!("call me")),
        ("email", json!("nobody")),
        ("preferred_language", json!("français")),
    ] {
        let mut bad = new();
        bad[field] = value.clone();
        let answer = world
            .post(&world.paula, PATH, &bad)
            .await
            .refused(422, "invalid_field");
        assert_eq!(answer.body["field"], field);
        let answer = patch(&world, world.amina.part, "\"1\"", json!({field: value})).await;
        assert_eq!(answer.refused(422, "invalid_field").body["field"], field);
    }
    for (field, value) in [
        ("sex", json!("robot")),
        ("date_of_birth", json!("1991-02-30")),
    ] {
        let mut bad = new();
        bad[field] = value;
        world
            .post(&world.paula, PATH, &bad)
            .await
            .refused(400, "invalid_request");
    }
}
