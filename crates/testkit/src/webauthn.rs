//! An authenticator in software, with its browser: what a passkey or a security key answers to the
//! options a server gives (Web Authentication, Level 3). Written apart from the server's own
//! reading of it, and able to lie in every way a server must notice.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// What a key signs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA with P-256 and SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
    /// RSA PKCS #1 v1.5 with SHA-256.
    Rs256,
}

enum Key {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
    Rs256(RsaKeyPair),
}

/// An authenticator with one key, in a browser on a page of `origin`.
pub struct Authenticator {
    /// The page's origin, as the browser says it.
    pub origin: String,
    /// The domain the key is bound to; none takes the one of the options.
    pub site: Option<String>,
    /// Whether its holder is verified, by a PIN or a finger.
    pub verifies: bool,
    /// Whether somebody touches it.
    pub present: bool,
    /// Whether its key is copied to other devices.
    pub synced: bool,
    /// How often it has signed; with none it does not count.
    pub counter: Option<u32>,
    /// Whose account the key is for, as the server said when it was made.
    pub user_handle: Vec<u8>,
    key: Key,
    id: Vec<u8>,
}

impl Authenticator {
    /// A security key that verifies its holder and counts, on a page of `origin`.
    ///
    /// # Panics
    /// Without randomness.
    pub fn new(origin: &str, algorithm: Algorithm) -> Self {
        let key = match algorithm {
            Algorithm::Es256 => {
                Key::Es256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key"))
            }
            Algorithm::EdDsa => Key::EdDsa(Ed25519KeyPair::generate().expect("a key")),
            Algorithm::Rs256 => Key::Rs256(RsaKeyPair::generate(KeySize::Rsa2048).expect("a key")),
        };
        let mut id = vec![0; 48];
        aws_lc_rs::rand::fill(&mut id).expect("randomness");
        Self {
            origin: origin.to_owned(),
            site: None,
            verifies: true,
            present: true,
            synced: false,
            counter: Some(0),
            user_handle: Vec::new(),
            key,
            id,
        }
    }

    /// What the key is called, as JSON has it.
    pub fn id(&self) -> String {
        encode(&self.id)
    }

    /// A key made in answer to `options` (a `PublicKeyCredentialCreationOptionsJSON`), as
    /// `PublicKeyCredential.toJSON()` has it.
    ///
    /// # Panics
    /// When the options do not have their form.
    pub fn create(&mut self, options: &Value) -> Value {
        self.user_handle = decode(&options["user"]["id"]);
        let client_data = self.client_data("webauthn.create", options);
        let site = options["rp"]["id"].as_str().expect("rp.id").to_owned();
        let mut data = self.data(&site, 1 << 6);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).expect("short").to_be_bytes());
        data.extend(&self.id);
        data.extend(self.public_key());
        let object = cbor::map(&[
            (cbor::text("fmt"), cbor::text("none")),
            (cbor::text("attStmt"), cbor::map(&[])),
            (cbor::text("authData"), cbor::bytes(&data)),
        ]);
        json!({
            "id": self.id(), "rawId": self.id(), "type": "public-key",
            "authenticatorAttachment": "cross-platform",
            "clientExtensionResults": {"credProps": {"rk": true}},
            "response": {
                "clientDataJSON": encode(client_data.as_bytes()),
                "attestationObject": encode(&object),
                "transports": ["usb"],
            },
        })
    }

    /// A signature in answer to `options` (a `PublicKeyCredentialRequestOptionsJSON`), as
    /// `PublicKeyCredential.toJSON()` has it.
    ///
    /// # Panics
    /// When the options do not have their form.
    pub fn get(&mut self, options: &Value) -> Value {
        let client_data = self.client_data("webauthn.get", options);
        let site = options["rpId"].as_str().expect("rpId").to_owned();
        if let Some(counter) = &mut self.counter {
            *counter += 1;
        }
        let data = self.data(&site, 0);
        let mut message = data.clone();
        message.extend(digest(&SHA256, client_data.as_bytes()).as_ref());
        json!({
            "id": self.id(), "rawId": self.id(), "type": "public-key",
            "authenticatorAttachment": "cross-platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": encode(client_data.as_bytes()),
                "authenticatorData": encode(&data),
                "signature": encode(&self.sign(&message)),
                "userHandle": encode(&self.user_handle),
            },
        })
    }

    fn client_data(&self, kind: &str, options: &Value) -> String {
        let said = json!({
            "type": kind, "challenge": options["challenge"], "origin": self.origin,
            "crossOrigin": false, "other_keys_can_be_added_here": "do not compare a template",
        });
        said.to_string()
    }

    /// Authenticator data up to its counter (section 6.1).
    fn data(&self, site: &str, more: u8) -> Vec<u8> {
        let site = self.site.as_deref().unwrap_or(site);
        let mut data = digest(&SHA256, site.as_bytes()).as_ref().to_vec();
        let flags = [
            (self.present, 0),
            (self.verifies, 2),
            (self.synced, 3),
            (self.synced, 4),
        ];
        let flags = flags.into_iter().filter(|(set, _)| *set);
        data.push(flags.fold(more, |flags, (_, bit)| flags | 1 << bit));
        data.extend(self.counter.unwrap_or(0).to_be_bytes());
        data
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.key {
            Key::Es256(key) => key
                .sign(&random, message)
                .expect("signed")
                .as_ref()
                .to_vec(),
            Key::EdDsa(key) => key.sign(message).as_ref().to_vec(),
            Key::Rs256(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .expect("signed");
                signature
            }
        }
    }

    /// The `COSE_Key` of the key.
    fn public_key(&self) -> Vec<u8> {
        use cbor::{bytes, integer, map};
        match &self.key {
            Key::Es256(key) => {
                let point = key.public_key().as_ref();
                map(&[
                    (integer(1), integer(2)),
                    (integer(3), integer(-7)),
                    (integer(-1), integer(1)),
                    (integer(-2), bytes(&point[1..33])),
                    (integer(-3), bytes(&point[33..])),
                ])
            }
            Key::EdDsa(key) => map(&[
                (integer(1), integer(1)),
                (integer(3), integer(-8)),
                (integer(-1), integer(6)),
                (integer(-2), bytes(key.public_key().as_ref())),
            ]),
            Key::Rs256(key) => {
                let parts: PublicKeyComponents<Vec<u8>> = key.public_key().into();
                map(&[
                    (integer(1), integer(3)),
                    (integer(3), integer(-257)),
                    (integer(-1), bytes(&parts.n)),
                    (integer(-2), bytes(&parts.e)),
                ])
            }
        }
    }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(text: &Value) -> Vec<u8> {
    let text = text.as_str().expect("text");
    URL_SAFE_NO_PAD.decode(text).expect("base64url")
}

/// As much of CBOR (RFC 8949) as authenticators write.
mod cbor {
    fn head(major: u8, number: usize) -> Vec<u8> {
        let major = major << 5;
        match number {
            0..=23 => vec![major | u8::try_from(number).expect("small")],
            24..=255 => vec![major | 24, u8::try_from(number).expect("a byte")],
            _ => {
                let number = u16::try_from(number).expect("two bytes").to_be_bytes();
                vec![major | 25, number[0], number[1]]
            }
        }
    }

    pub(super) fn integer(number: i32) -> Vec<u8> {
        match usize::try_from(number) {
            Ok(number) => head(0, number),
            Err(_) => head(1, usize::try_from(-1 - number).expect("negative")),
        }
    }

    pub(super) fn bytes(bytes: &[u8]) -> Vec<u8> {
        [&head(2, bytes.len())[..], bytes].concat()
    }

    pub(super) fn text(text: &str) -> Vec<u8> {
        [&head(3, text.len())[..], text.as_bytes()].concat()
    }

    pub(super) fn map(members: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
        let mut map = head(5, members.len());
        for (name, value) in members {
            map.extend(name);
            map.extend(value);
        }
        map
    }
}
