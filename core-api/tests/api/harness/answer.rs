//! What came back.

use axum::body::to_bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::Value;
use uuid::Uuid;

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) async fn read(response: Response) -> Self {
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
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }

    /// Itself, when it is the problem document of this code, as every refusal must be.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str) -> Self {
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

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    #[track_caller]
    pub(crate) fn id(&self, member: &str) -> Uuid {
        let text = self.body[member].as_str().unwrap_or_default();
        text.parse()
            .unwrap_or_else(|_| panic!("no id {member} in {}", self.text))
    }

    #[track_caller]
    pub(crate) fn ids(&self, list: &str) -> Vec<Uuid> {
        let items = self.body[list]
            .as_array()
            .unwrap_or_else(|| panic!("no {list} in {}", self.text));
        let id = |item: &Value| item["id"].as_str()?.parse().ok();
        let ids: Option<Vec<Uuid>> = items.iter().map(id).collect();
        ids.unwrap_or_else(|| panic!("no ids in {}", self.text))
    }

    /// The secret of the session cookie it sets.
    #[track_caller]
    pub(crate) fn cookie(&self) -> String {
        let value = self.cookie_named("__Host-bedside");
        value.unwrap_or_else(|| panic!("no cookie: {}", self.text))
    }

    /// The secret of the device cookie it sets, if it sets one.
    pub(crate) fn device(&self) -> Option<String> {
        self.cookie_named("__Host-bedside-device")
    }

    fn cookie_named(&self, name: &str) -> Option<String> {
        let values = self.headers.get_all("set-cookie").iter();
        let mut values = values.filter_map(|value| value.to_str().ok());
        values.find_map(|value| {
            let rest = value.strip_prefix(name)?.strip_prefix('=')?;
            rest.split(';').next().map(str::to_owned)
        })
    }
}
