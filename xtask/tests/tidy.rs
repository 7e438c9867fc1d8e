//! The real tree against every rule. `src/` holds the tests that show each rule biting.

use xtask::Finding;
use xtask::edges;
use xtask::graph::Graph;
use xtask::length::{self, Ratchet};
use xtask::{generated, placement, policy, tree, words};

fn files() -> Vec<tree::File> {
    let files = tree::read(&tree::root()).expect("the checkout is readable");
    assert!(
        files.iter().any(|file| file.path == "xtask/tests/tidy.rs"),
        "the walk sees nothing"
    );
    files
}

fn graph() -> Graph {
    Graph::load(&tree::root()).expect("cargo metadata answers; is Cargo.lock up to date?")
}

#[track_caller]
fn none(findings: &[Finding]) {
    let shown: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(shown.is_empty(), "\n\n  {}\n", shown.join("\n  "));
}

#[test]
fn crate_edges_are_the_allowed_ones() {
    none(&edges::check(&graph(), edges::TABLE));
}

#[test]
fn cargo_reports_the_edges_that_are_judged() {
    // A graph without edges would pass every rule.
    let graph = graph();
    let server = graph
        .0
        .values()
        .find(|package| package.name == "server")
        .expect("server");
    assert!(server.ours && server.uses.len() > 5, "{server:?}");
    let served: Vec<&str> = server
        .uses
        .iter()
        .filter_map(|(key, _)| graph.0.get(key))
        .map(|p| p.name.as_str())
        .collect();
    assert!(served.contains(&"core-api"), "{served:?}");
}

#[test]
fn packages_of_others_follow_the_policy() {
    let deny = tree::text("deny.toml").expect("deny.toml");
    none(&policy::check(&graph(), &deny).expect("deny.toml is readable"));
}

#[test]
fn every_rust_file_is_judged() {
    let mute: Vec<Finding> = files()
        .iter()
        .filter(|file| file.extension() == "rs" && file.rust.is_none())
        .map(|file| Finding::new(&file.path, "is not Rust that can be read"))
        .collect();
    none(&mute);
}

#[test]
fn sql_http_and_clocks_are_where_they_belong() {
    none(&placement::check(&files()));
}

#[test]
fn files_are_short() {
    none(&length::check(
        &files(),
        &Ratchet::load().expect("the ratchet is readable"),
    ));
}

#[test]
fn no_forbidden_words() {
    none(&words::check(&files()));
}

#[test]
fn generated_files_have_a_test_that_compares_them() {
    none(&generated::check(&files(), generated::OWNED));
}
