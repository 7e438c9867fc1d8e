//! Links by mail: a new password, and signing in as a patient.

use axum::http::Method;
use core_api::{Config, MfaPolicy};
use serde_json::{Value, json};
use testkit::webauthn::{Algorithm, Authenticator};

use crate::harness::post::{Letters, secret};
use crate::harness::{Answer, PASSWORD, Person, World, lines};

const AMINA: &str = "amina.osei@mail.example";
const LEE: &str = "mina.lee@mail.example";
const NOBODY: &str = "nobody@mail.example";
const RESETS: &str = "/api/v1/password-resets";
const LINKS: &str = "/api/v1/sign-in-links";
const NEW: &str = "a long walk by the sea";

async fn world(letters: &Letters) -> World {
    World::with(Config {
        public_url: Some("https://visits.example".into()),
        mfa: MfaPolicy::Invited,
        mail: Some(letters.config()),
        ..Config::default()
    })
    .await
}

async fn post(world: &World, path: &str, body: Value) -> Answer {
    let call = world.request(None, Method::POST, path).json(&body);
    call.send().await
}

async fn ask(world: &World, path: &str, email: &str) -> Answer {
    post(world, path, json!({"email": email})).await
}

async fn reset(world: &World, secret: &str, password: &str) -> Answer {
    let body = json!({"secret": secret, "new_password": password});
    post(world, &format!("{RESETS}/complete"), body).await
}

async fn sign_in(world: &World, email: &str, password: &str) -> Answer {
    let body = json!({"email": email, "password": password});
    post(world, "/api/v1/sessions", body).await
}

async fn enter(world: &World, secret: &str) -> Answer {
    post(world, "/api/v1/sessions/link", json!({"secret": secret})).await
}

/// Waits until every request has been seen to; how many letters there are then.
async fn letters_after_all(world: &World) -> i64 {
    let looking = async {
        loop {
            let mut sql = world.db.owner().await;
            let waiting: i64 = sqlx::query_scalar("select count(*) from core.link_request")
                .fetch_one(&mut sql)
                .await
                .expect("counted");
            if waiting == 0 {
                return sqlx::query_scalar("select count(*) from core.mail")
                    .fetch_one(&mut sql)
                    .await
                    .expect("counted");
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let found = tokio::time::timeout(std::time::Duration::from_secs(60), looking).await;
    found.expect("in time")
}

#[tokio::test]
async fn a_link_sets_a_new_password_once_and_ends_every_session() {
    let mut letters = Letters::new();
    let world = world(&letters).await;
    ask(&world, RESETS, " Amina.Osei@Mail.Example")
        .await
        .expect(202);
    let secret = secret(&letters.next(AMINA).await, "reset-password");
    reset(&world, &secret, "password")
        .await
        .refused(422, "invalid_field");
    let (done, rows) = world.audited(reset(&world, &secret, NEW)).await;
    done.expect(204);
    assert_eq!(lines(&rows), ["sign_in account success"]);
    assert_eq!(rows[0].resource, Some(world.amina.account));
    world
        .get(&world.amina, "/api/v1/session")
        .await
        .refused(401, "unauthenticated");
    sign_in(&world, AMINA, PASSWORD)
        .await
        .refused(401, "invalid_credentials");
    let amina = sign_in(&world, AMINA, NEW).await.expect(201);
    let (again, rows) = world.audited(reset(&world, &secret, PASSWORD)).await;
    again.refused(410, "link_spent");
    assert_eq!(lines(&rows), ["sign_in account denied link_spent"]);
    // The owner is told, here and by mail.
    let amina = Person {
        cookie: amina.cookie(),
        ..world.amina.clone()
    };
    let notices = world.get(&amina, "/api/v1/session/notices").await;
    assert_eq!(notices.body["items"][0]["kind"], "password_changed");
    let word = letters.next(AMINA).await;
    assert!(
        word.contains("Subject: Your password was changed\r\n"),
        "{word}"
    );
}

#[tokio::test]
async fn asking_shows_nothing_of_who_has_an_account() {
    let letters = Letters::new();
    let world = world(&letters).await;
    sqlx::query("update core.account set disabled_at = now() where id = $1")
        .bind(world.jonas.account)
        .execute(&mut world.db.owner().await)
        .await
        .unwrap();
    for path in [RESETS, LINKS] {
        let mut seen = Vec::new();
        for email in [NOBODY, "jonas.lindqvist@mail.example", LEE] {
            let (answer, rows) = world.audited(ask(&world, path, email)).await;
            let of_ours = rows.iter().filter(|row| row.service.is_none());
            let said: Vec<_> = of_ours
                .map(|row| (row.line.clone(), row.resource))
                .collect();
            seen.push((answer.expect(202).text, said));
        }
        assert!(seen.iter().all(|one| *one == seen[0]), "{seen:?}");
        assert_eq!(seen[0].1, [("sign_in account success".to_owned(), None)]);
    }
    // One letter: of all these, Dr Lee may choose a new password and not sign in by mail.
    assert_eq!(letters_after_all(&world).await, 1);
    for email in [NOBODY, LEE] {
        for _ in 0..5 {
            ask(&world, RESETS, email).await;
        }
        let refused = ask(&world, RESETS, email).await;
        refused.refused(429, "rate_limited");
    }
}

#[tokio::test]
async fn links_age_and_a_newer_one_takes_their_place() {
    let mut letters = Letters::new();
    let world = world(&letters).await;
    ask(&world, RESETS, AMINA).await.expect(202);
    let first = secret(&letters.next(AMINA).await, "reset-password");
    ask(&world, RESETS, AMINA).await.expect(202);
    let second = secret(&letters.next(AMINA).await, "reset-password");
    reset(&world, &first, NEW).await.refused(410, "link_spent");
    // One thing each: it does not sign in.
    enter(&world, &second).await.refused(410, "link_spent");
    world.clock.advance_minutes(30);
    reset(&world, &second, NEW).await.refused(410, "link_spent");
    ask(&world, LINKS, AMINA).await.expect(202);
    let third = secret(&letters.next(AMINA).await, "sign-in-link");
    world.clock.advance_minutes(15);
    enter(&world, &third).await.refused(410, "link_spent");
    for noise in ["", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        enter(&world, noise).await.refused(410, "link_spent");
        reset(&world, noise, NEW).await.refused(410, "link_spent");
    }
}

#[tokio::test]
async fn a_patient_signs_in_with_a_link_once() {
    let mut letters = Letters::new();
    let world = world(&letters).await;
    ask(&world, LINKS, AMINA).await.expect(202);
    let link = secret(&letters.next(AMINA).await, "sign-in-link");
    let (one, other) = tokio::join!(enter(&world, &link), enter(&world, &link));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 410]);
    let signed_in = if one.status == 201 { one } else { other };
    let amina = Person {
        cookie: signed_in.cookie(),
        session: signed_in.id("session_id"),
        ..world.amina.clone()
    };
    world.get(&amina, "/api/v1/visits").await.expect(200);
}

#[tokio::test]
async fn a_link_does_not_go_around_the_second_factor() {
    let mut letters = Letters::new();
    let world = world(&letters).await;
    let signed_in = sign_in(&world, AMINA, PASSWORD).await.expect(201);
    let amina = Person {
        cookie: signed_in.cookie(),
        ..world.amina.clone()
    };
    let mut key = Authenticator::new("https://visits.example", Algorithm::Es256);
    let path = "/api/v1/factors/passkeys";
    let begun = format!("{path}/options");
    let options = world.post(&amina, &begun, &json!({})).await.expect(200);
    let body = json!({"label": "Key", "credential": key.create(&options.body)});
    world.post(&amina, path, &body).await.expect(201);

    ask(&world, LINKS, AMINA).await.expect(202);
    let link = secret(&letters.next(AMINA).await, "sign-in-link");
    let first = enter(&world, &link).await;
    let first = first.refused(401, "second_factor_required");
    assert!(first.header("set-cookie").is_none());
    let attempt = &first.body["second_factor"]["attempt"];
    let path = "/api/v1/sessions/second-factor";
    let options = post(
        &world,
        &format!("{path}/passkey"),
        json!({"attempt": attempt}),
    )
    .await;
    let proof = json!({"method": "passkey", "credential": key.get(&options.expect(200).body)});
    let body = json!({"attempt": attempt, "proof": proof});
    post(&world, path, body).await.expect(201);

    ask(&world, RESETS, AMINA).await.expect(202);
    let link = secret(&letters.next(AMINA).await, "reset-password");
    reset(&world, &link, NEW).await.expect(204);
    let answer = sign_in(&world, AMINA, NEW).await;
    answer.refused(401, "second_factor_required");
}

#[tokio::test]
async fn without_mail_the_answer_says_so() {
    let world = World::new().await;
    for path in [RESETS, LINKS] {
        ask(&world, path, AMINA)
            .await
            .refused(409, "mail_unavailable");
    }
}
