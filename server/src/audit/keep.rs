//! The keeper of the log, beside the services.

use std::path::PathBuf;

use bus::event::Event;
use store::audit::{AuditKey, Copies, Finding, keeper};
use store::{Db, Events};

use super::keys;
use crate::data_dir::{DataDir, DataDirError};
use crate::node::Node;
use crate::settings::Settings;

/// Where copies of checkpoints go: best the disk of another machine.
pub(super) fn copies_dir(settings: &Settings) -> PathBuf {
    settings
        .audit_copies
        .clone()
        .unwrap_or_else(|| settings.data_dir.join("checkpoints"))
}

/// Keeps the log of `db`: one node of the installation does, the others stand by.
pub(crate) fn keep(node: &Node, dir: &DataDir, db: &Db) -> Result<(), DataDirError> {
    let current = AuditKey::new(node.keys.audit.bytes());
    let config = keeper::Config {
        keys: keys::with_retired(current, dir.path())?,
        copies: Some(Copies::new(copies_dir(&node.settings))),
        every: keeper::EVERY,
    };
    let alarm = |finding: &Finding| {
        Events::of([Event::AuditDamaged {
            finding: finding.kind.name().to_owned(),
            entry: finding.entry,
        }])
    };
    keeper::spawn(db.clone(), config, Box::new(alarm), &node.context);
    Ok(())
}
