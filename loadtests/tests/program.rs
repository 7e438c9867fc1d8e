//! The load generator against a node: short runs that show both work. Figures mean nothing here.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Runs `loadtests media` with `arguments` against the `bedside` beside it; returns what it
/// printed.
fn media(arguments: &[&str]) -> Value {
    let program = Path::new(env!("CARGO_BIN_EXE_loadtests"));
    let server = program.with_file_name("bedside");
    assert!(server.exists(), "build it first: cargo build -p server");
    let output = Command::new(program)
        .arg("media")
        .args(arguments)
        .arg("--server")
        .arg(server)
        .output()
        .expect("started");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{errors}");
    serde_json::from_str(&said).expect("one JSON object")
}

#[test]
fn two_hundred_guests_leave_nothing_behind() {
    let churn = media(&["churn", "--cycles", "200"]);
    assert_eq!(churn["cycles"], 200);
    assert_eq!(churn["back_to_baseline"], true, "{churn:#}");
    assert_eq!(churn["pictures"], churn["asked"], "{churn:#}");
    assert_eq!(churn["vanished"], 10, "{churn:#}");
}

#[test]
fn a_scenario_is_reported_beside_the_floor() {
    let report = media(&[
        "--json",
        "--scenario",
        "1-10",
        "--io",
        "gso",
        "--estimation",
        "on",
        "--seconds",
        "1",
        "--packet-rate",
        "60",
    ]);
    assert_eq!(report["complete"], true, "{report:#}");
    assert_eq!(report["srtp_profile"], "AEAD_AES_256_GCM");
    assert!(
        report["floor_us_per_packet"]
            .as_f64()
            .is_some_and(|us| us > 0.0)
    );
    let [scenario] = report["scenarios"].as_array().expect("a list").as_slice() else {
        panic!("one scenario: {report:#}");
    };
    assert_eq!(scenario["name"], "1-10");
    assert_eq!(
        (&scenario["fanout"], &scenario["io"]),
        (&10.into(), &"gso".into())
    );
    assert_eq!(scenario["estimation"], true);
    assert!(
        scenario["packets"]
            .as_u64()
            .is_some_and(|packets| packets > 0)
    );
    assert!(
        scenario["cpu_us_per_packet"]
            .as_f64()
            .is_some_and(|us| us > 0.0)
    );
    assert!(scenario["added_latency_ms"]["p99"].is_number());
}
