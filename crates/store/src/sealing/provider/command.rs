//! A program of the operator's that wraps and unwraps: one JSON request on its standard input,
//! one JSON answer on its standard output, nothing secret in its arguments.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use zeroize::{Zeroize as _, Zeroizing};

use super::{ProviderError, Wrapped};
use crate::sealing::cipher::{Secret, secret};

/// How long one request may take; the program is killed then.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of an answer that are read at most.
const MOST: u64 = 64 << 10;

pub(super) struct Command {
    program: PathBuf,
}

#[derive(Serialize)]
#[serde(tag = "op", rename_all = "snake_case")]
enum Request<'a> {
    Wrap {
        v: u8,
        /// What the key is for; the same text comes with the request to unwrap it.
        context: &'a str,
        plaintext: &'a str,
    },
    Unwrap {
        v: u8,
        context: &'a str,
        key_id: &'a str,
        ciphertext: &'a str,
    },
}

#[derive(Deserialize)]
struct WrapAnswer {
    key_id: String,
    ciphertext: String,
}

#[derive(Deserialize)]
struct UnwrapAnswer {
    plaintext: String,
}

impl Command {
    pub(super) const fn new(program: PathBuf) -> Self {
        Self { program }
    }

    pub(super) fn program(&self) -> String {
        self.program.display().to_string()
    }

    pub(super) async fn wrap(
        &self,
        context: &str,
        key: &[u8; 32],
    ) -> Result<Wrapped, ProviderError> {
        let plaintext = Zeroizing::new(STANDARD.encode(key));
        let request = Request::Wrap {
            v: 1,
            context,
            plaintext: &plaintext,
        };
        let answer: WrapAnswer = self.parse(&self.ask(&request).await?)?;
        if answer.key_id.is_empty() || answer.key_id.len() > 200 {
            return Err(self.failed("answers with a key_id of no or too many characters"));
        }
        let bytes = STANDARD.decode(answer.ciphertext);
        Ok(Wrapped {
            kek: answer.key_id,
            bytes: bytes
                .map_err(|_| self.failed("answers with a ciphertext that is not Base64"))?,
        })
    }

    pub(super) async fn unwrap(
        &self,
        context: &str,
        wrapped: &Wrapped,
    ) -> Result<Secret, ProviderError> {
        let ciphertext = STANDARD.encode(&wrapped.bytes);
        let request = Request::Unwrap {
            v: 1,
            context,
            key_id: &wrapped.kek,
            ciphertext: &ciphertext,
        };
        let mut answer: UnwrapAnswer = self.parse(&self.ask(&request).await?)?;
        let plain = STANDARD.decode(&answer.plaintext).map(Zeroizing::new);
        answer.plaintext.zeroize();
        let plain =
            plain.map_err(|_| self.failed("answers with a plaintext that is not Base64"))?;
        secret(&plain).map_err(|_| self.failed("answers with a key that is not 32 bytes long"))
    }

    async fn ask(&self, request: &Request<'_>) -> Result<Zeroizing<Vec<u8>>, ProviderError> {
        let request = serde_json::to_vec(request).map(Zeroizing::new);
        let request = request.map_err(|_| self.failed("cannot be asked"))?;
        match tokio::time::timeout(PATIENCE, self.run(&request)).await {
            Ok(answered) => answered,
            // Dropping the child kills it.
            Err(_) => Err(self.failed(&format!("did not answer in {} s", PATIENCE.as_secs()))),
        }
    }

    async fn run(&self, request: &[u8]) -> Result<Zeroizing<Vec<u8>>, ProviderError> {
        let io = |error: std::io::Error| self.failed(&format!("cannot be run: {error}"));
        let mut child = tokio::process::Command::new(&self.program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // What it complains of is for the operator.
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()
            .map_err(io)?;
        if let Some(mut input) = child.stdin.take() {
            // A program that does not read its request tells why by its exit status.
            let _ = input.write_all(request).await;
        }
        let mut answer = Zeroizing::new(Vec::with_capacity(4096));
        if let Some(output) = child.stdout.take() {
            output
                .take(MOST)
                .read_to_end(&mut answer)
                .await
                .map_err(io)?;
        }
        let status = child.wait().await.map_err(io)?;
        match status.success() {
            true => Ok(answer),
            false => Err(self.failed(&format!("failed ({status})"))),
        }
    }

    fn parse<'a, T: Deserialize<'a>>(&self, answer: &'a [u8]) -> Result<T, ProviderError> {
        // The parser's own message may quote the answer.
        serde_json::from_slice(answer)
            .map_err(|_| self.failed("does not answer with the JSON that is asked for"))
    }

    fn failed(&self, problem: &str) -> ProviderError {
        ProviderError::Command {
            program: self.program(),
            problem: problem.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// A script in place of a key service.
    fn script(dir: &tempfile::TempDir, text: &str) -> Command {
        let path = dir.path().join("kms");
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).expect("mode");
        Command::new(path)
    }

    #[tokio::test]
    async fn requests_and_answers_are_json_on_standard_streams() {
        let dir = tempfile::tempdir().expect("a directory");
        let asked = dir.path().join("asked");
        let text = format!(
            "[ $# = 0 ] || exit 9\ncat > {asked}\n\
             echo '{{\"key_id\":\"k1\",\"ciphertext\":\"AAEC\"}}'",
            asked = asked.display()
        );
        let wrapped = script(&dir, &text).wrap("ctx", &[7; 32]).await;
        let wrapped = wrapped.expect("wrapped");
        assert_eq!(
            (wrapped.kek.as_str(), &wrapped.bytes[..]),
            ("k1", &[0, 1, 2][..])
        );
        let request: serde_json::Value =
            serde_json::from_slice(&std::fs::read(&asked).expect("asked")).expect("JSON");
        let plain = STANDARD.encode([7; 32]);
        assert_eq!(
            request,
            serde_json::json!({"op": "wrap", "v": 1, "context": "ctx", "plaintext": plain})
        );
        let text = format!(
            "cat > {}\necho '{{\"plaintext\":\"{plain}\"}}'",
            asked.display()
        );
        let key = script(&dir, &text).unwrap("ctx", &wrapped).await;
        assert_eq!(*key.expect("open"), [7; 32]);
        let request: serde_json::Value =
            serde_json::from_slice(&std::fs::read(&asked).expect("asked")).expect("JSON");
        assert_eq!(request["key_id"], "k1");
        assert_eq!(request["ciphertext"], "AAEC");
    }

    #[tokio::test]
    async fn whatever_else_it_does_is_one_sentence_without_its_answer() {
        let dir = tempfile::tempdir().expect("a directory");
        for (text, told) in [
            ("exit 3", "failed"),
            (
                "cat >/dev/null; echo sesame",
                "does not answer with the JSON",
            ),
            (
                "cat >/dev/null; echo '{\"plaintext\":\"sesame!\"}'",
                "not Base64",
            ),
            (
                "cat >/dev/null; echo '{\"plaintext\":\"AAEC\"}'",
                "not 32 bytes",
            ),
        ] {
            let wrapped = Wrapped {
                kek: "k".into(),
                bytes: vec![1],
            };
            let error = script(&dir, text).unwrap("c", &wrapped).await;
            let error = error.expect_err("refused").to_string();
            assert!(error.contains(told) && !error.contains("sesame"), "{error}");
        }
        let missing = Command::new(dir.path().join("nothing"));
        let error = missing.wrap("c", &[1; 32]).await.expect_err("refused");
        assert!(error.to_string().contains("cannot be run"), "{error}");
    }
}
