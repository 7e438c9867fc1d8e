//! Envelope keys on a real database: who can open what, and when the program does not start.

use domain::{OrganisationId, Pii};
use sqlx::Executor as _;
use store::sealing::{
    Aad, DataClass, KeyProvider, KeyRing, KeysError, Owner, SealedColumn, Sealer, SealingError,
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
const PLACE: Aad = Aad {
    table: "public.thing",
    column: "value",
    row: Uuid::from_u128(7),
};
const PATIENT: Uuid = Uuid::from_u128(0x9a);

async fn database() -> TestDb {
    let db = TestDb::create(&[]).await;
    db.owner()
        .await
        .execute(
            "create table thing (id uuid primary key, owner uuid, value bytea); \
             grant select on thing to bedside_service",
        )
        .await
        .expect("made");
    db
}

fn keys(of: &[u8]) -> KeyProvider {
    let keys: Vec<_> = of.iter().map(|byte| Zeroizing::new([*byte; 32])).collect();
    KeyProvider::local("keys/master.key", Box::new(move || Ok(keys.clone()))).expect("readable")
}

async fn open(db: &TestDb, of: &[u8]) -> Result<KeyRing, KeysError> {
    KeyRing::open(db.db(), keys(of), &[COLUMN]).await
}

fn patient(subject: Uuid) -> Owner {
    Owner::Subject {
        organisation: Some(OrganisationId::from(Uuid::from_u128(1))),
        subject,
    }
}

async fn seal(sealer: &Sealer, owner: Owner, text: &[u8]) -> Vec<u8> {
    let key = sealer.key(owner).await.expect("a key");
    key.seal(PLACE, text).expect("sealed").into_bytes()
}

async fn read(sealer: &Sealer, place: Aad, value: &[u8]) -> Result<Pii<String>, SealingError> {
    let keys = sealer.unlock([value]).await.expect("unlocked");
    keys.open_text(place, value)
}

#[tokio::test]
async fn a_value_opens_in_its_place_for_every_process_with_the_key_and_nowhere_else() {
    let db = database().await;
    let sealer = open(&db, &[1])
        .await
        .expect("opened")
        .sealer(DataClass::Clinical);
    let text = "penicillin: rash — since 2019";
    let value = seal(&sealer, patient(PATIENT), text.as_bytes()).await;
    assert!(
        !value
            .windows(10)
            .any(|part| text.as_bytes().starts_with(part))
    );
    assert_eq!(value[0], 2);
    let again = seal(&sealer, patient(PATIENT), text.as_bytes()).await;
    assert_ne!(value, again);
    assert_eq!(value[..17], again[..17], "one key a patient");
    let other = seal(&sealer, patient(Uuid::from_u128(0x9b)), b"x").await;
    assert_ne!(value[..17], other[..17]);

    let elsewhere = open(&db, &[1])
        .await
        .expect("opened")
        .sealer(DataClass::Messages);
    let found = read(&elsewhere, PLACE, &value).await.expect("opens");
    assert_eq!(found.reveal(), text);
    for place in [
        Aad {
            table: "public.thin",
            ..PLACE
        },
        Aad {
            column: "values",
            ..PLACE
        },
        Aad {
            row: Uuid::from_u128(8),
            ..PLACE
        },
        // The border between the names must count.
        Aad {
            table: "public.thingv",
            column: "alue",
            ..PLACE
        },
    ] {
        let opened = read(&sealer, place, &value).await;
        assert!(matches!(opened, Err(SealingError::Altered)), "{place:?}");
    }
    for index in 0..value.len() {
        let mut bytes = value.clone();
        bytes[index] ^= 1;
        assert!(read(&sealer, PLACE, &bytes).await.is_err(), "byte {index}");
        assert!(
            read(&sealer, PLACE, &value[..index]).await.is_err(),
            "{index} bytes"
        );
    }
    let (mut reader, all) = (db.service().await, store::audit::Filter::default());
    let rows = store::audit::store::page(&mut reader, &all, None, 100).await;
    let rows = rows.expect("readable");
    let lines: Vec<_> = rows
        .iter()
        .rev()
        .map(|row| (&*row.action, &*row.resource_type))
        .collect();
    // The key-encryption key and the organisation's; a patient's goes with the patient.
    assert_eq!(lines, [("create", "key"); 2]);
}

#[tokio::test]
async fn the_keys_of_a_subject_are_destroyed_alone_and_for_good() {
    let db = database().await;
    let ring = open(&db, &[1]).await.expect("opened");
    let sealer = ring.sealer(DataClass::Clinical);
    let gone = seal(&sealer, patient(PATIENT), b"gone").await;
    let stays = seal(&sealer, patient(Uuid::from_u128(0x9b)), b"stays").await;
    let never = Uuid::from_u128(0x9c);
    for (subject, count) in [(PATIENT, 1), (PATIENT, 0), (never, 0)] {
        let mut conn = db.service().await;
        let now = jiff::Timestamp::UNIX_EPOCH;
        let destroyed = store::sealing::destroy_subject(&mut conn, subject, now).await;
        assert_eq!(destroyed.expect("destroyed"), count);
    }
    let sealer = open(&db, &[1])
        .await
        .expect("opened")
        .sealer(DataClass::Clinical);
    let error = read(&sealer, PLACE, &gone).await.expect_err("erased");
    assert!(matches!(error, SealingError::Erased), "{error}");
    assert_eq!(
        read(&sealer, PLACE, &stays).await.expect("opens").reveal(),
        "stays"
    );
    for subject in [PATIENT, never] {
        let error = sealer.key(patient(subject)).await.expect_err("erased");
        assert!(matches!(error, SealingError::Erased), "{error}");
    }
    let kept: i64 = sqlx::query_scalar(
        "select count(*) from seal.data_key where subject_id = $1 and wrapped is not null",
    )
    .bind(PATIENT)
    .fetch_one(&mut db.owner().await)
    .await
    .expect("counted");
    assert_eq!(kept, 0);
}

#[tokio::test]
async fn another_key_refuses_and_says_which_one_to_restore() {
    let db = database().await;
    let sealer = open(&db, &[1])
        .await
        .expect("opened")
        .sealer(DataClass::Clinical);
    let value = seal(&sealer, patient(PATIENT), b"x").await;
    let error = open(&db, &[2]).await.expect_err("refused").to_string();
    assert!(
        error.contains("restore") && error.contains("keys/master.key"),
        "{error}"
    );
    // The key it is locked under may stand behind a newer one, which then counts too.
    let sealer = open(&db, &[2, 1])
        .await
        .expect("opened")
        .sealer(DataClass::Clinical);
    assert_eq!(
        read(&sealer, PLACE, &value).await.expect("opens").reveal(),
        "x"
    );
    let error = open(&db, &[1]).await.expect_err("refused");
    assert!(matches!(error, KeysError::Wrong { .. }), "{error}");
}

#[tokio::test]
async fn many_at_once_make_one_key() {
    let db = database().await;
    let ring = open(&db, &[1]).await.expect("opened");
    let made = (0..16).map(|_| {
        let sealer = ring.sealer(DataClass::Clinical);
        tokio::spawn(async move { seal(&sealer, patient(PATIENT), b"x").await })
    });
    for value in made.collect::<Vec<_>>() {
        let value = value.await.expect("sealed");
        let sealer = ring.sealer(DataClass::Clinical);
        assert_eq!(
            read(&sealer, PLACE, &value).await.expect("opens").reveal(),
            "x"
        );
    }
    let keys: i64 = sqlx::query_scalar("select count(*) from seal.data_key where state = 'active'")
        .fetch_one(&mut db.owner().await)
        .await
        .expect("counted");
    assert_eq!(keys, 2, "the patient's, and the one that wraps it");
}

#[tokio::test]
async fn the_service_role_cannot_change_a_key() {
    let db = database().await;
    open(&db, &[1]).await.expect("opened");
    for statement in [
        "update seal.data_key set state = 'retired'",
        "delete from seal.kek",
        "update seal.kek set check_wrapped = ''",
    ] {
        let refused = db.service().await.execute(statement).await;
        assert!(refused.is_err(), "{statement}");
    }
}

#[tokio::test]
async fn a_database_of_before_envelope_keys_is_known_by_its_values() {
    let db = database().await;
    // Version 1, under a master key nobody here has.
    sqlx::query(
        "insert into thing values ($1, null, decode('01deadbeef' || repeat('00', 40), 'hex'))",
    )
    .bind(PLACE.row)
    .execute(&mut db.owner().await)
    .await
    .expect("stored");
    let error = open(&db, &[1]).await.expect_err("refused").to_string();
    assert!(
        error.contains("public.thing") && error.contains("restore"),
        "{error}"
    );
}
