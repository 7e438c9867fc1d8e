//! An audit log on a real database, its sealer, and copies of it to break as a superuser.

// Each test program uses its own part.
#![allow(dead_code, reason = "shared by several test programs")]

use std::path::PathBuf;
use std::sync::Arc;

use domain::PatientId;
use jiff::Timestamp;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _};
use store::audit::{
    Action, Actor, AuditKeys, Copies, Pass, Purpose, ResourceType, Sealer, Verdict, Verifier, dump,
    read_notes, scan,
};
use store::{Audit, AuditEntry, Connection, Events};
use testkit::postgres::{TestDb, audit_key, cluster};
use uuid::Uuid;

pub(crate) fn keys() -> AuditKeys {
    AuditKeys::new(audit_key(), Vec::new())
}

pub(crate) fn now() -> Timestamp {
    "2026-11-23T15:00:00Z".parse().expect("an instant")
}

/// One act, told apart by `n`.
pub(crate) fn act(n: i64) -> Audit {
    let entry = AuditEntry::new(
        Actor::Service("test"),
        Action::Read,
        ResourceType::Patient,
        Purpose::Treatment,
    );
    Audit::of(
        entry
            .patient(PatientId::from(Uuid::from_u128(7)))
            .detail("n", n),
    )
}

/// How to open a test database whose rows carry the time of `clock`.
pub(crate) fn config_at(clock: Arc<dyn domain::Clock>) -> store::DbConfig {
    store::DbConfig {
        max_connections: 2,
        audit_key: audit_key(),
        clock,
        ids: testkit::postgres::ids(),
    }
}

/// A log with its sealer.
pub(crate) struct Ledger {
    pub(crate) test: TestDb,
    pub(crate) sealer: Sealer,
    dir: tempfile::TempDir,
    written: u64,
}

/// The log as it was, to be broken.
pub(crate) struct Broken {
    name: String,
}

impl Ledger {
    /// A log of `rows` sealed rows.
    pub(crate) async fn with(rows: u64) -> Self {
        let test = TestDb::create(&[]).await;
        let dir = tempfile::tempdir().expect("a directory");
        let mut conn = test.service().await;
        let copies = Some(Copies::new(dir.path().join("copies")));
        let sealer = Sealer::resume(&mut conn, keys(), copies)
            .await
            .expect("an empty log");
        let mut this = Self {
            test,
            sealer,
            dir,
            written: 0,
        };
        this.write(rows).await;
        this.seal_all().await;
        this
    }

    pub(crate) fn copies_dir(&self) -> PathBuf {
        self.dir.path().join("copies")
    }

    /// The signed heads kept elsewhere.
    pub(crate) fn notes(&self) -> Vec<String> {
        let dir = self.copies_dir();
        // Nothing was sealed by this ledger's own sealer yet.
        if !dir.exists() {
            return Vec::new();
        }
        read_notes(&dir).expect("copies")
    }

    /// Writes rows, each in a transaction of its own.
    pub(crate) async fn write(&mut self, rows: u64) {
        for _ in 0..rows {
            let n = i64::try_from(self.written).expect("few");
            let tx = self.test.db().begin().await.expect("begun");
            tx.commit(act(n), Events::none()).await.expect("committed");
            self.written += 1;
        }
    }

    /// Counts rows that somebody else wrote.
    pub(crate) fn written(&mut self, rows: u64) {
        self.written += rows;
    }

    /// One pass of the sealer.
    pub(crate) async fn pass(&mut self) -> Pass {
        // Making a copy ends connections.
        let mut conn = self.test.service().await;
        let done = self.sealer.pass(&mut conn, now()).await.expect("sealed");
        assert!(done.not_copied.is_none(), "{:?}", done.not_copied);
        done
    }

    /// Seals everything written: transactions of other tests may hold a pass back.
    pub(crate) async fn seal_all(&mut self) {
        while self.sealer.size() < self.written {
            self.pass().await;
        }
    }

    /// The one value of a query.
    pub(crate) async fn scalar(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql)
            .fetch_one(&mut self.test.owner().await)
            .await
            .expect(sql)
    }

    pub(crate) async fn row_at(&self, seq: i64) -> Uuid {
        sqlx::query_scalar("select event_id from audit.leaf where seq = $1")
            .bind(seq)
            .fetch_one(&mut self.test.owner().await)
            .await
            .expect("a row")
    }

    pub(crate) async fn tamper(&self, sql: &str) {
        tamper(&mut superuser(&self.name().await).await, sql).await;
    }

    async fn name(&self) -> String {
        sqlx::query_scalar("select current_database()")
            .fetch_one(&mut self.test.owner().await)
            .await
            .expect("a name")
    }

    pub(crate) async fn verify(&self) -> Verdict {
        self.verify_with(&keys()).await
    }

    pub(crate) async fn verify_with(&self, keys: &AuditKeys) -> Verdict {
        verify(&mut self.test.service().await, keys, &self.notes()).await
    }

    pub(crate) async fn verify_export(&self) -> Verdict {
        export(&mut self.test.service().await, &self.notes()).await
    }

    /// Another database with the same log.
    pub(crate) async fn copy(&self) -> Broken {
        let from = self.name().await;
        let name = copy(&from).await;
        Broken { name }
    }
}

impl Broken {
    /// Runs `sql` as a superuser, with `row_at(N)` for the row of entry N.
    pub(crate) async fn tamper(&self, sql: &str) {
        tamper(&mut superuser(&self.name).await, sql).await;
    }

    pub(crate) async fn access(&self) -> store::Access {
        cluster().await.access_to(&self.name)
    }

    pub(crate) async fn service(&self) -> Connection {
        let access = self.access().await;
        access.connect_service().await.expect("connected")
    }

    pub(crate) async fn verify(&self, copies: &[String]) -> Verdict {
        verify(&mut self.service().await, &keys(), copies).await
    }

    pub(crate) async fn verify_export(&self, copies: &[String]) -> Verdict {
        export(&mut self.service().await, copies).await
    }

    /// A copy in which `rows` more rows are written and sealed under `keys`, without the copies of
    /// the true log at hand.
    pub(crate) async fn reseal(&self, keys: &AuditKeys, rows: u64) -> Self {
        let name = copy(&self.name).await;
        let access = cluster().await.access_to(&name);
        let config = store::DbConfig {
            audit_key: keys.current().clone(),
            ..config_at(Arc::new(domain::SystemClock))
        };
        let db = store::Db::connect(&access, config).await.expect("open");
        for n in 0..rows {
            let n = i64::try_from(n).expect("few");
            let tx = db.begin().await.expect("begun");
            tx.commit(act(n + 1_000), Events::none())
                .await
                .expect("committed");
        }
        db.close().await;
        let mut conn = access.connect_service().await.expect("connected");
        let mut sealer = Sealer::resume(&mut conn, keys.clone(), None)
            .await
            .expect("taken up");
        let size = sealer.size() + rows;
        while sealer.size() < size {
            sealer.pass(&mut conn, now()).await.expect("sealed");
        }
        Self { name }
    }
}

/// A copy of a database, made by the superuser while others may be connected to it.
async fn copy(from: &str) -> String {
    let name = format!(
        "{from}_{}",
        testkit::postgres::ids()
            .make::<Uuid>()
            .expect("an id")
            .simple()
    );
    let name: String = name.chars().take(63).collect();
    let mut admin = superuser("postgres").await;
    // A template must be at rest, and pools keep their connections.
    loop {
        sqlx::query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1")
            .bind(from)
            .execute(&mut admin)
            .await
            .expect("ended");
        let made = sqlx::raw_sql(AssertSqlSafe(format!(
            "create database {name} owner bedside_owner template {from}"
        )))
        .execute(&mut admin)
        .await;
        let Err(error) = made else { break };
        let code = error.as_database_error().and_then(|error| error.code());
        // 55006: somebody is still on the way out.
        assert_eq!(code.as_deref(), Some("55006"), "{error}");
    }
    name
}

/// A connection as the superuser of the cluster.
pub(crate) async fn superuser(database: &str) -> Connection {
    PgConnectOptions::new_without_pgpass()
        .socket(cluster().await.socket_dir())
        .port(5432)
        .username("bedside_admin")
        .database(database)
        .disable_statement_logging()
        .connect()
        .await
        .expect("a superuser")
}

async fn tamper(conn: &mut Connection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(format!(
        "create table pg_temp.places as select seq, event_id from audit.leaf; \
         create function pg_temp.row_at(n bigint) returns uuid language sql \
           as 'select event_id from pg_temp.places where seq = n'; \
         {}",
        sql.replace("row_at(", "pg_temp.row_at(")
    )))
    .execute(conn)
    .await
    .unwrap_or_else(|error| panic!("{sql}: {error}"));
}

async fn verify(conn: &mut Connection, keys: &AuditKeys, copies: &[String]) -> Verdict {
    let mut verifier = Verifier::new(keys, copies);
    scan(conn, &mut verifier).await.expect("read");
    verifier.finish()
}

async fn export(conn: &mut Connection, copies: &[String]) -> Verdict {
    let mut writer = dump::Writer::new(Vec::new());
    scan(conn, &mut writer).await.expect("exported");
    let bytes = writer.finish().expect("finished");
    let keys = keys();
    let mut verifier = Verifier::new(&keys, copies);
    dump::read(bytes.as_slice(), &mut verifier).expect("read");
    verifier.finish()
}
