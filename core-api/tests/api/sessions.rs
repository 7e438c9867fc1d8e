use axum::http::Method;
use std::time::Duration;

use bus::event::{Event, Published};
use bus::{CORE_EVENTS, Incoming, Subscriber};
use serde_json::json;

use crate::harness::{PASSWORD, Person, World, lines};

async fn sign_in(world: &World, email: &str, password: &str) -> crate::harness::Answer {
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
