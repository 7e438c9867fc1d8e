//! The second line: what the database shows to whoever gets past the program's checks.

use serde_json::json;
use sqlx::Connection as _;
use uuid::Uuid;

use crate::harness::{Person, World};

/// Every table with data of patients.
const TABLES: [&str; 10] = [
    "patient",
    "appointment",
    "visit",
    "visit_journal",
    "visit_media",
    "chart_entry",
    "consent",
    "care_team_member",
    "proxy_grant",
    "emergency_access",
];

/// A world in which each of the tables holds something of Amina.
async fn full() -> (World, Uuid) {
    let world = World::new().await;
    let visit = world.visit_at("admitted").await;
    world.act(&world.lee, visit, "complete").await.expect(200);
    let path = format!("/api/v1/patients/{}", world.amina.part);
    let body = json!({"account_id": world.lee.account, "part": "primary"});
    let team = format!("{path}/care-team");
    world.post(&world.paula, &team, &body).await.expect(201);
    let reason = json!({"reason": "Found unconscious in the hall"});
    let broken = format!("{path}/emergency-access");
    world
        .post(&world.okafor, &broken, &reason)
        .await
        .expect(201);
    let mut owner = world.db.owner().await;
    for statement in [
        "insert into core.chart_entry values (gen_random_uuid(), $1, 'note', 'x', now())",
        "insert into core.proxy_grant (id, patient_id, account_id, level, basis, starts_at, \
         granted_at, granted_by) select gen_random_uuid(), id, account_id, 'view', 'patient', \
         now(), now(), account_id from core.patient where id = $1",
        "insert into core.visit_media select v.id, v.admitted_by, '{}', now() from core.visit v \
         join core.appointment t on t.id = v.appointment_id where t.patient_id = $1",
        "insert into core.visit_journal select v.id, 1, 1, 1, 1, 1, now(), now(), v.admitted_by, \
         'p', 'joined', '{}' from core.visit v \
         join core.appointment t on t.id = v.appointment_id where t.patient_id = $1",
    ] {
        sqlx::query(statement)
            .bind(world.amina.part)
            .execute(&mut owner)
            .await
            .expect("furnished");
    }
    (world, visit)
}

/// How many rows of each table a transaction sees that says this of itself.
async fn counts(sql: &mut store::Connection, settings: &[(&str, String)]) -> Vec<(String, i64)> {
    let mut tx = sql.begin().await.expect("begun");
    for (name, value) in settings {
        sqlx::query("select set_config($1, $2, true)")
            .bind(format!("app.{name}"))
            .bind(value)
            .execute(&mut *tx)
            .await
            .expect("set");
    }
    let mut counts = Vec::new();
    for table in TABLES {
        let count = sqlx::AssertSqlSafe(format!("select count(*) from core.{table}"));
        let count: i64 = sqlx::query_scalar(count)
            .fetch_one(&mut *tx)
            .await
            .expect(table);
        counts.push((table.to_owned(), count));
    }
    counts
}

fn serving(world: &World, who: &Person) -> Vec<(&'static str, String)> {
    vec![
        ("account", who.account.to_string()),
        ("now", world.clock.read().to_string()),
    ]
}

#[tokio::test]
async fn without_saying_whom_it_serves_a_connection_sees_nobody() {
    let (world, _) = full().await;
    let mut sql = world.db.service().await;
    let owner = counts(&mut world.db.owner().await, &[]).await;
    assert!(owner.iter().all(|(_, count)| *count > 0), "{owner:?}");
    for _ in 0..2 {
        let seen = counts(&mut sql, &[]).await;
        assert!(seen.iter().all(|(_, count)| *count == 0), "{seen:?}");
        // What one transaction says ends with it.
        let own = counts(&mut sql, &serving(&world, &world.amina)).await;
        let patients = own.iter().find(|(table, _)| table == "patient");
        assert_eq!(patients.unwrap().1, 1);
    }
    let bare: i64 = sqlx::query_scalar("select count(*) from core.patient")
        .fetch_one(&mut sql)
        .await
        .unwrap();
    assert_eq!(bare, 0, "outside any transaction too");
}

#[tokio::test]
async fn a_stranger_sees_nobody_whatever_is_asked() {
    let (world, visit) = full().await;
    let mut sql = world.db.service().await;
    let organisation = world.make_organisation().await;
    let clinic = world.make_clinic("Far away", Some(organisation)).await;
    let far = world.make_person(clinic, "coordinator").await;
    let mut desk = serving(&world, &far);
    desk.push(("clinic", clinic.to_string()));
    desk.push(("organisation", organisation.to_string()));
    let mut clinician = serving(&world, &world.grant);
    clinician.push(("provider", world.grant.part.to_string()));
    for stranger in [desk, clinician] {
        let seen = counts(&mut sql, &stranger).await;
        assert!(seen.iter().all(|(_, count)| *count == 0), "{seen:?}");
        let mut tx = sql.begin().await.unwrap();
        for (name, value) in &stranger {
            sqlx::query("select set_config($1, $2, true)")
                .bind(format!("app.{name}"))
                .bind(value)
                .execute(&mut *tx)
                .await
                .unwrap();
        }
        // Neither by id nor by changing it.
        let moved = sqlx::query("update core.visit set state = 'cancelled' where id = $1")
            .bind(visit)
            .execute(&mut *tx)
            .await
            .unwrap();
        assert_eq!(moved.rows_affected(), 0);
        let made = sqlx::query(
            "insert into core.chart_entry values (gen_random_uuid(), $1, 'note', 'x', now())",
        )
        .bind(world.amina.part)
        .execute(&mut *tx)
        .await;
        let error = made.unwrap_err();
        let code = error.as_database_error().and_then(|error| error.code());
        assert_eq!(code.as_deref(), Some("42501"), "{error}");
    }
}

#[tokio::test]
async fn each_sees_as_far_as_they_reach() {
    let (world, _) = full().await;
    let mut sql = world.db.service().await;
    let patients = async |sql: &mut store::Connection, settings: Vec<(&str, String)>| {
        counts(sql, &settings).await[0].1
    };
    let own = serving(&world, &world.jonas);
    assert_eq!(patients(&mut sql, own).await, 1);
    let mut lee = serving(&world, &world.lee);
    assert_eq!(
        patients(&mut sql, lee.clone()).await,
        0,
        "not as a clinician"
    );
    lee.push(("provider", world.lee.part.to_string()));
    assert_eq!(patients(&mut sql, lee).await, 1);
    let mut paula = serving(&world, &world.paula);
    paula.push(("clinic", world.clinic.to_string()));
    assert_eq!(patients(&mut sql, paula).await, 2);
    let service = vec![("service", "on".to_owned())];
    assert_eq!(patients(&mut sql, service).await, 2);
}
