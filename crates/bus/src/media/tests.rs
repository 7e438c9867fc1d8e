use super::*;

fn flow(lost: u64) -> FlowReport {
    FlowReport {
        packets: 3_000,
        lost,
        bytes: u64::MAX,
        jitter_ms: Some(12),
        freezes: 2,
        frozen_ms: 1_700,
    }
}

fn travels(message: &FromSfu) {
    let bytes = postcard::to_stdvec(message).expect("encoded");
    let (read, rest) = postcard::take_from_bytes::<FromSfu>(&bytes).expect("decoded");
    assert_eq!((&read, rest), (message, &[][..]));
}

#[test]
fn what_the_sfu_measures_travels_unchanged() {
    let (room, participant): (RoomName, ParticipantSid) = ("room".into(), "PA_1".into());
    let track: TrackSid = "TR_1".into();
    for paused in [true, false] {
        travels(&FromSfu::StreamState {
            room: Arc::clone(&room),
            participant: Arc::clone(&participant),
            track: Arc::clone(&track),
            paused,
        });
    }
    for (quality, reason) in [
        (None, LayerReason::Bandwidth),
        (Some(Quality::Low), LayerReason::Viewer),
        (Some(Quality::High), LayerReason::Publisher),
    ] {
        travels(&FromSfu::Layer {
            room: Arc::clone(&room),
            participant: Arc::clone(&participant),
            track: Arc::clone(&track),
            quality,
            reason,
        });
    }
    for path in [
        MediaPath::Udp,
        MediaPath::Tcp,
        MediaPath::TurnUdp,
        MediaPath::TurnTcp,
        MediaPath::TurnTls,
    ] {
        travels(&FromSfu::Path {
            room: Arc::clone(&room),
            participant: Arc::clone(&participant),
            target: Target::Subscriber,
            path,
        });
    }
    for reason in [
        RefusalReason::Cpu,
        RefusalReason::Packets,
        RefusalReason::Draining,
    ] {
        travels(&FromSfu::Refused {
            room: Arc::clone(&room),
            participant: Arc::clone(&participant),
            reason,
        });
    }
    for reason in [
        None,
        Some(QualityReason::UplinkLoss),
        Some(QualityReason::DownlinkLoss),
        Some(QualityReason::Latency),
        Some(QualityReason::Bandwidth),
    ] {
        travels(&FromSfu::Quality {
            room: Arc::clone(&room),
            participant: Arc::clone(&participant),
            loss: 0.25,
            rtt_ms: None,
            reason,
        });
    }
    let flows = Flows {
        audio: flow(0),
        video: flow(40),
        estimate_bps: Some(300_000),
    };
    travels(&FromSfu::Report {
        room,
        participant,
        report: MediaReport {
            period_ms: 60_000,
            rtt_ms: Some(48),
            up: flows,
            down: Flows::default(),
        },
    });
}

#[test]
fn a_pinned_track_travels_and_silence_means_not_pinned() {
    let settings = TrackSettings {
        disabled: false,
        width: 640,
        height: 360,
        quality: Quality::Medium,
        pinned: true,
        fps: 15,
    };
    let bytes = postcard::to_stdvec(&settings).expect("encoded");
    assert_eq!(postcard::from_bytes::<TrackSettings>(&bytes), Ok(settings));
    let json = r#"{"disabled":false,"width":640,"height":360,"quality":"medium"}"#;
    let read: TrackSettings = serde_json::from_str(json).expect("read");
    assert_eq!((read.pinned, read.fps), (false, 0));
}
