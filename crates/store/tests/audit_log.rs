//! What the audit log notices when somebody who may do everything in the database changes it.

mod ledger;

use std::collections::BTreeSet;

use ledger::{Ledger, keys};
use store::audit::{AuditKey, AuditKeys, Checkpoint, Copies, Fork, Kind, SealError, read_notes};
use testkit::postgres::audit_key;

#[tokio::test]
async fn a_log_that_nobody_touched_is_sound_in_database_and_export() {
    let mut log = Ledger::with(700).await;
    log.write(5).await;
    for verdict in [log.verify().await, log.verify_export().await] {
        assert_eq!(verdict.findings, []);
        assert!(verdict.sound);
        assert_eq!((verdict.entries, verdict.unsealed), (700, 5));
        assert!(verdict.checkpoints >= 1 && verdict.copies >= 1);
        assert_eq!(verdict.log, log.sealer.origin());
    }
    let tiles: i64 = log.scalar("select count(*) from audit.tile").await;
    assert_eq!(tiles, 2, "700 entries complete two tiles");
}

#[tokio::test]
async fn every_row_has_one_place_in_the_order_of_transactions() {
    let mut log = Ledger::with(0).await;
    let mut late = log.test.db().begin().await.expect("begun");
    // It has its transaction number from here on, and commits last.
    sqlx::query("select pg_current_xact_id()")
        .execute(late.conn())
        .await
        .expect("a number");
    log.write(3).await;
    let done = log.pass().await;
    assert_eq!(done.sealed, 0, "an older transaction may still write");
    late.commit(ledger::act(9), store::Events::none())
        .await
        .expect("committed");
    log.written(1);
    log.seal_all().await;
    let first: i64 = log
        .scalar("select (detail->>'n')::bigint from audit.event e join audit.leaf l on l.event_id = e.id where seq = 0")
        .await;
    assert_eq!(first, 9, "the transaction that began first");
    let verdict = log.verify().await;
    assert!(verdict.sound && verdict.entries == 4, "{verdict:?}");
}

/// An edit of a row, and what must be found.
const TAMPERING: &[(&str, &str, Kind, Option<u64>)] = &[
    (
        "edit",
        "update audit.event set patient_id = gen_random_uuid() where id = row_at(17)",
        Kind::Altered,
        Some(17),
    ),
    (
        "delete",
        "delete from audit.event where id = row_at(17)",
        Kind::Deleted,
        Some(17),
    ),
    (
        "delete with its entry",
        "delete from audit.event where id = row_at(17); delete from audit.leaf where seq = 17",
        Kind::Renumbered,
        Some(17),
    ),
    (
        "delete with its entry, and close the gap",
        "delete from audit.event where id = row_at(17); delete from audit.leaf where seq = 17; \
         update audit.leaf set seq = seq - 1000000 where false; \
         alter table audit.leaf drop constraint leaf_pkey; \
         update audit.leaf set seq = seq - 1 where seq > 17",
        Kind::Renumbered,
        Some(17),
    ),
    (
        "insert a copy of a row",
        "insert into audit.event select (jsonb_populate_record(e, jsonb_build_object( \
           'id', gen_random_uuid()))).* from audit.event e where id = row_at(17)",
        Kind::Inserted,
        None,
    ),
    (
        "insert between, with an entry",
        "insert into audit.event select (jsonb_populate_record(e, jsonb_build_object( \
           'id', '00000000-0000-7000-8000-000000000001'))).* from audit.event e where id = row_at(17); \
         alter table audit.leaf drop constraint leaf_pkey; \
         update audit.leaf set seq = seq + 1 where seq >= 17; \
         insert into audit.leaf select (jsonb_populate_record(l, jsonb_build_object('seq', 17, \
           'event_id', '00000000-0000-7000-8000-000000000001'))).* from audit.leaf l where seq = 18",
        Kind::EntryAltered,
        Some(17),
    ),
    (
        "reorder two entries",
        "alter table audit.leaf drop constraint leaf_pkey; \
         update audit.leaf set seq = case seq when 17 then 40 else 17 end where seq in (17, 40)",
        Kind::Moved,
        Some(17),
    ),
    (
        "renumber an entry",
        "update audit.leaf set seq = 1000 where seq = 17",
        Kind::Renumbered,
        Some(17),
    ),
    (
        "swap two rows",
        "alter table audit.leaf drop constraint leaf_event_key; \
         update audit.leaf a set event_id = b.event_id, event_at = b.event_at, hash = b.hash \
         from audit.leaf b where (a.seq, b.seq) in ((17, 23), (23, 17))",
        Kind::Moved,
        Some(17),
    ),
    (
        "exchange the contents of two rows",
        "update audit.event a set detail = b.detail, mac = b.mac from audit.event b \
         where (a.id, b.id) in ((row_at(17), row_at(23)), (row_at(23), row_at(17)))",
        Kind::Altered,
        Some(17),
    ),
    (
        "alter an entry's hash",
        "update audit.leaf set hash = sha256(hash) where seq = 17",
        Kind::EntryAltered,
        Some(17),
    ),
    (
        "cut the tail",
        "delete from audit.event where id in (select row_at(n) from generate_series(50, 59) n); \
         delete from audit.leaf where seq >= 50",
        Kind::TailCut,
        Some(50),
    ),
    (
        "cut the rows of the tail",
        "delete from audit.event where id in (select row_at(n) from generate_series(50, 59) n)",
        Kind::Deleted,
        Some(50),
    ),
    (
        "cut the tail, its checkpoint too",
        "delete from audit.event where id in (select row_at(n) from generate_series(50, 59) n); \
         delete from audit.leaf where seq >= 50; delete from audit.checkpoint where size > 50",
        Kind::TailCut,
        Some(50),
    ),
    (
        "remove the checkpoint",
        "delete from audit.checkpoint where size > 50",
        Kind::CheckpointMissing,
        Some(50),
    ),
    (
        "alter a checkpoint",
        "update audit.checkpoint set note = replace(note, e'\\n60\\n', e'\\n61\\n')",
        Kind::CheckpointAltered,
        Some(59),
    ),
    (
        "give a row no time",
        "update audit.event set at = 'infinity' where id = row_at(17)",
        Kind::Deleted,
        Some(17),
    ),
    (
        "hide a row under another key",
        "update audit.event set key_id = 1 where id = row_at(17)",
        Kind::UnknownKey,
        Some(17),
    ),
];

#[tokio::test]
async fn each_kind_of_tampering_is_found_at_its_row() {
    let mut log = Ledger::with(50).await;
    log.write(10).await;
    log.seal_all().await;
    let mut tried = BTreeSet::new();
    for (what, sql, kind, entry) in TAMPERING {
        let row = log.row_at(17).await;
        let copy = log.copy().await;
        copy.tamper(sql).await;
        for (place, verdict) in [
            ("database", copy.verify(&log.notes()).await),
            ("export", copy.verify_export(&log.notes()).await),
        ] {
            let first = verdict
                .first
                .unwrap_or_else(|| panic!("{what}: nothing in {place}"));
            assert_eq!(
                (first.kind, first.entry),
                (*kind, *entry),
                "{what}: {place}: {first}"
            );
            assert!(!verdict.sound && verdict.wrong >= 1, "{what}");
            if *entry == Some(17) && matches!(kind, Kind::Altered | Kind::Deleted) {
                assert_eq!(first.row, Some(row), "{what}: {first}");
            }
        }
        tried.insert(*kind);
    }
    assert!(tried.len() >= 9, "{tried:?}");
}

#[tokio::test]
async fn a_tile_that_was_altered_or_removed_is_found() {
    let log = Ledger::with(600).await;
    for (sql, first) in [
        (
            "update audit.tile set hashes = set_byte(hashes, 100, 255 - get_byte(hashes, 100)) where index = 1",
            256,
        ),
        ("delete from audit.tile where index = 0", 0),
    ] {
        let copy = log.copy().await;
        copy.tamper(sql).await;
        let found = copy.verify(&log.notes()).await.first.expect("found");
        assert_eq!(
            (found.kind, found.entry),
            (Kind::TileAltered, Some(first)),
            "{sql}"
        );
    }
}

/// Somebody with the database and the program, but not the keys, writes a whole new history and
/// signs it with a key of their own; or takes the log back to an earlier, truly signed state.
#[tokio::test]
async fn a_rewritten_history_does_not_fit_the_copies() {
    let mut log = Ledger::with(30).await;
    let earlier = log.copy().await;
    log.write(30).await;
    log.seal_all().await;
    let cut = earlier.verify(&log.notes()).await;
    let found = cut.first.expect("found");
    assert_eq!((found.kind, found.entry), (Kind::TailCut, Some(30)));
    assert!(
        earlier.verify(&[]).await.sound,
        "without copies it cannot be known"
    );

    let forged = earlier
        .reseal(
            &AuditKeys::new(AuditKey::new(&[66; 32]), vec![audit_key()]),
            30,
        )
        .await;
    let verdict = forged.verify(&log.notes()).await;
    let found = verdict.first.expect("found");
    assert_eq!((found.kind, found.entry), (Kind::UnknownKey, Some(30)));

    // Even with the true keys a second history shows, because the first was signed over.
    let forked = earlier.reseal(&keys(), 35).await;
    let verdict = forked.verify(&log.notes()).await;
    let found = verdict.first.expect("found");
    assert_eq!(
        (found.kind, found.entry),
        (Kind::Rewritten, Some(59)),
        "{found}"
    );
    assert!(forked.verify(&[]).await.sound);
}

#[tokio::test]
async fn a_second_history_is_not_signed() {
    let mut log = Ledger::with(20).await;
    log.write(20).await;
    let earlier = log.copy().await;
    log.seal_all().await;
    // The database of before is put back; the copies know better.
    let mut conn = earlier.service().await;
    let copies = Some(Copies::new(log.copies_dir()));
    let refused = store::audit::Sealer::resume(&mut conn, keys(), copies).await;
    assert!(
        matches!(refused, Err(SealError::Forked(Fork::Copy { size: 40 }))),
        "{refused:?}"
    );
    // A sealer at work notices that its own last entries are gone.
    log.tamper("delete from audit.leaf where seq >= 30").await;
    log.write(1).await;
    let mut conn = log.test.service().await;
    let refused = log.sealer.pass(&mut conn, ledger::now()).await;
    assert!(
        matches!(refused, Err(SealError::Forked(Fork::Tail { seq: 39 }))),
        "{refused:?}"
    );
    let copies = Some(Copies::new(log.copies_dir()));
    let refused = store::audit::Sealer::resume(&mut conn, keys(), copies).await;
    assert!(
        matches!(refused, Err(SealError::Forked(Fork::Torn { size: 30 }))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_forged_row_is_sealed_as_evidence_and_told() {
    let mut log = Ledger::with(5).await;
    log.tamper(
        "insert into audit.event select (jsonb_populate_record(e, jsonb_build_object( \
           'id', gen_random_uuid(), 'xid', pg_current_xact_id()::text))).* \
         from audit.event e where id = row_at(2)",
    )
    .await;
    let mut forged = Vec::new();
    while log.sealer.size() < 6 {
        forged.extend(log.pass().await.forged);
    }
    assert_eq!(forged.len(), 1);
    let found = log.verify().await.first.expect("found");
    assert_eq!((found.kind, found.entry), (Kind::Inserted, Some(5)));
    assert_eq!((5, found.row.expect("a row")), forged[0]);
}

#[tokio::test]
async fn rows_and_heads_of_a_retired_key_stay_verifiable() {
    let mut log = Ledger::with(10).await;
    let next = AuditKeys::new(AuditKey::new(&[8; 32]), vec![audit_key()]);
    let copies = Some(Copies::new(log.copies_dir()));
    let mut conn = log.test.service().await;
    log.sealer = store::audit::Sealer::resume(&mut conn, next.clone(), copies)
        .await
        .expect("taken up");
    log.write(10).await;
    log.seal_all().await;
    let verdict = log.verify_with(&next).await;
    assert!(verdict.sound && verdict.entries == 20, "{verdict:?}");
    let newest = log.notes().pop().expect("a note");
    assert!(Checkpoint::open(&newest, &next).is_ok());
    let without = log.verify_with(&keys()).await;
    let found = without.first.expect("found");
    assert_eq!((found.kind, found.entry), (Kind::UnknownKey, Some(10)));
}

#[tokio::test]
async fn the_copies_are_every_head_that_was_signed() {
    let mut log = Ledger::with(3).await;
    for _ in 0..3 {
        log.write(2).await;
        log.seal_all().await;
    }
    let notes = read_notes(&log.copies_dir()).expect("readable");
    let sizes: BTreeSet<u64> = notes
        .iter()
        .map(|note| Checkpoint::open(note, &keys()).expect("signed").size)
        .collect();
    let heads: i64 = log.scalar("select count(*) from audit.checkpoint").await;
    assert_eq!(i64::try_from(sizes.len()), Ok(heads));
    assert_eq!(sizes.last(), Some(&9));
}

#[tokio::test]
async fn the_service_role_can_only_append_to_the_log() {
    let log = Ledger::with(3).await;
    let mut conn = log.test.service().await;
    for table in ["leaf", "tile", "checkpoint", "log"] {
        for statement in [
            format!("delete from audit.{table}"),
            format!("truncate audit.{table}"),
            format!("drop table audit.{table}"),
        ] {
            refused(&mut conn, &statement).await;
        }
    }
    for statement in [
        "update audit.leaf set seq = seq + 1",
        "update audit.tile set level = 1",
        "update audit.checkpoint set size = 1",
        "update audit.log set id = gen_random_uuid()",
        "select audit.detach_month('2026-11-01')",
        "select audit.make_month('2030-01-01')",
        "delete from audit.event_other",
        "select * from audit.event_other",
    ] {
        refused(&mut conn, statement).await;
    }
}

async fn refused(conn: &mut store::Connection, statement: &str) {
    let refused = sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned()))
        .execute(conn)
        .await
        .expect_err(statement);
    let code = refused.as_database_error().and_then(|error| error.code());
    assert_eq!(code.as_deref(), Some("42501"), "{statement}");
}
