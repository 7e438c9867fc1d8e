//! What somebody in a visit is told when the program stops.

use std::net::TcpStream;

use livekit_protocol as lk;
use livekit_protocol::signal_response::Message as Signal;
use prost::Message as _;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket};

use super::{Program, directory, exchange, request};

/// Somebody signed in.
struct Caller<'a> {
    address: &'a str,
    cookie: String,
}

impl<'a> Caller<'a> {
    /// The account that a line of the demo names.
    fn sign_in(program: &'a Program, line: &str) -> Self {
        let words: Vec<&str> = line.split_whitespace().collect();
        let body = json!({ "email": words[2], "password": words[3] }).to_string();
        let head = "POST /api/v1/sessions HTTP/1.1\r\n";
        let answer = exchange(&program.address, head, &body);
        let set = answer
            .lines()
            .find_map(|line| line.strip_prefix("set-cookie: "));
        let cookie = set.and_then(|set| set.split(';').next());
        Self {
            address: &program.address,
            cookie: cookie.expect("a cookie").to_owned(),
        }
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let Self { address, cookie } = self;
        let head = format!(
            "{method} /api/v1/{path} HTTP/1.1\r\norigin: http://{address}\r\ncookie: {cookie}\r\n"
        );
        let (status, text) = request(address, &head, &body.to_string());
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// The body of what must succeed.
    fn must(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.call(method, path, body);
        assert!(status < 300, "{method} {path}: {status} {answer}");
        answer
    }
}

fn of_role<'a>(program: &'a Program, role: &str) -> Vec<Caller<'a>> {
    let all = program.accounts.iter();
    let ours = all.filter(|line| line.split_whitespace().nth(1) == Some(role));
    ours.map(|line| Caller::sign_in(program, line)).collect()
}

fn account(caller: &Caller<'_>) -> Value {
    caller.must("GET", "session", &json!({}))["account"]["id"].clone()
}

/// Somebody's token for a visit whose patient was admitted.
fn admitted(program: &Program) -> String {
    let none = json!({});
    let patients = of_role(program, "patient");
    let clinicians = of_role(program, "clinician");
    let desk = &of_role(program, "coordinator")[0];
    let today = desk.must("GET", "waiting-room", &none);
    let visits = today["items"].as_array().expect("a list").iter();
    for visit in visits {
        let id = visit["id"].as_str().expect("an id");
        let is = |role: &str| {
            let wanted = visit[role]["account_id"].clone();
            move |caller: &&Caller<'_>| account(caller) == wanted
        };
        let (Some(patient), Some(clinician)) = (
            patients.iter().find(is("patient")),
            clinicians.iter().find(is("clinician")),
        ) else {
            continue;
        };
        let document = patient.must("GET", "consent-documents/telehealth", &none);
        let chart = visit["patient"]["id"].as_str().expect("an id");
        let consent = json!({ "document_id": document["id"] });
        // Perhaps given already.
        patient.call("POST", &format!("patients/{chart}/consents"), &consent);
        if patient
            .call("POST", &format!("visits/{id}/check-in"), &none)
            .0
            >= 300
        {
            continue;
        }
        clinician.must("POST", &format!("visits/{id}/admit"), &none);
        let ticket = patient.must("POST", &format!("visits/{id}/join"), &none);
        return ticket["token"].as_str().expect("a token").to_owned();
    }
    panic!("no visit is open: {today}");
}

type Socket = WebSocket<MaybeTlsStream<TcpStream>>;

/// What signaling says next; none for anything but a message.
fn next(socket: &mut Socket) -> Result<Option<Signal>, Message> {
    match socket.read().expect("open") {
        Message::Binary(bytes) => {
            let response = lk::SignalResponse::decode(bytes).expect("protobuf");
            Ok(response.message)
        }
        Message::Ping(_) | Message::Pong(_) => Ok(None),
        other => Err(other),
    }
}

#[test]
fn whoever_is_in_a_visit_is_told_to_come_back_before_the_connection_closes() {
    let dir = directory();
    let program = Program::start(&dir.path().join("data"));
    program.until_ready();
    let token = admitted(&program);
    let url = format!("ws://{}/rtc?access_token={token}", program.address);
    let (mut socket, _) = tungstenite::connect(url).expect("let in");
    let first = next(&mut socket).expect("a message");
    assert!(matches!(first, Some(Signal::Join(_))), "{first:?}");

    program.tell_to_stop();
    let leave = loop {
        match next(&mut socket) {
            Ok(Some(Signal::Leave(leave))) => break leave,
            Ok(_) => {}
            Err(other) => panic!("closed without a word: {other:?}"),
        }
    };
    assert_eq!(leave.reason(), lk::DisconnectReason::ServerShutdown);
    assert_eq!(leave.action(), lk::leave_request::Action::Reconnect);
    let Err(Message::Close(Some(close))) = next(&mut socket) else {
        panic!("something after the leave");
    };
    assert_eq!(close.code, CloseCode::Normal);
    // Answers the close.
    while socket.read().is_ok() {}

    let (status, log) = program.ended();
    assert!(status.success(), "{log}");
    assert!(!log.contains("did not end in time"), "{log}");
}
