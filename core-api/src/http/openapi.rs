//! The OpenAPI document, made from the routes themselves and committed as `openapi.json`.

use std::sync::Arc;

use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    ComponentsBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, RefOr,
};
use utoipa::{PartialSchema as _, ToSchema};
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;
use crate::http::problem::Problem;
use crate::http::schema::problem_response;
use crate::{
    account, account_link, appointment, audit_log, break_glass, care_team, chart, clinic, consent,
    factor, invitation, journal, moderation, notice, passkey, patient, provider, proxy, session,
    visit, waiting_room,
};

/// Every route under `/v1`, with the document that describes them.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .merge(session::routes::router())
        .merge(account::routes::router())
        .merge(factor::routes::router())
        .merge(passkey::routes::router())
        .merge(account_link::routes::router())
        .merge(notice::routes::router())
        .merge(clinic::routes::router())
        .merge(provider::routes::router())
        .merge(patient::routes::router())
        .merge(consent::routes::router())
        .merge(care_team::routes::router())
        .merge(proxy::routes::router())
        .merge(break_glass::routes::router())
        .merge(appointment::routes::router())
        .merge(visit::routes::router())
        .merge(moderation::routes::router())
        .merge(invitation::routes::router())
        .merge(journal::routes::router())
        .merge(chart::routes::router())
        .merge(waiting_room::routes::router())
        .merge(audit_log::routes::router())
}

/// Adds what holds for every operation.
fn complete(mut api: OpenApi) -> OpenApi {
    for item in api.paths.paths.values_mut() {
        let operations = [
            &mut item.get,
            &mut item.post,
            &mut item.patch,
            &mut item.delete,
        ];
        for operation in operations.into_iter().flatten() {
            describe_refusals(operation);
        }
    }
    api
}

fn describe_refusals(operation: &mut Operation) {
    operation
        .responses
        .responses
        .insert("default".to_owned(), RefOr::T(problem_response()));
}

/// The frame of the document: title, schemas of problems, and how to sign in.
fn frame() -> OpenApi {
    let mut schemas = vec![(Problem::name().into_owned(), Problem::schema())];
    Problem::schemas(&mut schemas);
    let components = ComponentsBuilder::new()
        .schemas_from_iter(schemas)
        .security_scheme(
            "session_cookie",
            SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("__Host-bedside"))),
        )
        .security_scheme(
            "session_token",
            SecurityScheme::Http(
                HttpBuilder::new()
                    .scheme(HttpAuthScheme::Bearer)
                    .bearer_format("JWT")
                    .build(),
            ),
        )
        .build();
    let info = InfoBuilder::new()
        .title("Bedside")
        .version("1")
        .description(Some(DESCRIPTION))
        .license(Some(
            LicenseBuilder::new()
                .name("Apache-2.0")
                .identifier(Some("Apache-2.0"))
                .build(),
        ))
        .build();
    OpenApiBuilder::new()
        .info(info)
        .components(Some(components))
        .security(Some([
            SecurityRequirement::new("session_cookie", [""; 0]),
            SecurityRequirement::new("session_token", [""; 0]),
        ]))
        .build()
}

/// What a reader needs before the first route.
const DESCRIPTION: &str = "Telemedicine visits: accounts, schedule, waiting room, consent, and the \
door to the media room. Times are RFC 3339 in UTC. Refusals are problem documents (RFC 9457) with a \
stable `code`. Lists come in pages; `next_cursor` leads on. Browsers sign in for a cookie and must \
call from the same origin; other clients send `Authorization: Bearer` with the token of \
`POST /session/token`. Things that are not the caller's answer like things that do not exist.";

/// The document as committed.
pub(crate) fn json() -> String {
    let api = OpenApiRouter::with_openapi(frame()).nest("/api/v1", routes());
    let api = complete(api.into_openapi());
    // Made of our own types only: it serialises, as the test of the committed file shows.
    let mut text = api.to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}
