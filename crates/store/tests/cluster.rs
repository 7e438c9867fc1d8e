//! Starting, stopping and refusing to start the private cluster.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use sqlx::Executor as _;
use store::cluster::{Cluster, ClusterConfig, ClusterError, OwnerLock, Status};
use store::{MigrateError, Migrations};
use testkit::postgres::TestDb;

/// How long a test waits for what must come; reaching it is the failure.
const PATIENCE: Duration = Duration::from_secs(60);

fn data_dir() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o711)).expect("its mode");
    dir
}

async fn start(dir: &Path) -> Result<Cluster, ClusterError> {
    Cluster::start(ClusterConfig::new(dir)).await
}

async fn reaches(cluster: &Cluster, wanted: impl FnMut(&Status) -> bool) -> Status {
    tokio::time::timeout(PATIENCE, cluster.status().wait_for(wanted))
        .await
        .expect("the status is reached in time")
        .expect("the cluster is watched")
        .clone()
}

#[tokio::test]
async fn it_is_private_checked_and_quiet() {
    let dir = data_dir();
    let cluster = start(dir.path()).await.expect("started");
    let mut conn = cluster.access().connect_service().await.expect("connected");
    for (setting, value) in [
        ("listen_addresses", ""),
        ("data_checksums", "on"),
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("jit", "off"),
        ("log_statement", "none"),
        ("log_min_duration_statement", "-1"),
        ("log_error_verbosity", "terse"),
        ("log_min_error_statement", "panic"),
        ("log_parameter_max_length", "0"),
        ("log_parameter_max_length_on_error", "0"),
        ("server_encoding", "UTF8"),
        ("TimeZone", "UTC"),
    ] {
        let found: String = sqlx::query_scalar("select current_setting($1)")
            .bind(setting)
            .fetch_one(&mut conn)
            .await
            .expect(setting);
        assert_eq!(found, value, "{setting}");
    }
    let owns_nothing: bool = sqlx::query_scalar(
        "select not rolsuper and not rolcreatedb and not rolcreaterole and not exists \
             (select from pg_class where relowner = pg_roles.oid) \
         from pg_roles where rolname = current_user",
    )
    .fetch_one(&mut conn)
    .await
    .expect("a role");
    assert!(owns_nothing);
    drop(conn);
    let mode = |path: &str| {
        let meta = fs::metadata(dir.path().join(path)).expect(path);
        meta.permissions().mode() & 0o777
    };
    assert_eq!((mode("postgres"), mode("run")), (0o700, 0o700));
    cluster.stop().await.expect("stopped");
}

#[tokio::test]
async fn a_stopped_cluster_leaves_the_directory_free_and_keeps_its_data() {
    let dir = data_dir();
    let first = start(dir.path()).await.expect("started");
    let pid = first.pid().expect("it runs").to_string();
    first
        .access()
        .connect_owner()
        .await
        .expect("connected")
        .execute("create table kept as select 42 as answer")
        .await
        .expect("made");
    first.stop().await.expect("stopped");
    assert!(!Path::new("/proc").join(pid).exists());
    assert!(!dir.path().join("postgres/postmaster.pid").exists());
    assert!(!dir.path().join("run/.s.PGSQL.5432").exists());
    let second = start(dir.path()).await.expect("started again");
    let answer: i32 = sqlx::query_scalar("select answer from kept")
        .fetch_one(&mut second.access().connect_owner().await.expect("connected"))
        .await
        .expect("kept");
    assert_eq!(answer, 42);
    second.stop().await.expect("stopped");
}

#[tokio::test]
async fn what_an_interrupted_start_left_is_swept() {
    let dir = data_dir();
    // initdb was killed half-way.
    let unfinished = dir.path().join("postgres.new");
    fs::create_dir(&unfinished).expect("made");
    fs::write(unfinished.join("PG_VERSION"), "15\n").expect("written");
    let first = start(dir.path()).await.expect("started");
    assert!(!unfinished.exists());
    first.stop().await.expect("stopped");
    // A lock file whose process id belongs to somebody else by now: to us.
    let lock = dir.path().join("postgres/postmaster.pid");
    fs::write(&lock, format!("{}\n", std::process::id())).expect("written");
    let second = start(dir.path()).await.expect("started again");
    second.stop().await.expect("stopped");
}

#[tokio::test]
async fn a_dead_postmaster_is_reported_and_replaced() {
    let dir = data_dir();
    let cluster = start(dir.path()).await.expect("started");
    let before = cluster.pid().expect("it runs");
    let mut status = cluster.status();
    status.mark_unchanged();
    let pid = Pid::from_raw(before.try_into().expect("fits")).expect("not zero");
    kill_process(pid, Signal::KILL).expect("killed");
    let told = tokio::time::timeout(PATIENCE, status.changed()).await;
    told.expect("in time").expect("watched");
    let ready = |status: &Status| matches!(status, Status::Ready);
    reaches(&cluster, ready).await;
    assert_ne!(cluster.pid(), Some(before));
    cluster.access().connect_service().await.expect("it serves");
    cluster.stop().await.expect("stopped");
}

#[tokio::test]
async fn one_that_cannot_come_back_says_why() {
    let dir = data_dir();
    let cluster = start(dir.path()).await.expect("started");
    fs::write(dir.path().join("postgres/PG_VERSION"), "9.6\n").expect("written");
    let pid = Pid::from_raw(cluster.pid().expect("it runs").try_into().expect("fits"));
    kill_process(pid.expect("not zero"), Signal::KILL).expect("killed");
    let failed = reaches(&cluster, |status| matches!(status, Status::Failed(_))).await;
    let Status::Failed(sentence) = failed else {
        panic!("{failed:?}");
    };
    assert!(
        sentence.starts_with("PostgreSQL did not start; it says: "),
        "{sentence}"
    );
    assert!(sentence.contains("incompatible"), "{sentence}");
    cluster.stop().await.expect("there is nothing to stop");
}

#[tokio::test]
async fn each_refusal_names_its_remedy() {
    let dir = data_dir();
    let empty = ClusterConfig {
        bin_dir: Some(dir.path().to_owned()),
        ..ClusterConfig::new(dir.path().join("a"))
    };
    let error = Cluster::start(empty).await.expect_err("no programs");
    assert!(matches!(error, ClusterError::BinariesMissing), "{error}");
    assert!(error.to_string().contains("apt-get install postgresql"));

    let error = start(&dir.path().join("x".repeat(100)))
        .await
        .expect_err("too long");
    assert!(matches!(error, ClusterError::PathTooLong { .. }), "{error}");

    let cluster = dir.path().join("old");
    fs::create_dir_all(cluster.join("postgres")).expect("made");
    fs::write(cluster.join("postgres/PG_VERSION"), "9\n").expect("written");
    let error = start(&cluster).await.expect_err("another version's");
    assert!(
        matches!(error, ClusterError::OtherVersion { wanted: 9, .. }),
        "{error}"
    );

    let mut bad = ClusterConfig::new(dir.path().join("b"));
    bad.settings
        .push(("shared_buffers".to_owned(), "a lot".to_owned()));
    let error = Cluster::start(bad).await.expect_err("a bad setting");
    assert!(matches!(error, ClusterError::Start { .. }), "{error}");

    let _held = OwnerLock::acquire(&dir.path().join("c")).expect("free");
    let error = start(&dir.path().join("c")).await.expect_err("taken");
    assert!(
        error.to_string().contains(&std::process::id().to_string()),
        "{error}"
    );
}

#[tokio::test]
async fn root_names_the_folder_its_database_user_cannot_pass() {
    if !rustix::process::geteuid().is_root() {
        // Another user runs the database itself and passes where it passes.
        return;
    }
    let dir = data_dir();
    let closed = dir.path().join("closed");
    fs::create_dir(&closed).expect("made");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).expect("its mode");
    let error = start(&closed.join("data")).await.expect_err("closed");
    match &error {
        ClusterError::Unreachable { path, .. } => {
            assert_eq!(path, &closed.canonicalize().expect("a path"));
        }
        other => panic!("{other:?}"),
    }
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o711)).expect("its mode");
    let cluster = start(&closed.join("data")).await.expect("open now");
    cluster.stop().await.expect("stopped");
}

#[tokio::test]
async fn the_doctor_sees_what_a_start_would_meet() {
    let dir = data_dir();
    let config = ClusterConfig::new(dir.path());
    let healthy = store::cluster::examine(&config);
    assert_eq!(healthy.len(), 5);
    for check in healthy {
        assert!(check.found.is_ok(), "{check:?}");
    }
    let cluster = start(dir.path()).await.expect("the doctor changed nothing");
    let faults: Vec<_> = store::cluster::examine(&config)
        .into_iter()
        .filter_map(|check| check.found.err())
        .collect();
    assert!(
        matches!(&faults[..], [ClusterError::Owned { .. }]),
        "{faults:?}"
    );
    cluster.stop().await.expect("stopped");
}

static NONE: sqlx::migrate::Migrator = sqlx::migrate::Migrator::DEFAULT;

#[tokio::test]
async fn a_newer_or_older_schema_is_refused_in_one_sentence() {
    let test = TestDb::create(&[]).await;
    let mut owner = test.owner().await;
    store::check_schema(test.access(), &[])
        .await
        .expect("as it should be");
    store::migrate(test.access(), &[])
        .await
        .expect("nothing to do");
    owner
        .execute("update outbox.migration set checksum = '\\x00' where version = 2")
        .await
        .expect("changed");
    let error = store::migrate(test.access(), &[])
        .await
        .expect_err("changed");
    assert!(
        matches!(error, MigrateError::Changed { version: 2, .. }),
        "{error}"
    );
    owner
        .execute(
            "insert into outbox.migration (version, description, success, checksum, execution_time) \
             values (9001, 'from the future', true, '', 0)",
        )
        .await
        .expect("inserted");
    for error in [
        store::migrate(test.access(), &[]).await.expect_err("newer"),
        store::check_schema(test.access(), &[])
            .await
            .expect_err("newer"),
    ] {
        assert!(
            matches!(error, MigrateError::Newer { found: 9001, .. }),
            "{error}"
        );
    }
    owner
        .execute("delete from outbox.migration where version > 1")
        .await
        .expect("deleted");
    let error = store::check_schema(test.access(), &[])
        .await
        .expect_err("older");
    assert!(
        matches!(error, MigrateError::Older { found: 1, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_service_has_its_own_schema_and_may_look_at_its_version() {
    const SERVICE: Migrations = Migrations::new("chat", &NONE);
    let test = TestDb::create(&[SERVICE]).await;
    let versions = store::versions(test.access(), &[SERVICE])
        .await
        .expect("readable");
    assert_eq!(versions["chat"], 0);
    let own = fs::read_dir("migrations").expect("the store's migrations");
    assert_eq!(versions["outbox"], i64::try_from(own.count()).expect("few"));
    store::check_schema(test.access(), &[SERVICE])
        .await
        .expect("as it should be");
}
