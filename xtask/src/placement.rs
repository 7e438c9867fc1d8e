//! What may be written where: SQL, HTTP, and the parts that have neither sockets nor clock.

use crate::Finding;
use crate::source::{Token, occurrences};
use crate::tree::File;

/// Folders without sockets, tasks, threads, clock or ambient randomness: input and `now` go in,
/// output and a deadline come out.
const SANS_IO: &[&str] = &[
    "sfu/core/src/",
    "signaling/src/room/",
    "signaling/src/room.rs",
];

/// What a sans-IO part must not contain, as token patterns.
const AMBIENT: &[&str] = &[
    "tokio",
    "async",
    "await",
    "thread",
    "UdpSocket",
    "TcpStream",
    "TcpListener",
    "socket2",
    "Instant : : now",
    "SystemTime : : now",
    "Timestamp : : now",
    "thread_rng",
    "OsRng",
    "Uuid : : new_v4",
    "Uuid : : now_v7",
];

/// Packages built in layers: only their `routes.rs`, `http/` and entry files speak HTTP.
const LAYERED: &[&str] = &[
    "chat/src/",
    "core-api/src/",
    "signaling/src/",
    "sfu/",
    "crates/",
];

/// Files outside `http/` that may name axum, and why.
const HTTP_ENTRIES: &[&str] = &[
    // `Service::router()` hands the routes to the program.
    "chat/src/lib.rs",
    "core-api/src/lib.rs",
    "signaling/src/lib.rs",
    // /healthz, /readyz and /metrics are what `runtime` offers; its errors name the listener.
    "crates/runtime/src/health.rs",
    "crates/runtime/src/metrics.rs",
    "crates/runtime/src/lib.rs",
];

/// The HTTP framework and its companions.
const HTTP: &[&str] = &["axum", "axum_extra", "utoipa_axum", "tower_http"];

/// Judges the production code of every Rust file.
#[must_use]
pub fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        let Some(rust) = &file.rust else { continue };
        let tokens = &rust.production;
        if !may_hold_sql(&file.path) {
            report(file, "sqlx", tokens, SQL_ADVICE, &mut findings);
            for token in tokens
                .iter()
                .filter(|token| token.literal && reads_as_sql(&token.text))
            {
                findings.push(at(file, token.line, SQL_ADVICE));
            }
        }
        if !may_speak_http(&file.path) {
            for name in HTTP {
                report(file, name, tokens, HTTP_ADVICE, &mut findings);
            }
        }
        if SANS_IO.iter().any(|part| file.path.starts_with(part)) {
            for pattern in AMBIENT {
                let advice = format!(
                    "`{}` has no place in a sans-IO part: take it as an argument or move the code \
                     to the shell",
                    pattern.replace(' ', "")
                );
                report(file, pattern, tokens, &advice, &mut findings);
            }
        }
    }
    findings
}

const SQL_ADVICE: &str =
    "SQL belongs into the aggregate's store.rs, a store/ folder or crates/store";
const HTTP_ADVICE: &str = "only routes.rs, http/ and a service's entry file know HTTP";

fn at(file: &File, line: usize, advice: &str) -> Finding {
    Finding::new(format!("{}:{line}", file.path), advice)
}

fn report(file: &File, pattern: &str, tokens: &[Token], advice: &str, out: &mut Vec<Finding>) {
    out.extend(occurrences(tokens, pattern).map(|line| at(file, line, advice)));
}

fn parts(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

fn may_hold_sql(path: &str) -> bool {
    let (folders, name) = parts(path);
    // This package names the words that it looks for.
    path.starts_with("xtask/") || name == "store.rs" || folders.split('/').any(|f| f == "store")
}

fn may_speak_http(path: &str) -> bool {
    let (folders, name) = parts(path);
    !LAYERED.iter().any(|part| path.starts_with(part))
        || HTTP_ENTRIES.contains(&path)
        || matches!(name, "routes.rs" | "http.rs")
        || folders.split('/').any(|f| f == "http" || f == "routes")
}

/// True for a text literal that starts like a statement and goes on like one.
fn reads_as_sql(literal: &str) -> bool {
    let text = literal
        .trim_start_matches(['r', '#', '"'])
        .trim_start()
        .to_lowercase();
    let both = |start: &str, then: &str| text.starts_with(start) && text.contains(then);
    text.starts_with("insert into ")
        || text.starts_with("delete from ")
        || text.starts_with("create table ")
        || text.starts_with("alter table ")
        || both("select ", " from ")
        || both("select ", "(")
        || both("update ", "=")
        || both("with ", " as (")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(path: &str, text: &str) -> Vec<String> {
        check(&[File::new(path, text)])
            .into_iter()
            .map(|finding| finding.place)
            .collect()
    }

    const QUERY: &str = "fn f() {\n let x = sqlx::query(\"SELECT name FROM core.clinic\"); }";

    #[test]
    fn sql_outside_a_store_is_found() {
        let twice = ["core-api/src/visit/ops.rs:2", "core-api/src/visit/ops.rs:2"];
        assert_eq!(places("core-api/src/visit/ops.rs", QUERY), twice);
        let text = "fn f() { run(r#\"insert into core.visit values (1)\"#) }";
        assert_eq!(places("chat/src/hub.rs", text), ["chat/src/hub.rs:1"]);
    }

    #[test]
    fn sql_in_stores_and_tests_is_fine() {
        for path in [
            "core-api/src/visit/store.rs",
            "crates/store/src/outbox.rs",
            "chat/tests/db.rs",
        ] {
            assert_eq!(places(path, QUERY), [""; 0], "{path}");
        }
    }

    #[test]
    fn prose_is_not_taken_for_sql() {
        let text = "fn f() { say(\"Select a patient from the list\"); say(\"Update failed\") }";
        assert_eq!(
            places("staff/src/x.rs", "fn f() { say(\"Update failed\") }"),
            [""; 0]
        );
        // A sentence that reads like a statement is worth rewording.
        assert_eq!(places("staff/src/x.rs", text).len(), 1);
    }

    #[test]
    fn http_outside_the_routes_is_found() {
        let text = "use axum::Json;";
        assert_eq!(
            places("core-api/src/visit/ops.rs", text),
            ["core-api/src/visit/ops.rs:1"]
        );
        assert_eq!(
            places("crates/store/src/db.rs", text),
            ["crates/store/src/db.rs:1"]
        );
        for path in [
            "core-api/src/visit/routes.rs",
            "chat/src/http/ws.rs",
            "chat/src/lib.rs",
        ] {
            assert_eq!(places(path, text), [""; 0], "{path}");
        }
    }

    #[test]
    fn ambient_things_in_sans_io_parts_are_found() {
        for text in [
            "use tokio::sync::mpsc;",
            "use std::net::UdpSocket;",
            "fn f() { let now = std::time::Instant::now(); }",
            "fn f() { std::thread::spawn(|| {}); }",
            "async fn f() {}",
        ] {
            assert_eq!(places("sfu/core/src/router.rs", text).len(), 1, "{text}");
            assert_eq!(
                places("signaling/src/room/join.rs", text).len(),
                1,
                "{text}"
            );
            assert_eq!(places("sfu/src/worker.rs", text), [""; 0], "{text}");
        }
    }

    #[test]
    fn the_type_of_an_instant_is_fine_in_sans_io_parts() {
        let text = "use std::time::Instant; use std::net::SocketAddr; fn f(now: Instant) {}";
        assert_eq!(places("sfu/core/src/router.rs", text), [""; 0]);
    }
}
