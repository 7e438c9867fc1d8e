//! The audit log on a real database: what may be written, what may not be changed, what shows.

use domain::{AccountId, ClinicId, ErrorCode, PatientId, RequestId, Role, Roles, SessionId};
use sqlx::Executor as _;
use store::audit::{
    self, Action, Actor, AuditKey, Filter, MacError, Purpose, ResourceType, Row, verify_row,
};
use store::{Audit, AuditEntry, Connection, Events, Exempt, StoreError};
use testkit::postgres::{TestDb, audit_key};
use uuid::Uuid;

const CLINIC: Uuid = Uuid::from_u128(0xc1);

fn patient(n: u128) -> PatientId {
    PatientId::from(Uuid::from_u128(n))
}

fn entry(action: Action) -> AuditEntry {
    let actor = Actor::Account {
        account: AccountId::from(Uuid::from_u128(0xacc)),
        session: Some(SessionId::from(Uuid::from_u128(0x5e))),
        roles: Roles::new([Role::ClinicAdmin, Role::Clinician]),
    };
    AuditEntry::new(actor, action, ResourceType::Patient, Purpose::Treatment)
        .clinic(ClinicId::from(CLINIC))
        .request(RequestId::from(Uuid::from_u128(0x4e)))
}

async fn rows(conn: &mut Connection) -> Vec<Row> {
    let mut rows = audit::store::page(conn, &Filter::default(), None, 1000)
        .await
        .expect("readable");
    rows.reverse();
    rows
}

#[tokio::test]
async fn an_act_is_one_row_that_verifies_after_its_round_trip() {
    let test = TestDb::create(&[]).await;
    let act = entry(Action::Read)
        .patient(patient(1))
        .resource(Uuid::from_u128(9))
        .detail("field_count", 12)
        .detail("wide", true)
        .detail("a", "word")
        .detail("of", Uuid::from_u128(3));
    let tx = test.db().begin().await.expect("begun");
    tx.commit(Audit::of(act), Events::none())
        .await
        .expect("committed");
    let rows = rows(&mut test.service().await).await;
    assert_eq!(rows.len(), 1);
    let row = &rows[0];
    assert_eq!(verify_row(&audit_key(), row), Ok(()));
    assert_eq!(row.roles, ["clinician", "clinic_admin"]);
    assert_eq!(
        row.detail,
        serde_json::json!({"a": "word", "field_count": 12, "of": Uuid::from_u128(3), "wide": true})
    );
    assert!(matches!(
        verify_row(&AuditKey::new(&[8; 32]), row),
        Err(MacError::OtherKey { .. })
    ));
}

#[tokio::test]
async fn a_search_is_one_row_and_one_for_each_patient_shown() {
    let test = TestDb::create(&[]).await;
    let shown = [patient(3), patient(1), patient(2), patient(1)];
    let tx = test.db().begin().await.expect("begun");
    tx.commit(Audit::search(entry(Action::Search), shown), Events::none())
        .await
        .expect("committed");
    let rows = rows(&mut test.service().await).await;
    let query = rows
        .iter()
        .find(|row| row.action == "search")
        .expect("the query's row");
    assert_eq!(query.detail, serde_json::json!({"shown": 3}));
    let mut patients: Vec<_> = rows
        .iter()
        .filter(|row| row.action == "show" && row.search_id == Some(query.id))
        .map(|row| row.patient_id.expect("a patient").as_u128())
        .collect();
    patients.sort_unstable();
    assert_eq!(patients, [1, 2, 3]);
    assert_eq!(rows.len(), 4);
    for row in &rows {
        assert_eq!(verify_row(&audit_key(), row), Ok(()));
    }
}

#[tokio::test]
async fn a_long_list_fits() {
    let test = TestDb::create(&[]).await;
    let tx = test.db().begin().await.expect("begun");
    tx.commit(
        Audit::search(entry(Action::Search), (0..1_201).map(patient)),
        Events::none(),
    )
    .await
    .expect("committed");
    let count: i64 = sqlx::query_scalar("select count(*) from audit.event")
        .fetch_one(&mut test.service().await)
        .await
        .expect("counted");
    assert_eq!(count, 1_202);
}

#[tokio::test]
async fn a_denial_stands_alone() {
    let test = TestDb::create(&[]).await;
    create_table(&test).await;
    let mut tx = test.db().begin().await.expect("begun");
    tx.conn()
        .execute("insert into public.thing values (1)")
        .await
        .expect("inserted");
    tx.deny(entry(Action::Update).code(ErrorCode::NotFound))
        .await
        .expect("recorded");
    let mut conn = test.service().await;
    let rows = rows(&mut conn).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (rows[0].outcome.as_str(), rows[0].code.as_deref()),
        ("denied", Some("not_found"))
    );
    assert_eq!(things(&mut conn).await, 0);
}

#[tokio::test]
async fn when_the_audit_row_cannot_be_written_nothing_is() {
    let test = TestDb::create(&[]).await;
    create_table(&test).await;
    test.owner()
        .await
        .execute("revoke insert on audit.event from bedside_service")
        .await
        .expect("revoked");
    let mut tx = test.db().begin().await.expect("begun");
    tx.conn()
        .execute("insert into public.thing values (1)")
        .await
        .expect("inserted");
    let failed = tx
        .commit(Audit::of(entry(Action::Create)), Events::of([1]))
        .await;
    assert!(matches!(failed, Err(StoreError::Defect(_))), "{failed:?}");
    let mut conn = test.service().await;
    assert_eq!(things(&mut conn).await, 0);
    let events: i64 = sqlx::query_scalar("select count(*) from outbox.event")
        .fetch_one(&mut conn)
        .await
        .expect("counted");
    assert_eq!(events, 0);
}

#[tokio::test]
async fn a_dropped_transaction_leaves_nothing_and_a_committed_one_everything() {
    let test = TestDb::create(&[]).await;
    create_table(&test).await;
    for keep in [false, true] {
        let mut tx = test.db().begin().await.expect("begun");
        tx.conn()
            .execute("insert into public.thing values (1)")
            .await
            .expect("inserted");
        if keep {
            let why = Exempt::NoHealthData("a table of this test");
            tx.commit(Audit::exempt(why), Events::none())
                .await
                .expect("committed");
        } else {
            drop(tx);
        }
        assert_eq!(things(&mut test.service().await).await, i64::from(keep));
    }
}

#[tokio::test]
async fn the_service_role_cannot_change_or_remove_a_row() {
    let test = TestDb::create(&[]).await;
    test.db()
        .record(entry(Action::Read))
        .await
        .expect("recorded");
    let mut conn = test.service().await;
    // PostgreSQL answers this with a warning only; the statements below show that it gave nothing.
    conn.execute("grant update, delete on audit.event to bedside_service")
        .await
        .expect("a warning");
    for statement in [
        "update audit.event set action = 'search'",
        "delete from audit.event",
        "truncate audit.event",
        "alter table audit.event disable trigger all",
        "drop table audit.event",
        "set role bedside_owner",
        "create table public.mine (id int)",
        "delete from outbox.event",
        "update outbox.event set payload = '{}'",
    ] {
        let refused = conn.execute(statement).await.expect_err(statement);
        let code = refused.as_database_error().and_then(|error| error.code());
        assert_eq!(code.as_deref(), Some("42501"), "{statement}");
    }
    assert_eq!(rows(&mut conn).await.len(), 1);
}

#[tokio::test]
async fn an_edit_of_any_column_shows_even_by_the_owner() {
    let test = TestDb::create(&[]).await;
    let act = entry(Action::Read).patient(patient(1)).detail("n", 1);
    test.db().record(act).await.expect("recorded");
    let mut owner = test.owner().await;
    let original = rows(&mut owner).await.remove(0);
    for edit in [
        "id = gen_random_uuid()",
        "at = at + interval '1 microsecond'",
        "actor_kind = 'service', actor_id = null, actor_service = 'core-api'",
        "actor_id = gen_random_uuid()",
        "session_id = null",
        "roles = '{clinician}'",
        "clinic_id = null",
        "action = 'show'",
        "resource_type = 'chart'",
        "resource_id = gen_random_uuid()",
        "patient_id = null",
        "purpose = 'payment'",
        "outcome = 'denied'",
        "code = 'not_found'",
        "request_id = null",
        "detail = '{\"n\": 2}'",
        "detail = '{\"n\": \"1\"}'",
        "key_id = key_id + 1",
        "mac = decode(repeat('00', 32), 'hex')",
        // The same bytes, one column further.
        "session_id = null, clinic_id = session_id",
    ] {
        let mut tx = sqlx::Connection::begin(&mut owner).await.expect("begun");
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
            "update audit.event set {edit}"
        )))
        .execute(&mut *tx)
        .await
        .expect(edit);
        let edited = rows(&mut tx).await.remove(0);
        assert!(verify_row(&audit_key(), &edited).is_err(), "{edit}");
        tx.rollback().await.expect("rolled back");
    }
    assert_eq!(rows(&mut owner).await, std::slice::from_ref(&original));
    assert_eq!(verify_row(&audit_key(), &original), Ok(()));
}

#[tokio::test]
async fn pages_follow_each_other_and_filters_hold() {
    let test = TestDb::create(&[]).await;
    for n in 1..=5 {
        let act = entry(Action::Read).patient(patient(n % 2));
        test.db().record(act).await.expect("recorded");
    }
    let mut conn = test.service().await;
    let everything = Filter::default();
    let first = audit::store::page(&mut conn, &everything, None, 3)
        .await
        .expect("page");
    let second = audit::store::page(&mut conn, &everything, Some(first[2].id), 3)
        .await
        .expect("page");
    let ids: Vec<_> = first.iter().chain(&second).map(|row| row.id).collect();
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    sorted.reverse();
    sorted.dedup();
    assert_eq!((ids.len(), &ids), (5, &sorted));
    let of_one = Filter {
        patient: Some(patient(1)),
        clinics: Some(vec![ClinicId::from(CLINIC)]),
        from: Some(first[0].at),
        ..Filter::default()
    };
    let found = audit::store::page(&mut conn, &of_one, None, 10)
        .await
        .expect("page");
    assert!(
        found
            .iter()
            .all(|row| row.patient_id == Some(Uuid::from_u128(1)))
    );
    let elsewhere = Filter {
        clinics: Some(vec![ClinicId::from(Uuid::from_u128(2))]),
        ..Filter::default()
    };
    assert!(
        audit::store::page(&mut conn, &elsewhere, None, 10)
            .await
            .expect("page")
            .is_empty()
    );
}

async fn create_table(test: &TestDb) {
    test.owner()
        .await
        .execute("create table public.thing (id int); grant all on public.thing to bedside_service")
        .await
        .expect("a table");
}

async fn things(conn: &mut Connection) -> i64 {
    sqlx::query_scalar("select count(*) from public.thing")
        .fetch_one(conn)
        .await
        .expect("counted")
}
