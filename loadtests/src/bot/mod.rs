//! A participant: LiveKit signalling over one peer connection (`/rtc/v1`, the default of its
//! browser client), a real ICE and DTLS handshake, and a seat in the fleet.

mod follow;
mod handshake;
mod sdp;
mod signal;

use std::sync::Arc;
use std::time::Duration;

use auth::SystemEntropy;
use domain::Entropy as _;
use livekit_protocol as lk;
use lk::signal_request::Message as Request;
use lk::signal_response::Message as Response;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::error::LoadError;
use crate::fleet::clock::nanos;
use crate::fleet::film::{Film, Pace};
use crate::fleet::seat::Seat;
use crate::fleet::{Fleet, SeatId};
use crate::rtp::srtp::Profile;
use follow::{Follower, Shared};
pub(crate) use handshake::{Identity, provider};
use sdp::{Local, Remote};
use signal::{Listener, Opening, Speaker};

/// How long a bot may take to join, or to resume.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a bot sends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Camera {
    pub(crate) rate: u32,
    pub(crate) bytes: usize,
    pub(crate) pace: Pace,
}

/// What a bot does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    pub(crate) sends: Option<Camera>,
    pub(crate) receives: bool,
}

/// Where bots go.
#[derive(Clone)]
pub(crate) struct World {
    /// `127.0.0.1:PORT` of HTTP.
    pub(crate) address: String,
    pub(crate) fleet: Arc<Fleet>,
    pub(crate) identity: Arc<Identity>,
    /// Where bots that break tell why.
    pub(crate) broken: Arc<follow::Broken>,
}

impl World {
    pub(crate) fn new(address: String, fleet: Arc<Fleet>) -> Result<Self, LoadError> {
        Ok(Self {
            address,
            fleet,
            identity: Arc::new(Identity::new()?),
            broken: Arc::default(),
        })
    }
}

/// A bot in its room. Its task ends when it leaves, is cut off or is dropped.
pub(crate) struct Bot {
    world: World,
    token: String,
    sid: String,
    speaker: Speaker,
    shared: Arc<Shared>,
    done: CancellationToken,
    pub(crate) seat: SeatId,
    pub(crate) profile: Profile,
    /// When it began to connect, in nanoseconds since 1970.
    pub(crate) began: u64,
}

impl Drop for Bot {
    fn drop(&mut self) {
        self.done.cancel();
    }
}

/// How long a bot took to come back after its signal connection was cut.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resumed {
    /// Until the node knew it again.
    pub(crate) known: Duration,
    /// Until the node had answered its next offer.
    pub(crate) answered: Duration,
}

impl Bot {
    /// Joins with `token`; media can flow when this returns. Whoever sends, films once told to.
    pub(crate) async fn join(world: World, token: String, part: Part) -> Result<Self, LoadError> {
        let joined = Box::pin(Self::start(world, token, part));
        tokio::time::timeout(PATIENCE, joined)
            .await
            .map_err(|_| LoadError::Timeout("a bot to join"))?
    }

    async fn start(world: World, token: String, part: Part) -> Result<Self, LoadError> {
        let began = nanos();
        let opening = Opening {
            address: &world.address,
            token: &token,
            resumed: None,
        };
        let (speaker, mut listener) = signal::connect(opening).await?;
        let sid = match listener.next().await? {
            Some(Response::Join(join)) => join.participant.unwrap_or_default().sid,
            Some(Response::Leave(leave)) => return Err(LoadError::sent_away(&leave)),
            _ => return Err(LoadError::Protocol("Join must be first".to_owned())),
        };
        let handshake = handshake::Handshake::new(Arc::clone(&world.identity)).await?;
        let credentials = handshake.credentials();
        let (own, rtx) = (ssrc()?, ssrc()?);
        let local = Local {
            ufrag: credentials.ufrag,
            password: credentials.pwd,
            fingerprint: world.identity.fingerprint.clone(),
            camera: part.sends.map(|_| (own, rtx)),
            receiving: u32::from(part.receives),
        };
        if part.sends.is_some() {
            speaker.say(announce()).await;
        }
        let shared = Arc::new(Shared::new(local));
        let (first, answered) = oneshot::channel();
        shared.await_answer(first);
        speaker.say(shared.next_offer()).await;
        let done = CancellationToken::new();
        listen(&world, &speaker, listener, &shared, &done);
        let answer = answered.await.map_err(|_| world.broken.newest())?;
        let wire = handshake.connect(&Remote::parse(&answer)?).await?;
        let profile = wire.profile;
        let film = part
            .sends
            .map(|camera| Film::new(own, camera.rate, camera.bytes, camera.pace));
        let seat = world.fleet.add(Seat::new(wire, own, film));
        Ok(Self {
            world,
            token,
            sid,
            speaker,
            shared,
            done,
            seat,
            profile,
            began,
        })
    }

    /// Lets the bot film, or stop.
    pub(crate) fn film(&self, on: bool) {
        self.world.fleet.film(self.seat, on);
    }

    /// Drops the signal connection without a word and resumes on another; media flows on.
    pub(crate) async fn cut_and_resume(&mut self) -> Result<Resumed, LoadError> {
        let resumed = Box::pin(self.resume());
        tokio::time::timeout(PATIENCE, resumed)
            .await
            .map_err(|_| LoadError::Timeout("a bot to resume"))?
    }

    async fn resume(&mut self) -> Result<Resumed, LoadError> {
        let began = nanos();
        let since = || Duration::from_nanos(nanos().saturating_sub(began));
        self.done.cancel();
        self.speaker = Speaker::closed();
        let opening = Opening {
            address: &self.world.address,
            token: &self.token,
            resumed: Some(&self.sid),
        };
        let (speaker, mut listener) = signal::connect(opening).await?;
        match listener.next().await? {
            Some(Response::Reconnect(_)) => {}
            Some(Response::Leave(leave)) => return Err(LoadError::sent_away(&leave)),
            _ => return Err(LoadError::Protocol("Reconnect must be first".to_owned())),
        }
        let known = since();
        speaker
            .say(Request::SyncState(lk::SyncState::default()))
            .await;
        let (next, answered) = oneshot::channel();
        self.shared.await_answer(next);
        speaker.say(self.shared.next_offer()).await;
        self.done = CancellationToken::new();
        listen(&self.world, &speaker, listener, &self.shared, &self.done);
        self.speaker = speaker;
        answered.await.map_err(|_| self.world.broken.newest())?;
        Ok(Resumed {
            known,
            answered: since(),
        })
    }

    /// Is gone without a word, as when a battery dies.
    pub(crate) async fn vanish(self) {
        self.done.cancel();
        self.world.fleet.remove(self.seat).await;
    }

    /// Says goodbye and closes everything.
    pub(crate) async fn leave(self) {
        self.done.cancel();
        self.speaker
            .say(Request::Leave(lk::LeaveRequest::default()))
            .await;
        self.world.fleet.remove(self.seat).await;
    }
}

/// Starts the task that follows the signalling.
fn listen(
    world: &World,
    speaker: &Speaker,
    listener: Listener,
    shared: &Arc<Shared>,
    done: &CancellationToken,
) {
    let follower = Follower {
        speaker: speaker.clone(),
        listener,
        shared: Arc::clone(shared),
        broken: Arc::clone(&world.broken),
    };
    // Ends with the token or the connection.
    tokio::spawn(follower.run(done.clone()));
}

fn ssrc() -> Result<u32, LoadError> {
    let mut random = [0; 4];
    SystemEntropy.fill(&mut random)?;
    Ok(u32::from_be_bytes(random).max(1))
}

fn announce() -> Request {
    let codec = lk::SimulcastCodec {
        codec: "vp8".to_owned(),
        cid: "camera".to_owned(),
        ..Default::default()
    };
    Request::AddTrack(lk::AddTrackRequest {
        cid: "camera".to_owned(),
        name: "camera".to_owned(),
        r#type: lk::TrackType::Video as i32,
        source: lk::TrackSource::Camera as i32,
        width: 1280,
        height: 720,
        simulcast_codecs: vec![codec],
        ..Default::default()
    })
}
