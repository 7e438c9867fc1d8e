//! HTTP as a browser speaks it: one connection that stays open, one cookie.

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::error::LoadError;

/// Who asks: a session, and the address that the proxy in front would tell.
#[derive(Debug, Clone, Default)]
pub(crate) struct Visitor {
    /// `name=value`; empty before signing in.
    pub(crate) cookie: String,
    pub(crate) address: String,
}

/// One connection to a node.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    origin: String,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// `name=value` of the cookie it set, if it did.
    pub(crate) cookie: Option<String>,
    pub(crate) body: Value,
}

impl Connection {
    /// Connects to `host:port`. The task behind it ends with the connection.
    pub(crate) async fn open(address: &str) -> Result<Self, LoadError> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self {
            sender,
            origin: format!("http://{address}"),
        })
    }

    /// `GET path`.
    pub(crate) async fn get(&mut self, who: &Visitor, path: &str) -> Result<Answer, LoadError> {
        self.ask(Method::GET, who, path, Bytes::new()).await
    }

    /// `POST path` with a JSON body.
    pub(crate) async fn post(
        &mut self,
        who: &Visitor,
        path: &str,
        body: &Value,
    ) -> Result<Answer, LoadError> {
        let body = Bytes::from(body.to_string());
        self.ask(Method::POST, who, path, body).await
    }

    async fn ask(
        &mut self,
        method: Method,
        who: &Visitor,
        path: &str,
        body: Bytes,
    ) -> Result<Answer, LoadError> {
        let host = self.origin.trim_start_matches("http://").to_owned();
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header(header::HOST, host)
            .header(header::ORIGIN, &self.origin)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::COOKIE, &who.cookie)
            .header("x-forwarded-for", &who.address)
            .body(Full::new(body))
            .map_err(|error| LoadError::Protocol(error.to_string()))?;
        self.sender.ready().await?;
        let answer = self.sender.send_request(request).await?;
        let status = answer.status();
        let cookie = answer.headers().get(header::SET_COOKIE);
        let cookie = cookie.and_then(|cookie| cookie.to_str().ok());
        let cookie = cookie.and_then(|cookie| cookie.split(';').next());
        let cookie = cookie.map(str::to_owned);
        let body = answer.into_body().collect().await?.to_bytes();
        Ok(Answer {
            status,
            cookie,
            body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        })
    }
}

impl Answer {
    /// The answer, if it has this status.
    pub(crate) fn expect(self, status: StatusCode, what: &str) -> Result<Self, LoadError> {
        if self.status == status {
            return Ok(self);
        }
        let code = self.body["code"].as_str().unwrap_or("no code");
        let answer = self.status;
        Err(LoadError::Protocol(format!("{what}: {answer} ({code})")))
    }

    /// A text of the body.
    pub(crate) fn text(&self, name: &str) -> Result<String, LoadError> {
        let text = self.body[name].as_str();
        text.map(str::to_owned)
            .ok_or_else(|| LoadError::Protocol(format!("no {name} in an answer")))
    }
}
