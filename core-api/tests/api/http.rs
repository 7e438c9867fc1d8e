use std::io::Read as _;

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::json;

use crate::harness::World;

#[tokio::test]
async fn every_refusal_is_a_problem_document() {
    let world = World::new().await;
    let sign_in = || world.request(None, Method::POST, "/api/v1/sessions");
    for path in [
        "/api",
        "/api/",
        "/api/v1/nothing",
        "/api/v2/visits",
        "/api/v1/visits/a/b/c",
    ] {
        world.get(&world.lee, path).await.refused(404, "not_found");
    }
    let call = world.request(Some(&world.lee), Method::PUT, "/api/v1/session");
    let answer = call.send().await.refused(405, "method_not_allowed");
    assert!(answer.header("allow").unwrap().contains("GET"));
    sign_in().send().await.refused(400, "invalid_request");
    sign_in()
        .body("{}")
        .send()
        .await
        .refused(400, "invalid_request");
    for body in [
        "",
        "{",
        "[]",
        "null",
        "{\"email\": 7}",
        "\u{feff}{}",
        "{\"email\":\"a\",\"email\":\"b\"}",
    ] {
        let call = sign_in()
            .header("content-type", "application/json")
            .body(body.to_owned());
        call.send().await.refused(400, "invalid_request");
    }
    let form = sign_in().header("content-type", "application/x-www-form-urlencoded");
    form.body("email=a&password=b")
        .send()
        .await
        .refused(400, "invalid_request");
    let bytes = sign_in()
        .header("content-type", "application/json")
        .body(vec![0xff, 0xfe]);
    bytes.send().await.refused(400, "invalid_request");
}

#[tokio::test]
async fn a_text_that_no_row_can_hold_is_bad_input() {
    let world = World::new().await;
    let nobody = json!({"email": "mina\0@clinic.example", "password": "a long password"});
    let sign_in = world.request(None, Method::POST, "/api/v1/sessions");
    let answer = sign_in.json(&nobody).send().await;
    answer.refused(400, "invalid_request");
    // `["A\u0000", ID]`, as a cursor of this list would be.
    let cursor = "WyJBXHUwMDAwIiwiMDE4OTBhNWQtYWM5Ni03NzRiLWJjY2UtYjMwMjA5OWE4MDU3Il0";
    world
        .get(&world.lee, &format!("/api/v1/providers?cursor={cursor}"))
        .await
        .refused(400, "invalid_request");
}

#[tokio::test]
async fn a_body_is_bounded_however_it_is_sent() {
    let world = World::new().await;
    let large = json!({"email": "x".repeat(70_000), "password": "y"}).to_string();
    let call = || {
        let call = world.request(None, Method::POST, "/api/v1/sessions");
        call.header("content-type", "application/json")
    };
    call()
        .body(large.clone())
        .send()
        .await
        .refused(413, "too_large");
    let parts = large
        .into_bytes()
        .chunks(1_000)
        .map(<[u8]>::to_vec)
        .collect::<Vec<_>>();
    let stream = futures::stream::iter(parts.into_iter().map(Ok::<_, std::io::Error>));
    call()
        .body(Body::from_stream(stream))
        .send()
        .await
        .refused(413, "too_large");
    let visit = world.book(0).await;
    let path = format!("/api/v1/visits/{visit}/check-in");
    let call = world.request(Some(&world.amina), Method::POST, &path);
    call.body(vec![b' '; 70_000])
        .send()
        .await
        .refused(413, "too_large");
}

#[tokio::test]
async fn answers_are_private_and_inert() {
    let world = World::new().await;
    for answer in [
        world.get(&world.lee, "/api/v1/session").await.expect(200),
        world.get(&world.lee, "/api/v1/nothing").await.expect(404),
    ] {
        for (name, value) in [
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
            (
                "content-security-policy",
                "default-src 'none'; frame-ancestors 'none'",
            ),
        ] {
            assert_eq!(answer.header(name), Some(value), "{name}");
        }
        assert!(answer.header("x-request-id").is_some());
        assert!(answer.header("access-control-allow-origin").is_none());
    }
}

#[tokio::test]
async fn answers_are_compressed_for_those_who_ask() {
    let world = World::new().await;
    let call = world.request(None, Method::GET, "/api/openapi.json");
    let answer = call
        .header("accept-encoding", "gzip")
        .send()
        .await
        .expect(200);
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
}

#[tokio::test]
async fn the_documentation_is_served_whole_and_alone() {
    let world = World::new().await;
    let get = |path: &'static str| world.request(None, Method::GET, path).send();
    let document = get("/api/openapi.json").await.expect(200);
    let mut committed = String::new();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    std::fs::File::open(path)
        .unwrap()
        .read_to_string(&mut committed)
        .unwrap();
    assert!(document.text == committed, "served and committed differ");
    let page = get("/api/docs").await.expect(200);
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert!(
        page.header("content-security-policy")
            .unwrap()
            .contains("script-src 'self'")
    );
    assert!(
        !page.text.contains("http://") && !page.text.contains("https://"),
        "no third party"
    );
    for path in ["/api/docs/docs.js", "/api/docs/docs.css"] {
        assert!(page.text.contains(path));
        get(path).await.expect(200);
    }
}

#[tokio::test]
async fn requests_are_measured_by_route_not_by_path() {
    let world = World::new().await;
    let visit = world.book(0).await;
    world
        .get(&world.amina, &format!("/api/v1/visits/{visit}"))
        .await
        .expect(200);
    world
        .get(&world.amina, "/api/v1/no/such/path")
        .await
        .expect(404);
    let request = Request::get("/metrics").body(Body::empty()).unwrap();
    let answer = tower::ServiceExt::oneshot(world.context.router(), request)
        .await
        .unwrap();
    let text = crate::harness::Answer::read(answer).await.text;
    let line = "bedside_core_http_requests_total{route=\"/api/v1/visits/{id}\",method=\"GET\",status=\"200\"} 1";
    assert!(text.contains(line), "{text}");
    assert!(text.contains("bedside_core_http_request_seconds_bucket"));
    assert!(!text.contains(&visit.to_string()) && !text.contains("such"));
}

#[tokio::test]
async fn a_database_that_is_away_is_said_to_be() {
    let world = World::new().await;
    world.db.db().close().await;
    world
        .get(&world.lee, "/api/v1/session")
        .await
        .refused(503, "unavailable");
}
