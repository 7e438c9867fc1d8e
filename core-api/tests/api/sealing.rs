//! What of a patient lies in the database, and what is left after an erasure.

use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::PatientId;
use serde_json::{Value, json};
use sqlx::Row as _;
use uuid::Uuid;

use crate::harness::{Answer, World, lines};

const PATH: &str = "/api/v1/patients";

fn wei() -> Value {
    json!({
        "display_name": "Wei Zhang", "date_of_birth": "1991-12-02", "sex": "female",
        "pronouns": "they/them", "phone": "+1 416 555 0142", "email": "Wei@mail.example",
        "preferred_language": "zh-Hans",
    })
}

/// The row of a patient as text; binary columns in hexadecimal digits.
async fn row(world: &World, id: Uuid) -> String {
    sqlx::query_scalar("select p::text from core.patient p where id = $1")
        .bind(id)
        .fetch_one(&mut world.db.owner().await)
        .await
        .expect("a row")
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

async fn look_for(world: &World, search: &Value) -> Answer {
    let path = format!("{PATH}/_search");
    world.post(&world.paula, &path, search).await.expect(200)
}

async fn erase(world: &World, id: Uuid) -> Option<i64> {
    let (patient, now) = (PatientId::from(id), world.clock.read());
    core_api::erase_patient(world.db.db(), patient, "person_asked", now)
        .await
        .expect("erased")
}

#[tokio::test]
async fn every_sealed_column_is_known_to_a_rotation() {
    let world = World::new().await;
    let stored: Vec<(String, String)> = sqlx::query_as(
        "select table_schema || '.' || table_name, column_name::text \
         from information_schema.columns where column_name like '%\\_sealed' order by 1, 2",
    )
    .fetch_all(&mut world.db.owner().await)
    .await
    .expect("read");
    let columns = core_api::sealed_columns();
    let mut known: Vec<_> = columns
        .iter()
        .map(|column| (column.table.to_owned(), column.column.to_owned()))
        .collect();
    known.sort();
    assert_eq!(stored, known);
}

#[tokio::test]
async fn who_a_patient_is_lies_sealed_in_the_database() {
    let world = World::new().await;
    let id = world
        .post(&world.paula, PATH, &wei())
        .await
        .expect(201)
        .id("id");
    let row = row(&world, id).await;
    for secret in [
        "555 0142",
        "wei@mail.example",
        "Wei",
        "Zhang",
        "zhang",
        "1991-12-02",
        "they/them",
    ] {
        assert!(
            !row.contains(secret) && !row.contains(&hex(secret)),
            "{secret} in {row}"
        );
    }
}

#[tokio::test]
async fn pages_of_names_go_on_where_they_ended_and_carry_no_name() {
    let world = World::new().await;
    for name in ["Zoë Adams", "adam Zander", "Bea Adams"] {
        world.make_patient(name, None).await;
    }
    let (mut names, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let search = json!({"query": "ADAM", "limit": 1, "cursor": cursor});
        let page = look_for(&world, &search).await;
        let items = page.body["items"].as_array().expect("a list").clone();
        names.extend(items.iter().map(|item| item["display_name"].clone()));
        let Some(next) = page.body["next_cursor"].as_str() else {
            break;
        };
        let inside = URL_SAFE_NO_PAD.decode(next).expect("Base64");
        assert!(
            !String::from_utf8_lossy(&inside).contains("dam"),
            "{inside:?}"
        );
        cursor = json!(next);
    }
    assert_eq!(names, ["Bea Adams", "Zoë Adams", "adam Zander"]);
    // A changed name is found by its new form alone.
    let all = look_for(&world, &json!({"query": "bea"})).await;
    let id = all.ids("items")[0];
    let call = world.request(Some(&world.paula), Method::PATCH, &format!("{PATH}/{id}"));
    let call = call
        .header("if-match", "\"1\"")
        .json(&json!({"display_name": "Berta Adams"}));
    call.send().await.expect(200);
    for (part, found) in [("bea", vec![]), ("berta", vec![id])] {
        let list = look_for(&world, &json!({"query": part})).await;
        assert_eq!(list.ids("items"), found, "{part}");
    }
}

#[tokio::test]
async fn what_was_stored_plain_is_sealed_at_the_next_start() {
    let world = World::new().await;
    let id = world.amina.part;
    sqlx::query(
        "update core.patient set display_name = 'Amina Old', date_of_birth = '1950-06-07', \
         pronouns = 'she/her', display_name_sealed = null, date_of_birth_sealed = null, \
         person_blind = null, version = version + 1 where id = $1",
    )
    .bind(id)
    .execute(&mut world.db.owner().await)
    .await
    .expect("as a program of before left it");
    let (before, rows) = Box::pin(world.audited(world.start_again())).await;
    before.tasks.stop(std::time::Duration::from_secs(60)).await;
    assert_eq!(rows.len(), 0, "{rows:?}");
    let after = row(&world, id).await;
    assert!(
        !after.contains("Amina") && !after.contains("1950-06-07"),
        "{after}"
    );
    let read = world
        .get(&world.paula, &format!("{PATH}/{id}"))
        .await
        .expect(200);
    assert_eq!(read.body["display_name"], "Amina Old");
    assert_eq!(read.body["date_of_birth"], "1950-06-07");
    assert_eq!(read.body["pronouns"], "she/her");
    let found: bool = sqlx::query_scalar(
        "select octet_length(person_blind) = 16 from core.patient where id = $1",
    )
    .bind(id)
    .fetch_one(&mut world.db.owner().await)
    .await
    .expect("a row");
    assert!(found);
}

#[tokio::test]
async fn an_erased_patient_is_a_row_without_a_person_and_everything_around_stays() {
    let world = World::new().await;
    let visit = world.visit_at("ready").await;
    let id = world.amina.part;
    let path = format!("{PATH}/{id}");
    let (keys, rows) = world.audited(erase(&world, id)).await;
    assert_eq!(keys, Some(1), "nothing was written in the visit");
    assert_eq!(lines(&rows), ["erase patient success"]);
    // What was unwrapped before counts for ten seconds.
    world.clock.advance(jiff::SignedDuration::from_secs(11));
    assert_eq!(
        (rows[0].patient, rows[0].service.as_deref()),
        (Some(id), Some("keys"))
    );
    world
        .get(&world.amina, &path)
        .await
        .refused(401, "unauthenticated");

    let read = world.get(&world.paula, &path).await.expect(200);
    assert_eq!(read.body["display_name"], "Erased patient");
    assert_eq!(read.body["date_of_birth"], "0001-01-01");
    for member in ["phone", "email", "pronouns", "preferred_language"] {
        assert_eq!(read.body[member], Value::Null, "{member}");
    }
    let list = look_for(&world, &json!({"query": "amina"})).await;
    assert!(list.ids("items").is_empty());
    let visits = world.get(&world.lee, "/api/v1/visits").await.expect(200);
    assert_eq!(visits.ids("items"), [visit]);
    let seen = world
        .get(&world.lee, &format!("/api/v1/visits/{visit}"))
        .await
        .expect(200);
    assert_eq!(seen.body["patient"]["display_name"], "Erased patient");
    assert_eq!(seen.body["reason"], "Erased");
    let chart = world
        .get(&world.lee, &format!("/api/v1/visits/{visit}/chart"))
        .await;
    assert_eq!(chart.expect(200).body["reason"], "Erased");

    // What was sealed is still there, and opens for nobody, also not for who starts anew.
    let sealed: Vec<u8> =
        sqlx::query("select reason_sealed from core.appointment where patient_id = $1")
            .bind(id)
            .fetch_one(&mut world.db.owner().await)
            .await
            .expect("a row")
            .get("reason_sealed");
    let keys = world.keys().await;
    let sealer = keys.sealer(store::sealing::DataClass::Clinical);
    let place = store::sealing::Aad {
        table: "core.appointment",
        column: "reason_sealed",
        row: Uuid::nil(),
    };
    let opened = sealer
        .open(place, &store::sealing::Sealed::from_bytes(sealed))
        .await;
    assert!(matches!(opened, Err(store::sealing::SealingError::Erased)));

    // Nothing new is kept for them.
    let call = world.request(Some(&world.paula), Method::PATCH, &path);
    let tag = read.header("etag").expect("a version").to_owned();
    let call = call
        .header("if-match", &tag)
        .json(&json!({"display_name": "Amina Osei",
        "date_of_birth": "1984-03-09"}));
    call.send().await.refused(404, "not_found");
    assert_eq!(erase(&world, id).await, Some(0));
    assert_eq!(erase(&world, Uuid::from_u128(1)).await, None);
    let jonas = world
        .get(&world.jonas, &format!("{PATH}/{}", world.jonas.part))
        .await;
    assert_eq!(jonas.expect(200).body["display_name"], "Jonas Lindqvist");
}
