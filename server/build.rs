//! A release program carries the web client: it is made anew when that changes, or appears.

fn main() {
    println!("cargo::rerun-if-changed=../web-client/dist");
}
