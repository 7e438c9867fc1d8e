use std::time::Duration;

use axum::http::Method;
use core_api::{Config, Limits, MfaPolicy, Rate};
use jiff::SignedDuration;
use serde_json::json;

use crate::harness::{Answer, Call, PASSWORD, World, lines};

const LEE: &str = "mina.lee@mail.example";
const NOBODY: &str = "nobody@mail.example";

fn attempt<'w>(world: &'w World, email: &str, password: &str) -> Call<'w> {
    let body = json!({"email": email, "password": password});
    world
        .request(None, Method::POST, "/api/v1/sessions")
        .json(&body)
}

async fn fail(world: &World, email: &str, times: usize) {
    for _ in 0..times {
        let answer = attempt(world, email, "not this one").send().await;
        answer.refused(401, "invalid_credentials");
    }
}

/// The seconds a refusal asks to wait.
fn wait(answer: &Answer) -> i64 {
    answer
        .header("retry-after")
        .expect("Retry-After")
        .parse()
        .expect("seconds")
}

#[tokio::test]
async fn wrong_passwords_make_the_next_try_wait_whether_or_not_there_is_an_account() {
    let world = World::new().await;
    let mut bodies = Vec::new();
    for email in [LEE, NOBODY] {
        fail(&world, email, 6).await;
        // Not even the right password is looked at meanwhile.
        let (answer, rows) = world.audited(attempt(&world, email, PASSWORD).send()).await;
        assert_eq!(lines(&rows), ["sign_in account denied rate_limited"]);
        let mut answer = answer.refused(429, "rate_limited");
        assert_eq!(wait(&answer), 1);
        answer.body["request_id"].take();
        bodies.push(answer.body);
    }
    assert_eq!(bodies[0], bodies[1]);
    for expected in [2, 4, 8, 16] {
        world.clock.advance(SignedDuration::from_secs(expected / 2));
        fail(&world, LEE, 1).await;
        let answer = attempt(&world, LEE, PASSWORD).send().await;
        assert_eq!(wait(&answer.refused(429, "rate_limited")), expected);
    }
    world.clock.advance(SignedDuration::from_secs(16));
    attempt(&world, LEE, PASSWORD).send().await.expect(201);
    fail(&world, LEE, 6).await;
}

#[tokio::test]
async fn the_owner_gets_in_from_a_known_device_while_others_guess() {
    let world = World::new().await;
    let first = attempt(&world, LEE, PASSWORD).send().await.expect(201);
    let device = format!(
        "__Host-bedside-device={}",
        first.device().expect("a device")
    );
    let here = |password: &str| attempt(&world, LEE, password).header("cookie", &device);
    fail(&world, LEE, 6).await;
    attempt(&world, LEE, PASSWORD)
        .send()
        .await
        .refused(429, "rate_limited");
    here(PASSWORD).send().await.expect(201);
    // A device that guesses waits by itself, and another account's device is a stranger.
    for _ in 0..6 {
        here("not this one")
            .send()
            .await
            .refused(401, "invalid_credentials");
    }
    here(PASSWORD).send().await.refused(429, "rate_limited");
    let theirs = attempt(&world, "chidi.okafor@mail.example", PASSWORD);
    theirs.header("cookie", &device).send().await.expect(201);
}

#[tokio::test]
async fn many_accounts_from_one_address_are_guessing_too() {
    let world = World::new().await;
    let from = |email: &str, address: &str| attempt(&world, email, "not this one").from(address);
    for number in 0..51 {
        let email = format!("somebody{number}@mail.example");
        from(&email, "203.0.113.9")
            .send()
            .await
            .refused(401, "invalid_credentials");
    }
    let refused = from(LEE, "203.0.113.9").send().await;
    assert_eq!(wait(&refused.refused(429, "rate_limited")), 1);
    from(LEE, "203.0.113.10")
        .send()
        .await
        .refused(401, "invalid_credentials");
    // Whoever has an account there does not clear the address with it.
    world.clock.advance(SignedDuration::from_secs(1));
    let own = attempt(&world, "paula.ruiz@mail.example", PASSWORD).from("203.0.113.9");
    own.send().await.expect(201);
    from(LEE, "203.0.113.9")
        .send()
        .await
        .refused(401, "invalid_credentials");
    from(LEE, "203.0.113.9")
        .send()
        .await
        .refused(429, "rate_limited");
}

fn limited(limits: Limits) -> Config {
    Config {
        mfa: MfaPolicy::Invited,
        limits,
        trusted_proxies: vec!["10.0.0.0/8".parse().expect("a network")],
        ..Config::default()
    }
}

#[tokio::test]
async fn an_account_has_its_rate_and_no_other_suffers() {
    let world = World::with(limited(Limits {
        account: Rate::new(5, 1),
        ..Limits::default()
    }))
    .await;
    let get = || world.get(&world.okafor, "/api/v1/session");
    for _ in 0..5 {
        get().await.expect(200);
    }
    let answer = get().await.refused(429, "rate_limited");
    assert_eq!(wait(&answer), 1);
    // Whatever it asks for, and in whichever session.
    let other = world.sign_in(&world.okafor).await;
    world
        .get(&other, "/api/v1/visits")
        .await
        .refused(429, "rate_limited");
    world.get(&world.lee, "/api/v1/session").await.expect(200);
    world.clock.advance(SignedDuration::from_secs(2));
    get().await.expect(200);
    get().await.expect(200);
    get().await.refused(429, "rate_limited");
}

#[tokio::test]
async fn a_clinic_has_its_rate_and_no_other_suffers() {
    let world = World::with(limited(Limits {
        // Making the world takes three requests.
        clinic: Rate::new(10, 1),
        ..Limits::default()
    }))
    .await;
    let mut last = 200;
    for _ in 0..11 {
        last = world
            .get(&world.lee, "/api/v1/session")
            .await
            .status
            .as_u16();
    }
    assert_eq!(last, 429);
    let colleague = world.get(&world.okafor, "/api/v1/session").await;
    colleague.refused(429, "rate_limited");
    world.get(&world.grant, "/api/v1/session").await.expect(200);
}

#[tokio::test]
async fn an_address_has_its_rate_signed_in_or_not() {
    let world = World::with(limited(Limits {
        address: Rate::new(3, 1),
        ..Limits::default()
    }))
    .await;
    let call = |path: &str| world.request(None, Method::GET, path);
    for path in ["/api/v1/session", "/api/v1/nothing", "/api/openapi.json"] {
        let answer = call(path).from("203.0.113.9").send().await;
        assert_ne!(answer.status, 429);
    }
    for path in ["/api/v1/session", "/api/v1/nothing", "/api/openapi.json"] {
        let answer = call(path).from("203.0.113.9").send().await;
        assert_eq!(wait(&answer.refused(429, "rate_limited")), 1);
    }
    call("/api/v1/session")
        .from("203.0.113.10")
        .send()
        .await
        .refused(401, "unauthenticated");
    // A stranger's word for where a request came from does not count, our proxy's does.
    let lie = call("/api/v1/session")
        .from("203.0.113.9")
        .header("x-forwarded-for", "192.0.2.1");
    lie.send().await.refused(429, "rate_limited");
    let proxy = |client: &str| {
        let call = call("/api/v1/session").from("10.1.2.3");
        call.header("x-forwarded-for", client).send()
    };
    proxy("203.0.113.9").await.refused(429, "rate_limited");
    proxy("203.0.113.11").await.refused(401, "unauthenticated");
    // This machine itself, which a proxy that does not say for whom it asks looks like.
    for _ in 0..10 {
        call("/api/v1/session")
            .from("127.0.0.1")
            .send()
            .await
            .refused(401, "unauthenticated");
    }
}

#[tokio::test]
async fn sign_ins_side_by_side_all_get_their_answer() {
    let world = World::new().await;
    let tries = (0..24).map(|number| {
        let email = format!("somebody{number}@mail.example");
        attempt(&world, &email, PASSWORD).send()
    });
    let all = tokio::time::timeout(Duration::from_secs(60), futures::future::join_all(tries));
    for answer in all.await.expect("in time") {
        // One hash a core at a time: the others wait in line, and nobody waits for ever.
        let status = answer.status.as_u16();
        assert!([401, 503].contains(&status), "{}", answer.text);
    }
}
