use std::time::Duration;

use bus::command::{CoreReply, CoreRequest, RoomEventKind, RoomStatus};
use bus::event::{Event, Published};
use bus::request::Client;
use bus::{CORE_COMMANDS, CORE_EVENTS, Incoming, Subscriber};
use domain::VisitState;
use serde_json::json;
use uuid::Uuid;

use crate::harness::{Person, World, lines, random_id};

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
        what: RoomEventKind,
        number: u64,
    ) -> CoreReply {
        let request = CoreRequest::RoomEvent {
            visit: visit.into(),
            room_epoch: u64::MAX,
            number,
            at: world.clock.read(),
            account: who.account.into(),
            what,
        };
        self.ask(&request).await
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
    let joined = RoomEventKind::Joined;
    let (reply, rows) = world
        .audited(signaling.report(&world, visit, &world.lee, joined, 1))
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
        .audited(signaling.report(&world, visit, &world.lee, joined, 1))
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
    let left = RoomEventKind::Left;
    let (_, rows) = world
        .audited(signaling.report(&world, visit, &world.amina, left, 3))
        .await;
    assert_eq!(lines(&rows), ["leave visit success"]);
    assert_eq!(state(&world, visit).await, "in_progress");
    let kept: i64 = sqlx::query_scalar("select count(*) from core.room_event")
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
    let joined = RoomEventKind::Joined;
    assert_eq!(
        signaling
            .report(&world, visit, &world.amina, joined, 1)
            .await,
        CoreReply::Stored
    );
    assert_eq!(state(&world, visit).await, "ready");
}

#[tokio::test]
async fn reports_that_make_no_sense_are_refused() {
    let world = World::new().await;
    let visit = world.visit_at("admitted").await;
    let signaling = Signaling::of(&world);
    let joined = RoomEventKind::Joined;
    for (visit, who, number) in [
        (random_id(), &world.lee, 1),
        (visit, &world.jonas, 1),
        (visit, &world.lee, 0),
    ] {
        let reply = signaling.report(&world, visit, who, joined, number).await;
        assert_eq!(reply, CoreReply::Refused);
    }
    let many = CoreRequest::RoomsStatus {
        visits: vec![visit.into(); 1_001],
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
