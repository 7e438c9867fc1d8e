use axum::http::Method;
use std::time::Duration;

use bus::command::{CoreReply, CoreRequest};
use bus::event::{Event, Published};
use bus::request::Client;
use bus::{CORE_COMMANDS, CORE_EVENTS, Incoming, Subscriber};
use serde_json::{Value, json};

use crate::harness::{Answer, PASSWORD, Person, World, lines};

async fn sign_in(world: &World, email: &str, password: &str) -> Answer {
    let body = json!({"email": email, "password": password});
    world
        .request(None, Method::POST, "/api/v1/sessions")
        .json(&body)
        .send()
        .await
}

#[tokio::test]
async fn signing_in_sets_a_cookie_that_opens_the_session() {
    let world = World::new().await;
    let (answer, rows) = world
        .audited(sign_in(&world, " Mina.Lee@Mail.Example", PASSWORD))
        .await;
    let answer = answer.expect(201);
    assert_eq!(lines(&rows), ["sign_in session success"]);
    assert_eq!(rows[0].actor, Some(world.lee.account));
    let cookie = answer.header("set-cookie").unwrap().to_owned();
    for part in [
        "__Host-bedside=",
        "; Path=/",
        "; HttpOnly",
        "; Secure",
        "; SameSite=Strict",
    ] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    assert_eq!(answer.body["account"]["roles"], json!(["clinician"]));
    assert_eq!(
        answer.body["account"]["clinic"]["time_zone"],
        "America/Toronto"
    );
    assert_eq!(answer.body["expires_at"], "2026-11-23T23:00:00Z");
    assert_eq!(answer.body["idle_expires_at"], "2026-11-23T15:15:00Z");
    let secret = answer.cookie();
    let lee = Person {
        cookie: secret,
        ..world.lee.clone()
    };
    let session = world.get(&lee, "/api/v1/session").await.expect(200);
    assert_eq!(session.id("session_id"), answer.id("session_id"));
    assert_eq!(
        session.body["account"]["provider_id"],
        json!(world.lee.part)
    );
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_get_the_same_answer() {
    let world = World::new().await;
    let wrong = world
        .audited(sign_in(&world, "mina.lee@mail.example", "quiet harbour 8"))
        .await;
    let unknown = world
        .audited(sign_in(&world, "nobody@mail.example", PASSWORD))
        .await;
    let mut bodies = Vec::new();
    for (answer, rows) in [wrong, unknown] {
        assert_eq!(lines(&rows), ["sign_in account denied invalid_credentials"]);
        let mut answer = answer.refused(401, "invalid_credentials");
        assert!(answer.header("set-cookie").is_none());
        answer.body["request_id"].take();
        bodies.push(answer.body);
    }
    assert_eq!(bodies[0], bodies[1]);
}

#[tokio::test]
async fn a_disabled_account_is_no_account() {
    let world = World::new().await;
    sqlx::query("update core.account set disabled_at = now() where id = $1")
        .bind(world.lee.account)
        .execute(&mut world.db.owner().await)
        .await
        .unwrap();
    sign_in(&world, "mina.lee@mail.example", PASSWORD)
        .await
        .refused(401, "invalid_credentials");
    world
        .get(&world.lee, "/api/v1/session")
        .await
        .refused(401, "unauthenticated");
}

#[tokio::test]
async fn nobody_gets_in_without_a_session() {
    let world = World::new().await;
    for path in [
        "/api/v1/session",
        "/api/v1/visits",
        "/api/v1/waiting-room",
        "/api/v1/patients",
        "/api/v1/providers",
        "/api/v1/accounts",
        "/api/v1/audit-events",
        "/api/v1/consent-documents/telehealth",
    ] {
        let answer = world.request(None, Method::GET, path).send().await;
        answer.refused(401, "unauthenticated");
    }
    for cookie in ["", "short", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        let stranger = Person {
            cookie: cookie.into(),
            ..world.lee.clone()
        };
        world
            .get(&stranger, "/api/v1/session")
            .await
            .refused(401, "unauthenticated");
    }
}

#[tokio::test]
async fn idling_ends_a_session_and_requests_keep_it() {
    let world = World::new().await;
    for _ in 0..4 {
        world.clock.advance_minutes(10);
        world.get(&world.lee, "/api/v1/session").await.expect(200);
    }
    world.clock.advance_minutes(15);
    world
        .get(&world.lee, "/api/v1/session")
        .await
        .refused(401, "session_expired");
    let ended = Event::SessionEnded {
        session: world.lee.session.into(),
        account: world.lee.account.into(),
    };
    assert!(
        world.events().await.contains(&ended),
        "its sockets must close"
    );
    world
        .get(&world.lee, "/api/v1/session")
        .await
        .refused(401, "unauthenticated");
}

#[tokio::test]
async fn age_ends_a_session_however_busy() {
    let world = World::new().await;
    let signed_in = sign_in(&world, "tomas.berg@mail.example", PASSWORD)
        .await
        .expect(201);
    let cookie = signed_in.cookie();
    let tomas = Person {
        cookie,
        ..world.tomas.clone()
    };
    for _ in 0..23 {
        world.clock.advance_minutes(10);
        world.get(&tomas, "/api/v1/session").await.expect(200);
    }
    world.clock.advance_minutes(10);
    world
        .get(&tomas, "/api/v1/session")
        .await
        .refused(401, "session_expired");
}

#[tokio::test]
async fn signing_out_ends_the_session_and_clears_the_cookie() {
    let world = World::new().await;
    let call = world.request(Some(&world.lee), Method::DELETE, "/api/v1/session");
    let (answer, rows) = world.audited(call.send()).await;
    let answer = answer.expect(204);
    assert_eq!(lines(&rows), ["sign_out session success"]);
    assert!(answer.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(
        answer.header("clear-site-data"),
        Some("\"cache\", \"storage\"")
    );
    world
        .get(&world.lee, "/api/v1/session")
        .await
        .refused(401, "unauthenticated");
    let ended = Event::SessionEnded {
        session: world.lee.session.into(),
        account: world.lee.account.into(),
    };
    assert_eq!(world.events().await.last(), Some(&ended));
}

#[tokio::test]
async fn a_token_stands_for_the_session_while_both_last() {
    let world = World::new().await;
    let made = world
        .post(&world.lee, "/api/v1/session/token", &json!({}))
        .await
        .expect(200);
    assert_eq!(made.body["expires_at"], "2026-11-23T15:05:00Z");
    let bearer = format!("Bearer {}", made.body["token"].as_str().unwrap());
    let get = || {
        let call = world
            .request(None, Method::GET, "/api/v1/session")
            .without("sec-fetch-site");
        call.header("authorization", &bearer).send()
    };
    assert_eq!(get().await.expect(200).id("session_id"), world.lee.session);
    let forged = bearer.replace(&bearer[bearer.len() - 8..], "AAAAAAAA");
    let call = world.request(None, Method::GET, "/api/v1/session");
    call.header("authorization", &forged)
        .send()
        .await
        .refused(401, "unauthenticated");
    world.clock.advance_minutes(5);
    get().await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_token_dies_with_its_session() {
    let world = World::new().await;
    let made = world
        .post(&world.lee, "/api/v1/session/token", &json!({}))
        .await
        .expect(200);
    let bearer = format!("Bearer {}", made.body["token"].as_str().unwrap());
    world
        .request(Some(&world.lee), Method::DELETE, "/api/v1/session")
        .send()
        .await
        .expect(204);
    let call = world.request(None, Method::GET, "/api/v1/session");
    call.header("authorization", &bearer)
        .send()
        .await
        .refused(401, "unauthenticated");
}

#[tokio::test]
async fn other_sites_cannot_use_the_cookie() {
    let world = World::new().await;
    let call = || world.request(Some(&world.lee), Method::POST, "/api/v1/session/token");
    for site in ["cross-site", "same-site"] {
        call()
            .header("sec-fetch-site", site)
            .send()
            .await
            .refused(403, "cross_site");
    }
    let foreign = call()
        .without("sec-fetch-site")
        .header("origin", "https://evil.example");
    foreign.send().await.refused(403, "cross_site");
    call()
        .without("sec-fetch-site")
        .send()
        .await
        .refused(403, "cross_site");
    let own = call()
        .without("sec-fetch-site")
        .header("origin", "http://visits.test:8080");
    own.send().await.expect(200);
    let body = json!({"email": "mina.lee@mail.example", "password": PASSWORD});
    let login = world
        .request(None, Method::POST, "/api/v1/sessions")
        .json(&body);
    login
        .header("sec-fetch-site", "cross-site")
        .send()
        .await
        .refused(403, "cross_site");
}

#[tokio::test]
async fn sockets_of_an_expired_session_close_without_a_request() {
    let world = World::new().await;
    let mut subscriber = Subscriber::<Published>::connect(&world.bus, CORE_EVENTS);
    while subscriber.next().await != Some(Incoming::Connected) {}
    world.clock.advance_minutes(16);
    let ended = Event::SessionEnded {
        session: world.lee.session.into(),
        account: world.lee.account.into(),
    };
    loop {
        let next = tokio::time::timeout(Duration::from_secs(60), subscriber.next()).await;
        match next.expect("the sweep comes by") {
            Some(Incoming::Message(Published::Event(fact))) if fact.event == ended => return,
            Some(_) => {}
            None => panic!("the bus has gone"),
        }
    }
}

fn as_signed_in(who: &Person, answer: &Answer) -> Person {
    Person {
        cookie: answer.cookie(),
        session: answer.id("session_id"),
        ..who.clone()
    }
}

fn ended(who: &Person) -> Event {
    Event::SessionEnded {
        session: who.session.into(),
        account: who.account.into(),
    }
}

#[tokio::test]
async fn people_see_and_end_their_own_sessions() {
    let world = World::new().await;
    let body = json!({"email": "mina.lee@mail.example", "password": PASSWORD});
    let call = world.request(None, Method::POST, "/api/v1/sessions");
    let answer = call
        .header("user-agent", "Firefox on a tablet")
        .json(&body)
        .send()
        .await;
    let tablet = as_signed_in(&world.lee, &answer.expect(201));
    let list = world.get(&world.lee, "/api/v1/sessions").await.expect(200);
    let mut ids = list.ids("items");
    ids.sort();
    let mut expected = [world.lee.session, tablet.session];
    expected.sort();
    assert_eq!(ids, expected);
    for item in list.body["items"].as_array().unwrap() {
        let current = item["id"] == json!(world.lee.session);
        assert_eq!(item["current"], current);
        let agent = if current {
            Value::Null
        } else {
            json!("Firefox on a tablet")
        };
        assert_eq!(item["user_agent"], agent);
    }
    let end = |who: Person, whose: Person| {
        let path = format!("/api/v1/sessions/{}", whose.session);
        let call = world.request(Some(&who), Method::DELETE, &path);
        async move { call.send().await }
    };
    for (who, whose) in [(&world.okafor, &tablet), (&tablet, &world.okafor)] {
        let (answer, rows) = world.audited(end(who.clone(), whose.clone())).await;
        answer.refused(404, "not_found");
        assert_eq!(lines(&rows), ["sign_out session denied not_found"]);
    }
    let (answer, rows) = world.audited(end(world.lee.clone(), tablet.clone())).await;
    answer.expect(204);
    assert_eq!(lines(&rows), ["sign_out session success"]);
    assert_eq!(world.events().await.last(), Some(&ended(&tablet)));
    world
        .get(&tablet, "/api/v1/session")
        .await
        .refused(401, "unauthenticated");
    end(world.lee.clone(), tablet)
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn all_others_end_at_once() {
    let world = World::new().await;
    let others = [
        world.sign_in(&world.lee).await,
        world.sign_in(&world.lee).await,
    ];
    let call = world.request(Some(&world.lee), Method::DELETE, "/api/v1/sessions");
    call.send().await.expect(204);
    let events = world.events().await;
    for other in &others {
        assert!(events.contains(&ended(other)));
        world
            .get(other, "/api/v1/session")
            .await
            .refused(401, "unauthenticated");
    }
    world.get(&world.lee, "/api/v1/session").await.expect(200);
    world
        .get(&world.okafor, "/api/v1/session")
        .await
        .expect(200);
}

#[tokio::test]
async fn the_session_unused_for_longest_makes_room_for_the_eleventh() {
    let world = World::new().await;
    world.clock.advance(jiff::SignedDuration::from_secs(31));
    world.get(&world.lee, "/api/v1/session").await.expect(200);
    let idle = world.sign_in(&world.lee).await;
    world.clock.advance(jiff::SignedDuration::from_secs(31));
    world.get(&world.lee, "/api/v1/session").await.expect(200);
    for _ in 0..8 {
        sign_in(&world, "mina.lee@mail.example", PASSWORD)
            .await
            .expect(201);
    }
    world.get(&idle, "/api/v1/session").await.expect(200);
    world.clock.advance(jiff::SignedDuration::from_secs(31));
    world.get(&world.lee, "/api/v1/session").await.expect(200);
    let before = world.events().await.len();
    sign_in(&world, "mina.lee@mail.example", PASSWORD)
        .await
        .expect(201);
    let events = world.events().await.split_off(before);
    assert_eq!(events.len(), 1, "{events:?}");
    world.get(&world.lee, "/api/v1/session").await.expect(200);
    let list = world.get(&world.lee, "/api/v1/sessions").await.expect(200);
    assert_eq!(list.ids("items").len(), 10);
}

#[tokio::test]
async fn activity_renews_the_session_of_a_patient() {
    let world = World::new().await;
    let signed_in = sign_in(&world, "amina.osei@mail.example", PASSWORD)
        .await
        .expect(201);
    assert_eq!(signed_in.body["expires_at"], "2026-11-24T15:00:00Z");
    let amina = as_signed_in(&world.amina, &signed_in);
    for _ in 0..30 * 6 {
        world.clock.advance_minutes(10);
        world.get(&amina, "/api/v1/session").await.expect(200);
    }
    let later = world.get(&amina, "/api/v1/session").await.expect(200);
    assert_eq!(later.body["expires_at"], "2026-11-25T21:00:00Z");
    world.clock.advance_minutes(15);
    world
        .get(&amina, "/api/v1/session")
        .await
        .refused(401, "session_expired");
}

#[tokio::test]
async fn being_in_the_room_of_a_visit_is_activity() {
    let world = World::new().await;
    let visit = world.visit_at("admitted").await;
    world.act(&world.amina, visit, "join").await.expect(200);
    let elsewhere = world.sign_in(&world.amina).await;
    let signaling = Client::<CoreRequest, CoreReply>::connect(&world.bus, CORE_COMMANDS);
    let renew = async || {
        let request = CoreRequest::RenewToken {
            visit: visit.into(),
            account: world.amina.account.into(),
        };
        let answer = signaling.call(&request, Duration::from_secs(60)).await;
        assert!(matches!(answer, Ok(CoreReply::Token { .. })), "{answer:?}");
    };
    for _ in 0..3 {
        world.clock.advance_minutes(9);
        renew().await;
    }
    world.get(&world.amina, "/api/v1/session").await.expect(200);
    let other = world.get(&elsewhere, "/api/v1/session").await;
    assert_eq!(other.status, 401, "the call is not in that session");
}

/// A request that a page sends by itself.
async fn in_background(world: &World, who: &Person, method: Method, path: &str) -> Answer {
    let call = world.request(Some(who), method, path);
    call.header("bedside-background", "1").send().await
}

#[tokio::test]
async fn what_a_page_does_by_itself_does_not_keep_a_session() {
    let world = World::new().await;
    let idle_end = async || {
        let seen = in_background(&world, &world.lee, Method::GET, "/api/v1/session").await;
        seen.expect(200).body["idle_expires_at"].clone()
    };
    world.clock.advance_minutes(10);
    assert_eq!(idle_end().await, "2026-11-23T15:15:00Z");
    for path in ["/api/v1/visits", "/api/v1/waiting-room"] {
        in_background(&world, &world.lee, Method::GET, path)
            .await
            .expect(200);
    }
    // Nor does the token of a socket, whatever the page says.
    world
        .post(&world.lee, "/api/v1/session/token", &json!({}))
        .await
        .expect(200);
    assert_eq!(idle_end().await, "2026-11-23T15:15:00Z");
    // One key extends it.
    let extended = world.get(&world.lee, "/api/v1/session").await.expect(200);
    assert_eq!(extended.body["idle_expires_at"], "2026-11-23T15:25:00Z");
    world.clock.advance_minutes(14);
    assert_eq!(idle_end().await, "2026-11-23T15:25:00Z");
    world.clock.advance_minutes(1);
    in_background(&world, &world.lee, Method::GET, "/api/v1/session")
        .await
        .refused(401, "session_expired");
}

#[tokio::test]
async fn a_patient_in_the_waiting_room_is_there() {
    let world = World::new().await;
    let poll = async |who: &Person| {
        world.clock.advance_minutes(10);
        in_background(&world, who, Method::GET, "/api/v1/session").await
    };
    let visit = world.book(30).await;
    world.act(&world.amina, visit, "check-in").await.expect(200);
    for _ in 0..4 {
        poll(&world.amina).await.expect(200);
    }
    // Nobody else waits.
    let jonas = in_background(&world, &world.jonas, Method::GET, "/api/v1/session").await;
    jonas.refused(401, "session_expired");
    // The clinic calls the visit off; with it ends what kept the session.
    let paula = world.sign_in(&world.paula).await;
    let body = json!({"reason": "The clinician is ill"});
    let cancel = format!("/api/v1/visits/{visit}/cancel");
    world.post(&paula, &cancel, &body).await.expect(200);
    poll(&world.amina).await.expect(200);
    poll(&world.amina).await.refused(401, "session_expired");
}

#[tokio::test]
async fn tokens_handed_out_do_not_keep_a_session() {
    let world = World::new().await;
    let body = json!({"email": "mina.lee@mail.example", "password": PASSWORD, "tokens": true});
    let call = world.request(None, Method::POST, "/api/v1/sessions");
    let mut held = call.json(&body).send().await.expect(201).body["tokens"].clone();
    let refresh = async |held: &Value| {
        let body = json!({"refresh_token": held["refresh_token"]});
        let call = world.request(None, Method::POST, "/api/v1/session/refresh");
        call.json(&body).send().await
    };
    for _ in 0..2 {
        world.clock.advance_minutes(5);
        held = refresh(&held).await.expect(200).body;
    }
    world.clock.advance_minutes(5);
    refresh(&held).await.refused(401, "session_expired");
}

#[tokio::test]
async fn clients_with_tokens_refresh_them_once_each() {
    let world = World::new().await;
    let body = json!({"email": "mina.lee@mail.example", "password": PASSWORD, "tokens": true});
    let call = world.request(None, Method::POST, "/api/v1/sessions");
    let signed_in = call
        .without("sec-fetch-site")
        .json(&body)
        .send()
        .await
        .expect(201);
    assert!(signed_in.header("set-cookie").is_none());
    let lee = Person {
        session: signed_in.id("session_id"),
        ..world.lee.clone()
    };
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let first = text(&signed_in.body["tokens"]["refresh_token"]);
    let get = async |token: &str| {
        let call = world.request(None, Method::GET, "/api/v1/session");
        let bearer = format!("Bearer {token}");
        call.without("sec-fetch-site")
            .header("authorization", &bearer)
            .send()
            .await
    };
    let refresh = async |token: &str| {
        let call = world.request(None, Method::POST, "/api/v1/session/refresh");
        let body = json!({"refresh_token": token});
        call.without("sec-fetch-site").json(&body).send().await
    };
    get(&text(&signed_in.body["tokens"]["token"]))
        .await
        .expect(200);
    world.clock.advance_minutes(6);
    let (next, rows) = world.audited(refresh(&first)).await;
    let next = next.expect(200);
    assert_eq!(lines(&rows), ["issue_token session success"]);
    let token = text(&next.body["token"]);
    get(&token).await.expect(200);
    // A token does not lead to the next one by itself.
    let call = world.request(None, Method::POST, "/api/v1/session/token");
    let call = call
        .without("sec-fetch-site")
        .header("authorization", &format!("Bearer {token}"));
    call.send().await.refused(401, "unauthenticated");

    let (copied, rows) = world.audited(refresh(&first)).await;
    copied.refused(401, "unauthenticated");
    assert_eq!(lines(&rows), ["issue_token session denied unauthenticated"]);
    assert_eq!(world.events().await.last(), Some(&ended(&lee)));
    get(&token).await.refused(401, "unauthenticated");
    let second = text(&next.body["refresh_token"]);
    refresh(&second).await.refused(401, "unauthenticated");
    let notices = world
        .get(&world.lee, "/api/v1/session/notices")
        .await
        .expect(200);
    assert_eq!(notices.body["items"][0]["kind"], "token_copied");
    for noise in ["", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        refresh(noise).await.refused(401, "unauthenticated");
    }
}

#[tokio::test]
async fn a_refresh_does_not_outlive_the_session() {
    let world = World::new().await;
    let body = json!({"email": "mina.lee@mail.example", "password": PASSWORD, "tokens": true});
    let call = world.request(None, Method::POST, "/api/v1/sessions");
    let signed_in = call.json(&body).send().await.expect(201);
    let token = signed_in.body["tokens"]["refresh_token"].as_str().unwrap();
    world.clock.advance_minutes(15);
    let call = world.request(None, Method::POST, "/api/v1/session/refresh");
    let late = call.json(&json!({"refresh_token": token})).send().await;
    assert_eq!(late.status, 401, "{}", late.text);
}

#[tokio::test]
async fn a_new_device_is_told_to_the_owner_and_a_known_one_is_not() {
    let world = World::new().await;
    let body = json!({"email": "mina.lee@mail.example", "password": PASSWORD});
    let from = async |device: Option<&str>| {
        let call = world
            .request(None, Method::POST, "/api/v1/sessions")
            .json(&body);
        let cookie = device.map(|device| format!("__Host-bedside-device={device}"));
        match cookie {
            Some(cookie) => call.header("cookie", &cookie).send().await.expect(201),
            None => call.send().await.expect(201),
        }
    };
    let told = async || {
        let notices = world
            .get(&world.lee, "/api/v1/session/notices")
            .await
            .expect(200);
        notices.body["items"].as_array().unwrap().len()
    };
    let first = from(None).await;
    let desk = first.device().expect("a device cookie");
    assert_eq!(told().await, 0, "the first device is no news");
    assert_eq!(from(Some(&desk)).await.device(), None);
    assert_eq!(told().await, 0);
    let phone = from(None).await.device().expect("a device cookie");
    assert_ne!(phone, desk);
    assert_eq!(told().await, 1);
    from(Some(&phone)).await;
    from(Some(&desk)).await;
    assert_eq!(told().await, 1);
    // A cookie somebody made up is a device nobody knows.
    from(Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")).await;
    assert_eq!(told().await, 2);
    // It opens nothing by itself.
    let call = world.request(None, Method::GET, "/api/v1/session");
    let call = call.header("cookie", &format!("__Host-bedside={desk}"));
    call.send().await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_password_proves_again_who_has_no_second_factor() {
    let world = World::new().await;
    let step_up = |body: Value| {
        let world = &world;
        async move {
            world
                .post(&world.lee, "/api/v1/session/step-up", &body)
                .await
        }
    };
    let (wrong, rows) = world
        .audited(step_up(json!({"password": "not this one"})))
        .await;
    wrong.refused(401, "invalid_credentials");
    assert_eq!(lines(&rows), ["step_up session denied invalid_credentials"]);
    let session = world.get(&world.lee, "/api/v1/session").await.expect(200);
    assert_eq!(session.body["stepped_up_until"], Value::Null);
    let done = step_up(json!({"password": PASSWORD})).await.expect(200);
    assert_eq!(done.body["stepped_up_until"], "2026-11-23T15:05:00Z");
    let code = json!({"proof": {"method": "totp", "code": "123456"}});
    step_up(code).await.refused(422, "invalid_field");
    for _ in 0..6 {
        step_up(json!({"password": "not this one"}))
            .await
            .refused(401, "invalid_credentials");
    }
    step_up(json!({"password": PASSWORD}))
        .await
        .refused(429, "rate_limited");
}
