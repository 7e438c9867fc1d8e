//! What a caller learns about a failed statement, and what it does not.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::Executor as _;
use store::{Audit, ConstraintKind, Db, Events, Exempt, StoreError, retry};
use testkit::postgres::TestDb;

const TABLES: &str = "
    create extension btree_gist;
    create table public.slot (
        id int primary key,
        clinician int not null,
        during int4range not null,
        note text constraint slot_note_short check (length(note) < 20),
        parent int constraint slot_parent references public.slot (id),
        constraint slot_taken exclude using gist (clinician with =, during with &&)
    );
    grant all on public.slot to bedside_service;
";

async fn database() -> TestDb {
    let test = TestDb::create(&[]).await;
    test.owner().await.execute(TABLES).await.expect("tables");
    test
}

async fn attempt(db: &Db, statement: &'static str) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    tx.conn().execute(statement).await?;
    let why = Exempt::NoHealthData("a table of this test");
    tx.commit(Audit::exempt(why), Events::none()).await
}

#[tokio::test]
async fn constraints_come_with_kind_and_name_and_without_values() {
    let test = database().await;
    let db = test.db();
    attempt(db, "insert into slot values (1, 1, '[1,5)', null, null)")
        .await
        .expect("free");
    for (statement, kind, name) in [
        (
            "insert into slot values (1, 2, '[1,5)', null, null)",
            ConstraintKind::Unique,
            "slot_pkey",
        ),
        (
            "insert into slot values (2, 1, '[4,8)', null, null)",
            ConstraintKind::Exclusion,
            "slot_taken",
        ),
        (
            "insert into slot values (3, 3, '[4,8)', 'Mary Example has a rash', null)",
            ConstraintKind::Check,
            "slot_note_short",
        ),
        (
            "insert into slot values (4, 4, '[4,8)', null, 99)",
            ConstraintKind::ForeignKey,
            "slot_parent",
        ),
        (
            "insert into slot values (5, null, '[4,8)', 'Mary Example', null)",
            ConstraintKind::NotNull,
            "",
        ),
    ] {
        let error = attempt(db, statement).await.expect_err(statement);
        let StoreError::Constraint(constraint) = &error else {
            panic!("{statement}: {error:?}");
        };
        assert_eq!(
            (
                constraint.kind,
                constraint.name.as_str(),
                constraint.table.as_str()
            ),
            (kind, name, "slot")
        );
        assert_eq!(error.is_exclusion(), kind == ConstraintKind::Exclusion);
        assert!(!format!("{error} {error:?}").contains("Mary"), "{error:?}");
    }
}

#[tokio::test]
async fn a_value_in_a_message_does_not_get_out() {
    let test = database().await;
    let error = attempt(test.db(), "select 'Mary Example'::int")
        .await
        .expect_err("not a number");
    let text = format!("{error} {error:?}");
    assert!(text.contains("22P02") && !text.contains("Mary"), "{text}");
}

#[tokio::test]
async fn a_text_that_no_row_can_hold_is_told_apart() {
    let test = database().await;
    let mut conn = test.owner().await;
    let refused = sqlx::query("select $1::text")
        .bind("Mary\0Example")
        .execute(&mut conn)
        .await
        .expect_err("U+0000");
    let error = StoreError::from(refused);
    assert!(matches!(error, StoreError::Text), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadlock_is_contended_and_a_retry_gets_through() {
    let test = database().await;
    let db = test.db();
    attempt(
        db,
        "insert into slot values (1, 1, '[1,2)', null, null), (2, 2, '[1,2)', null, null)",
    )
    .await
    .expect("two rows");
    let contended = AtomicU32::new(0);
    let both_hold_one = tokio::sync::Barrier::new(2);
    let cross = async |first: &'static str, second: &'static str| {
        let tries = AtomicU32::new(0);
        retry(|| async {
            let again = tries.fetch_add(1, Ordering::Relaxed) > 0;
            let mut tx = db.begin().await?;
            tx.conn().execute(first).await?;
            if !again {
                both_hold_one.wait().await;
            }
            let crossed = tx.conn().execute(second).await.map_err(StoreError::from);
            if crossed.as_ref().is_err_and(StoreError::is_contended) {
                contended.fetch_add(1, Ordering::Relaxed);
            }
            crossed?;
            let why = Exempt::NoHealthData("a table of this test");
            tx.commit(Audit::exempt(why), Events::none()).await
        })
        .await
    };
    let (a, b) = tokio::join!(
        cross(
            "update slot set clinician = clinician + 10 where id = 1",
            "update slot set clinician = clinician + 10 where id = 2",
        ),
        cross(
            "update slot set clinician = clinician + 10 where id = 2",
            "update slot set clinician = clinician + 10 where id = 1",
        ),
    );
    assert_eq!((a.is_ok(), b.is_ok()), (true, true), "{a:?} {b:?}");
    assert_eq!(contended.load(Ordering::Relaxed), 1);
    let sum: i64 = sqlx::query_scalar("select sum(clinician) from slot")
        .fetch_one(&mut test.service().await)
        .await
        .expect("sum");
    assert_eq!(sum, 43);
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let test = database().await;
    let why = Exempt::NoHealthData("a table of this test");
    let mut reader = test.db().reader(why).await.expect("a reader");
    let error = StoreError::from(
        reader
            .conn()
            .execute("insert into slot values (1, 1, '[1,2)', null, null)")
            .await
            .expect_err("read-only"),
    );
    assert!(error.to_string().contains("25006"), "{error}");
}

#[tokio::test]
async fn a_closed_pool_is_unavailable() {
    let test = database().await;
    test.db().ping().await.expect("answers");
    test.db().close().await;
    assert!(matches!(
        test.db().ping().await,
        Err(StoreError::Unavailable(_))
    ));
    assert!(matches!(
        test.db().begin().await,
        Err(StoreError::Unavailable(_))
    ));
}
