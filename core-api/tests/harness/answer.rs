//! What came back.

use axum::body::to_bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::Value;
use uuid::Uuid;

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
    pub body: Value,
}

impl Answer {
    pub async fn read(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 4 << 20).await.expect("a body");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Self {
            status: parts.status,
            headers: parts.headers,
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
            text,
        }
    }

    /// Itself, when it has this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }

    /// Itself, when it is the problem document of this code, as every refusal must be.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Self {
        let this = self.expect(status);
        assert_eq!(this.body["code"], code, "{}", this.text);
        assert_eq!(this.headers["content-type"], "application/problem+json");
        assert_eq!(this.body["status"], status);
        assert_eq!(
            this.body["request_id"].as_str(),
            this.header("x-request-id")
        );
        assert!(
            this.body["detail"]
                .as_str()
                .is_some_and(|text| !text.is_empty())
        );
        this
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    #[track_caller]
    pub fn id(&self, member: &str) -> Uuid {
        let text = self.body[member].as_str().unwrap_or_default();
        text.parse()
            .unwrap_or_else(|_| panic!("no id {member} in {}", self.text))
    }

    #[track_caller]
    pub fn ids(&self, list: &str) -> Vec<Uuid> {
        let items = self.body[list]
            .as_array()
            .unwrap_or_else(|| panic!("no {list} in {}", self.text));
        items
            .iter()
            .map(|item| item["id"].as_str().unwrap().parse().unwrap())
            .collect()
    }
}
