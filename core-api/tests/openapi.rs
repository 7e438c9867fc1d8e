//! The committed OpenAPI document is the one the routes make.

use std::fs;
use std::path::Path;

#[test]
fn openapi_json_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let fresh = core_api::openapi_json();
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &fresh).expect("openapi.json is written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == fresh,
        "core-api/openapi.json is stale: run UPDATE=1 cargo test -p core-api --test openapi"
    );
}
