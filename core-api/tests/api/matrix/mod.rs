//! Every role on every route of the OpenAPI document, from every distance: what is allowed is what
//! the permission table says, and everything else is refused and on record.
//!
//! A route of the document without an entry in `routes.rs` fails, so that a new one cannot be
//! forgotten.

mod body;
mod cast;
mod routes;

use std::collections::BTreeSet;

use axum::http::Method;
use domain::permission::{self, Decision, Resource};
use domain::{Role, Roles};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Answer, World, random_id};
use cast::{Cast, DISTANCES, Distance};
use routes::{ROUTES, Rule};

fn document() -> Value {
    serde_json::from_str(&core_api::openapi_json()).expect("the OpenAPI document")
}

/// `GET /patients/{id}` and so on, as the document lists them.
fn operations(document: &Value) -> BTreeSet<String> {
    let paths = document["paths"].as_object().expect("paths");
    let mut found = BTreeSet::new();
    for (path, item) in paths {
        for method in item.as_object().expect("an item").keys() {
            if let "get" | "post" | "put" | "patch" | "delete" = method.as_str() {
                let path = path.strip_prefix("/api/v1").unwrap_or(path);
                found.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    found
}

#[test]
fn every_route_has_an_entry() {
    let listed: BTreeSet<String> = ROUTES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(listed.len(), ROUTES.len(), "an entry twice");
    assert_eq!(
        listed,
        operations(&document()),
        "name each route in tests/api/matrix/routes.rs with the right it needs"
    );
}

#[test]
fn every_entry_names_a_right_of_the_table() {
    for (name, rule) in ROUTES {
        let (Rule::Patient(right) | Rule::Collection(right)) = rule else {
            continue;
        };
        let known = |rule: &permission::Rule| (rule.resource, rule.action) == *right;
        assert!(permission::TABLE.iter().any(known), "{name}");
    }
}

/// A request of `route` about `cast`, by its actor.
async fn ask(world: &World, cast: &Cast, document: &Value, route: &str) -> Answer {
    let (method, template) = route.split_once(' ').expect("a method and a path");
    let path = cast.path(template);
    let method: Method = method.parse().expect("a method");
    let operation = &document["paths"][format!("/api/v1{template}")];
    let operation = &operation[method.as_str().to_lowercase()];
    let mut call = world.request(Some(&cast.actor), method.clone(), &format!("/api/v1{path}"));
    if let Some(sample) = body::sample(document, operation, cast) {
        call = call.json(&sample);
    } else if method == Method::POST {
        call = call.json(&json!({}));
    }
    let headers = operation["parameters"].as_array();
    let wants = |name: &str| headers.is_some_and(|all| all.iter().any(|one| one["name"] == name));
    if wants("If-Match") {
        call = call.header("if-match", "\"1\"");
    }
    call.send().await
}

/// Whether `answer` is the refusal of somebody who may not.
fn refused(answer: &Answer) -> bool {
    matches!(
        answer.body["code"].as_str(),
        Some("forbidden" | "not_found" | "unauthenticated")
    )
}

async fn denials(world: &World, answer: &Answer) -> i64 {
    let request: Uuid = answer
        .header("x-request-id")
        .and_then(|id| id.parse().ok())
        .expect("a request id");
    sqlx::query_scalar(
        "select count(*) from audit.event where request_id = $1 and outcome = 'denied'",
    )
    .bind(request)
    .fetch_one(&mut world.db.owner().await)
    .await
    .expect("counted")
}

/// One cell: `route`, by a holder of `role` who stands at `distance`.
async fn check(world: &World, cast: &Cast, document: &Value, (route, rule): &(&str, Rule)) {
    let place = format!("{route} as {:?} {:?}", cast.role, cast.distance);
    let roles = Roles::new([cast.role]);
    let answer = ask(world, cast, document, route).await;
    assert!(
        answer.status.as_u16() == 503 || !answer.status.is_server_error(),
        "{place}: {}",
        answer.text
    );
    let decision = match rule {
        Rule::Secret => {
            assert!(refused(&answer), "{place} counts: {}", answer.text);
            return;
        }
        Rule::Public | Rule::Own => Decision::Allowed,
        Rule::Patient((resource, action)) => {
            permission::decide(&roles, *resource, *action, &cast.circle())
        }
        Rule::Collection((resource, action)) => match roles.reach(*resource, *action) {
            true => Decision::Allowed,
            false => Decision::Forbidden,
        },
    };
    if decision == Decision::Allowed {
        assert!(!refused(&answer), "{place} is allowed: {}", answer.text);
        let status = answer.status.as_u16();
        let judged = !matches!(status, 400 | 405 | 413 | 415 | 428);
        assert!(judged, "{place} was not judged: {}", answer.text);
    } else {
        assert!(refused(&answer), "{place} is refused: {}", answer.text);
        assert_eq!(denials(world, &answer).await, 1, "{place} is on record");
    }
    match rule {
        Rule::Patient(_) if decision == Decision::Unknown => {
            let nobody = ask(world, &cast.of_nobody(), document, route).await;
            assert_eq!(
                (answer.status, &answer.body["code"], &answer.body["detail"]),
                (nobody.status, &nobody.body["code"], &nobody.body["detail"]),
                "{place} answers like an unknown id"
            );
        }
        // The log holds what one's own people tried, on whomever.
        Rule::Collection((resource, action)) if *resource != Resource::AuditLog => {
            let within = permission::decide(&roles, *resource, *action, &cast.circle());
            if within != Decision::Allowed {
                let named = answer.text.contains(&cast.patient.to_string());
                assert!(!named, "{place} shows a stranger: {}", answer.text);
            }
        }
        _ => {}
    }
}

async fn as_role(role: Role) {
    let world = World::new().await;
    let document = document();
    for distance in DISTANCES {
        if distance == Distance::Conducts && role != Role::Clinician {
            continue;
        }
        let cast = Cast::new(&world, role, distance).await;
        for entry in ROUTES {
            check(&world, &cast, &document, entry).await;
        }
    }
}

macro_rules! roles {
    ($($name:ident = $role:ident),+ $(,)?) => {$(
        #[tokio::test]
        async fn $name() {
            as_role(Role::$role).await;
        }
    )+};
}

roles! {
    a_patient = Patient,
    a_clinician = Clinician,
    a_coordinator = Coordinator,
    a_clinic_admin = ClinicAdmin,
    a_compliance_officer = Compliance,
    a_family_member = FamilyMember,
    a_super_admin = SuperAdmin,
}

#[tokio::test]
async fn nobody_holds_a_role_that_is_not_in_the_table() {
    let world = World::new().await;
    let mut owner = world.db.owner().await;
    for role in ["system", "service", "root"] {
        let refused = sqlx::query("update core.account set roles = array[$2] where id = $1")
            .bind(world.tomas.account)
            .bind(role)
            .execute(&mut owner)
            .await;
        assert!(refused.is_err(), "{role}");
    }
    for role in Role::ALL {
        sqlx::query("update core.account set roles = array[$2] where id = $1")
            .bind(world.tomas.account)
            .bind(role.name())
            .execute(&mut owner)
            .await
            .unwrap();
    }
    let unknown = format!("/api/v1/patients/{}", random_id());
    let call = world.request(None, Method::GET, &unknown);
    call.send().await.refused(401, "unauthenticated");
}
