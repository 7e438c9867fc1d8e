//! Passkeys, judged: a software authenticator answers, truthfully and not.

use auth::webauthn::{
    Assertion, Credential, NewCredential, Proven, Refused, RelyingParty, assert, challenge,
    register,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use testkit::webauthn::{Algorithm, Authenticator};

const ORIGIN: &str = "https://visits.example";
const CHALLENGE: [u8; 32] = [9; 32];

fn site() -> RelyingParty {
    RelyingParty {
        id: "visits.example".into(),
        origin: ORIGIN.into(),
    }
}

fn bytes(value: &Value) -> Vec<u8> {
    let text = value.as_str().expect("text");
    URL_SAFE_NO_PAD.decode(text).expect("base64url")
}

fn options() -> Value {
    json!({
        "rp": {"id": "visits.example"}, "rpId": "visits.example",
        "user": {"id": URL_SAFE_NO_PAD.encode([1; 16])},
        "challenge": URL_SAFE_NO_PAD.encode(CHALLENGE),
    })
}

/// A key made on `key`, as the server judges it.
fn made(key: &mut Authenticator) -> Result<NewCredential, Refused> {
    let answer = &key.create(&options())["response"];
    register(
        &site(),
        &CHALLENGE,
        &bytes(&answer["clientDataJSON"]),
        &bytes(&answer["attestationObject"]),
    )
}

/// An answer to the challenge, as the server judges it against `kept`.
fn shown(key: &mut Authenticator, kept: &NewCredential) -> Result<Proven, Refused> {
    judge(&key.get(&options()), kept, &CHALLENGE)
}

fn judge(answer: &Value, kept: &NewCredential, challenge: &[u8]) -> Result<Proven, Refused> {
    let answer = &answer["response"];
    let credential = Credential {
        public_key: &kept.public_key,
        sign_count: kept.sign_count,
        backup_eligible: kept.backup_eligible,
    };
    let assertion = Assertion {
        client_data: &bytes(&answer["clientDataJSON"]),
        authenticator_data: &bytes(&answer["authenticatorData"]),
        signature: &bytes(&answer["signature"]),
    };
    assert(&site(), challenge, &credential, &assertion)
}

fn new() -> Authenticator {
    Authenticator::new(ORIGIN, Algorithm::Es256)
}

#[test]
fn a_key_of_each_kind_is_made_and_signs() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256] {
        let mut key = Authenticator::new(ORIGIN, algorithm);
        let kept = made(&mut key).expect("made");
        assert_eq!(URL_SAFE_NO_PAD.encode(&kept.id), key.id());
        assert!(kept.user_verified && !kept.backup_eligible && !kept.backed_up);
        let proven = shown(&mut key, &kept).expect("signed");
        assert_eq!(proven.sign_count, 1);
        assert!(proven.user_verified);
        let mut other = Authenticator::new(ORIGIN, algorithm);
        assert_eq!(shown(&mut other, &kept), Err(Refused::Signature));
    }
}

#[test]
fn an_answer_counts_for_its_own_challenge_and_ceremony() {
    let mut key = new();
    let kept = made(&mut key).expect("made");
    let answer = key.get(&options());
    assert_eq!(judge(&answer, &kept, &[8; 32]), Err(Refused::Challenge));
    assert_eq!(
        judge(&answer, &kept, &CHALLENGE[..31]),
        Err(Refused::Challenge)
    );
    let said = bytes(&answer["response"]["clientDataJSON"]);
    assert_eq!(challenge(&said).as_deref(), Ok(&CHALLENGE[..]));
    let made = &key.create(&options())["response"];
    let object = bytes(&made["attestationObject"]);
    assert_eq!(
        register(&site(), &CHALLENGE, &said, &object),
        Err(Refused::Ceremony)
    );
}

#[test]
fn other_pages_and_other_sites_are_refused() {
    for origin in [
        "https://visits.example.evil.example",
        "http://visits.example",
        "https://visits.example:444",
        "https://visits.example/",
        "null",
    ] {
        let mut key = new();
        let kept = made(&mut key).expect("made");
        key.origin = origin.into();
        assert_eq!(shown(&mut key, &kept), Err(Refused::Origin), "{origin}");
        assert_eq!(made(&mut key), Err(Refused::Origin), "{origin}");
    }
    let mut key = new();
    let kept = made(&mut key).expect("made");
    key.site = Some("evil.example".into());
    assert_eq!(shown(&mut key, &kept), Err(Refused::RelyingParty));
    assert_eq!(made(&mut key), Err(Refused::RelyingParty));
}

#[test]
fn a_page_inside_another_is_refused() {
    let mut key = new();
    let kept = made(&mut key).expect("made");
    let mut answer = key.get(&options());
    let said = bytes(&answer["response"]["clientDataJSON"]);
    let said = String::from_utf8(said).expect("text");
    let inside = said.replace("\"crossOrigin\":false", "\"crossOrigin\":true");
    assert_ne!(inside, said);
    answer["response"]["clientDataJSON"] = json!(URL_SAFE_NO_PAD.encode(inside));
    assert_eq!(judge(&answer, &kept, &CHALLENGE), Err(Refused::Origin));
}

#[test]
fn a_counter_that_does_not_grow_shows_two_of_a_key() {
    let mut key = new();
    key.counter = Some(7);
    let mut kept = made(&mut key).expect("made");
    for counter in [6, 0, 5] {
        key.counter = Some(counter);
        assert_eq!(shown(&mut key, &kept), Err(Refused::Counter));
    }
    key.counter = None;
    assert_eq!(shown(&mut key, &kept), Err(Refused::Counter));
    key.counter = Some(40);
    kept.sign_count = shown(&mut key, &kept).expect("grown").sign_count;
    assert_eq!(kept.sign_count, 41);
    // Many do not count at all.
    let mut key = new();
    key.counter = None;
    let kept = made(&mut key).expect("made");
    assert_eq!(shown(&mut key, &kept).expect("signed").sign_count, 0);
    assert_eq!(shown(&mut key, &kept).expect("signed").sign_count, 0);
}

#[test]
fn nobody_there_and_a_changed_nature_are_refused() {
    let mut key = new();
    let kept = made(&mut key).expect("made");
    key.synced = true;
    assert_eq!(shown(&mut key, &kept), Err(Refused::Nature));
    key.synced = false;
    key.present = false;
    assert_eq!(shown(&mut key, &kept), Err(Refused::Presence));
    assert_eq!(made(&mut key), Err(Refused::Presence));
    key.present = true;
    key.verifies = false;
    assert!(!shown(&mut key, &kept).expect("signed").user_verified);
}

#[test]
fn a_flipped_bit_anywhere_is_noticed() {
    let mut key = new();
    let kept = made(&mut key).expect("made");
    let answer = key.get(&options());
    for member in ["clientDataJSON", "authenticatorData", "signature"] {
        let right = bytes(&answer["response"][member]);
        for place in 0..right.len() * 8 {
            let mut wrong = right.clone();
            wrong[place / 8] ^= 1 << (place % 8);
            let mut answer = answer.clone();
            answer["response"][member] = json!(URL_SAFE_NO_PAD.encode(wrong));
            let judged = judge(&answer, &kept, &CHALLENGE);
            assert!(judged.is_err(), "bit {place} of {member}");
        }
    }
}

#[test]
fn what_is_cut_short_or_longer_is_no_answer() {
    let mut key = new();
    let answer = &key.create(&options())["response"];
    let said = bytes(&answer["clientDataJSON"]);
    let object = bytes(&answer["attestationObject"]);
    let judge = |object: &[u8]| register(&site(), &CHALLENGE, &said, object);
    assert!(judge(&object).is_ok());
    for length in 0..object.len() {
        assert!(judge(&object[..length]).is_err(), "{length} bytes");
    }
    assert_eq!(judge(&[&object[..], &[0]].concat()), Err(Refused::Form));
    assert_eq!(judge(&vec![0x81; 20_000]), Err(Refused::Form));
    assert_eq!(
        judge(&[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        Err(Refused::Form)
    );
}
