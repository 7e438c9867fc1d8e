//! A `Rooms` with a hand-moved clock and a record of what came out.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use auth::media::Grant;
use bus::journal::{Happening, LeaveCause};
use bus::media::{Connections, FromSfu, Target, ToSfu, TrackSid};
use domain::{AccountId, Entropy, EntropyError, Role, VisitId};
use jiff::{SignedDuration, Timestamp};
use livekit_protocol as lk;

use crate::room::{Census, CloseCode, ConnectionId, Join, Limits, Now, Output, Request};
use crate::room::{Renewal, Response, Rooms};

pub(super) const VISIT: &str = "01900000-0000-7000-8000-000000000001";
pub(super) const OTHER_VISIT: &str = "01900000-0000-7000-8000-000000000002";
pub(super) const ANN: &str = "01900000-0000-7000-8000-00000000000a";
pub(super) const BOB: &str = "01900000-0000-7000-8000-00000000000b";
pub(super) const EVE: &str = "01900000-0000-7000-8000-00000000000e";

/// Somebody among many; no two numbers below 256 are the same person.
pub(super) fn person(number: usize) -> String {
    format!("01900000-0000-7000-8000-0000000001{number:02x}")
}

/// Every number once, scrambled so that names look random.
#[derive(Default)]
struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        for byte in bytes {
            let number = self.0.fetch_add(1, Ordering::Relaxed);
            let mixed = (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            *byte = mixed.to_be_bytes()[1];
        }
        Ok(())
    }
}

pub(super) struct House {
    pub(super) rooms: Rooms,
    pub(super) now: Now,
    sent: HashMap<ConnectionId, Vec<Response>>,
    closed: HashMap<ConnectionId, CloseCode>,
    renewals: Vec<Renewal>,
    sfu: Vec<ToSfu>,
    facts: Vec<(Happening, AccountId)>,
    numbers: Vec<(u64, u64)>,
    last_connection: u64,
}

/// One client's connection, as the tests name it.
#[derive(Debug, Clone)]
pub(super) struct Client {
    pub(super) connection: ConnectionId,
    pub(super) sid: String,
}

pub(super) fn visit(text: &str) -> VisitId {
    text.parse().expect("visit")
}

pub(super) fn account(text: &str) -> AccountId {
    text.parse().expect("account")
}

/// What the journal says of a session of `who` that ended by `cause`.
pub(super) fn left(who: &str, cause: LeaveCause) -> (Happening, AccountId) {
    (Happening::Left { cause }, account(who))
}

pub(super) fn joining(room: &str, identity: &str, connections: Connections) -> Join {
    Join {
        grant: Grant::party(visit(room), account(identity), Role::Clinician),
        until: Timestamp::from_second(1_800_000_600).expect("in range"),
        connections,
        auto_subscribe: true,
        client_protocol: 2,
        resume: None,
        offer: None,
        tracks: Vec::new(),
        sync_state: None,
        ice_servers: Vec::new(),
    }
}

pub(super) fn camera(cid: &str) -> lk::AddTrackRequest {
    lk::AddTrackRequest {
        cid: cid.to_owned(),
        name: "camera".to_owned(),
        r#type: lk::TrackType::Video as i32,
        source: lk::TrackSource::Camera as i32,
        width: 1280,
        height: 720,
        simulcast_codecs: vec![lk::SimulcastCodec {
            codec: "vp8".to_owned(),
            cid: cid.to_owned(),
            ..Default::default()
        }],
        ..Default::default()
    }
}

impl House {
    /// No rooms, an SFU that answers nothing by itself.
    pub(super) fn new() -> Self {
        Self::with_limits(Limits::default())
    }

    pub(super) fn with_limits(limits: Limits) -> Self {
        let mut rooms = Rooms::new(limits, Arc::new(Counting::default()));
        rooms.sfu_ready();
        Self {
            rooms,
            now: Now {
                elapsed: Duration::from_secs(1000),
                wall: Timestamp::from_second(1_800_000_000).expect("in range"),
            },
            sent: HashMap::new(),
            closed: HashMap::new(),
            renewals: Vec::new(),
            sfu: Vec::new(),
            facts: Vec::new(),
            numbers: Vec::new(),
            last_connection: 0,
        }
    }

    pub(super) fn connect(&mut self, join: Join) -> ConnectionId {
        self.last_connection += 1;
        let connection = ConnectionId(self.last_connection);
        self.rooms.connect(connection, join, self.now);
        self.drain();
        connection
    }

    /// Joins and checks that `Join` came first.
    pub(super) fn join(&mut self, identity: &str) -> Client {
        self.join_as(joining(VISIT, identity, Connections::Dual))
    }

    pub(super) fn join_as(&mut self, join: Join) -> Client {
        let connection = self.connect(join);
        let Some(Response::Join(response)) = self.sent[&connection].first() else {
            panic!("Join must be first: {:?}", self.sent[&connection]);
        };
        let me = response.participant.clone().expect("a participant");
        let sid = me.sid;
        Client { connection, sid }
    }

    pub(super) fn say(&mut self, client: &Client, message: Request) {
        self.rooms.receive(client.connection, message, self.now);
        self.drain();
    }

    pub(super) fn sfu(&mut self, message: FromSfu) {
        self.rooms.sfu(message, self.now);
        self.drain();
    }

    /// Any other input.
    pub(super) fn act(&mut self, act: impl FnOnce(&mut Rooms, Now)) {
        act(&mut self.rooms, self.now);
        self.drain();
    }

    /// Moves the clock, working through every deadline on the way.
    pub(super) fn wait(&mut self, time: Duration) {
        let end = self.now.elapsed + time;
        while let Some(at) = self.rooms.deadline().filter(|at| *at <= end) {
            self.move_to(at);
            self.rooms.handle_timeout(self.now);
            self.drain();
        }
        self.move_to(end);
    }

    fn move_to(&mut self, elapsed: Duration) {
        let step = SignedDuration::try_from(elapsed - self.now.elapsed).expect("in range");
        self.now.wall += step;
        self.now.elapsed = elapsed;
    }

    fn drain(&mut self) {
        while let Some(output) = self.rooms.poll_output() {
            match output {
                Output::Send { to, message } => {
                    for connection in to {
                        assert!(!self.closed.contains_key(&connection), "sent after close");
                        self.sent
                            .entry(connection)
                            .or_default()
                            .push((*message).clone());
                    }
                }
                Output::Close { connection, code } => {
                    assert!(
                        self.closed.insert(connection, code).is_none(),
                        "closed twice"
                    );
                }
                Output::Renew(renewal) => self.renewals.push(renewal),
                Output::Sfu(message) => self.sfu.push(message),
                Output::Fact(entry) => {
                    self.facts.push((entry.what, entry.account));
                    self.numbers.push((entry.session, entry.number));
                }
            }
        }
    }

    /// What `client` was sent since the last look.
    pub(super) fn heard(&mut self, client: &Client) -> Vec<Response> {
        self.sent.remove(&client.connection).unwrap_or_default()
    }

    pub(super) fn heard_at(&mut self, connection: ConnectionId) -> Vec<Response> {
        self.sent.remove(&connection).unwrap_or_default()
    }

    /// For whom core-api was asked for a token since the last look.
    pub(super) fn renewals(&mut self) -> Vec<Renewal> {
        std::mem::take(&mut self.renewals)
    }

    /// What the SFU was told since the last look.
    pub(super) fn told_sfu(&mut self) -> Vec<ToSfu> {
        std::mem::take(&mut self.sfu)
    }

    /// What core-api was told since the last look.
    pub(super) fn facts(&mut self) -> Vec<(Happening, AccountId)> {
        std::mem::take(&mut self.facts)
    }

    /// Life of the room and number of every fact so far.
    pub(super) fn numbers(&self) -> &[(u64, u64)] {
        &self.numbers
    }

    /// Everything that waits to be told has been told.
    pub(super) fn settle(&mut self) {
        self.wait(Limits::default().news);
    }

    pub(super) fn close_code(&self, connection: ConnectionId) -> Option<u16> {
        self.closed.get(&connection).map(|code| code.code)
    }

    /// Forgets what was said so far.
    pub(super) fn hush(&mut self) {
        self.sent.clear();
        self.sfu.clear();
        self.facts.clear();
    }

    /// Everybody's and every track's name.
    pub(super) fn names(&self) -> (Vec<String>, Vec<String>) {
        let rooms = self.rooms.rooms.values();
        let people: Vec<_> = rooms.flat_map(|room| room.participants.values()).collect();
        let tracks = people.iter().flat_map(|who| who.tracks.keys());
        let tracks = tracks.map(ToString::to_string).collect();
        (
            people.iter().map(|who| who.sid.to_string()).collect(),
            tracks,
        )
    }

    pub(super) fn assert_empty(&self) {
        assert_eq!(self.rooms.census(), Census::default());
        assert_eq!(self.rooms.deadline(), None);
    }

    /// Announces a camera and lets the SFU find its section. The track's sid.
    pub(super) fn publish(&mut self, client: &Client, cid: &str) -> TrackSid {
        self.publish_as(client, camera(cid))
    }

    /// Announces a track and lets the SFU find its section.
    pub(super) fn publish_as(&mut self, client: &Client, request: lk::AddTrackRequest) -> TrackSid {
        self.say(client, Request::AddTrack(request));
        let heard = self.heard(client);
        let Some(Response::TrackPublished(published)) = heard.last() else {
            panic!("TrackPublished expected: {heard:?}");
        };
        let track: TrackSid = published.track.clone().expect("a track").sid.into();
        self.bind(client, &track);
        track
    }

    pub(super) fn bind(&mut self, client: &Client, track: &TrackSid) {
        self.sfu(FromSfu::Published {
            room: VISIT.into(),
            participant: client.sid.as_str().into(),
            track: Arc::clone(track),
            mid: "0".to_owned(),
            mime: "video/VP8".to_owned(),
            rids: vec!["q".into(), "h".into(), "f".into()],
        });
    }

    pub(super) fn media_up(&mut self, client: &Client) {
        self.sfu(FromSfu::Connected {
            room: VISIT.into(),
            participant: client.sid.as_str().into(),
            target: Target::Publisher,
        });
    }
}

/// The participants of the first `Update`.
pub(super) fn update(messages: &[Response]) -> Vec<lk::ParticipantInfo> {
    let mut updates = messages.iter().filter_map(|message| match message {
        Response::Update(update) => Some(update.participants.clone()),
        _ => None,
    });
    updates
        .next()
        .unwrap_or_else(|| panic!("no Update: {messages:?}"))
}

pub(super) fn leave(messages: &[Response]) -> lk::LeaveRequest {
    match messages.last() {
        Some(Response::Leave(leave)) => leave.clone(),
        other => panic!("Leave must be last: {other:?}"),
    }
}
