//! Signing what is taken from the log.

use crate::Db;

/// A detached signature of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportSignature {
    /// The Ed25519 public key (RFC 8032).
    pub key: [u8; 32],
    /// The signature over the report's bytes.
    pub value: [u8; 64],
}

/// Signs `report` with the report key that belongs to the audit key of `db`.
pub fn sign_report(db: &Db, report: &[u8]) -> ReportSignature {
    let key = &db.inner().audit_key;
    ReportSignature {
        key: key.report_key(),
        value: key.sign_report(report),
    }
}
