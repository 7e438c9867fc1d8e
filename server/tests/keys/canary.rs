//! Canaries: strings planted in everything the system keeps about people, and then looked for
//! wherever they could have leaked to.

use std::fmt::Write as _;
use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bus::event::Published;
use bus::{BusDir, CORE_EVENTS, Incoming, Subscriber};
use domain::{Clock as _, SystemClock};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{self, Message};

use crate::node::{Client, Node, Place, postgres, until};

/// What ADR 16 lets stand in plain, by column: names that staff go by, the address an account signs
/// in with, and the name a guest of a visit is shown under.
const PLAIN: [(&str, &str); 3] = [
    ("core.account", "Quillon Plainname"),
    ("core.account", "quillon.plainmail@canary.example"),
    ("core.invitation", "Guest Plainguest"),
];

/// A planted string, in every form it is looked for in. All of it is ASCII, so that it survives
/// reading anything as text.
struct Canary {
    what: String,
    forms: Vec<String>,
}

impl Canary {
    fn new(what: &str, text: &str) -> Self {
        assert!(text.len() >= 8 && text.is_ascii(), "{what} is no canary");
        let utf16 = text.chars().flat_map(|letter| [letter, '\0']).collect();
        let hex = text.bytes().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        let mut forms = vec![text.to_owned(), utf16, hex.to_uppercase(), hex];
        // Base64 of it as part of something longer, at each of the three offsets; the digits that
        // depend on what stands around are left out.
        for offset in 0..3 {
            let coded = STANDARD.encode([&b"000"[..offset], text.as_bytes()].concat());
            let end = coded.trim_end_matches('=').len() - 1;
            forms.push(coded[if offset == 0 { 0 } else { 4 }..end].to_owned());
        }
        Self {
            what: what.to_owned(),
            forms,
        }
    }

    fn is_in(&self, hay: &str) -> bool {
        self.forms.iter().any(|form| hay.contains(form))
    }
}

/// Which canaries are in `hay`.
fn found(canaries: &[Canary], place: &str, hay: &[u8]) -> Vec<String> {
    let hay = String::from_utf8_lossy(hay);
    let inside = canaries.iter().filter(|canary| canary.is_in(&hay));
    inside
        .map(|canary| format!("{} in {place}", canary.what))
        .collect()
}

/// Every regular file under `folder`.
fn files(folder: &Path, each: &mut impl FnMut(&Path, &[u8])) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        if kind.is_dir() {
            files(&path, each);
        } else if kind.is_file() {
            // One that is gone meanwhile holds nothing.
            if let Ok(bytes) = fs::read(&path) {
                each(&path, &bytes);
            }
        }
    }
}

/// Says `text` in the visit's conversation, as `who`: the token it was said with. None while chat
/// does not know of the conversation yet.
fn say(node: &Node, who: &Client, visit: &str, text: &str) -> Option<String> {
    let token = who.post("/api/v1/session/token", &json!({}));
    let token = token["token"].as_str().expect("a token").to_owned();
    let request = format!("ws://{}/chat/ws", node.address).into_client_request();
    let mut request = request.expect("a request");
    let protocol = "bedside.v1".parse().expect("a value");
    request
        .headers_mut()
        .insert("sec-websocket-protocol", protocol);
    let stream = TcpStream::connect(&node.address).expect("connects");
    let (mut socket, _) = tungstenite::client(request, stream).expect("upgraded");
    let id = "01900000-0000-7000-8000-0000000000aa";
    let message = json!({"type": "send", "client_msg_id": id, "conv": visit, "text": text});
    for (message, answer) in [
        (json!({"type": "auth", "token": token}), "hello"),
        (message, "ack"),
    ] {
        socket
            .send(Message::text(message.to_string()))
            .expect("sent");
        loop {
            let Message::Text(text) = socket.read().expect("readable") else {
                continue;
            };
            let heard: Value = serde_json::from_str(&text).expect("JSON");
            if heard["type"] == "error" {
                return None;
            }
            if heard["type"] == answer {
                break;
            }
        }
    }
    let _ = socket.close(None);
    Some(token)
}

/// Plants canaries through the API, as the people who would write them.
fn plant(node: &Node) -> Vec<Canary> {
    let mut planted: Vec<(&str, String)> = Vec::new();
    let paula = node.sign_in("paula.ruiz");
    let patient = json!({
        "display_name": "Zephyrine Canaryname", "date_of_birth": "1907-05-23", "sex": "female",
        "pronouns": "canary/pronouns", "phone": "+1 555 019 7351 88",
        "email": "zephyrine.canarymail@canary.example",
    });
    for member in [
        "display_name",
        "date_of_birth",
        "pronouns",
        "phone",
        "email",
    ] {
        planted.push((member, patient[member].as_str().expect("text").to_owned()));
    }
    planted.push(("family name", "Canaryname".to_owned()));
    let patient = paula.post("/api/v1/patients", &patient);
    // Lists open names in memory.
    let found = paula.get("/api/v1/patients?limit=100");
    let mut found = found["items"].as_array().expect("a list").iter();
    assert!(found.any(|found| found["id"] == patient["id"]));

    let lee = node.sign_in("mina.lee");
    let provider = paula.get("/api/v1/providers");
    let provider = provider["items"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|provider| provider["display_name"] == "Dr Mina Lee");
    let day = SystemClock.now() + jiff::SignedDuration::from_hours(26);
    let day = day.round(jiff::Unit::Minute).expect("a minute").to_string();
    let reason = "burning canaryreason under the ribs";
    let booking = json!({
        "patient_id": patient["id"], "provider_id": provider.expect("Dr Lee")["id"],
        "starts_at": day, "minutes": 30, "visit_type": "video", "reason": reason,
    });
    planted.push(("reason", reason.to_owned()));
    let booked = paula.post("/api/v1/appointments", &booking);
    let visit = booked["visit_id"].as_str().expect("a visit").to_owned();
    let why = "called off for canarycancel trouble at home";
    planted.push(("reason of a cancellation", why.to_owned()));
    let okafor = node.sign_in("chidi.okafor");
    let path = format!(
        "/api/v1/patients/{}/emergency-access",
        patient["id"].as_str().expect("id")
    );
    let glass = "unconscious canaryglass in the waiting area";
    planted.push(("reason of an emergency", glass.to_owned()));
    okafor.post(&path, &json!({"reason": glass}));
    paula.post(
        &format!("/api/v1/visits/{visit}/cancel"),
        &json!({"reason": why}),
    );

    // A message in a visit of the demo clinic, whose chart the seeding wrote.
    planted.push((
        "chart",
        "Penicillin: rash and swelling of the lips".to_owned(),
    ));
    planted.push(("chart, a part", "Lisinopril".to_owned()));
    let amina = node.sign_in("amina.osei");
    let visits = amina.get("/api/v1/visits");
    let visits = visits["items"].as_array().expect("a list");
    let open = visits.iter().find(|visit| visit["state"] == "scheduled");
    let conversation = open.expect("an open visit")["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let message = "my canarymessage began on Tuesday";
    planted.push(("message", message.to_owned()));
    // chat hears of the visit a moment after it was booked.
    let token = until("the conversation", || {
        say(node, &amina, &conversation, message)
    });
    planted.push(("token of a session", token));

    let wrong = json!({"email": node.account("mina.lee").0, "password": "canarypassword wrong 7"});
    assert_eq!(
        lee.ask("POST", "/api/v1/sessions", &[], Some(&wrong))
            .status,
        401
    );
    planted.push(("a wrong password", "canarypassword".to_owned()));
    for email in ["paula.ruiz", "mina.lee", "amina.osei"] {
        planted.push(("a password", node.account(email).1));
    }
    for client in [&paula, &lee, &amina, &okafor] {
        let (_, secret) = client.cookie.split_once('=').expect("a cookie");
        planted.push(("secret of a session", secret.to_owned()));
    }
    let setup = lee.post("/api/v1/factors/totp", &json!({"label": "Phone"}));
    let seed = setup["secret"].as_str().expect("a seed");
    planted.push(("seed of one-time codes", seed.to_owned()));

    // What may stand in plain, for the test to see that it would find it.
    let invited = open.expect("an open visit")["id"].as_str().expect("an id");
    let guest = json!({"display_name": PLAIN[2].1, "part": "family"});
    lee.post(&format!("/api/v1/visits/{invited}/invitations"), &guest);
    let tomas = node.sign_in("tomas.berg");
    let account = json!({"display_name": PLAIN[0].1, "email": PLAIN[1].1,
        "password": "velvet 91 kettle orchard", "roles": ["coordinator"]});
    tomas.post("/api/v1/accounts", &account);
    planted
        .into_iter()
        .map(|(what, text)| Canary::new(what, &text))
        .collect()
}

#[test]
fn nothing_that_was_planted_is_found_anywhere() {
    let place = Place::new();
    let node = Node::start(place.up().args(["--log", "debug"]));
    let heard = Arc::new(Mutex::new(Vec::new()));
    let (ear, dir) = (heard.clone(), place.data.join("bus"));
    let listening = Arc::new(Mutex::new(false));
    let ready = listening.clone();
    // Ends when the node does.
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.expect("threads").block_on(async {
            let dir = BusDir::open(&dir).expect("the bus");
            let mut subscriber = Subscriber::<Published>::connect(&dir, CORE_EVENTS);
            subscriber.ready().await;
            *ready.lock().expect("not poisoned") = true;
            while let Some(incoming) = subscriber.next().await {
                if let Incoming::Message(message) = incoming {
                    let text = serde_json::to_vec(&message).expect("JSON");
                    ear.lock().expect("not poisoned").extend(text);
                }
            }
        });
    });
    until("the bus", || {
        listening.lock().expect("not poisoned").then_some(())
    });
    let canaries = plant(&node);
    let plain = PLAIN.map(|(what, text)| Canary::new(what, text));

    postgres(&place.data, "bedside_admin", "psql", &["-c", "checkpoint"]);
    let mut leaks = Vec::new();
    let dump = postgres(&place.data, "bedside_owner", "pg_dump", &[]);
    leaks.extend(found(&canaries, "pg_dump", &dump));
    let (mut bytes, mut of_the_database) = (0_usize, Vec::new());
    files(&place.data, &mut |path, content| {
        bytes += content.len();
        let name = path.display().to_string();
        leaks.extend(found(&canaries, &name, content));
        if name.contains("/postgres/") {
            of_the_database.extend(found(&plain, "", content));
        }
    });
    assert!(bytes > 10_000_000, "only {bytes} bytes were looked at");
    let client = node.sign_in("paula.ruiz");
    let metrics = client.ask("GET", "/metrics", &[], None);
    assert_eq!(metrics.status, 200);
    leaks.extend(found(&canaries, "/metrics", metrics.text.as_bytes()));
    let bus = heard.lock().expect("not poisoned").clone();
    assert!(bus.len() > 100, "nothing was heard on the bus");
    leaks.extend(found(&canaries, "the bus", &bus));
    let log = node.log.lock().expect("not poisoned").clone();
    assert!(log.contains("DEBUG"), "it logged less than was asked for");
    leaks.extend(found(&canaries, "the log", log.as_bytes()));
    assert_eq!(leaks, Vec::<String>::new());

    // What is plain is where the list says, and nowhere else; and would have been found.
    let text = String::from_utf8_lossy(&dump);
    for ((table, secret), canary) in PLAIN.iter().zip(&plain) {
        assert!(
            of_the_database
                .iter()
                .any(|found| found.starts_with(&canary.what)),
            "{secret}"
        );
        let tables: Vec<&str> = text
            .split("\nCOPY ")
            .filter(|part| part.contains(secret))
            .filter_map(|part| part.split(' ').next())
            .collect();
        assert_eq!(tables, [*table], "{secret}");
        for (place, hay) in [("log", &*log), ("bus", &String::from_utf8_lossy(&bus))] {
            assert!(!canary.is_in(hay), "{secret} in the {place}");
        }
    }
    node.stop();
}
