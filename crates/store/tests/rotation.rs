//! Rotation while others write, interrupted, and of the key-encryption key.

use std::time::Duration;

use sqlx::Executor as _;
use store::sealing::{
    Aad, DataClass, KeyProvider, KeyRing, Owner, Pace, SealedColumn, Values, rewrap, rotate, values,
};
use testkit::postgres::TestDb;
use uuid::Uuid;
use zeroize::Zeroizing;

const COLUMN: SealedColumn = SealedColumn {
    table: "public.thing",
    column: "value",
    class: DataClass::Clinical,
    organisation: "null::uuid",
    subject: "t.owner",
};
const PACE: Pace = Pace {
    batch: 7,
    rest: Duration::ZERO,
};

fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x1_0000 + n)
}

fn place(row: Uuid) -> Aad {
    Aad {
        table: COLUMN.table,
        column: COLUMN.column,
        row,
    }
}

fn owner_of(n: u128) -> (Option<Uuid>, Owner) {
    // Some belong to one of three subjects, some to nobody in particular.
    match n % 4 {
        0 => (None, Owner::Organisation(None)),
        subject => {
            let subject = Uuid::from_u128(subject);
            let owner = Owner::Subject {
                organisation: None,
                subject,
            };
            (Some(subject), owner)
        }
    }
}

async fn open(db: &TestDb, of: &'static [u8]) -> KeyRing {
    let read = move || Ok(of.iter().map(|byte| Zeroizing::new([*byte; 32])).collect());
    let provider = KeyProvider::local("here", Box::new(read)).expect("readable");
    KeyRing::open(db.db(), provider, &[COLUMN])
        .await
        .expect("opened")
}

/// A clock that leaps ahead with each look, so that nobody waits for what goes stale.
#[derive(Default)]
struct Leaping(std::sync::atomic::AtomicI64);

impl domain::Clock for Leaping {
    fn now(&self) -> jiff::Timestamp {
        let seconds = self.0.fetch_add(11, std::sync::atomic::Ordering::Relaxed);
        jiff::Timestamp::from_second(1_800_000_000 + seconds).expect("in range")
    }
}

/// A database with 60 values under the key 01 01 ….
async fn filled() -> (TestDb, KeyRing) {
    let db = TestDb::create_at(&[], std::sync::Arc::new(Leaping::default())).await;
    let mut owner = db.owner().await;
    owner
        .execute(
            "create table thing (id uuid primary key, owner uuid, value bytea); \
             grant select, update on thing to bedside_service",
        )
        .await
        .expect("made");
    let ring = open(&db, &[1]).await;
    for n in 0..60 {
        let (subject, whose) = owner_of(n);
        let key = ring.sealer(COLUMN.class).key(whose).await.expect("a key");
        let value = key.seal(place(id(n)), text(n).as_bytes()).expect("sealed");
        sqlx::query("insert into thing values ($1, $2, $3)")
            .bind(id(n))
            .bind(subject)
            .bind(value.into_bytes())
            .execute(&mut owner)
            .await
            .expect("stored");
    }
    (db, ring)
}

fn text(n: u128) -> String {
    format!("value {n}")
}

/// Everything opens and says what it said.
async fn all_open(db: &TestDb, ring: &KeyRing) {
    let rows: Vec<(Uuid, Vec<u8>)> = sqlx::query_as("select id, value from thing order by id")
        .fetch_all(&mut db.owner().await)
        .await
        .expect("read");
    assert_eq!(rows.len(), 60);
    let sealer = ring.sealer(COLUMN.class);
    let keys = sealer.unlock(rows.iter().map(|(_, value)| &**value)).await;
    let keys = keys.expect("unlocked");
    for (n, (row, value)) in rows.iter().enumerate() {
        let found = keys.open_text(place(*row), value).expect("opens");
        assert!(
            [text(n as u128), format!("value {n} edited")].contains(found.reveal()),
            "{n}"
        );
    }
}

async fn counted(db: &TestDb) -> Values {
    values(&mut db.owner().await, &COLUMN)
        .await
        .expect("counted")
}

#[tokio::test]
async fn every_value_comes_under_a_new_key_while_others_write() {
    let (db, ring) = filled().await;
    let writer = {
        let (ring, mut conn) = (ring.clone(), db.service().await);
        tokio::spawn(async move {
            for n in (0..60).rev() {
                let (_, whose) = owner_of(n);
                let key = ring.sealer(COLUMN.class).key(whose).await.expect("a key");
                let edited = format!("value {n} edited");
                let value = key.seal(place(id(n)), edited.as_bytes()).expect("sealed");
                sqlx::query("update thing set value = $2 where id = $1")
                    .bind(id(n))
                    .bind(value.into_bytes())
                    .execute(&mut conn)
                    .await
                    .expect("stored");
            }
        })
    };
    // As another process, with keys of its own.
    let other = open(&db, &[1]).await;
    let mut owner = db.owner().await;
    let done = rotate(&other, &mut owner, &[COLUMN], PACE)
        .await
        .expect("rotated");
    writer.await.expect("written");
    assert_eq!((done.erased, done.damaged), (0, 0));
    all_open(&db, &ring).await;
    // What the writer sealed after the last pass may lie under a retired key; nothing else does.
    rotate(&other, &mut owner, &[COLUMN], PACE)
        .await
        .expect("rotated");
    let found = counted(&db).await;
    assert_eq!(
        found,
        Values {
            current: 60,
            ..Values::default()
        }
    );
    all_open(&db, &ring).await;
    let log = store::audit::store::page(
        &mut db.service().await,
        &store::audit::Filter::default(),
        None,
        100,
    )
    .await
    .expect("read");
    let rotations = log
        .iter()
        .filter(|row| row.action == "rotate" && row.resource_type == "key");
    assert_eq!(rotations.count(), 4, "two begun, two finished");
}

#[tokio::test]
async fn an_interrupted_rotation_goes_on_where_it_was() {
    let (db, ring) = filled().await;
    let mut owner = db.owner().await;
    // Damage besides: one key does not unwrap any more.
    let damage = "update seal.data_key \
         set wrapped = set_byte(wrapped, 0, get_byte(wrapped, 0) # 1) where subject_id = $1";
    let damage = sqlx::query(damage).bind(Uuid::from_u128(3));
    damage.execute(&mut owner).await.expect("damaged");
    let lost_values = 15;
    let other = open(&db, &[1]).await;
    let pace = Pace { batch: 10, ..PACE };
    // The connection is lost after some batches, as if the process were killed.
    let mut lost = db.owner().await;
    owner
        .execute(
            "create function cut() returns trigger language plpgsql as $$ begin \
             if new.seen = 30 then perform pg_terminate_backend(pg_backend_pid()); end if; \
             return new; end $$; \
             create trigger cut before update on seal.rotation_column \
             for each row execute function cut()",
        )
        .await
        .expect("made");
    let failed = rotate(&other, &mut lost, &[COLUMN], pace).await;
    assert!(failed.is_err(), "{failed:?}");
    owner
        .execute("drop trigger cut on seal.rotation_column")
        .await
        .expect("dropped");
    let (seen, running): (i64, i64) = sqlx::query_as(
        "select max(seen), (select count(*) from seal.rotation where finished_at is null) \
         from seal.rotation_column",
    )
    .fetch_one(&mut owner)
    .await
    .expect("read");
    assert_eq!(
        (seen, running),
        (20, 1),
        "two batches were kept, the third was not"
    );
    let found = counted(&db).await;
    assert!(found.current > 0 && found.retired > 0, "{found:?}");
    let done = rotate(&open(&db, &[1]).await, &mut owner, &[COLUMN], pace).await;
    let done = done.expect("rotated");
    assert_eq!(
        (done.resealed, done.damaged),
        (60 - lost_values, lost_values)
    );
    let found = counted(&db).await;
    assert_eq!(
        (found.current, found.retired),
        (60 - lost_values, lost_values)
    );
    let rotations: i64 = sqlx::query_scalar("select count(*) from seal.rotation")
        .fetch_one(&mut owner)
        .await
        .expect("counted");
    assert_eq!(rotations, 1, "it was the same one");
    drop(ring);
}

#[tokio::test]
async fn a_new_key_encryption_key_takes_over_and_backups_open_under_the_old() {
    let (db, running) = filled().await;
    let ring = open(&db, &[2, 1]).await;
    let mut owner = db.owner().await;
    let wrapped = rewrap(&ring, &mut owner).await.expect("wrapped");
    assert!(wrapped >= 2, "{wrapped}");
    assert_eq!(rewrap(&ring, &mut owner).await.expect("wrapped"), 0);
    // The old key is not needed any more; without the new one nothing starts.
    all_open(&db, &open(&db, &[2]).await).await;
    let read = || Ok(vec![Zeroizing::new([1; 32])]);
    let provider = KeyProvider::local("here", Box::new(read)).expect("readable");
    let refused = KeyRing::open(db.db(), provider, &[COLUMN]).await;
    assert!(
        refused
            .expect_err("refused")
            .to_string()
            .contains("restore")
    );
    // What runs has the keys it unwrapped.
    drop(running);
}
