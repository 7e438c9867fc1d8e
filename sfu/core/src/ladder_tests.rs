use super::*;

#[expect(
    clippy::disallowed_methods,
    reason = "an origin for a hand-moved clock"
)]
fn now() -> Instant {
    Instant::now()
}

fn cue(stream: usize, starts: bool) -> Cue {
    Cue {
        stream,
        position: Position {
            begins: true,
            ..Position::default()
        },
        starts,
        newest: true,
        arrived: now(),
    }
}

/// The beginning of a picture inside the only stream.
fn picture(temporal: u8, rise: Rise) -> Cue {
    let mut cue = cue(0, false);
    cue.position.temporal = temporal;
    cue.position.rise = rise;
    cue
}

fn at(spatial: u8, temporal: u8) -> Option<Rung> {
    Some(Rung {
        stream: 0,
        ceiling: Ceiling { spatial, temporal },
    })
}

#[test]
fn streams_change_at_keyframes_only() {
    let now = now();
    let mut ladder = Ladder::default();
    ladder.aim(Some(Rung::whole(0)));
    assert_eq!(ladder.admits(&cue(0, false)), Passage::Closed);
    assert_eq!(ladder.asks(now), Some(0));
    assert_eq!(ladder.asks(now), None);
    assert_eq!(ladder.asks(now + ASK_AGAIN), Some(0));
    assert_eq!(ladder.admits(&cue(0, true)), Passage::Anew);
    assert_eq!(ladder.admits(&cue(0, true)), Passage::Open);
    assert_eq!(ladder.asks(now + ASK_AGAIN * 9), None);

    ladder.aim(Some(Rung::whole(2)));
    assert_eq!(ladder.admits(&cue(0, true)), Passage::Open);
    assert_eq!(ladder.admits(&cue(2, false)), Passage::Closed);
    assert_eq!(ladder.admits(&cue(2, true)), Passage::Anew);
    assert_eq!(ladder.admits(&cue(0, true)), Passage::Closed);

    ladder.aim(None);
    assert_eq!(ladder.admits(&cue(2, true)), Passage::Closed);
}

#[test]
fn inside_a_stream_it_goes_down_at_any_picture_and_up_at_a_keyframe() {
    let start = now();
    let mut ladder = Ladder::default();
    ladder.aim(at(u8::MAX, u8::MAX));
    assert_eq!(ladder.admits(&cue(0, true)), Passage::Anew);

    ladder.aim(at(0, u8::MAX));
    assert_eq!(ladder.asks(start), None);
    let mut inside = cue(0, false);
    inside.position.begins = false;
    ladder.admits(&inside);
    assert_eq!(ladder.current, at(u8::MAX, u8::MAX));
    let mut late = cue(0, false);
    late.newest = false;
    ladder.admits(&late);
    assert_eq!(ladder.current, at(u8::MAX, u8::MAX));
    assert_eq!(ladder.admits(&cue(0, false)), Passage::Open);
    assert_eq!(ladder.current, at(0, u8::MAX));

    ladder.aim(at(1, u8::MAX));
    ladder.admits(&cue(0, false));
    assert_eq!(ladder.current, at(0, u8::MAX));
    assert_eq!(ladder.asks(start), Some(0));
    assert_eq!(ladder.admits(&cue(0, true)), Passage::Open);
    assert_eq!(ladder.current, at(1, u8::MAX));
    assert_eq!(ladder.asks(start + ASK_AGAIN), None);
}

#[test]
fn the_frame_rate_of_vp8_rises_a_layer_at_a_time_where_it_may() {
    let mut ladder = Ladder::default();
    ladder.aim(at(u8::MAX, 0));
    ladder.admits(&cue(0, true));
    ladder.aim(at(u8::MAX, u8::MAX));
    for (temporal, rise, reached) in [
        (1, Rise::Nowhere, 0),
        (2, Rise::Here, 0),
        (0, Rise::Here, 0),
        (1, Rise::Here, 1),
        (2, Rise::Nowhere, 1),
        (2, Rise::Here, 2),
    ] {
        ladder.admits(&picture(temporal, rise));
        assert_eq!(ladder.current, at(u8::MAX, reached), "{temporal} {rise:?}");
    }
    assert_eq!(ladder.asks(now() + RISE_PATIENCE * 2), None, "all flows");
}

#[test]
fn the_frame_rate_of_vp9_rises_behind_a_switching_point() {
    let mut ladder = Ladder::default();
    ladder.aim(at(u8::MAX, 0));
    ladder.admits(&cue(0, true));
    ladder.aim(at(u8::MAX, u8::MAX));
    for (temporal, rise, reached) in [
        (0, Rise::Nowhere, 0),
        (1, Rise::Behind, 0),
        (0, Rise::Behind, u8::MAX),
    ] {
        ladder.admits(&picture(temporal, rise));
        assert_eq!(ladder.current, at(u8::MAX, reached), "{temporal} {rise:?}");
    }
}

#[test]
fn an_encoder_that_never_lets_the_frame_rate_rise_is_asked_for_a_keyframe() {
    let start = now();
    let mut ladder = Ladder::default();
    ladder.aim(at(u8::MAX, 0));
    ladder.admits(&cue(0, true));
    ladder.aim(at(u8::MAX, u8::MAX));
    ladder.admits(&Cue {
        arrived: start,
        ..picture(1, Rise::Nowhere)
    });
    ladder.admits(&Cue {
        arrived: start,
        ..picture(0, Rise::Nowhere)
    });
    assert_eq!(ladder.asks(start + RISE_PATIENCE / 2), None);
    assert_eq!(ladder.asks(start + RISE_PATIENCE), Some(0));
    ladder.admits(&cue(0, true));
    assert_eq!(ladder.current, at(u8::MAX, u8::MAX));
    assert_eq!(ladder.asks(start + RISE_PATIENCE * 2), None);
}
