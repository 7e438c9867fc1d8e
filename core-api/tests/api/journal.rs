use std::time::Duration;

use bus::CORE_COMMANDS;
use bus::command::{CoreReply, CoreRequest};
use bus::journal::{Batch, Entry, Happening, LeaveCause, MAX_BATCH, RefusedFor, TrackSource};
use bus::media::{FlowReport, Flows, MediaReport};
use bus::request::Client;
use jiff::SignedDuration;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Person, World, lines, random_id};

const PATIENCE: Duration = Duration::from_secs(60);
const JOURNAL: u64 = u64::MAX - 7;

struct Signaling(Client<CoreRequest, CoreReply>);

impl Signaling {
    fn of(world: &World) -> Self {
        Self(Client::connect(&world.bus, CORE_COMMANDS))
    }

    async fn tell(&self, journal: u64, first: u64, entries: Vec<Entry>) -> CoreReply {
        let batch = Batch {
            journal,
            first,
            entries,
        };
        let request = CoreRequest::Journal(batch);
        self.0.call(&request, PATIENCE).await.expect("an answer")
    }

    async fn stored(&self, first: u64, entries: Vec<Entry>) {
        assert_eq!(self.tell(JOURNAL, first, entries).await, CoreReply::Stored);
    }
}

fn entry(world: &World, visit: Uuid, who: &Person, number: u64, what: Happening) -> Entry {
    let refused = matches!(what, Happening::Refused { .. });
    Entry {
        visit: visit.into(),
        session: u64::MAX,
        number,
        at: world.clock.read(),
        account: who.account.into(),
        participant: (!refused).then(|| format!("PA_{}", who.account.simple()).into()),
        what,
    }
}

fn muted() -> Happening {
    Happening::Muted {
        track: "TR_1".into(),
        source: TrackSource::Microphone,
    }
}

fn left() -> Happening {
    let cause = LeaveCause::Ended;
    Happening::Left { cause }
}

/// A minute in which `lost` of a thousand packets of sound did not come up.
fn quality(lost: u64) -> Happening {
    let audio = FlowReport {
        packets: 1_000 - lost,
        lost,
        ..FlowReport::default()
    };
    let report = MediaReport {
        period_ms: 60_000,
        up: Flows {
            audio,
            ..Flows::default()
        },
        ..MediaReport::default()
    };
    Happening::Quality { report }
}

async fn rows(world: &World) -> Vec<(i64, i64, String)> {
    sqlx::query_as("select number, seq, kind from core.visit_journal order by visit_id, number")
        .fetch_all(&mut world.db.owner().await)
        .await
        .expect("rows")
}

#[tokio::test]
async fn each_place_is_kept_once_and_numbered_without_gaps() {
    let world = World::new().await;
    let visit = world.visit_at("admitted").await;
    let signaling = Signaling::of(&world);
    let of = |number, what| entry(&world, visit, &world.lee, number, what);
    signaling
        .stored(1, vec![of(1, Happening::Joined), of(2, muted())])
        .await;
    // The answer was lost: told again, with what came since.
    let again = vec![of(1, Happening::Joined), of(2, muted()), of(3, quality(0))];
    let (_, audited) = world.audited(signaling.stored(1, again)).await;
    assert_eq!(
        lines(&audited),
        [""; 0],
        "a mute and a report give no access"
    );
    signaling.stored(4, vec![of(4, left())]).await;
    let kinds = |rows: Vec<(i64, i64, String)>| -> Vec<String> {
        rows.into_iter()
            .map(|(number, seq, kind)| format!("{number} {seq} {kind}"))
            .collect()
    };
    assert_eq!(
        kinds(rows(&world).await),
        ["1 1 joined", "2 2 muted", "3 3 quality", "4 4 left"]
    );
    // The same places in another journal are other entries.
    let other = vec![of(1, Happening::Joined)];
    assert_eq!(signaling.tell(3, 1, other).await, CoreReply::Stored);
    assert_eq!(rows(&world).await.len(), 5);
}

#[tokio::test]
async fn one_batch_may_tell_of_many_visits_and_what_makes_no_sense_is_left_out() {
    let world = World::new().await;
    let first = world.visit_at("admitted").await;
    let second = world.book_for(&world.jonas, &world.okafor, 0).await;
    let signaling = Signaling::of(&world);
    let mut strange = entry(&world, first, &world.lee, 5, muted());
    strange.participant = Some("x".repeat(65).into());
    let entries = vec![
        entry(&world, first, &world.lee, 1, Happening::Joined),
        entry(&world, second, &world.jonas, 1, muted()),
        entry(&world, random_id(), &world.lee, 1, muted()),
        entry(&world, first, &world.jonas, 2, muted()),
        entry(&world, first, &world.lee, 0, muted()),
        strange,
        entry(&world, first, &world.amina, 3, Happening::Joined),
    ];
    signaling.stored(1, entries).await;
    let mut kept: Vec<_> = rows(&world).await;
    kept.sort_by_key(|(_, seq, _)| *seq);
    let kept: Vec<_> = kept
        .iter()
        .map(|(number, seq, _)| (*number, *seq))
        .collect();
    assert_eq!(kept, [(1, 1), (1, 2), (2, 7)]);
    let many = vec![entry(&world, first, &world.lee, 9, muted()); MAX_BATCH + 1];
    for (at, entries) in [
        (8, many),
        (8, vec![]),
        (0, vec![entry(&world, first, &world.lee, 9, muted())]),
    ] {
        assert_eq!(
            signaling.tell(JOURNAL, at, entries).await,
            CoreReply::Refused
        );
    }
}

#[tokio::test]
async fn an_attempt_that_was_refused_is_on_record() {
    let world = World::new().await;
    let visit = world.visit_at("admitted").await;
    let signaling = Signaling::of(&world);
    let refused = |number, reason| {
        let what = Happening::Refused { reason };
        entry(&world, visit, &world.amina, number, what)
    };
    let entries = vec![
        refused(1, RefusedFor::NotAdmitted),
        refused(2, RefusedFor::Overloaded),
    ];
    let (_, rows) = world.audited(signaling.stored(1, entries)).await;
    assert_eq!(
        lines(&rows),
        [
            "enter visit denied not_admitted",
            "enter visit failed unavailable"
        ]
    );
    assert!(rows.iter().all(|row| row.patient == Some(world.amina.part)));
}

#[tokio::test]
async fn a_join_that_waited_on_disk_does_not_begin_a_later_admission() {
    let world = World::new().await;
    let visit = world.visit_at("admitted").await;
    let old = entry(&world, visit, &world.amina, 1, Happening::Joined);
    world.clock.advance(SignedDuration::from_mins(10));
    world
        .act(&world.lee, visit, "return-to-waiting")
        .await
        .expect(200);
    world.act(&world.lee, visit, "admit").await.expect(200);
    let signaling = Signaling::of(&world);
    let state = async || {
        let path = format!("/api/v1/visits/{visit}");
        world.get(&world.lee, &path).await.expect(200).body["state"].clone()
    };
    signaling.stored(1, vec![old]).await;
    assert_eq!(state().await, "admitted");
    let new = entry(&world, visit, &world.amina, 2, Happening::Joined);
    signaling.stored(2, vec![new]).await;
    assert_eq!(state().await, "in_progress");
}

#[tokio::test]
async fn the_journal_is_read_page_by_page_by_those_in_charge() {
    let world = World::new().await;
    let visit = world.visit_at("admitted").await;
    let signaling = Signaling::of(&world);
    let what = [Happening::Joined, muted(), quality(8), left()];
    let entries = (1..).zip(what);
    let entries = entries.map(|(number, what)| entry(&world, visit, &world.amina, number, what));
    signaling.stored(1, entries.collect()).await;
    let path = format!("/api/v1/visits/{visit}/journal");
    for reader in [&world.lee, &world.paula, &world.tomas] {
        let (page, rows) = world
            .audited(world.get(reader, &format!("{path}?limit=3")))
            .await;
        let page = page.expect(200);
        assert_eq!(lines(&rows), ["read visit_journal success"]);
        assert_eq!(
            (rows[0].resource, rows[0].patient),
            (Some(visit), Some(world.amina.part))
        );
        let items = page.body["items"].as_array().expect("items");
        let kinds: Vec<&str> = items
            .iter()
            .filter_map(|item| item["kind"].as_str())
            .collect();
        assert_eq!(kinds, ["joined", "muted", "quality"]);
        assert_eq!(
            items[1]["detail"],
            json!({"track": "TR_1", "source": "microphone"})
        );
        assert_eq!(items[2]["detail"]["report"]["up"]["audio"]["lost"], 8);
        assert_eq!(
            (
                &items[0]["party"],
                &items[0]["session"],
                &items[0]["number"]
            ),
            (&json!("patient"), &json!("ffffffffffffffff"), &json!(1))
        );
        let cursor = page.body["next_cursor"].as_str().expect("another page");
        let rest = world
            .get(reader, &format!("{path}?cursor={cursor}"))
            .await
            .expect(200);
        assert_eq!(rest.body["items"].as_array().map(Vec::len), Some(1));
        assert_eq!(rest.body["next_cursor"], Value::Null);
    }
    let (answer, rows) = world.audited(world.get(&world.amina, &path)).await;
    answer.refused(403, "forbidden");
    assert_eq!(lines(&rows), ["read visit_journal denied forbidden"]);
    for stranger in [&world.jonas, &world.okafor, &world.fiona, &world.grant] {
        let (answer, rows) = world.audited(world.get(stranger, &path)).await;
        answer.refused(404, "not_found");
        assert_eq!(lines(&rows), ["read visit_journal denied not_found"]);
    }
    let nowhere = format!("/api/v1/visits/{}/journal", random_id());
    world
        .get(&world.lee, &nowhere)
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn a_sentence_for_each_party_ends_up_on_the_visit_and_takes_in_late_entries() {
    let world = World::new().await;
    let visit = world.visit_at("admitted").await;
    let signaling = Signaling::of(&world);
    let of = |who, number, what| entry(&world, visit, who, number, what);
    signaling
        .stored(
            1,
            vec![
                of(&world.amina, 1, Happening::Joined),
                of(&world.lee, 2, Happening::Joined),
                of(&world.amina, 3, quality(8)),
                of(&world.lee, 4, quality(0)),
            ],
        )
        .await;
    let path = format!("/api/v1/visits/{visit}");
    let media = async |who: &Person| {
        let seen = world.get(who, &path).await.expect(200);
        let media = seen.body["media"].as_array().expect("media").clone();
        let said = |item: &Value| {
            Some(format!(
                "{}: {}",
                item["party"].as_str()?,
                item["sentence"].as_str()?
            ))
        };
        media.iter().filter_map(said).collect::<Vec<_>>()
    };
    assert_eq!(media(&world.lee).await, [""; 0], "not before the end");
    world.act(&world.lee, visit, "complete").await.expect(200);
    let amina = "patient: Audio intact 99.2 %, no video, patient's network.";
    let lee = "clinician: Audio intact 100 %, no video.";
    assert_eq!(media(&world.lee).await, [amina, lee]);
    assert_eq!(media(&world.paula).await, [amina, lee]);
    assert_eq!(media(&world.amina).await, [amina], "patients see their own");
    // The rest of the last minute comes after the end.
    signaling
        .stored(
            5,
            vec![
                of(&world.amina, 5, left()),
                of(&world.lee, 6, left()),
                of(&world.amina, 7, quality(100)),
            ],
        )
        .await;
    let amina = "patient: Audio intact 94.6 %, no video, patient's network.";
    assert_eq!(media(&world.lee).await, [amina, lee]);
}

#[tokio::test]
async fn the_service_cannot_change_what_was_entered() {
    let world = World::new().await;
    let visit = world.visit_at("admitted").await;
    let signaling = Signaling::of(&world);
    let joined = entry(&world, visit, &world.lee, 1, Happening::Joined);
    signaling.stored(1, vec![joined]).await;
    for statement in [
        "update core.visit_journal set kind = 'left'",
        "delete from core.visit_journal",
        "truncate core.visit_journal",
    ] {
        let mut tx = world.db.db().begin().await.expect("begun");
        let error = sqlx::query(statement).execute(tx.conn()).await;
        let error = error.expect_err("the service role may only add");
        let code = error.as_database_error().and_then(|error| error.code());
        assert_eq!(code.as_deref(), Some("42501"), "{statement}");
    }
}
