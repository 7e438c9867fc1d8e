use std::time::Duration;

use auth::Key;
use axum::http::Method;
use bus::command::{CoreReply, CoreRequest, RoomStatus};
use bus::event::{Event, InvitationChange};
use bus::journal::{Batch, Entry, Happening};
use bus::{CORE_COMMANDS, request};
use domain::VisitState;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Answer, MEDIA_KEY, Person, World, lines, random_id};

const PATIENCE: Duration = Duration::from_secs(30);

/// A guest with their link.
struct Guest {
    invitation: Uuid,
    secret: String,
}

async fn invite(world: &World, who: &Person, visit: Uuid, body: Value) -> Answer {
    let path = format!("/api/v1/visits/{visit}/invitations");
    world.post(who, &path, &body).await
}

async fn invite_guest(world: &World, visit: Uuid, name: &str) -> Guest {
    let body = json!({"part": "family", "display_name": name});
    let made = invite(world, &world.lee, visit, body).await.expect(201);
    Guest {
        invitation: made.id("invitation_id"),
        secret: made.body["secret"].as_str().expect("a secret").to_owned(),
    }
}

async fn with_secret(world: &World, step: &str, secret: &str) -> Answer {
    let path = format!("/api/v1/guest/{step}");
    let body = json!({"secret": secret});
    let call = world.request(None, Method::POST, &path);
    call.json(&body).send().await
}

async fn guest(world: &World, step: &str, guest: &Guest) -> Answer {
    with_secret(world, step, &guest.secret).await
}

async fn on(world: &World, who: &Person, visit: Uuid, invitation: Uuid, deed: &str) -> Answer {
    let deed = format!("invitations/{invitation}/{deed}");
    world.act(who, visit, &deed).await
}

async fn people(world: &World, who: &Person, visit: Uuid) -> Answer {
    let path = format!("/api/v1/visits/{visit}/people");
    world.get(who, &path).await
}

/// `name part stage` of everybody of the visit, as the clinician sees it.
async fn roll(world: &World, visit: Uuid) -> Vec<String> {
    let answer = people(world, &world.lee, visit).await.expect(200);
    let items = answer.body["items"].as_array().expect("items");
    let word = |value: &Value| value.as_str().unwrap_or("party").to_owned();
    let line = |item: &Value| {
        let (name, part) = (word(&item["display_name"]), word(&item["part"]));
        format!("{name} {part} {}", word(&item["invitation"]["stage"]))
    };
    items.iter().map(line).collect()
}

struct Signaling(request::Client<CoreRequest, CoreReply>);

impl Signaling {
    fn of(world: &World) -> Self {
        Self(request::Client::connect(&world.bus, CORE_COMMANDS))
    }

    async fn ask(&self, request: &CoreRequest) -> CoreReply {
        self.0.call(request, PATIENCE).await.expect("an answer")
    }

    async fn status(&self, visit: Uuid) -> RoomStatus {
        let visits = vec![visit.into()];
        match self.ask(&CoreRequest::RoomsStatus { visits }).await {
            CoreReply::RoomsStatus { mut rooms } => rooms.remove(0),
            other => panic!("not a status: {other:?}"),
        }
    }

    async fn allowed(&self, visit: Uuid) -> Vec<Uuid> {
        let allowed = self.status(visit).await.allowed;
        allowed.into_iter().map(Uuid::from).collect()
    }

    async fn renew(&self, visit: Uuid, identity: Uuid) -> CoreReply {
        self.ask(&CoreRequest::RenewToken {
            visit: visit.into(),
            account: identity.into(),
        })
        .await
    }

    async fn report(&self, world: &World, visit: Uuid, identity: Uuid, number: u64) {
        let entry = Entry {
            visit: visit.into(),
            session: 1,
            number,
            at: world.clock.read(),
            account: identity.into(),
            participant: Some(format!("PA_{number}").into()),
            what: Happening::Joined,
        };
        let joined = CoreRequest::Journal(Batch {
            journal: 1,
            first: number,
            entries: vec![entry],
        });
        assert_eq!(self.ask(&joined).await, CoreReply::Stored);
    }
}

fn changes(events: &[Event]) -> Vec<InvitationChange> {
    let change = |event: &Event| match event {
        Event::InvitationChanged { change, .. } => Some(*change),
        _ => None,
    };
    events.iter().filter_map(change).collect()
}

#[tokio::test]
async fn a_guest_looks_knocks_is_let_in_and_gets_a_token_then_and_not_before() {
    let world = World::new().await;
    let visit = world.visit_at("admitted").await;
    let body = json!({"part": "family", "display_name": "Amina's daughter"});
    let (made, rows) = world.audited(invite(&world, &world.lee, visit, body)).await;
    let made = made.expect(201);
    assert_eq!(lines(&rows), ["create invitation success"]);
    assert_eq!(rows[0].resource, Some(made.id("invitation_id")));
    assert_eq!(rows[0].patient, Some(world.amina.part));
    let her = Guest {
        invitation: made.id("invitation_id"),
        secret: made.body["secret"].as_str().expect("a secret").to_owned(),
    };

    let (seen, rows) = world.audited(guest(&world, "visit", &her)).await;
    let seen = seen.expect(200);
    assert_eq!(lines(&rows), ["read invitation success"]);
    assert_eq!(seen.body["stage"], "invited");
    assert_eq!(seen.body["clinician_name"], "Mina Lee");
    assert!(!seen.text.contains("Amina Osei"), "nothing of the patient");
    let (_, rows) = world.audited(guest(&world, "visit", &her)).await;
    assert_eq!(lines(&rows), [""; 0], "a page that waits fills no log");

    let (early, rows) = world.audited(guest(&world, "join", &her)).await;
    early.refused(403, "not_admitted");
    assert_eq!(lines(&rows), ["join invitation denied not_admitted"]);
    let blind = guest(&world, "people", &her).await;
    blind.refused(403, "not_admitted");

    let (knocked, rows) = world.audited(guest(&world, "knock", &her)).await;
    assert_eq!(knocked.expect(200).body["stage"], "knocking");
    assert_eq!(lines(&rows), ["knock invitation success"]);
    let again = guest(&world, "knock", &her).await.expect(200);
    assert_eq!(again.body["stage"], "knocking");
    guest(&world, "join", &her)
        .await
        .refused(403, "not_admitted");

    let (let_in, rows) = world
        .audited(on(&world, &world.lee, visit, her.invitation, "let-in"))
        .await;
    let_in.expect(200);
    assert_eq!(lines(&rows), ["admit invitation success"]);
    assert_eq!(
        roll(&world, visit).await,
        [
            "Mina Lee clinician party",
            "Amina Osei patient party",
            "Amina's daughter family let_in",
        ]
    );
    let (joined, rows) = world.audited(guest(&world, "join", &her)).await;
    let joined = joined.expect(200);
    assert_eq!(lines(&rows), ["join invitation success"]);
    let token = joined.body["token"].as_str().expect("a token");
    let key = Key::from_bytes(MEDIA_KEY);
    let (grant, until) = auth::media::verify(&key, token, world.clock.read()).expect("good");
    assert_eq!(Uuid::from(grant.room), visit);
    assert_eq!(Uuid::from(grant.identity), her.invitation);
    assert!(grant.role.is_none() && !grant.can_update_own_metadata);
    assert!(grant.can_publish && grant.can_subscribe);
    assert_eq!(until.to_string(), joined.body["expires_at"]);
    let named = guest(&world, "people", &her).await.expect(200);
    assert_eq!(named.body["items"].as_array().map(Vec::len), Some(3));
    assert_eq!(
        changes(&world.events().await),
        [
            InvitationChange::Made,
            InvitationChange::Knocked,
            InvitationChange::LetIn
        ]
    );
}

#[tokio::test]
async fn wrong_past_and_revoked_secrets_are_answered_alike_and_put_on_record() {
    let world = World::new().await;
    let visit = world.visit_at("ready").await;
    let revoked = invite_guest(&world, visit, "Revoked").await;
    on(&world, &world.lee, visit, revoked.invitation, "revoke")
        .await
        .expect(200);
    let past = invite_guest(&world, visit, "Past").await;
    world.clock.advance_minutes(90);
    let wrong = "A".repeat(43);
    let mut answers = Vec::new();
    for secret in [
        &revoked.secret,
        &past.secret,
        &wrong,
        &"no secret".to_owned(),
    ] {
        for (step, action) in [
            ("visit", "read"),
            ("knock", "knock"),
            ("join", "join"),
            ("people", "read"),
        ] {
            let (answer, rows) = world.audited(with_secret(&world, step, secret)).await;
            let mut answer = answer.refused(404, "not_found");
            assert_eq!(
                lines(&rows),
                [format!("{action} invitation denied not_found")]
            );
            answer.body["request_id"] = Value::Null;
            answers.push(answer.body);
        }
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
}

#[tokio::test]
async fn a_flood_of_wrong_secrets_is_cut_and_right_ones_pass() {
    let world = World::new().await;
    let visit = world.visit_at("ready").await;
    let her = invite_guest(&world, visit, "Amina's daughter").await;
    let wrong = "B".repeat(43);
    let mut codes = Vec::new();
    for _ in 0..70 {
        let answer = with_secret(&world, "visit", &wrong).await;
        codes.push(answer.body["code"].as_str().unwrap_or_default().to_owned());
    }
    let looked_into = codes.iter().filter(|code| *code == "not_found").count();
    assert_eq!(looked_into, 60);
    assert_eq!(codes.last().map(String::as_str), Some("rate_limited"));
    guest(&world, "visit", &her).await.expect(200);
}

#[tokio::test]
async fn what_is_revoked_is_out_of_room_and_token_at_once() {
    let world = World::new().await;
    let visit = world.visit_at("admitted").await;
    let signaling = Signaling::of(&world);
    let her = invite_guest(&world, visit, "Amina's daughter").await;
    assert_eq!(signaling.allowed(visit).await.len(), 2);
    on(&world, &world.paula, visit, her.invitation, "let-in")
        .await
        .expect(200);
    assert!(signaling.allowed(visit).await.contains(&her.invitation));
    let renewed = signaling.renew(visit, her.invitation).await;
    assert!(matches!(renewed, CoreReply::Token { .. }), "{renewed:?}");
    let (gone, rows) = world
        .audited(on(&world, &world.lee, visit, her.invitation, "revoke"))
        .await;
    gone.expect(200);
    assert_eq!(lines(&rows), ["revoke invitation success"]);
    assert_eq!(signaling.allowed(visit).await.len(), 2);
    let renewed = signaling.renew(visit, her.invitation).await;
    assert_eq!(renewed, CoreReply::Refused);
    guest(&world, "join", &her).await.refused(404, "not_found");
    let again = on(&world, &world.lee, visit, her.invitation, "revoke").await;
    again.refused(404, "not_found");
    assert_eq!(
        changes(&world.events().await).last(),
        Some(&InvitationChange::Revoked)
    );
}

#[tokio::test]
async fn whoever_is_removed_stays_out_until_let_in_again_and_a_lock_holds_for_guests() {
    let world = World::new().await;
    let visit = world.visit_at("admitted").await;
    let signaling = Signaling::of(&world);
    let her = invite_guest(&world, visit, "Amina's daughter").await;
    let let_in = || on(&world, &world.lee, visit, her.invitation, "let-in");
    let_in().await.expect(200);
    world.clock.advance_minutes(1);
    let remove = format!("participants/{}/remove", her.invitation);
    let room = world.act(&world.lee, visit, &remove).await.expect(200);
    assert_eq!(room.body["removed"], json!([her.invitation]));
    guest(&world, "join", &her)
        .await
        .refused(403, "removed_from_room");
    guest(&world, "knock", &her)
        .await
        .refused(403, "removed_from_room");
    assert!(!signaling.allowed(visit).await.contains(&her.invitation));
    world.clock.advance_minutes(1);
    let_in().await.expect(200);
    guest(&world, "join", &her).await.expect(200);

    world.clock.advance_minutes(1);
    world.act(&world.lee, visit, "lock").await.expect(200);
    guest(&world, "join", &her)
        .await
        .refused(403, "room_locked");
    let keep = signaling.status(visit).await.lock.expect("locked").keep;
    assert!(!keep.contains(&her.invitation.into()));
    world.clock.advance_minutes(1);
    let_in().await.expect(200);
    guest(&world, "join", &her).await.expect(200);
    let keep = signaling.status(visit).await.lock.expect("locked").keep;
    assert!(keep.contains(&her.invitation.into()), "let in by name");
    let mute = format!("participants/{}/mute", random_id());
    let body = json!({"source": "microphone"});
    let path = format!("/api/v1/visits/{visit}/{mute}");
    let stranger = world.post(&world.lee, &path, &body).await;
    stranger.refused(404, "not_found");
}

#[tokio::test]
async fn a_colleague_comes_by_their_account_and_sees_no_more_than_the_call() {
    let world = World::new().await;
    let visit = world.visit_at("admitted").await;
    let stranger = world.act(&world.okafor, visit, "join").await;
    stranger.refused(404, "not_found");
    let body = json!({"part": "second_clinician", "account_id": world.okafor.account});
    let made = invite(&world, &world.lee, visit, body.clone()).await;
    let made = made.expect(201);
    assert_eq!(made.body["secret"], Value::Null);
    let twice = invite(&world, &world.lee, visit, body).await;
    twice.refused(409, "already_invited");
    let mine = world.get(&world.okafor, "/api/v1/invitations").await;
    let mine = mine.expect(200);
    assert_eq!(mine.body["items"][0]["visit_id"], json!(visit));
    assert_eq!(mine.body["items"][0]["may_join"], true);
    assert!(!mine.text.contains("Amina Osei"));
    let joined = world.act(&world.okafor, visit, "join").await.expect(200);
    assert_eq!(joined.id("identity"), world.okafor.account);
    let seen = people(&world, &world.okafor, visit).await.expect(200);
    assert_eq!(seen.body["may_moderate"], false);
    for closed in ["", "/chart", "/room", "/journal"] {
        let path = format!("/api/v1/visits/{visit}{closed}");
        let answer = world.get(&world.okafor, &path).await;
        answer.refused(404, "not_found");
    }
    let invitation = made.id("invitation_id");
    on(&world, &world.paula, visit, invitation, "revoke")
        .await
        .expect(200);
    let gone = world.act(&world.okafor, visit, "join").await;
    gone.refused(404, "not_found");
    let mine = world.get(&world.okafor, "/api/v1/invitations").await;
    assert_eq!(mine.expect(200).body["items"], json!([]));
}

#[tokio::test]
async fn only_clinician_and_coordinator_invite_and_only_into_a_visit_to_come() {
    let world = World::new().await;
    let visit = world.visit_at("ready").await;
    let body = json!({"part": "interpreter", "display_name": "Sam"});
    for who in [&world.amina, &world.tomas] {
        let (answer, rows) = world
            .audited(invite(&world, who, visit, body.clone()))
            .await;
        answer.refused(403, "forbidden");
        assert_eq!(lines(&rows), ["create invitation denied forbidden"]);
    }
    for who in [&world.jonas, &world.okafor, &world.fiona, &world.grant] {
        let (answer, rows) = world
            .audited(invite(&world, who, visit, body.clone()))
            .await;
        answer.refused(404, "not_found");
        assert_eq!(lines(&rows), ["create invitation denied not_found"]);
        people(&world, who, visit).await.refused(404, "not_found");
    }
    invite(&world, &world.paula, visit, body.clone())
        .await
        .expect(201);
    let seen = people(&world, &world.amina, visit).await.expect(200);
    assert_eq!(seen.body["items"][2]["display_name"], "Sam");
    assert_eq!(seen.body["may_invite"], false);
    for bad in [
        json!({"part": "interpreter"}),
        json!({"part": "interpreter", "display_name": "x".repeat(81)}),
        json!({"part": "interpreter", "display_name": "  "}),
        json!({"part": "interpreter", "display_name": "a", "account_id": random_id()}),
        json!({"part": "interpreter", "account_id": random_id()}),
        json!({"part": "interpreter", "account_id": world.jonas.account}),
        json!({"part": "interpreter", "account_id": world.grant.account}),
    ] {
        let answer = invite(&world, &world.lee, visit, bad).await;
        answer.refused(422, "invalid_field");
    }
    let party = json!({"part": "interpreter", "account_id": world.lee.account});
    let party = invite(&world, &world.lee, visit, party).await;
    party.refused(409, "already_invited");
    let unknown = on(&world, &world.lee, visit, random_id(), "let-in").await;
    unknown.refused(404, "not_found");
    let choice = world
        .get(&world.lee, &format!("/api/v1/visits/{visit}/colleagues"))
        .await
        .expect(200);
    let names: Vec<_> = choice.body["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|item| item["display_name"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(
        names,
        ["Chidi Okafor", "Ines Duarte", "Paula Ruiz", "Tomas Berg"]
    );
    world.clock.advance_minutes(90);
    let lee = world.sign_in(&world.lee).await;
    let late = invite(&world, &lee, visit, body).await;
    late.refused(403, "outside_window");
}

#[tokio::test]
async fn before_the_window_a_link_opens_and_nobody_knocks() {
    let world = World::new().await;
    let visit = world.book(120).await;
    let her = invite_guest(&world, visit, "Amina's daughter").await;
    guest(&world, "visit", &her).await.expect(200);
    guest(&world, "knock", &her)
        .await
        .refused(403, "outside_window");
    world.clock.advance_minutes(91);
    guest(&world, "knock", &her).await.expect(200);
}

#[tokio::test]
async fn consent_and_admission_of_the_patient_are_asked_of_guests_too() {
    let world = World::new().await;
    let visit = world.visit_at("ready").await;
    let her = invite_guest(&world, visit, "Amina's daughter").await;
    on(&world, &world.lee, visit, her.invitation, "let-in")
        .await
        .expect(200);
    guest(&world, "join", &her)
        .await
        .refused(403, "not_admitted");
    world.act(&world.lee, visit, "admit").await.expect(200);
    guest(&world, "join", &her).await.expect(200);
    let consents = format!("/api/v1/patients/{}/consents", world.amina.part);
    let given = world.get(&world.amina, &consents).await.expect(200);
    let consent = given.ids("items")[0];
    world
        .post(
            &world.amina,
            &format!("{consents}/{consent}/withdraw"),
            &json!({}),
        )
        .await
        .expect(200);
    guest(&world, "join", &her)
        .await
        .refused(409, "consent_required");
}

#[tokio::test]
async fn a_guest_in_the_room_is_in_the_journal_and_begins_no_visit() {
    let world = World::new().await;
    let visit = world.visit_at("admitted").await;
    let signaling = Signaling::of(&world);
    let her = invite_guest(&world, visit, "Amina's daughter").await;
    on(&world, &world.lee, visit, her.invitation, "let-in")
        .await
        .expect(200);
    signaling.report(&world, visit, her.invitation, 1).await;
    assert_eq!(signaling.status(visit).await.state, VisitState::Admitted);
    signaling.report(&world, visit, random_id(), 2).await;
    signaling.report(&world, visit, world.lee.account, 3).await;
    assert_eq!(signaling.status(visit).await.state, VisitState::InProgress);
    let path = format!("/api/v1/visits/{visit}/journal");
    let journal = world.get(&world.lee, &path).await.expect(200);
    let items = journal.body["items"].as_array().expect("items");
    assert_eq!(items.len(), 2, "a stranger's entry is refused");
    assert_eq!(items[0]["account_id"], json!(her.invitation));
    assert_eq!(items[0]["party"], Value::Null);
    let seen = people(&world, &world.lee, visit).await.expect(200);
    let present: Vec<_> = seen.body["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|item| item["present"] == true)
        .collect();
    assert_eq!(present, [true, false, true]);
    world.act(&world.lee, visit, "complete").await.expect(200);
    guest(&world, "visit", &her).await.refused(404, "not_found");
}

#[tokio::test]
async fn a_secret_is_stored_as_its_hash_alone() {
    let world = World::new().await;
    let visit = world.visit_at("ready").await;
    let her = invite_guest(&world, visit, "Amina's daughter").await;
    let row: String = sqlx::query_scalar("select i::text from core.invitation i")
        .fetch_one(&mut world.db.owner().await)
        .await
        .expect("a row");
    assert!(!row.contains(&her.secret), "{row}");
    let audit: Vec<String> = sqlx::query_scalar("select e::text from audit.event e")
        .fetch_all(&mut world.db.owner().await)
        .await
        .expect("rows");
    assert!(audit.iter().all(|row| !row.contains(&her.secret)));
    assert!(audit.iter().all(|row| !row.contains("daughter")));
}
