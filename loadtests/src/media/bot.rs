//! A participant: signalling, up to two peer connections, and what it sends.

use std::sync::Arc;
use std::time::Duration;

use auth::SystemEntropy;
use domain::Entropy as _;
use livekit_protocol as lk;
use lk::signal_request::Message as Request;
use lk::signal_response::Message as Response;
use rtc::rtp_transceiver::rtp_sender::RtpCodecKind;
use tokio_util::sync::CancellationToken;

use super::meter::Meter;
use super::peer::{Peer, VP8};
use super::sender::{film, hum};
use super::signal::{self, Listener, Speaker};
use super::video::Camera;
use crate::cli::MediaOptions;
use crate::error::LoadError;

/// How long a bot may take to join and, when it sends, to connect.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a client pings.
const PING: Duration = Duration::from_secs(5);

/// What a bot does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    pub(crate) sends: bool,
    pub(crate) receives: bool,
}

/// A bot in its room. Its tasks end when it leaves or is dropped.
pub(crate) struct Bot {
    speaker: Speaker,
    peers: Arc<Peers>,
    done: CancellationToken,
}

/// LiveKit's two connections; a bot that only receives has no publisher.
struct Peers {
    publisher: Option<Peer>,
    subscriber: Peer,
}

impl Drop for Bot {
    fn drop(&mut self) {
        self.done.cancel();
    }
}

impl Bot {
    /// Joins through `url`; a bot that sends, sends when this returns.
    pub(crate) async fn join(
        url: String,
        part: Part,
        options: MediaOptions,
        meter: Arc<Meter>,
    ) -> Result<Self, LoadError> {
        let joined = Box::pin(Self::start(&url, part, &options, meter));
        tokio::time::timeout(PATIENCE, joined)
            .await
            .map_err(|_| LoadError::Timeout("a bot to join"))?
    }

    async fn start(
        url: &str,
        part: Part,
        options: &MediaOptions,
        meter: Arc<Meter>,
    ) -> Result<Self, LoadError> {
        let began = meter.elapsed();
        let (speaker, mut listener) = signal::connect(url).await?;
        let first = listener.next().await?;
        let Some(Response::Join(_)) = first else {
            return Err(LoadError::Protocol("Join must be first".to_owned()));
        };
        let publisher = match part.sends {
            true => Some(Box::pin(Peer::new(&meter, began)).await?),
            false => None,
        };
        let subscriber = Box::pin(Peer::new(&meter, began)).await?;
        let peers = Arc::new(Peers {
            publisher,
            subscriber,
        });
        let bot = Self {
            speaker,
            peers,
            done: CancellationToken::new(),
        };
        bot.listen(listener, Arc::clone(&meter));
        if let Some(publisher) = &bot.peers.publisher {
            bot.publish(publisher, options, &meter).await?;
        }
        if part.receives {
            bot.peers.subscriber.connected().await;
        }
        Ok(bot)
    }

    /// Starts the task that follows the signalling. It ends with the bot or the connection.
    fn listen(&self, mut listener: Listener, meter: Arc<Meter>) {
        let (speaker, peers) = (self.speaker.clone(), Arc::clone(&self.peers));
        let done = self.done.clone();
        tokio::spawn(async move {
            let followed = tokio::select! {
                followed = follow(&mut listener, &speaker, &peers) => followed,
                () = done.cancelled() => return,
            };
            // The room goes on without this bot, and the report tells.
            if !done.is_cancelled() {
                meter.broke(match followed {
                    Ok(()) => "the node closed the signal connection".to_owned(),
                    Err(error) => error.to_string(),
                });
            }
        });
    }

    /// Announces the tracks, offers them and starts to send.
    async fn publish(
        &self,
        publisher: &Peer,
        options: &MediaOptions,
        meter: &Arc<Meter>,
    ) -> Result<(), LoadError> {
        let mut random = [0_u8; 8];
        SystemEntropy.fill(&mut random)?;
        let [a, b, c, d, e, f, g, h] = random;
        let (video, audio) = (
            u32::from_be_bytes([a, b, c, d]),
            u32::from_be_bytes([e, f, g, h]),
        );
        let camera = publisher
            .send_track("camera", RtpCodecKind::Video, video)
            .await?;
        self.speaker
            .say(announce("camera", lk::TrackType::Video))
            .await;
        let microphone = if options.audio {
            let kind = RtpCodecKind::Audio;
            let track = publisher.send_track("microphone", kind, audio).await?;
            self.speaker
                .say(announce("microphone", lk::TrackType::Audio))
                .await;
            Some(track)
        } else {
            None
        };
        let sdp = publisher.offer().await?;
        let offer = lk::SessionDescription {
            r#type: "offer".to_owned(),
            sdp,
            id: 1,
            ..Default::default()
        };
        self.speaker.say(Request::Offer(offer)).await;
        publisher.connected().await;

        let picture = Camera::new(video, VP8, options.packet_bytes, options.packet_rate);
        let wish = publisher.keyframe.clone();
        self.spawn(film(camera, picture, wish, Arc::clone(meter)));
        if let Some(microphone) = microphone {
            self.spawn(hum(microphone, audio, Arc::clone(meter)));
        }
        Ok(())
    }

    /// Runs `task` until the bot ends.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let done = self.done.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = task => {}
                () = done.cancelled() => {}
            }
        });
    }

    /// Says goodbye and closes everything.
    pub(crate) async fn leave(self) {
        self.done.cancel();
        self.speaker
            .say(Request::Leave(lk::LeaveRequest::default()))
            .await;
        if let Some(publisher) = &self.peers.publisher {
            publisher.close().await;
        }
        self.peers.subscriber.close().await;
    }
}

fn announce(cid: &str, kind: lk::TrackType) -> Request {
    let video = kind == lk::TrackType::Video;
    let source = if video {
        lk::TrackSource::Camera
    } else {
        lk::TrackSource::Microphone
    };
    let codec = lk::SimulcastCodec {
        codec: if video { "vp8" } else { "opus" }.to_owned(),
        cid: cid.to_owned(),
        ..Default::default()
    };
    Request::AddTrack(lk::AddTrackRequest {
        cid: cid.to_owned(),
        name: cid.to_owned(),
        r#type: kind as i32,
        source: source as i32,
        width: if video { 1280 } else { 0 },
        height: if video { 720 } else { 0 },
        simulcast_codecs: vec![codec],
        ..Default::default()
    })
}

/// Answers what the node asks for, until the connection ends.
async fn follow(
    listener: &mut Listener,
    speaker: &Speaker,
    peers: &Peers,
) -> Result<(), LoadError> {
    let mut ping = tokio::time::interval(PING);
    loop {
        let message = tokio::select! {
            message = listener.next() => message?,
            _ = ping.tick() => {
                speaker.say(Request::PingReq(lk::Ping::default())).await;
                continue;
            }
        };
        match message {
            Some(Response::Offer(offer)) => {
                let sdp = peers.subscriber.answer(offer.sdp).await?;
                let answer = lk::SessionDescription {
                    r#type: "answer".to_owned(),
                    sdp,
                    id: offer.id,
                    ..Default::default()
                };
                speaker.say(Request::Answer(answer)).await;
            }
            Some(Response::Answer(answer)) => {
                if let Some(publisher) = &peers.publisher {
                    publisher.accept_answer(answer.sdp).await?;
                }
            }
            Some(Response::Leave(leave)) => {
                let reason = leave.reason().as_str_name();
                return Err(LoadError::Protocol(format!("sent away: {reason}")));
            }
            Some(_) => {}
            None => return Ok(()),
        }
    }
}
