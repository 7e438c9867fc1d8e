//! The task that keeps the log, months that come and leave, and a log from before months.

mod ledger;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::date;
use ledger::{Ledger, keys};
use serde_json::{Value, json};
use store::Events;
use store::audit::{Copies, DetachError, Kind, Sealer, detach_month, keeper};
use testkit::postgres::TestDb;

/// Waits until `sql` gives a true value.
async fn until(test: &TestDb, sql: &str) {
    let mut conn = test.owner().await;
    let holds = async {
        while !sqlx::query_scalar::<_, bool>(sqlx::AssertSqlSafe(sql.to_owned()))
            .fetch_one(&mut conn)
            .await
            .expect(sql)
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), holds)
        .await
        .unwrap_or_else(|_| panic!("never: {sql}"));
}

fn keep(test: &TestDb, copies: Option<Copies>) -> runtime::Context {
    let context = runtime::Context::new();
    let config = keeper::Config {
        keys: keys(),
        copies,
        every: Duration::from_millis(20),
    };
    let alarm = |finding: &store::audit::Finding| {
        Events::of([json!({"alarm": finding.kind.name(), "entry": finding.entry})])
    };
    keeper::spawn(test.db().clone(), config, Box::new(alarm), &context);
    context
}

#[tokio::test]
async fn the_keeper_seals_and_raises_an_alarm_when_a_row_is_altered_or_gone() {
    let mut log = Ledger::with(0).await;
    let context = keep(&log.test, None);
    log.write(20).await;
    until(&log.test, "select count(*) = 20 from audit.leaf").await;
    log.tamper(
        "update audit.event set outcome = 'denied' where id = row_at(3); \
         delete from audit.event where id = row_at(11)",
    )
    .await;
    until(&log.test, "select count(*) = 2 from outbox.event").await;
    let mut alarms: Vec<Value> = sqlx::query_scalar("select payload from outbox.event")
        .fetch_all(&mut log.test.owner().await)
        .await
        .expect("events");
    alarms.sort_by_key(|alarm| alarm["entry"].as_u64());
    assert_eq!(
        alarms,
        [
            json!({"alarm": "altered", "entry": 3}),
            json!({"alarm": "deleted", "entry": 11})
        ]
    );
    let told: i64 = log
        .scalar("select count(*) from audit.event where action = 'verify' and outcome = 'failed'")
        .await;
    assert_eq!(told, 2);
    let metrics = context.metrics.encode().expect("metrics");
    for line in [
        "bedside_audit_bad_rows 2",
        "bedside_audit_findings_total{kind=\"deleted\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
    // It goes on sealing: the alarms themselves are in the log, and are raised once.
    until(&log.test, "select count(*) = 22 from audit.leaf").await;
    assert!(context.tasks.stop(Duration::from_secs(30)).await.is_clean());
    assert_eq!(log.scalar("select count(*) from outbox.event").await, 2);
}

#[tokio::test]
async fn a_keeper_whose_log_was_cut_signs_nothing_and_raises_an_alarm() {
    let mut log = Ledger::with(10).await;
    let context = keep(&log.test, Some(Copies::new(log.copies_dir())));
    log.write(1).await;
    until(&log.test, "select count(*) = 11 from audit.leaf").await;
    log.tamper(
        "delete from audit.event where id in (row_at(9), row_at(10)); \
         delete from audit.leaf where seq > 8; delete from audit.checkpoint where size > 9",
    )
    .await;
    until(
        &log.test,
        "select exists (select from outbox.event where payload->>'alarm' = 'rewritten')",
    )
    .await;
    log.write(3).await;
    let stopped = context.tasks.stop(Duration::from_secs(30)).await;
    assert!(stopped.is_clean());
    assert_eq!(log.scalar("select count(*) from audit.leaf").await, 9);
}

#[tokio::test]
async fn of_two_keepers_one_works_and_the_other_follows_it() {
    let mut log = Ledger::with(0).await;
    let (one, two) = (keep(&log.test, None), keep(&log.test, None));
    log.write(5).await;
    until(&log.test, "select count(*) = 5 from audit.leaf").await;
    assert!(one.tasks.stop(Duration::from_secs(30)).await.is_clean());
    log.write(5).await;
    until(&log.test, "select count(*) = 10 from audit.leaf").await;
    assert!(two.tasks.stop(Duration::from_secs(30)).await.is_clean());
    let verdict = log.verify().await;
    assert!(verdict.sound && verdict.entries == 10, "{verdict:?}");
}

/// A month of 2018 with rows in it, sealed.
async fn old_month() -> Ledger {
    let mut log = Ledger::with(0).await;
    sqlx::query("select audit.make_month('2018-03-01')")
        .execute(&mut log.test.owner().await)
        .await
        .expect("made");
    let then: Timestamp = "2018-03-14T09:00:00Z".parse().expect("an instant");
    let old = store::Db::connect(
        log.test.access(),
        ledger::config_at(Arc::new(Standing(then))),
    )
    .await
    .expect("open");
    for n in 0..4 {
        let tx = old.begin().await.expect("begun");
        tx.commit(ledger::act(n), Events::none())
            .await
            .expect("committed");
    }
    old.close().await;
    log.written(4);
    log.write(3).await;
    log.seal_all().await;
    let kept: i64 = log.scalar("select count(*) from audit.event_2018_03").await;
    assert_eq!(kept, 4);
    log
}

#[derive(Debug)]
struct Standing(Timestamp);

impl domain::Clock for Standing {
    fn now(&self) -> Timestamp {
        self.0
    }
}

#[tokio::test]
async fn a_month_leaves_after_seven_years_and_the_log_goes_on_verifying() {
    let mut log = old_month().await;
    let mut owner = log.test.owner().await;
    let left = detach_month(log.test.db(), &mut owner, date(2018, 3, 31)).await;
    assert_eq!(left.expect("it left"), 4);
    log.written(1);
    log.seal_all().await;
    let verdict = log.verify().await;
    assert_eq!(verdict.findings, []);
    assert_eq!((verdict.entries, verdict.archived), (8, 4));
    let exported = log.verify_export().await;
    assert!(exported.sound && exported.archived == 4);
    let seen: i64 = log.scalar("select count(*) from audit.event").await;
    let kept: i64 = log.scalar("select count(*) from audit.event_2018_03").await;
    assert_eq!((seen, kept), (4, 4), "out of the log, and still there");
}

#[tokio::test]
async fn a_month_that_is_gone_without_having_left_is_found() {
    let mut log = old_month().await;
    for sql in [
        "alter table audit.event detach partition audit.event_2018_03",
        "delete from audit.event where at < '2019-01-01'",
    ] {
        let copy = log.copy().await;
        copy.tamper(sql).await;
        let found = copy.verify(&[]).await.first.expect("found");
        assert_eq!((found.kind, found.entry), (Kind::Deleted, Some(0)), "{sql}");
    }
    // One row more than was announced is gone too.
    let mut owner = log.test.owner().await;
    detach_month(log.test.db(), &mut owner, date(2018, 3, 1))
        .await
        .expect("it left");
    log.written(1);
    log.seal_all().await;
    assert!(log.verify().await.sound);
    log.tamper("delete from audit.event where id = row_at(5)")
        .await;
    let found = log.verify().await.first.expect("found");
    assert_eq!((found.kind, found.entry), (Kind::Deleted, Some(5)));
    // Who lets the missing row's entry name the month that left breaks the entry.
    log.tamper("update audit.leaf set event_at = '2018-03-02' where seq = 5")
        .await;
    let found = log.verify().await.first.expect("found");
    assert_eq!((found.kind, found.entry), (Kind::EntryAltered, Some(5)));
}

#[tokio::test]
async fn no_month_leaves_early_or_unsealed() {
    let log = Ledger::with(2).await;
    let mut owner = log.test.owner().await;
    let now = domain::Clock::now(&domain::SystemClock);
    let month = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let early = detach_month(log.test.db(), &mut owner, month).await;
    assert!(matches!(early, Err(DetachError::TooEarly(_))), "{early:?}");
    for sql in [
        format!("select audit.detach_month('{month}')"),
        "select audit.detach_month('1999-01-01')".to_owned(),
    ] {
        let refused = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.clone()))
            .execute(&mut owner)
            .await;
        assert!(refused.is_err(), "{sql}");
    }
    let log = old_month().await;
    log.tamper("delete from audit.leaf where seq = 0").await;
    let mut owner = log.test.owner().await;
    let unsealed = detach_month(log.test.db(), &mut owner, date(2018, 3, 1)).await;
    assert!(
        matches!(unsealed, Err(DetachError::Store(_))),
        "{unsealed:?}"
    );
    let sql = "select count(*) from audit.event where at < '2019-01-01'";
    assert_eq!(log.scalar(sql).await, 4);
}

#[tokio::test]
async fn months_are_made_ahead_and_a_clock_far_off_stops_nothing() {
    let log = Ledger::with(1).await;
    let months: i64 = log
        .scalar("select count(*) from pg_inherits where inhparent = 'audit.event'::regclass")
        .await;
    assert_eq!(months, 5, "this month, three ahead, and the rest");
    let far: Timestamp = "2041-01-01T00:00:00Z".parse().expect("an instant");
    let db = store::Db::connect(
        log.test.access(),
        ledger::config_at(Arc::new(Standing(far))),
    )
    .await
    .expect("open");
    let tx = db.begin().await.expect("begun");
    tx.commit(ledger::act(1), Events::none())
        .await
        .expect("committed");
    assert_eq!(
        log.scalar("select count(*) from audit.event_other").await,
        1
    );
    let mut service = log.test.service().await;
    let made: i32 = sqlx::query_scalar("select audit.ensure_months(5)")
        .fetch_one(&mut service)
        .await
        .expect("made");
    assert_eq!(made, 2);
    for ahead in ["-1", "25", "null"] {
        let sql = format!("select audit.ensure_months({ahead})");
        let refused = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.clone()))
            .execute(&mut service)
            .await;
        assert!(refused.is_err(), "{sql}");
    }
}

/// The log of a version before months: its rows stay, are sealed, and verify.
#[tokio::test]
async fn rows_from_before_months_are_taken_over() {
    let log = Ledger::with(0).await;
    let copy = log.copy().await;
    // Back to how 0002 left it, with two authentic rows in it.
    copy.tamper(
        "create table pg_temp.kept as select * from audit.event; \
         drop table audit.event cascade; drop table audit.leaf, audit.tile, audit.checkpoint, audit.log; \
         drop function audit.detach_month, audit.ensure_months, audit.make_month; \
         drop schema audit cascade; \
         delete from outbox.migration where version >= 2",
    )
    .await;
    let access = copy.access().await;
    sqlx::raw_sql(include_str!("../migrations/0002_audit.sql"))
        .execute(&mut access.connect_owner().await.expect("owner"))
        .await
        .expect("as it was");
    let db = store::Db::connect(&access, ledger::config_at(Arc::new(domain::SystemClock)))
        .await
        .expect("open");
    for n in 0..2 {
        let tx = db.begin().await.expect("begun");
        tx.commit(ledger::act(n), Events::none())
            .await
            .expect("committed");
    }
    let mut owner = access.connect_owner().await.expect("owner");
    for file in [
        include_str!("../migrations/0003_audit_months.sql"),
        include_str!("../migrations/0004_audit_log.sql"),
    ] {
        sqlx::raw_sql(file)
            .execute(&mut owner)
            .await
            .expect("migrated");
    }
    let first: i64 = sqlx::query_scalar("select count(*) from audit.event_first")
        .fetch_one(&mut owner)
        .await
        .expect("counted");
    assert_eq!(first, 2);
    let tx = db.begin().await.expect("begun");
    tx.commit(ledger::act(2), Events::none())
        .await
        .expect("committed");
    let mut conn = access.connect_service().await.expect("service");
    let mut sealer = Sealer::resume(&mut conn, keys(), None)
        .await
        .expect("empty");
    while sealer.size() < 3 {
        sealer.pass(&mut conn, ledger::now()).await.expect("sealed");
    }
    assert!(copy.verify(&[]).await.sound);
}
