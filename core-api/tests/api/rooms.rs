use std::time::Duration;

use bus::command::{CoreReply, CoreRequest, RoomStatus};
use bus::event::{Event, Published};
use bus::journal::{Batch, Entry, Happening, LeaveCause};
use bus::request::Client;
use bus::{CORE_COMMANDS, CORE_EVENTS, Incoming, Subscriber};
use domain::{Role, VisitState};
use serde_json::json;
use uuid::Uuid;

use crate::harness::{MEDIA_KEY, Person, World, lines, random_id};

const PATIENCE: Duration = Duration::from_secs(60);

struct Signaling(Client<CoreRequest, CoreReply>);

impl Signaling {
    fn of(world: &World) -> Self {
        Self(Client::connect(&world.bus, CORE_COMMANDS))
    }

    async fn ask(&self, request: &CoreRequest) -> CoreReply {
        self.0.call(request, PATIENCE).await.expect("an answer")
    }

    async fn report(
        &self,
        world: &World,
        visit: Uuid,
        who: &Person,
        what: Happening,
        number: u64,
    ) -> CoreReply {
        let entry = Entry {
            visit: visit.into(),
            session: u64::MAX,
            number,
            at: world.clock.read(),
            account: who.account.into(),
            participant: Some("PA_1".into()),
            what,
        };
        let batch = Batch {
            journal: u64::MAX,
            first: number,
            entries: vec![entry],
        };
        self.ask(&CoreRequest::Journal(batch)).await
    }

    async fn renew(&self, visit: Uuid, who: &Person) -> CoreReply {
        let request = CoreRequest::RenewToken {
            visit: visit.into(),
            account: who.account.into(),
        };
        self.ask(&request).await
    }

    /// A refusal, and the one row that tells of it.
    async fn renew_in_vain(&self, world: &World, visit: Uuid, who: &Person, why: &str) {
        let (reply, rows) = world.audited(self.renew(visit, who)).await;
        assert_eq!(reply, CoreReply::Refused);
        assert_eq!(lines(&rows), [format!("join visit denied {why}")]);
        assert_eq!(rows[0].service.as_deref(), Some("signaling"));
        assert_eq!(rows[0].resource, Some(visit));
    }

    async fn status(&self, visits: &[Uuid]) -> Vec<RoomStatus> {
        let visits = visits.iter().map(|id| (*id).into()).collect();
        match self.ask(&CoreRequest::RoomsStatus { visits }).await {
            CoreReply::RoomsStatus { rooms } => rooms,
            other => panic!("{other:?}"),
        }
    }
}

async fn state(world: &World, visit: Uuid) -> String {
    let seen = world
        .get(&world.lee, &format!("/api/v1/visits/{visit}"))
        .await
        .expect(200);
    seen.body["state"].as_str().expect("a state").to_owned()
}

#[tokio::test]
async fn the_first_party_to_join_begins_the_visit_once() {
    let world = World::new().await;
    let visit = world.visit_at("admitted").await;
    let signaling = Signaling::of(&world);
    let joined = Happening::Joined;
    let (reply, rows) = world
        .audited(signaling.report(&world, visit, &world.lee, joined.clone(), 1))
        .await;
    assert_eq!(reply, CoreReply::Stored);
    assert_eq!(lines(&rows), ["enter visit success", "start visit success"]);
    assert!(
        rows.iter()
            .all(|row| row.service.as_deref() == Some("signaling"))
    );
    assert_eq!(state(&world, visit).await, "in_progress");
    let began = Event::VisitStateChanged {
        visit: visit.into(),
        clinic: world.clinic.into(),
        patient: Some(world.amina.account.into()),
        from: VisitState::Admitted,
        to: VisitState::InProgress,
        at: world.clock.read(),
        by: None,
        queue: vec![],
    };
    assert_eq!(world.events().await.last(), Some(&began));
    let (reply, rows) = world
        .audited(signaling.report(&world, visit, &world.lee, joined.clone(), 1))
        .await;
    assert_eq!(
        (reply, rows.len()),
        (CoreReply::Stored, 0),
        "a repetition changes nothing"
    );
    let (reply, rows) = world
        .audited(signaling.report(&world, visit, &world.amina, joined, 2))
        .await;
    assert_eq!(reply, CoreReply::Stored);
    assert_eq!(lines(&rows), ["enter visit success"]);
    let left = Happening::Left {
        cause: LeaveCause::Client,
    };
    let (_, rows) = world
        .audited(signaling.report(&world, visit, &world.amina, left, 3))
        .await;
    assert_eq!(lines(&rows), ["leave visit success"]);
    assert_eq!(state(&world, visit).await, "in_progress");
    let kept: i64 = sqlx::query_scalar("select count(*) from core.visit_journal")
        .fetch_one(&mut world.db.owner().await)
        .await
        .unwrap();
    assert_eq!(kept, 3);
}

#[tokio::test]
async fn a_join_that_comes_after_the_patient_was_sent_back_begins_nothing() {
    let world = World::new().await;
    let visit = world.visit_at("admitted").await;
    world
        .act(&world.lee, visit, "return-to-waiting")
        .await
        .expect(200);
    let signaling = Signaling::of(&world);
    let joined = Happening::Joined;
    assert_eq!(
        signaling
            .report(&world, visit, &world.amina, joined, 1)
            .await,
        CoreReply::Stored
    );
    assert_eq!(state(&world, visit).await, "ready");
}

#[tokio::test]
async fn a_question_about_too_many_rooms_is_refused() {
    let world = World::new().await;
    let signaling = Signaling::of(&world);
    let many = CoreRequest::RoomsStatus {
        visits: vec![random_id().into(); 1_001],
    };
    assert_eq!(signaling.ask(&many).await, CoreReply::Refused);
}

#[tokio::test]
async fn the_status_of_rooms_names_who_may_stay() {
    let world = World::new().await;
    let visit = world.visit_at("ready").await;
    let signaling = Signaling::of(&world);
    let both = vec![world.amina.account.into(), world.lee.account.into()];
    let expect = async |state: VisitState, allowed: &[domain::AccountId]| {
        let expected = RoomStatus {
            visit: visit.into(),
            state,
            allowed: allowed.to_vec(),
            lock: None,
        };
        assert_eq!(signaling.status(&[visit, random_id()]).await, [expected]);
    };
    expect(VisitState::Ready, &[]).await;
    world.act(&world.lee, visit, "admit").await.expect(200);
    expect(VisitState::Admitted, &both).await;
    let consents = format!("/api/v1/patients/{}/consents", world.amina.part);
    let given = world.get(&world.amina, &consents).await.ids("items")[0];
    world
        .post(
            &world.amina,
            &format!("{consents}/{given}/withdraw"),
            &json!({}),
        )
        .await
        .expect(200);
    expect(VisitState::Admitted, &[]).await;
    world.act(&world.lee, visit, "complete").await.expect(200);
    expect(VisitState::Completed, &[]).await;
}

/// The token that was given to `who`, checked; until when it counts.
fn given(world: &World, reply: CoreReply, visit: Uuid, who: &Person, role: Role) -> String {
    let CoreReply::Token { token, expires_at } = reply else {
        panic!("not a token: {reply:?}");
    };
    let key = auth::Key::from_bytes(MEDIA_KEY);
    let grant = auth::media::Grant::party(visit.into(), who.account.into(), role);
    let found = auth::media::verify(&key, &token.into_inner(), world.clock.read());
    assert_eq!(found, Ok((grant, expires_at)));
    expires_at.to_string()
}

#[tokio::test]
async fn the_token_of_a_party_is_renewed_even_when_the_call_runs_late() {
    let world = World::new().await;
    let visit = world.visit_at("admitted").await;
    let signaling = Signaling::of(&world);
    let joined = Happening::Joined;
    signaling
        .report(&world, visit, &world.lee, joined.clone(), 1)
        .await;
    for (who, role) in [(&world.amina, Role::Patient), (&world.lee, Role::Clinician)] {
        let (reply, rows) = world.audited(signaling.renew(visit, who)).await;
        let until = given(&world, reply, visit, who, role);
        assert_eq!(until, "2026-11-23T15:10:00Z");
        assert_eq!(lines(&rows), ["join visit success"]);
        assert_eq!(rows[0].service.as_deref(), Some("signaling"));
        assert_eq!((rows[0].actor, rows[0].resource), (None, Some(visit)));
        assert_eq!(rows[0].patient, Some(world.amina.part));
    }
    // Five minutes before the window's end, and after it: nobody comes in, nobody is cut.
    world.clock.advance_minutes(85);
    let reply = signaling.renew(visit, &world.amina).await;
    let until = given(&world, reply, visit, &world.amina, Role::Patient);
    assert_eq!(until, "2026-11-23T16:35:00Z");
    world.clock.advance_minutes(10);
    let amina = world.sign_in(&world.amina).await;
    let late = world.act(&amina, visit, "join").await;
    late.refused(403, "outside_window");
    let reply = signaling.renew(visit, &amina).await;
    given(&world, reply, visit, &amina, Role::Patient);
    let allowed = &signaling.status(&[visit]).await[0].allowed;
    assert!(allowed.contains(&amina.account.into()));
}

#[tokio::test]
async fn no_token_is_renewed_for_whoever_may_not_stay() {
    let world = World::new().await;
    let visit = world.visit_at("ready").await;
    let signaling = Signaling::of(&world);
    let refused = async |who: &Person, why| signaling.renew_in_vain(&world, visit, who, why).await;
    refused(&world.amina, "not_admitted").await;
    world.act(&world.lee, visit, "admit").await.expect(200);
    // The coordinator, too, may admit but has no place in the room.
    for stranger in [&world.jonas, &world.okafor, &world.paula] {
        refused(stranger, "forbidden").await;
    }
    let unknown = random_id();
    signaling
        .renew_in_vain(&world, unknown, &world.amina, "not_found")
        .await;
    let consents = format!("/api/v1/patients/{}/consents", world.amina.part);
    let consent = world.get(&world.amina, &consents).await.ids("items")[0];
    let withdraw = format!("{consents}/{consent}/withdraw");
    let withdrawn = world.post(&world.amina, &withdraw, &json!({})).await;
    withdrawn.expect(200);
    for party in [&world.amina, &world.lee] {
        refused(party, "consent_required").await;
    }
    world.consent(&world.amina).await;
    let reply = signaling.renew(visit, &world.amina).await;
    given(&world, reply, visit, &world.amina, Role::Patient);
    world.act(&world.lee, visit, "complete").await.expect(200);
    for party in [&world.amina, &world.lee] {
        refused(party, "not_admitted").await;
    }
}

#[tokio::test]
async fn committed_facts_reach_the_bus_in_order() {
    let world = World::new().await;
    let mut subscriber = Subscriber::<Published>::connect(&world.bus, CORE_EVENTS);
    while subscriber.next().await != Some(Incoming::Connected) {}
    let visit = world.book(0).await;
    world.act(&world.amina, visit, "check-in").await.expect(200);
    let mut heard = Vec::new();
    while heard.len() < 2 {
        let next = tokio::time::timeout(PATIENCE, subscriber.next())
            .await
            .expect("in time");
        if let Some(Incoming::Message(Published::Event(fact))) = next {
            heard.push(fact);
        }
    }
    assert!(matches!(heard[0].event, Event::VisitScheduled { visit: v, .. } if v == visit.into()));
    assert!(matches!(
        heard[1].event,
        Event::VisitStateChanged {
            to: VisitState::CheckedIn,
            ..
        }
    ));
    assert_eq!(heard[1].position, heard[0].position + 1);
}

#[tokio::test]
async fn everything_ends_when_the_program_stops() {
    let world = World::new().await;
    let signaling = Signaling::of(&world);
    signaling.status(&[]).await;
    let stopped = world.context.tasks.stop(PATIENCE).await;
    assert!(
        stopped.is_clean() && stopped.failure.is_none(),
        "{stopped:?}"
    );
}
