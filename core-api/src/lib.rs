//! core-api: accounts, patients, schedule, visits, consent and the audit log, over HTTP.

mod account;
mod app;
mod appointment;
mod audit_log;
mod caller;
mod chart;
mod clinic;
mod consent;
mod http;
mod idempotency;
mod page;
mod patient;
mod provider;
mod refusal;
mod session;
mod visit;
mod waiting_room;

/// How core-api is set up.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The address users reach the server at (`https://visits.example`), without a path. Without
    /// it the address each request was sent to is used.
    pub public_url: Option<String>,
}

/// The OpenAPI document as committed in `openapi.json`.
pub fn openapi_json() -> String {
    let (_, api) = http::openapi::build().split_for_parts();
    let mut text = http::openapi::complete(api).to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}
