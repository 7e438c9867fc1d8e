//! A start without the right key refuses, and says what to restore.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::node::{Node, Place};

#[test]
fn a_wrong_missing_or_unusable_key_is_one_sentence() {
    let place = Place::new();
    let key = place.key("master.key");
    Node::start(&mut place.up()).stop();
    let right = fs::read_to_string(&key).expect("made at the first start");

    fs::write(&key, "5".repeat(64)).expect("written");
    let told = Place::refusal(&mut place.up());
    assert!(
        told.contains("restore the key that belongs to this database"),
        "{told}"
    );
    assert!(!told.contains("55555555"), "{told}");

    fs::write(&key, "no key").expect("written");
    let told = Place::refusal(&mut place.up());
    assert!(told.contains("master.key is damaged"), "{told}");

    fs::remove_file(&key).expect("removed");
    let told = Place::refusal(&mut place.up());
    assert!(
        told.contains("master.key is missing") && told.contains("restore"),
        "{told}"
    );
    assert!(!key.exists(), "no other key is made in its place");

    fs::write(&key, &right).expect("restored");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).expect("mode");
    let told = Place::refusal(&mut place.up());
    assert!(told.contains("readable by others"), "{told}");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).expect("mode");

    let told = Place::refusal(place.up().args(["--key-command", "/bin/false"]));
    assert!(told.contains("the key command /bin/false failed"), "{told}");
    let told = Place::refusal(place.up().env("BEDSIDE_MASTER_KEY", "6".repeat(64)));
    assert!(
        told.contains("BEDSIDE_MASTER_KEY") && told.contains("restore"),
        "{told}"
    );
    let told = Place::refusal(place.up().env("BEDSIDE_MASTER_KEY", "short"));
    assert!(told.contains("64 hexadecimal digits"), "{told}");

    // The same key from the environment opens what the file locked.
    fs::remove_file(&key).expect("removed");
    Node::start(place.up().env("BEDSIDE_MASTER_KEY", right.trim())).stop();
}
