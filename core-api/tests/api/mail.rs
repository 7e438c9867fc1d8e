//! Mail as it leaves, to a real mail server.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use axum::http::Method;
use core_api::{Config, MailConfig, MfaPolicy, Outgoing, Security};
use jiff::SignedDuration;
use serde_json::json;
use sqlx::Row as _;

use crate::harness::World;
use crate::harness::post::{Letters, MailServer, secret};

const AMINA: &str = "amina.osei@mail.example";

async fn world(mail: MailConfig) -> World {
    World::with(Config {
        mfa: MfaPolicy::Invited,
        mail: Some(mail),
        ..Config::default()
    })
    .await
}

async fn ask(world: &World) {
    let call = world.request(None, Method::POST, "/api/v1/password-resets");
    let asked = call.json(&json!({"email": AMINA})).send().await;
    asked.expect(202);
}

/// The one letter's row, once it is as `condition` has it.
async fn row_when(world: &World, condition: &str) -> sqlx::postgres::PgRow {
    let sql = format!("select * from core.mail where {condition}");
    let looking = async {
        loop {
            let row = sqlx::query(sqlx::AssertSqlSafe(sql.clone()))
                .fetch_optional(&mut world.db.owner().await)
                .await
                .expect("asked");
            if let Some(row) = row {
                return row;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let found = tokio::time::timeout(Duration::from_secs(60), looking).await;
    found.unwrap_or_else(|_| panic!("no letter is {condition}"))
}

#[tokio::test]
async fn a_letter_goes_to_a_mail_server_that_proves_itself_and_leaves_no_copy() {
    for security in [Security::StartTls, Security::Tls] {
        let mut server = MailServer::start(security).await;
        let world = world(server.config(security)).await;
        ask(&world).await;
        let letter = server.next().await;
        assert_eq!(letter["to"], json!([AMINA]));
        assert_eq!(letter["from"], "no-reply@visits.example");
        assert_eq!(
            (&letter["tls"], &letter["authenticated"]),
            (&json!(true), &json!(true))
        );
        let text = letter["text"].as_str().expect("text");
        assert!(
            text.contains("Subject: Choose a new password\r\n"),
            "{text}"
        );
        assert_eq!(secret(text, "reset-password").len(), 43);
        for word in ["Amina", "Osei", "Harbour", "patient", "visit "] {
            let body = text.split_once("\r\n\r\n").expect("a body").1;
            assert!(!body.contains(word), "{word} in {body}");
        }
        let row = row_when(&world, "sent_at is not null").await;
        assert_eq!(row.get::<Option<Vec<u8>>, _>("letter_sealed"), None);
    }
}

#[tokio::test]
async fn a_server_that_has_no_time_is_asked_again() {
    let mut server = MailServer::start(Security::None).await;
    server.answer(451).await;
    let world = world(server.config(Security::None)).await;
    ask(&world).await;
    assert_eq!(server.next().await["answered"], 451);
    let later = "sent_at is null and tries = 1 and next_try_at < created_at + interval '1 min'";
    let row = row_when(&world, later).await;
    let sealed: Vec<u8> = row.get("letter_sealed");
    for word in ["amina", "reset-password", "mail.example"] {
        let inside = sealed
            .windows(word.len())
            .any(|part| part == word.as_bytes());
        assert!(!inside, "{word} is not sealed");
    }
    server.answer(250).await;
    world.clock.advance(SignedDuration::from_secs(15));
    assert_eq!(server.next().await["answered"], 250);
    row_when(&world, "sent_at is not null and tries = 2").await;
}

#[tokio::test]
async fn a_letter_that_a_crash_left_in_somebodys_hands_is_sent() {
    let mut server = MailServer::start(Security::None).await;
    server.answer(451).await;
    let world = world(server.config(Security::None)).await;
    ask(&world).await;
    assert_eq!(server.next().await["answered"], 451);
    row_when(&world, "next_try_at < created_at + interval '1 min'").await;
    server.answer(250).await;
    // As if whoever sent it had died before saying what became of it.
    sqlx::query("update core.mail set next_try_at = created_at + interval '5 min'")
        .execute(&mut world.db.owner().await)
        .await
        .unwrap();
    world.clock.advance_minutes(5);
    assert_eq!(server.next().await["answered"], 250);
    row_when(&world, "sent_at is not null").await;
}

#[tokio::test]
async fn a_letter_refused_for_good_is_given_up_and_forgotten() {
    let mut server = MailServer::start(Security::None).await;
    server.answer(550).await;
    let world = world(server.config(Security::None)).await;
    ask(&world).await;
    assert_eq!(server.next().await["answered"], 550);
    let row = row_when(&world, "given_up_at is not null").await;
    assert_eq!(row.get::<Option<Vec<u8>>, _>("letter_sealed"), None);
}

#[tokio::test]
async fn nothing_goes_to_a_server_that_cannot_prove_itself() {
    let server = MailServer::start(Security::StartTls).await;
    let stranger = MailServer::start(Security::StartTls).await;
    let mut config = server.config(Security::StartTls);
    if let Outgoing::Smtp(smtp) = &mut config.outgoing {
        smtp.root = Some(stranger.dir.path().join("root.pem"));
    }
    let found = core_api::probe_mail(&config).await;
    assert!(found.is_err_and(|said| said.contains("--mail-security")));
    assert!(
        core_api::probe_mail(&server.config(Security::StartTls))
            .await
            .is_ok()
    );
    let world = world(config).await;
    ask(&world).await;
    row_when(
        &world,
        "tries = 1 and next_try_at < created_at + interval '1 min'",
    )
    .await;
    // A server that offers no TLS is no better.
    let plain = MailServer::start(Security::None).await;
    let found = core_api::probe_mail(&plain.config(Security::StartTls)).await;
    assert!(found.is_err());
}

#[tokio::test]
async fn for_demonstrations_letters_are_files_of_their_owner() {
    let mut letters = Letters::new();
    let world = world(letters.config()).await;
    ask(&world).await;
    letters.next(AMINA).await;
    let mode = |path: std::path::PathBuf| {
        let found = std::fs::metadata(path).expect("there");
        found.permissions().mode() & 0o777
    };
    assert_eq!(mode(letters.folder()), 0o700);
    for file in std::fs::read_dir(letters.folder()).expect("the folder") {
        assert_eq!(mode(file.expect("a file").path()), 0o600);
    }
}
