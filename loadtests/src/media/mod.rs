//! Rooms full of bots: who joins, when counting begins and ends.

mod bot;
mod keyframe;
mod latency;
mod meter;
mod peer;
mod report;
mod sender;
mod signal;
mod stream;
mod video;

use std::sync::Arc;
use std::time::Duration;

use auth::media::Grant;
use auth::{Key, SystemEntropy};
use domain::{AccountId, Clock, Ids, Role, SystemClock, VisitId};
use futures::{StreamExt as _, TryStreamExt as _};
use jiff::SignedDuration;
use tokio::time::Instant;

use crate::cli::MediaOptions;
use crate::error::LoadError;
use crate::process;
use crate::target::Target;

use bot::{Bot, Part};
use meter::Meter;
pub(crate) use report::Report;
use report::Server;

/// Bots at most: they, not the node, are the heavier half of the machine's load.
const MAX_BOTS: u64 = 400;
/// Seconds of measuring at most.
const MAX_SECONDS: u64 = 300;
/// Packets a second of one sender at most.
const MAX_RATE: u64 = 2_000;
/// Bots that join at the same time.
const JOINING: usize = 8;
/// How long everything may take to flow.
const PATIENCE: Duration = Duration::from_secs(60);
/// After everything flows and before counting begins.
const SETTLE: Duration = Duration::from_secs(1);

/// Joins, measures, leaves.
pub(crate) async fn run(options: MediaOptions) -> Result<Report, LoadError> {
    check(&options)?;
    let target = Target::parse(&options.url)?;
    let key = Key::load(&options.media_key_file)?;
    let meter = Arc::new(Meter::new(Instant::now()));

    // Senders first, so that a receiver's first frame waits for nobody.
    let ids = Ids::new(Arc::new(SystemClock), Arc::new(SystemEntropy));
    let rooms: Vec<VisitId> = (0..options.rooms)
        .map(|_| ids.make())
        .collect::<Result<_, _>>()?;
    let senders = seats(&options, &key, &ids, &rooms, true)?;
    let receivers = seats(&options, &key, &ids, &rooms, false)?;
    let mut bots = join(target, senders, &options, &meter).await?;
    bots.extend(join(target, receivers, &options, &meter).await?);
    let wanted = wanted_streams(&options);
    // Whoever does not flow in time is missing in the report.
    let _ = tokio::time::timeout(PATIENCE, meter.streams_reach(wanted)).await;
    tokio::time::sleep(SETTLE).await;

    let usage = || options.server_pid.map(process::usage).transpose();
    let (before, began) = (usage()?, Instant::now());
    let start = meter.begin();
    tokio::time::sleep(Duration::from_secs(options.seconds)).await;
    let end = meter.totals();
    let (after, took) = (usage()?, began.elapsed());
    for bot in bots {
        bot.leave().await;
    }
    let server = before
        .zip(after)
        .map(|(before, after)| Server::new(before, after));
    Ok(Report::new(
        &options, wanted, &meter, start, end, took, server,
    ))
}

fn check(options: &MediaOptions) -> Result<(), LoadError> {
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let room = number(options.publishers).saturating_add(number(options.subscribers));
    let bounds = [
        ("bots", room.saturating_mul(number(options.rooms)), MAX_BOTS),
        ("--seconds", options.seconds, MAX_SECONDS),
        ("--packet-rate", options.packet_rate.into(), MAX_RATE),
        ("--packet-bytes", number(options.packet_bytes), 1_200),
    ];
    for (what, given, most) in bounds {
        if given > most {
            return Err(LoadError::TooMuch { what, given, most });
        }
    }
    if wanted_streams(options) == 0 || options.seconds == 0 || options.packet_rate == 0 {
        return Err(LoadError::Nothing);
    }
    Ok(())
}

/// How many streams arrive somewhere when everything works.
fn wanted_streams(options: &MediaOptions) -> usize {
    let each_other = if options.mutual {
        options.publishers * options.publishers.saturating_sub(1)
    } else {
        0
    };
    let kinds = if options.audio { 2 } else { 1 };
    options.rooms * (options.publishers * options.subscribers + each_other) * kinds
}

/// One bot's token and part.
struct Seat {
    token: String,
    part: Part,
}

/// The senders or the receivers of every room.
fn seats(
    options: &MediaOptions,
    key: &Key,
    ids: &Ids,
    rooms: &[VisitId],
    senders: bool,
) -> Result<Vec<Seat>, LoadError> {
    let now = SystemClock.now();
    let (count, role) = if senders {
        (options.publishers, Role::Clinician)
    } else {
        (options.subscribers, Role::Patient)
    };
    let mut seats = Vec::new();
    for room in rooms {
        for _ in 0..count {
            let grant = Grant {
                can_publish: senders,
                can_subscribe: !senders || options.mutual,
                ..Grant::party(*room, ids.make::<AccountId>()?, role)
            };
            let from = now - SignedDuration::from_secs(5);
            let until = now + SignedDuration::from_mins(15);
            let token = auth::media::mint(key, &grant, from, until)?;
            let part = Part {
                sends: senders,
                receives: grant.can_subscribe,
            };
            seats.push(Seat { token, part });
        }
    }
    Ok(seats)
}

async fn join(
    target: Target,
    seats: Vec<Seat>,
    options: &MediaOptions,
    meter: &Arc<Meter>,
) -> Result<Vec<Bot>, LoadError> {
    futures::stream::iter(seats)
        .map(|seat| {
            Bot::join(
                target.rtc(&seat.token),
                seat.part,
                options.clone(),
                Arc::clone(meter),
            )
        })
        .buffer_unordered(JOINING)
        .try_collect()
        .await
}
