//! The protocol's JSON Schema and TypeScript types are committed files; these tests fail when
//! they no longer say what the code says. `UPDATE=1 cargo test -p protocol` writes them anew.

use std::fs;
use std::path::{Path, PathBuf};

use domain::{ErrorCode, Role, VisitAction, VisitState};
use protocol::{Body, ClientMessage, ConversationKind, Event, Head, ServerMessage};
use ts_rs::{Config, TS};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Compares `text` with the committed `file`, or writes it when `UPDATE` is set.
fn check(file: &str, text: &str) {
    let path = root().join(file);
    if std::env::var_os("UPDATE").is_some() {
        let folder = path.parent().expect("a file in a folder");
        fs::create_dir_all(folder).expect("folder");
        fs::write(&path, text).expect("written");
        return;
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == text,
        "{file} is stale; run: UPDATE=1 cargo test -p protocol --test generated"
    );
}

#[test]
fn typescript_is_fresh() {
    let config = Config::default();
    let ids = [
        "AccountId",
        "ClinicId",
        "ConversationId",
        "EventId",
        "VisitId",
    ];
    let mut text = String::from(
        "// Generated from crates/protocol; change it there, then run\n\
         // UPDATE=1 cargo test -p protocol --test generated\n\n",
    );
    for id in ids {
        text += &format!("export type {id} = string;\n");
    }
    for declaration in [
        ErrorCode::decl(&config),
        Role::decl(&config),
        VisitState::decl(&config),
        VisitAction::decl(&config),
        ConversationKind::decl(&config),
        Head::decl(&config),
        Body::decl(&config),
        Event::decl(&config),
        ClientMessage::decl(&config),
        ServerMessage::decl(&config),
    ] {
        text += &format!("\nexport {declaration}\n");
    }
    text += &format!(
        "\nexport const SUBPROTOCOL = {:?};\nexport const MAX_TEXT_BYTES = {};\nexport const CLOSE = {{\n  unauthenticated: {},\n  slowConsumer: {},\n  tooMany: {},\n  malformed: {},\n}} as const;\n",
        protocol::SUBPROTOCOL,
        protocol::MAX_TEXT,
        protocol::close::UNAUTHENTICATED,
        protocol::close::SLOW_CONSUMER,
        protocol::close::TOO_MANY,
        protocol::close::MALFORMED,
    );
    check("web-client/shared/api/generated/protocol.ts", &text);
}

#[test]
fn json_schema_is_fresh() {
    let schema = serde_json::json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Bedside chat protocol",
        "client": schemars::schema_for!(ClientMessage),
        "server": schemars::schema_for!(ServerMessage),
    });
    let text = serde_json::to_string_pretty(&schema).expect("serialises") + "\n";
    check("docs/protocol/chat.schema.json", &text);
}
