//! Checkpoints (C2SP tlog-checkpoint) as signed notes (C2SP signed-note), Ed25519.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::mac::{AuditKey, AuditKeys};
use super::tree::Hash;

/// The signature type of Ed25519 in a key's identifier.
const ED25519_TYPE: u8 = 1;
/// Longest note looked at; ours are some 250 bytes.
const MAX_NOTE: usize = 4_096;

/// The head of a log: how many entries, and the root over them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: String,
    /// How many entries.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

/// A checkpoint cannot be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not a signed note with a checkpoint in it.
    #[error("it is not a signed checkpoint")]
    Form,
    /// No signature by a key at hand.
    #[error("none of the keys at hand signed it")]
    Unsigned,
}

impl Checkpoint {
    /// The text that is signed.
    fn text(&self) -> String {
        let root = STANDARD.encode(self.root);
        format!("{}\n{}\n{root}\n", self.origin, self.size)
    }

    /// The signed note. The key's name is the log's origin.
    pub(super) fn sign(&self, key: &AuditKey) -> String {
        let text = self.text();
        let mut line = key_id(&self.origin, &key.checkpoint_key()).to_vec();
        line.extend(key.sign_checkpoint(text.as_bytes()));
        let signature = STANDARD.encode(line);
        format!("{text}\n\u{2014} {} {signature}\n", self.origin)
    }

    /// Reads a note that one of `keys` signed.
    ///
    /// # Errors
    /// [`NoteError`].
    pub fn open(note: &str, keys: &AuditKeys) -> Result<Self, NoteError> {
        if note.len() > MAX_NOTE {
            return Err(NoteError::Form);
        }
        let (text, signatures) = note.split_once("\n\n").ok_or(NoteError::Form)?;
        let text = format!("{text}\n");
        let mut lines = text.lines();
        let mut line = || lines.next().filter(|line| !line.is_empty());
        let checkpoint = Self {
            origin: line().ok_or(NoteError::Form)?.to_owned(),
            size: line().and_then(decimal).ok_or(NoteError::Form)?,
            root: line().and_then(hash).ok_or(NoteError::Form)?,
        };
        let signed = signatures.lines().any(|line| {
            signature(line, &checkpoint.origin)
                .is_some_and(|bytes| verifies(&text, &checkpoint.origin, &bytes, keys))
        });
        signed.then_some(checkpoint).ok_or(NoteError::Unsigned)
    }
}

/// The key as other programs take it: `NAME+ID+KEY` (signed-note, verifier key).
pub fn verifier_key(name: &str, public: &[u8; 32]) -> String {
    let id: String = key_id(name, public)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let mut key = vec![ED25519_TYPE];
    key.extend(public);
    format!("{name}+{id}+{}", STANDARD.encode(key))
}

/// The first four bytes of SHA-256 over name, newline, type and key.
fn key_id(name: &str, public: &[u8; 32]) -> [u8; 4] {
    let mut bytes = name.as_bytes().to_vec();
    bytes.extend([b'\n', ED25519_TYPE]);
    bytes.extend(public);
    let hash = digest(&SHA256, &bytes);
    let mut id = [0; 4];
    id.copy_from_slice(&hash.as_ref()[..4]);
    id
}

/// A number without sign or leading zero.
fn decimal(text: &str) -> Option<u64> {
    let size: u64 = text.parse().ok()?;
    (size.to_string() == text).then_some(size)
}

fn hash(text: &str) -> Option<Hash> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

/// Key identifier and signature of a signature line by `name`.
fn signature(line: &str, name: &str) -> Option<Vec<u8>> {
    let (signer, value) = line.strip_prefix("\u{2014} ")?.rsplit_once(' ')?;
    (signer == name).then(|| STANDARD.decode(value).ok())?
}

fn verifies(text: &str, name: &str, line: &[u8], keys: &AuditKeys) -> bool {
    line.split_at_checked(4).is_some_and(|(id, signature)| {
        keys.all()
            .map(AuditKey::checkpoint_key)
            .filter(|public| key_id(name, public) == id)
            .any(|public| {
                UnparsedPublicKey::new(&ED25519, public)
                    .verify(text.as_bytes(), signature)
                    .is_ok()
            })
    })
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};

    use super::*;

    fn keys(secret: u8) -> AuditKeys {
        AuditKeys::new(AuditKey::new(&[secret; 32]), Vec::new())
    }

    fn checkpoint() -> Checkpoint {
        Checkpoint {
            origin: "bedside/audit/7".to_owned(),
            size: 20_852_163,
            root: [5; 32],
        }
    }

    /// The example of Go's `golang.org/x/mod/sumdb/note`, from which the format comes.
    #[test]
    fn the_form_is_that_of_other_programs() {
        const PUBLIC: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        const SECRET: &str = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
        const LINE: &str = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";
        let text = "If you think cryptography is the answer to your problem,\n\
                    then you don't know what your problem is.\n";
        let seed = STANDARD.decode(SECRET).expect("base64");
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed[1..]).expect("a seed");
        let public: [u8; 32] = pair.public_key().as_ref().try_into().expect("32 bytes");
        assert_eq!(verifier_key("PeterNeumann", &public), PUBLIC);
        let mut line = key_id("PeterNeumann", &public).to_vec();
        line.extend(pair.sign(text.as_bytes()).as_ref());
        assert_eq!(STANDARD.encode(line), LINE);
    }

    #[test]
    fn a_note_opens_under_its_key_current_or_retired() {
        let note = checkpoint().sign(keys(1).current());
        assert_eq!(Checkpoint::open(&note, &keys(1)), Ok(checkpoint()));
        let later = AuditKeys::new(AuditKey::new(&[2; 32]), vec![AuditKey::new(&[1; 32])]);
        assert_eq!(Checkpoint::open(&note, &later), Ok(checkpoint()));
        assert_eq!(Checkpoint::open(&note, &keys(2)), Err(NoteError::Unsigned));
    }

    #[test]
    fn no_changed_byte_goes_unnoticed() {
        let note = checkpoint().sign(keys(1).current());
        for index in 0..note.len() {
            let mut bytes = note.clone().into_bytes();
            bytes[index] ^= 2;
            let Ok(changed) = String::from_utf8(bytes) else {
                continue;
            };
            assert!(
                Checkpoint::open(&changed, &keys(1)).is_err(),
                "byte {index}"
            );
        }
        for text in ["", "\n\n", "a\n01\nAA==\n\n\u{2014} a b\n", "a\n1\n\nx"] {
            assert_eq!(
                Checkpoint::open(text, &keys(1)),
                Err(NoteError::Form),
                "{text:?}"
            );
        }
    }
}
