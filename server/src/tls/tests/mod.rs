mod acme;
mod authority;

use std::fs;
use std::path::Path;

use domain::SystemClock;

use super::*;

fn load(source: &Source, folder: &Path) -> Result<Tls, TlsError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Tls::load(source, folder, vec!["localhost".to_owned()], &clock)
}

#[test]
fn a_self_signed_certificate_is_made_once() {
    let dir = tempfile::tempdir().expect("folder");
    let folder = dir.path().join("tls");
    let first = load(&Source::SelfSigned, &folder).expect("made");
    assert!(!first.is_trusted());
    let text = fs::read(folder.join("trial.pem")).expect("kept");
    load(&Source::SelfSigned, &folder).expect("read");
    assert_eq!(fs::read(folder.join("trial.pem")).expect("kept"), text);
}

#[test]
fn changed_files_are_taken_up_and_broken_ones_are_not() {
    let dir = tempfile::tempdir().expect("folder");
    let (one, two) = (dir.path().join("one"), dir.path().join("two"));
    load(&Source::SelfSigned, &one).expect("made");
    load(&Source::SelfSigned, &two).expect("made");
    let (chain, key) = (one.join("chain.pem"), one.join("key.pem"));
    fs::copy(one.join("trial.pem"), &chain).expect("copied");
    fs::copy(one.join("trial.pem"), &key).expect("copied");
    let files = (chain, key);
    let tls = load(&Source::Files(files.0.clone(), files.1.clone()), dir.path()).expect("read");
    assert!(tls.is_trusted());
    let served = || tls.certificate.current().key.cert.clone();
    let before = served();
    // A certificate without its key.
    fs::copy(two.join("trial.pem"), &files.0).expect("copied");
    tls.certificate.read_again(&files);
    assert_eq!(served(), before);
    fs::copy(two.join("trial.pem"), &files.1).expect("copied");
    tls.certificate.read_again(&files);
    assert_ne!(served(), before);
}

#[test]
fn unusable_files_are_named() {
    let dir = tempfile::tempdir().expect("folder");
    let empty = dir.path().join("empty.pem");
    fs::write(&empty, "").expect("written");
    let error = load(&Source::Files(empty.clone(), empty), dir.path())
        .err()
        .expect("refused");
    assert!(error.to_string().contains("empty.pem"), "{error}");
}
