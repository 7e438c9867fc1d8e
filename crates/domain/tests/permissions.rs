//! The committed page of the permission table is the one the table makes.

use std::fs;
use std::path::Path;

#[test]
fn permissions_md_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/security/permissions.md");
    let fresh = domain::permission::markdown();
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &fresh).expect("permissions.md is written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == fresh,
        "docs/security/permissions.md is stale: run UPDATE=1 cargo test -p domain --test permissions"
    );
}
