//! `bedside keys` beside the running program.

use std::fs;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::node::{Node, Place, until};

/// The counts that `keys status --count` shows: those that are not under current keys.
fn stale(place: &Place) -> Vec<String> {
    let text = place.keys(&["status", "--count"]);
    let values: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with("values"))
        .collect();
    assert!(values.len() > 8, "{text}");
    let fresh = |line: &&str| line.contains("retired 0  version 1 0  erased 0  unknown 0");
    values
        .into_iter()
        .filter(|line| !fresh(line))
        .map(str::to_owned)
        .collect()
}

#[test]
fn keys_are_rotated_while_the_program_runs_and_after_a_kill() {
    let place = Place::new();
    let node = Node::start(&mut place.up());
    let paula = node.sign_in("paula.ruiz");
    let before = paula.get("/api/v1/patients");
    assert_eq!(stale(&place), Vec::<String>::new());

    // One value at a time and at leisure, killed once some are under new keys.
    let mut rotation = place
        .bedside(&["keys", "rotate", "--batch", "1", "--rest", "300"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("started");
    until("the first values under new keys", || {
        let status = place.keys(&["status"]);
        let (_, count) = status.split_once("re-sealed ")?;
        let count: u32 = count.trim().parse().ok()?;
        (count >= 3).then_some(())
    });
    rotation.kill().expect("killed");
    rotation.wait().expect("ended");
    assert!(place.keys(&["status"]).contains("rotation  interrupted"));
    assert_ne!(stale(&place), Vec::<String>::new());
    assert_eq!(paula.get("/api/v1/patients"), before);
    let new = json!({"display_name": "Made Meanwhile", "date_of_birth": "1970-01-02",
        "sex": "male", "phone": "+1 416 555 0101"});
    let made = paula.post("/api/v1/patients", &new);

    let done = place.keys(&["rotate"]);
    assert!(done.contains("values are under new keys"), "{done}");
    assert_eq!(stale(&place), Vec::<String>::new());
    assert!(!place.keys(&["status"]).contains("rotation"));
    let path = format!("/api/v1/patients/{}", made["id"].as_str().expect("an id"));
    assert_eq!(paula.get(&path)["phone"], "+1 416 555 0101");

    // The key above them: the program goes on, and so does one that starts with the new key.
    let old = fs::read(place.key("master.key")).expect("readable");
    let done = place.keys(&["rotate", "--kek"]);
    assert!(
        done.contains("are wrapped under the current key-encryption key"),
        "{done}"
    );
    assert_ne!(fs::read(place.key("master.key")).expect("readable"), old);
    assert_eq!(paula.get(&path)["display_name"], "Made Meanwhile");
    node.stop();
    let retired = fs::read_dir(place.data.join("keys")).expect("readable");
    let retired = retired
        .map(|entry| entry.expect("readable").path())
        .find(|path| path.to_string_lossy().contains("master-"))
        .expect("kept for backups");
    assert_eq!(fs::read(&retired).expect("readable"), old);
    fs::remove_file(retired).expect("removed");
    let node = Node::start(&mut place.up());
    let paula = node.sign_in("paula.ruiz");
    assert_eq!(paula.get(&path)["display_name"], "Made Meanwhile");
    node.stop();
}

#[test]
fn a_shredded_patient_is_nobody_within_moments_and_for_good() {
    let place = Place::new();
    let node = Node::start(&mut place.up());
    let paula = node.sign_in("paula.ruiz");
    let list = paula.get("/api/v1/patients");
    let mut list = list["items"].as_array().expect("a list").iter();
    let wei = list.find(|patient| patient["display_name"] == "Wei Zhang");
    let id = wei.expect("of the demo clinic")["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let done = place.keys(&["shred", "--patient", &id, "--reason", "person-asked"]);
    assert!(done.contains("were destroyed"), "{done}");
    let path = format!("/api/v1/patients/{id}");
    let read = paula.get(&path);
    assert_eq!(read["display_name"], "Erased patient");
    assert_eq!(read["phone"], Value::Null);
    // What the program had unwrapped it forgets soon.
    let lee = node.sign_in("mina.lee");
    until("the reason to be gone", || {
        let visits = lee.get("/api/v1/visits");
        let visits = visits["items"].as_array().expect("a list");
        let visit = visits
            .iter()
            .find(|visit| visit["patient"]["id"] == id.as_str())?;
        (visit["reason"] == "Erased").then_some(())
    });
    let ines = node.sign_in("ines.duarte");
    let log = ines.get(&format!("/api/v1/audit-events?patient_id={id}&limit=100"));
    let items = log["items"].as_array().expect("a list");
    assert!(
        items
            .iter()
            .any(|row| row["action"] == "erase" && row["service"] == "keys"),
        "{log}"
    );
    let refused = place
        .bedside(&["keys", "shred", "--reason", "test-data"])
        .args(["--patient", "01900000-0000-7000-8000-00000000dead"])
        .output()
        .expect("run");
    assert_eq!(refused.status.code(), Some(2));
    node.stop();
}
