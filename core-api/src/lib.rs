//! core-api: accounts, patients, schedule, visits, consent and the audit log, over HTTP; the only
//! place where a media token is made.
//!
//! Each aggregate is a folder: `routes → ops → {model, store}`. Only `routes.rs` and `http/` know
//! axum; only `store.rs` knows SQL; rules are pure functions in `model.rs` and `rules.rs`, and
//! `ops.rs` applies them inside one transaction with its audit row and its events.

mod access;
mod account;
mod account_link;
mod app;
mod appointment;
mod audit_log;
mod background;
mod break_glass;
mod caller;
mod care_team;
mod chart;
mod clinic;
mod consent;
mod demo;
mod factor;
mod http;
mod idempotency;
mod invitation;
mod journal;
mod mail;
mod metrics;
mod moderation;
mod notice;
mod page;
mod passkey;
mod patient;
mod provider;
mod proxy;
mod refusal;
mod room;
mod session;
mod start;
mod store;
mod text;
mod throttle;
mod visit;
mod waiting_room;

pub use demo::DemoAccount;
pub use factor::model::MfaPolicy;
pub use http::address::{Network, asked_from};
pub use mail::{Credentials, MailConfig, Outgoing, Security, Smtp, probe as probe_mail};
pub use patient::erasure::erase_patient;
pub use start::{Config, Deps, Service, StartError, start};
pub use store::{migrations, sealed_columns};
pub use throttle::{Limits, Rate};

/// The OpenAPI document as committed in `core-api/openapi.json`.
pub fn openapi_json() -> String {
    http::openapi::json()
}

impl Service {
    /// Everything under `/api`.
    pub fn router(&self) -> axum::Router {
        http::router(std::sync::Arc::clone(&self.app))
    }
}
