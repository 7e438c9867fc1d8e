use aws_lc_rs::hmac;
use axum::http::Method;
use bus::event::Event;
use serde_json::{Value, json};
use sqlx::Row as _;
use uuid::Uuid;

use crate::harness::{Answer, PASSWORD, Person, World, lines};

const LEE: &str = "mina.lee@mail.example";
const AMINA: &str = "amina.osei@mail.example";

/// An installation as it comes: staff must have a second factor.
async fn strict() -> World {
    World::with(core_api::Config::default()).await
}

/// What an authenticator app does (RFC 6238), written apart from the server's.
struct App(Vec<u8>);

impl App {
    fn scan(secret: &str) -> Self {
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let bits: String = secret
            .chars()
            .map(|letter| format!("{:05b}", alphabet.find(letter).expect("base32")))
            .collect();
        let byte = |bits: &[u8]| {
            let text = std::str::from_utf8(bits).expect("bits");
            u8::from_str_radix(text, 2).expect("bits")
        };
        Self(bits.as_bytes().chunks_exact(8).map(byte).collect())
    }

    /// The code shown `late` steps from the world's present.
    fn code(&self, world: &World, late: i64) -> String {
        let step = world.clock.read().as_second() / 30 + late;
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &u64::try_from(step).expect("positive").to_be_bytes());
        let tag = tag.as_ref();
        let from = usize::from(tag[19] % 16);
        let word: [u8; 4] = tag[from..from + 4].try_into().expect("four bytes");
        format!("{:06}", (u32::from_be_bytes(word) % (1 << 31)) % 1_000_000)
    }
}

async fn sign_in(world: &World, email: &str) -> Answer {
    let body = json!({"email": email, "password": PASSWORD});
    let call = world.request(None, Method::POST, "/api/v1/sessions");
    call.json(&body).send().await
}

async fn second(world: &World, first: &Answer, proof: Value) -> Answer {
    let body = json!({"attempt": first.body["second_factor"]["attempt"], "proof": proof});
    let call = world.request(None, Method::POST, "/api/v1/sessions/second-factor");
    call.json(&body).send().await
}

fn totp(code: &str) -> Value {
    json!({"method": "totp", "code": code})
}

fn as_signed_in(who: &Person, answer: &Answer) -> Person {
    Person {
        cookie: answer.cookie(),
        session: answer.id("session_id"),
        ..who.clone()
    }
}

/// Sets an app up with the code of the present step; the person, the app and the answer.
async fn enrol(world: &World, who: &Person) -> (App, Answer) {
    let new = json!({"label": "Phone"});
    let setup = world
        .post(who, "/api/v1/factors/totp", &new)
        .await
        .expect(201);
    let app = App::scan(setup.body["secret"].as_str().expect("a secret"));
    assert!(
        setup.body["uri"]
            .as_str()
            .expect("a URI")
            .starts_with("otpauth://totp/Bedside:")
    );
    let path = format!("/api/v1/factors/{}/confirm", setup.id("id"));
    let code = json!({"code": app.code(world, 0)});
    let done = world.post(who, &path, &code).await.expect(200);
    (app, done)
}

/// A patient with an app, in a session just opened with it, and their recovery codes.
async fn patient_with_app(world: &World) -> (Person, App, Vec<String>) {
    let amina = as_signed_in(&world.amina, &sign_in(world, AMINA).await.expect(201));
    let (app, done) = enrol(world, &amina).await;
    let codes = serde_json::from_value(done.body["recovery_codes"].clone()).expect("codes");
    world.clock.advance_minutes(1);
    (amina, app, codes)
}

#[tokio::test]
async fn staff_without_a_second_factor_can_only_enrol_one() {
    let world = strict().await;
    let (answer, rows) = world.audited(sign_in(&world, LEE)).await;
    let answer = answer.expect(201);
    assert_eq!(lines(&rows), ["sign_in session success"]);
    assert_eq!(answer.body["enrolment_only"], true);
    assert_eq!(answer.body["expires_at"], "2026-11-23T15:30:00Z");
    assert_eq!(
        answer.device(),
        None,
        "the device is not known by a password alone"
    );
    let lee = as_signed_in(&world.lee, &answer);
    for path in [
        "/visits",
        "/waiting-room",
        "/sessions",
        "/session/notices",
        "/patients",
    ] {
        let path = format!("/api/v1{path}");
        world
            .get(&lee, &path)
            .await
            .refused(403, "enrolment_required");
    }
    let token = world.post(&lee, "/api/v1/session/token", &json!({})).await;
    token.refused(403, "enrolment_required");
    let duty = world.get(&lee, "/api/v1/factors").await.expect(200);
    assert_eq!(duty.body["duty"], "required");
    assert_eq!(duty.body["duty_met"], false);

    let ((_, done), rows) = world.audited(enrol(&world, &lee)).await;
    assert_eq!(
        lines(&rows),
        ["create factor success", "update factor success"]
    );
    assert_eq!(done.body["recovery_codes"].as_array().unwrap().len(), 10);
    assert_eq!(done.body["session"]["expires_at"], "2026-11-23T23:00:00Z");
    let full = Person {
        cookie: done.cookie(),
        ..lee.clone()
    };
    world.get(&full, "/api/v1/visits").await.expect(200);
    // What knew the smaller session knows nothing of the full one.
    world
        .get(&lee, "/api/v1/session")
        .await
        .refused(401, "unauthenticated");
    let ended = Event::SessionEnded {
        session: lee.session.into(),
        account: lee.account.into(),
    };
    assert!(world.events().await.contains(&ended));
}

#[tokio::test]
async fn every_role_of_staff_must_and_patients_are_invited() {
    let world = strict().await;
    for (email, duty) in [
        ("paula.ruiz@mail.example", "required"),
        ("tomas.berg@mail.example", "required"),
        ("ines.duarte@mail.example", "hardware_key"),
    ] {
        let answer = sign_in(&world, email).await.expect(201);
        assert_eq!(answer.body["enrolment_only"], true, "{email}");
        let who = as_signed_in(&world.paula, &answer);
        let factors = world.get(&who, "/api/v1/factors").await.expect(200);
        assert_eq!(factors.body["duty"], duty);
    }
    let answer = sign_in(&world, AMINA).await.expect(201);
    assert_eq!(answer.body["enrolment_only"], Value::Null);
    let amina = as_signed_in(&world.amina, &answer);
    let factors = world.get(&amina, "/api/v1/factors").await.expect(200);
    assert_eq!(factors.body["duty"], "invited");
    assert_eq!(factors.body["duty_met"], true);
}

#[tokio::test]
async fn a_password_alone_opens_nothing_where_there_is_a_second_factor() {
    let world = World::new().await;
    let (amina, app, _) = patient_with_app(&world).await;
    let (first, rows) = world.audited(sign_in(&world, AMINA)).await;
    let first = first.refused(401, "second_factor_required");
    assert_eq!(lines(&rows), ["sign_in account success"]);
    assert!(first.header("set-cookie").is_none());
    let needed = &first.body["second_factor"];
    assert_eq!(needed["methods"], json!(["totp", "recovery_code"]));
    assert_eq!(needed["expires_at"], "2026-11-23T15:06:00Z");
    let stray = Person {
        cookie: needed["attempt"].as_str().unwrap().to_owned(),
        ..amina
    };
    world
        .get(&stray, "/api/v1/session")
        .await
        .refused(401, "unauthenticated");

    let (wrong, rows) = world.audited(second(&world, &first, totp("000000"))).await;
    wrong.refused(422, "invalid_code");
    assert_eq!(lines(&rows), ["sign_in account denied invalid_code"]);
    let code = app.code(&world, 0);
    let (right, rows) = world.audited(second(&world, &first, totp(&code))).await;
    let right = right.expect(201);
    assert_eq!(lines(&rows), ["sign_in session success"]);
    assert_eq!(rows[0].actor, Some(world.amina.account));
    let amina = as_signed_in(&world.amina, &right);
    world.get(&amina, "/api/v1/visits").await.expect(200);
    // The attempt is spent.
    let again = second(&world, &first, totp(&app.code(&world, 1))).await;
    again.refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_code_counts_once_and_a_step_early_or_late() {
    let world = World::new().await;
    let (_, app, _) = patient_with_app(&world).await;
    let enter = async |late: i64| {
        let first = sign_in(&world, AMINA)
            .await
            .refused(401, "second_factor_required");
        second(&world, &first, totp(&app.code(&world, late))).await
    };
    enter(-2).await.refused(422, "invalid_code");
    enter(2).await.refused(422, "invalid_code");
    enter(-1).await.expect(201);
    enter(-1).await.refused(422, "invalid_code");
    enter(0).await.expect(201);
    enter(1).await.expect(201);
    // After a later code an earlier one is as good as used.
    enter(0).await.refused(422, "invalid_code");
}

#[tokio::test]
async fn two_at_once_cannot_use_one_code() {
    let world = World::new().await;
    let (_, app, codes) = patient_with_app(&world).await;
    for proof in [
        totp(&app.code(&world, 0)),
        json!({"method": "recovery_code", "code": codes[0]}),
    ] {
        let one = sign_in(&world, AMINA)
            .await
            .refused(401, "second_factor_required");
        let other = sign_in(&world, AMINA)
            .await
            .refused(401, "second_factor_required");
        let (one, other) = tokio::join!(
            second(&world, &one, proof.clone()),
            second(&world, &other, proof)
        );
        let mut statuses = [one.status.as_u16(), other.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 422]);
    }
}

#[tokio::test]
async fn recovery_codes_stand_in_once_each_and_the_owner_is_told() {
    let world = World::new().await;
    let (amina, _, codes) = patient_with_app(&world).await;
    let enter = async |code: &str| {
        let first = sign_in(&world, AMINA)
            .await
            .refused(401, "second_factor_required");
        let proof = json!({"method": "recovery_code", "code": code});
        second(&world, &first, proof).await
    };
    let typed = codes[3].replace('-', "").to_uppercase();
    let answer = enter(&typed).await.expect(201);
    enter(&codes[3]).await.refused(422, "invalid_code");
    enter("aaaa-aaaa-aaaa-aaaa-aaaa-aaaa")
        .await
        .refused(422, "invalid_code");
    let factors = world.get(&amina, "/api/v1/factors").await.expect(200);
    assert_eq!(factors.body["recovery_codes_left"], 9);
    let notices = world
        .get(&amina, "/api/v1/session/notices")
        .await
        .expect(200);
    let kinds: Vec<&Value> = notices.body["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|notice| &notice["kind"])
        .collect();
    assert!(kinds.contains(&&json!("recovery_code_used")), "{kinds:?}");
    // Fresh ones end the old ones.
    let amina = as_signed_in(&world.amina, &answer);
    let path = "/api/v1/factors/recovery-codes";
    let fresh = world.post(&amina, path, &json!({})).await.expect(201);
    enter(&codes[4]).await.refused(422, "invalid_code");
    enter(fresh.body["recovery_codes"][0].as_str().unwrap())
        .await
        .expect(201);
}

#[tokio::test]
async fn a_sign_in_waits_five_minutes_and_five_wrong_codes_for_its_second_factor() {
    let world = World::new().await;
    let (_, app, _) = patient_with_app(&world).await;
    let first = sign_in(&world, AMINA)
        .await
        .refused(401, "second_factor_required");
    world.clock.advance_minutes(5);
    let late = second(&world, &first, totp(&app.code(&world, 0))).await;
    late.refused(401, "unauthenticated");
    let first = sign_in(&world, AMINA)
        .await
        .refused(401, "second_factor_required");
    for _ in 0..5 {
        second(&world, &first, totp("1"))
            .await
            .refused(422, "invalid_code");
    }
    let spent = second(&world, &first, totp(&app.code(&world, 0))).await;
    spent.refused(401, "unauthenticated");
    for attempt in ["", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        let body = json!({"attempt": attempt, "proof": totp("123456")});
        let call = world.request(None, Method::POST, "/api/v1/sessions/second-factor");
        call.json(&body)
            .send()
            .await
            .refused(401, "unauthenticated");
    }
}

#[tokio::test]
async fn a_seed_is_sealed_and_a_recovery_code_only_a_hash() {
    let world = World::new().await;
    let (_, app, codes) = patient_with_app(&world).await;
    let mut sql = world.db.owner().await;
    let row = sqlx::query("select id, secret_sealed from core.factor")
        .fetch_one(&mut sql)
        .await
        .unwrap();
    let sealed: Vec<u8> = row.get("secret_sealed");
    assert!(!sealed.windows(app.0.len()).any(|part| part == app.0));
    let stored: Vec<Vec<u8>> = sqlx::query_scalar("select code_hash from core.recovery_code")
        .fetch_all(&mut sql)
        .await
        .unwrap();
    assert_eq!(stored.len(), 10);
    let letters = codes[0].replace('-', "");
    for hash in stored {
        assert!(
            !hash
                .windows(6)
                .any(|part| letters.as_bytes().starts_with(part))
        );
    }
    // A seed moved to another row does not open, and the sign-in fails closed.
    let other = "insert into core.factor (id, account_id, kind, label, secret_sealed, created_at, \
                 confirmed_at) select $1, $2, kind, label, secret_sealed, created_at, confirmed_at \
                 from core.factor";
    sqlx::query(other)
        .bind(crate::harness::random_id())
        .bind(world.jonas.account)
        .execute(&mut sql)
        .await
        .unwrap();
    let first = sign_in(&world, "jonas.lindqvist@mail.example").await;
    let first = first.refused(401, "second_factor_required");
    let code = app.code(&world, 0);
    second(&world, &first, totp(&code))
        .await
        .refused(500, "internal");
}

#[tokio::test]
async fn changing_factors_needs_a_fresh_proof() {
    let world = World::new().await;
    // A session that was opened a while ago.
    let new = json!({"label": "Phone"});
    let add = world.post(&world.jonas, "/api/v1/factors/totp", &new);
    let (stale, rows) = world.audited(add).await;
    stale.refused(403, "step_up_required");
    assert_eq!(lines(&rows), ["create factor denied step_up_required"]);

    let (amina, app, _) = patient_with_app(&world).await;
    world.clock.advance_minutes(5);
    let factors = world.get(&amina, "/api/v1/factors").await.expect(200);
    let id: Uuid = factors.ids("items")[0];
    let remove = || {
        let path = format!("/api/v1/factors/{id}");
        world.request(Some(&amina), Method::DELETE, &path).send()
    };
    remove().await.refused(403, "step_up_required");
    let codes = world
        .post(&amina, "/api/v1/factors/recovery-codes", &json!({}))
        .await;
    codes.refused(403, "step_up_required");

    // The password does not do for somebody with a second factor.
    let (world, amina) = (&world, &amina);
    let step_up =
        |body: Value| async move { world.post(amina, "/api/v1/session/step-up", &body).await };
    step_up(json!({"password": PASSWORD}))
        .await
        .refused(422, "invalid_field");
    step_up(json!({})).await.refused(422, "invalid_field");
    let (wrong, rows) = world
        .audited(step_up(json!({"proof": totp("000000")})))
        .await;
    wrong.refused(422, "invalid_code");
    assert_eq!(lines(&rows), ["step_up session denied invalid_code"]);
    let right = json!({"proof": totp(&app.code(world, 0))});
    let (done, rows) = world.audited(step_up(right)).await;
    assert_eq!(lines(&rows), ["step_up session success"]);
    assert_eq!(
        done.expect(200).body["stepped_up_until"],
        "2026-11-23T15:11:00Z"
    );

    let other = world.sign_in(&world.amina).await;
    let (done, rows) = world.audited(remove()).await;
    done.expect(204);
    assert_eq!(lines(&rows), ["delete factor success"]);
    remove().await.refused(404, "not_found");
    world
        .get(&other, "/api/v1/session")
        .await
        .refused(401, "unauthenticated");
    world.get(amina, "/api/v1/session").await.expect(200);
    // Without a factor no recovery code is left, and the password is enough again.
    assert_eq!(
        world.get(amina, "/api/v1/factors").await.body["recovery_codes_left"],
        0
    );
    sign_in(world, AMINA).await.expect(201);
}

#[tokio::test]
async fn whoever_must_have_a_factor_keeps_one() {
    let world = strict().await;
    let lee = as_signed_in(&world.lee, &sign_in(&world, LEE).await.expect(201));
    let (_, done) = enrol(&world, &lee).await;
    let lee = Person {
        cookie: done.cookie(),
        ..lee
    };
    let first = done.id("id");
    let remove = |id: Uuid| {
        let path = format!("/api/v1/factors/{id}");
        world.request(Some(&lee), Method::DELETE, &path).send()
    };
    remove(first).await.refused(409, "factor_needed");
    // A new phone: the new app first, then the old one goes.
    world.clock.advance_minutes(1);
    let (_, second) = enrol(&world, &lee).await;
    assert_eq!(second.body["recovery_codes"], Value::Null);
    remove(first).await.expect(204);
    remove(second.id("id")).await.refused(409, "factor_needed");
    let theirs = world
        .get(&world.okafor, "/api/v1/factors")
        .await
        .expect(200);
    assert_eq!(theirs.body["items"], json!([]));
}

#[tokio::test]
async fn an_app_counts_only_after_its_first_code() {
    let world = World::new().await;
    let amina = as_signed_in(&world.amina, &sign_in(&world, AMINA).await.expect(201));
    let new = json!({"label": "Phone"});
    let setup = world
        .post(&amina, "/api/v1/factors/totp", &new)
        .await
        .expect(201);
    sign_in(&world, AMINA).await.expect(201);
    let path = format!("/api/v1/factors/{}/confirm", setup.id("id"));
    let wrong = world.post(&amina, &path, &json!({"code": "12345"})).await;
    wrong.refused(422, "invalid_code");
    // Somebody else cannot confirm it, and a newer set-up takes its place.
    let app = App::scan(setup.body["secret"].as_str().unwrap());
    let right = json!({"code": app.code(&world, 0)});
    world
        .post(&world.jonas, &path, &right)
        .await
        .refused(404, "not_found");
    let newer = world
        .post(&amina, "/api/v1/factors/totp", &new)
        .await
        .expect(201);
    world
        .post(&amina, &path, &right)
        .await
        .refused(404, "not_found");
    let app = App::scan(newer.body["secret"].as_str().unwrap());
    let path = format!("/api/v1/factors/{}/confirm", newer.id("id"));
    let right = json!({"code": app.code(&world, 0)});
    world.post(&amina, &path, &right).await.expect(200);
    // The code that confirmed it does not sign in as well.
    let first = sign_in(&world, AMINA)
        .await
        .refused(401, "second_factor_required");
    let code = app.code(&world, 0);
    second(&world, &first, totp(&code))
        .await
        .refused(422, "invalid_code");
    for label in ["", "  ", &"x".repeat(61)] {
        let bad = world
            .post(&amina, "/api/v1/factors/totp", &json!({"label": label}))
            .await;
        bad.refused(422, "invalid_field");
    }
}

#[tokio::test]
async fn an_administrator_helps_whoever_lost_everything() {
    let world = World::new().await;
    let (amina, ..) = patient_with_app(&world).await;
    let path = format!("/api/v1/accounts/{}/reset-factors", amina.account);
    for who in [&world.lee, &world.paula, &world.ines, &amina] {
        let (answer, rows) = world.audited(world.post(who, &path, &json!({}))).await;
        answer.refused(403, "forbidden");
        assert_eq!(lines(&rows), ["delete factor denied forbidden"]);
    }
    let stale = world.post(&world.tomas, &path, &json!({})).await;
    stale.refused(403, "step_up_required");
    let password = json!({"password": PASSWORD});
    let done = world
        .post(&world.tomas, "/api/v1/session/step-up", &password)
        .await;
    done.expect(200);
    let (answer, rows) = world
        .audited(world.post(&world.tomas, &path, &json!({})))
        .await;
    answer.expect(204);
    assert_eq!(lines(&rows), ["delete factor success"]);
    world
        .get(&amina, "/api/v1/session")
        .await
        .refused(401, "unauthenticated");
    sign_in(&world, AMINA).await.expect(201);
    for foreign in [world.fiona.account, world.tomas.account] {
        let path = format!("/api/v1/accounts/{foreign}/reset-factors");
        let answer = world.post(&world.tomas, &path, &json!({})).await;
        answer.refused(404, "not_found");
    }
}
