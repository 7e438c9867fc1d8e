use std::time::Duration;

use bus::command::{CoreReply, CoreRequest, RoomStatus};
use bus::journal::{Batch, Entry, Happening};
use bus::moderation::{MediaSource, RoomCommand, RoomLock, RoomReply};
use bus::{CORE_COMMANDS, SIGNALING_COMMANDS, request};
use serde_json::json;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::harness::{Answer, Person, World, lines, random_id};

const PATIENCE: Duration = Duration::from_secs(30);

/// Signaling's end of the bus, answering as told.
struct Signaling {
    commands: mpsc::UnboundedReceiver<RoomCommand>,
    _server: request::Server,
    core: request::Client<CoreRequest, CoreReply>,
}

impl Signaling {
    /// Core-api has found it when this returns. `visit` is open.
    async fn answering(world: &World, visit: Uuid, reply: RoomReply) -> Self {
        let (told, commands) = mpsc::unbounded_channel();
        let answer = move |command: RoomCommand| {
            let told = told.clone();
            async move {
                told.send(command).expect("the test listens");
                reply
            }
        };
        let server = request::Server::bind(&world.bus, SIGNALING_COMMANDS, answer);
        let mut signaling = Self {
            commands,
            _server: server.await.expect("bound"),
            core: request::Client::connect(&world.bus, CORE_COMMANDS),
        };
        // Muting waits for signaling, and fails when it does not come soon.
        while signaling.commands.try_recv().is_err() {
            on(world, &world.lee, visit, &world.amina, "mute").await;
        }
        signaling
    }

    /// The next command.
    async fn told(&mut self) -> RoomCommand {
        let next = tokio::time::timeout(PATIENCE, self.commands.recv()).await;
        next.expect("in time").expect("the server runs")
    }

    async fn status(&self, visit: Uuid) -> RoomStatus {
        let question = CoreRequest::RoomsStatus {
            visits: vec![visit.into()],
        };
        match self.core.call(&question, PATIENCE).await {
            Ok(CoreReply::RoomsStatus { mut rooms }) => rooms.remove(0),
            other => panic!("not a status: {other:?}"),
        }
    }

    async fn report(&self, world: &World, visit: Uuid, who: &Person, number: u64) {
        let entry = Entry {
            visit: visit.into(),
            session: 1,
            number,
            at: world.clock.read(),
            account: who.account.into(),
            participant: Some("PA_1".into()),
            what: Happening::Joined,
        };
        let joined = CoreRequest::Journal(Batch {
            journal: 1,
            first: number,
            entries: vec![entry],
        });
        let reply = self.core.call(&joined, PATIENCE).await;
        assert_eq!(reply, Ok(CoreReply::Stored));
    }
}

async fn on(world: &World, who: &Person, visit: Uuid, target: &Person, deed: &str) -> Answer {
    let path = format!(
        "/api/v1/visits/{visit}/participants/{}/{deed}",
        target.account
    );
    let body = if deed == "mute" {
        json!({"source": "microphone"})
    } else {
        json!({})
    };
    world.post(who, &path, &body).await
}

#[tokio::test]
async fn a_lock_keeps_out_whoever_is_new_until_it_is_opened() {
    let world = World::new().await;
    let visit = world.visit_at("admitted").await;
    let mut signaling = Signaling::answering(&world, visit, RoomReply::Done).await;
    world.clock.advance_minutes(1);
    let (answer, rows) = world.audited(world.act(&world.lee, visit, "lock")).await;
    let answer = answer.expect(200);
    assert_eq!(answer.body["locked_since"], "2026-11-23T15:01:00Z");
    assert_eq!(lines(&rows), ["lock visit success"]);
    assert_eq!(rows[0].actor, Some(world.lee.account));
    assert_eq!(rows[0].patient, Some(world.amina.part));
    let lock = RoomLock {
        since: world.clock.read(),
        keep: vec![world.lee.account.into()],
    };
    let told = RoomCommand::Lock {
        visit: visit.into(),
        lock: lock.clone(),
    };
    assert_eq!(signaling.told().await, told);
    let status = signaling.status(visit).await;
    assert_eq!((status.lock, status.allowed.len()), (Some(lock), 2));
    let (answer, rows) = world.audited(world.act(&world.amina, visit, "join")).await;
    answer.refused(403, "room_locked");
    assert_eq!(lines(&rows), ["join visit denied room_locked"]);
    let path = format!("/api/v1/visits/{visit}");
    let seen = world.get(&world.amina, &path).await.expect(200);
    assert!(!seen.body["actions"].to_string().contains("join"));
    world.act(&world.lee, visit, "join").await.expect(200);
    // Locked again it stays as it was; the coordinator may open it.
    world.clock.advance_minutes(1);
    let again = world.act(&world.lee, visit, "lock").await.expect(200);
    assert_eq!(again.body["locked_since"], "2026-11-23T15:01:00Z");
    signaling.told().await;
    let (answer, rows) = world
        .audited(world.act(&world.paula, visit, "unlock"))
        .await;
    assert_eq!(answer.expect(200).body["locked_since"], json!(null));
    assert_eq!(lines(&rows), ["unlock visit success"]);
    let told = RoomCommand::Unlock {
        visit: visit.into(),
    };
    assert_eq!(signaling.told().await, told);
    world.act(&world.amina, visit, "join").await.expect(200);
    assert_eq!(signaling.status(visit).await.lock, None);
}

#[tokio::test]
async fn who_was_inside_or_is_let_in_by_name_passes_the_lock() {
    let world = World::new().await;
    let visit = world.visit_at("admitted").await;
    let signaling = Signaling::answering(&world, visit, RoomReply::Done).await;
    signaling.report(&world, visit, &world.amina, 1).await;
    world.clock.advance_minutes(1);
    world.act(&world.lee, visit, "lock").await.expect(200);
    world.act(&world.amina, visit, "join").await.expect(200);
    let keep = signaling.status(visit).await.lock.expect("locked").keep;
    assert!(keep.contains(&world.amina.account.into()));

    let visit = world.book_for(&world.jonas, &world.okafor, 0).await;
    world.consent(&world.jonas).await;
    world.act(&world.jonas, visit, "check-in").await.expect(200);
    world.ready(&world.jonas, visit).await.expect(200);
    world.act(&world.okafor, visit, "admit").await.expect(200);
    world.clock.advance_minutes(1);
    world.act(&world.okafor, visit, "lock").await.expect(200);
    let out = world.act(&world.jonas, visit, "join").await;
    out.refused(403, "room_locked");
    // The visit begins with its clinician; the patient is sent back and let in once more.
    signaling.report(&world, visit, &world.okafor, 2).await;
    world
        .act(&world.okafor, visit, "return-to-waiting")
        .await
        .expect(200);
    world.clock.advance_minutes(1);
    world.act(&world.okafor, visit, "admit").await.expect(200);
    world.act(&world.jonas, visit, "join").await.expect(200);
}

#[tokio::test]
async fn a_removed_patient_stays_out_until_admitted_again() {
    let world = World::new().await;
    let visit = world.visit_at("admitted").await;
    let mut signaling = Signaling::answering(&world, visit, RoomReply::NotThere).await;
    world.clock.advance_minutes(1);
    let removal = on(&world, &world.paula, visit, &world.amina, "remove");
    let (answer, rows) = world.audited(removal).await;
    let answer = answer.expect(200);
    assert_eq!(answer.body["removed"], json!([world.amina.account]));
    assert_eq!(lines(&rows), ["remove visit success"]);
    let told = RoomCommand::Remove {
        visit: visit.into(),
        account: world.amina.account.into(),
    };
    assert_eq!(signaling.told().await, told);
    let out = world.act(&world.amina, visit, "join").await;
    out.refused(403, "removed_from_room");
    let renew = CoreRequest::RenewToken {
        visit: visit.into(),
        account: world.amina.account.into(),
    };
    let renewed = signaling.core.call(&renew, PATIENCE).await;
    assert_eq!(renewed, Ok(CoreReply::Refused));
    let allowed = signaling.status(visit).await.allowed;
    assert_eq!(allowed, [world.lee.account.into()]);
    let path = format!("/api/v1/visits/{visit}/room");
    let room = world.get(&world.lee, &path).await.expect(200);
    assert_eq!(room.body, answer.body);

    world
        .act(&world.lee, visit, "return-to-waiting")
        .await
        .expect(200);
    world.clock.advance_minutes(1);
    world.act(&world.lee, visit, "admit").await.expect(200);
    world.act(&world.amina, visit, "join").await.expect(200);
    assert_eq!(signaling.status(visit).await.allowed.len(), 2);
}

#[tokio::test]
async fn muting_is_what_signaling_answers() {
    let world = World::new().await;
    let visit = world.visit_at("admitted").await;
    for (reply, code, line) in [
        (RoomReply::Done, None, "mute visit success"),
        (RoomReply::NothingToMute, None, "mute visit success"),
        (
            RoomReply::NotThere,
            Some((409, "not_in_room")),
            "mute visit denied not_in_room",
        ),
        (
            RoomReply::Unavailable,
            Some((503, "unavailable")),
            "mute visit failed unavailable",
        ),
    ] {
        let mut signaling = Signaling::answering(&world, visit, reply).await;
        let mute = on(&world, &world.lee, visit, &world.amina, "mute");
        let (answer, rows) = world.audited(mute).await;
        match code {
            None => answer.expect(204),
            Some((status, code)) => answer.refused(status, code),
        };
        assert_eq!(lines(&rows), [line]);
        let told = RoomCommand::Mute {
            visit: visit.into(),
            account: world.amina.account.into(),
            source: MediaSource::Microphone,
        };
        assert_eq!(signaling.told().await, told);
    }
}

#[tokio::test]
async fn without_signaling_a_lock_holds_and_a_mute_says_so() {
    let world = World::new().await;
    let visit = world.visit_at("admitted").await;
    world.act(&world.lee, visit, "lock").await.expect(200);
    let out = world.act(&world.amina, visit, "join").await;
    out.refused(403, "room_locked");
    let mute = on(&world, &world.lee, visit, &world.amina, "mute").await;
    mute.refused(503, "unavailable");
}

#[tokio::test]
async fn only_clinician_and_coordinator_keep_order_and_nobody_puts_out_the_clinician() {
    let world = World::new().await;
    let visit = world.visit_at("admitted").await;
    for deed in ["lock", "unlock"] {
        for who in [&world.amina, &world.tomas] {
            let (answer, rows) = world.audited(world.act(who, visit, deed)).await;
            answer.refused(403, "forbidden");
            assert_eq!(lines(&rows), [format!("{deed} visit denied forbidden")]);
        }
        for stranger in [&world.jonas, &world.okafor, &world.fiona, &world.grant] {
            let answer = world.act(stranger, visit, deed).await;
            answer.refused(404, "not_found");
        }
        let unknown = world.act(&world.lee, random_id(), deed).await;
        unknown.refused(404, "not_found");
    }
    for stranger in [&world.jonas, &world.okafor, &world.fiona] {
        let path = format!("/api/v1/visits/{visit}/room");
        let (answer, rows) = world.audited(world.get(stranger, &path)).await;
        answer.refused(404, "not_found");
        assert_eq!(lines(&rows), ["read visit denied not_found"]);
    }
    for deed in ["mute", "remove"] {
        let by_patient = on(&world, &world.amina, visit, &world.lee, deed).await;
        by_patient.refused(403, "forbidden");
        let stranger = on(&world, &world.lee, visit, &world.jonas, deed).await;
        stranger.refused(404, "not_found");
    }
    let coup = on(&world, &world.paula, visit, &world.lee, "remove");
    let (answer, rows) = world.audited(coup).await;
    answer.refused(403, "forbidden");
    assert_eq!(lines(&rows), ["remove visit denied forbidden"]);
}

#[tokio::test]
async fn there_is_no_order_to_keep_before_admission_or_after_the_end() {
    let world = World::new().await;
    let visit = world.visit_at("ready").await;
    let early = world.act(&world.lee, visit, "lock").await;
    assert_eq!(early.refused(403, "not_admitted").body["state"], "ready");
    world.act(&world.lee, visit, "admit").await.expect(200);
    world.act(&world.lee, visit, "complete").await.expect(200);
    let late = world.act(&world.lee, visit, "lock").await;
    late.refused(403, "not_admitted");
}

#[tokio::test]
async fn a_source_that_does_not_exist_is_refused() {
    let world = World::new().await;
    let visit = world.visit_at("admitted").await;
    let target = world.amina.account;
    let path = format!("/api/v1/visits/{visit}/participants/{target}/mute");
    for body in [json!({"source": "everything"}), json!({}), json!([])] {
        let answer = world.post(&world.lee, &path, &body).await;
        answer.refused(400, "invalid_request");
    }
}
