//! Everything Bedside keeps in PostgreSQL goes through here: the private cluster, the pool, the
//! one way to commit, the audit log, the outbox, migrations, and the sealing of health text.
//!
//! The rule this crate exists for: **nothing commits without saying what it did.** A change is
//! made inside a [`Tx`], and the only way to make it last is
//! [`Tx::commit`]`(audit, events)`: both arguments are mandatory, so forgetting either does not
//! compile, and "nothing to audit" must be written out as [`Exempt`], which a review can find.
//!
//! It depends on `domain` and `runtime` only. What an outbox event means is its callers' matter:
//! events are anything that serialises.

pub mod audit;
pub mod cluster;
mod db;
mod error;
mod migrate;
pub mod outbox;
mod retry;
pub mod sealing;

pub use audit::{Audit, AuditEntry, Exempt};
pub use db::{Access, AccessError, Db, DbConfig, Reader, Tx, scope};
pub use error::{Constraint, ConstraintKind, StoreError};
pub use migrate::{MigrateError, Migrations, check_schema, migrate, versions};
pub use outbox::Events;
pub use retry::{Retryable, retry};

/// A connection that SQL runs on; what an aggregate's `store.rs` takes.
pub use sqlx::PgConnection as Connection;
