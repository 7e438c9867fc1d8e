//! Joins and leaves: whatever a node took for its guests it must give back.

use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _};
use serde::Serialize;

use super::crowd::Doors;
use super::server;
use crate::bot::{Bot, Camera, Part};
use crate::cli::{ChurnOptions, Io};
use crate::error::LoadError;
use crate::fleet::Fleet;
use crate::fleet::film::Pace;
use crate::machine::Machine;
use crate::node::{Node, Setup};
use crate::process::Holdings;

/// One in so many rooms is asked for pictures both ways: that these are visits and not sockets.
const LOOKED_AT: usize = 10;
/// One in so many participants vanishes instead of leaving.
const VANISHING: usize = 20;
/// How long the node may take to forget everybody; who vanished is waited for first.
const PATIENCE: Duration = Duration::from_secs(120);
const LOOK: Duration = Duration::from_millis(100);
/// Rooms before the baseline, and so many equal looks in a row are one.
const WARM: usize = 9;
const EQUAL: usize = 30;
/// A slow trickle of pictures: joining is what is measured.
const CAMERA: Camera = Camera {
    rate: 30,
    bytes: 400,
    pace: Pace::Frames,
};

/// What the node held.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Snapshot {
    #[serde(flatten)]
    pub(crate) holdings: Holdings,
    pub(crate) sfu_rooms: f64,
    pub(crate) sfu_participants: f64,
    pub(crate) signaling_rooms: f64,
    pub(crate) signaling_participants: f64,
    pub(crate) signaling_connections: f64,
    /// Its pool's; each is a file descriptor and not a guest's.
    pub(crate) database_connections: usize,
    /// Entries and bytes of the visit journal not yet with core-api.
    pub(crate) journal_waiting: f64,
    pub(crate) journal_bytes: u64,
}

/// What a run found.
#[derive(Debug, Serialize)]
pub(crate) struct Churn {
    pub(crate) machine: Machine,
    pub(crate) cycles: usize,
    pub(crate) seconds: f64,
    pub(crate) joins_per_second: f64,
    /// Rooms in which both saw a picture, of those asked.
    pub(crate) pictures: usize,
    pub(crate) asked: usize,
    pub(crate) vanished: usize,
    /// After a few guests had been and gone, since what is opened at first use is nobody's; after
    /// a tenth of the cycles; after all.
    pub(crate) before: Snapshot,
    pub(crate) tenth: Snapshot,
    pub(crate) after: Snapshot,
    /// Resident memory gained a cycle between the last two.
    pub(crate) resident_bytes_per_cycle: f64,
    /// Everything but memory is as it was before.
    pub(crate) back_to_baseline: bool,
}

impl Churn {
    pub(crate) fn text(&self) -> String {
        // Numbers and names only: it cannot fail to serialise.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    pub(crate) const fn passed(&self) -> bool {
        self.back_to_baseline && self.pictures == self.asked
    }
}

/// Starts a node and churns it.
pub(crate) async fn run(options: ChurnOptions) -> Result<Churn, LoadError> {
    for (what, given, most) in [
        ("--cycles", options.cycles, 1_000_000),
        ("--concurrency", options.concurrency, 64),
    ] {
        let given = u64::try_from(given).unwrap_or(u64::MAX);
        if !(1..=most).contains(&given) {
            return Err(LoadError::Bounds {
                what,
                given,
                least: 1,
                most,
            });
        }
    }
    let setup = Setup {
        server: server(options.server)?,
        io: Io::Auto,
        estimation: true,
        demo: false,
        log: None,
    };
    let node = Node::start(&setup).await?;
    let fleet = Arc::new(Fleet::start(1)?);
    let churning = Churning {
        doors: Doors::new(&node, Arc::clone(&fleet))?,
        node,
        fleet,
        concurrency: options.concurrency,
    };
    churning.rooms(1, 1 + WARM).await?;
    let before = churning.stable().await?;
    let rooms = options.cycles.div_ceil(2);
    let began = tokio::time::Instant::now();
    let first = rooms.div_ceil(10);
    let mut tally = churning.rooms(0, first).await?;
    let paused = tokio::time::Instant::now();
    let tenth = churning.settled(&before).await?;
    let pause = paused.elapsed();
    tally += churning.rooms(first, rooms).await?;
    let took = began.elapsed().saturating_sub(pause);
    let after = churning.settled(&before).await?;
    churning.node.stop().await?;
    let grown = after.holdings.resident_kb as f64 - tenth.holdings.resident_kb as f64;
    Ok(Churn {
        machine: Machine::this(),
        cycles: 2 * rooms,
        seconds: took.as_secs_f64(),
        joins_per_second: (2 * rooms) as f64 / took.as_secs_f64(),
        pictures: tally.pictures,
        asked: tally.asked,
        vanished: tally.vanished,
        back_to_baseline: after.is_like(&before),
        before,
        tenth,
        after,
        resident_bytes_per_cycle: grown * 1_024.0 / (2 * (rooms - first)).max(1) as f64,
    })
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Tally {
    pictures: usize,
    asked: usize,
    vanished: usize,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.pictures += other.pictures;
        self.asked += other.asked;
        self.vanished += other.vanished;
    }
}

impl Snapshot {
    /// File descriptors but those of the database's pool, which grows and shrinks by its own
    /// rules.
    const fn descriptors(&self) -> usize {
        self.holdings
            .file_descriptors
            .saturating_sub(self.database_connections)
    }

    /// Whether everything but memory is as in `before`, or less: the runtime ends idle threads in
    /// its own time.
    fn is_like(&self, before: &Self) -> bool {
        let empty = [
            self.sfu_rooms,
            self.sfu_participants,
            self.signaling_rooms,
            self.signaling_participants,
            self.signaling_connections,
            self.journal_waiting,
        ];
        empty.iter().all(|count| *count == 0.0)
            && self.descriptors() <= before.descriptors()
            && self.holdings.threads <= before.holdings.threads
            && self.holdings.udp_sockets == before.holdings.udp_sockets
    }
}

struct Churning {
    node: Node,
    fleet: Arc<Fleet>,
    doors: Doors,
    concurrency: usize,
}

impl Churning {
    async fn rooms(&self, from: usize, to: usize) -> Result<Tally, LoadError> {
        futures::stream::iter(from..to)
            .map(|number| self.room(number))
            .buffer_unordered(self.concurrency)
            .try_fold(Tally::default(), async |mut sum, tally| {
                sum += tally;
                Ok(sum)
            })
            .await
    }

    /// Two join, see each other if asked, and leave.
    async fn room(&self, number: usize) -> Result<Tally, LoadError> {
        let room = self.doors.room()?;
        let part = Part {
            sends: Some(CAMERA),
            receives: true,
        };
        let first = self.doors.enter(&self.node, room, part).await?;
        let second = self.doors.enter(&self.node, room, part).await?;
        let mut tally = Tally::default();
        if number.is_multiple_of(LOOKED_AT) {
            first.film(true);
            second.film(true);
            tally.asked = 1;
            let both = self.sees(&first).await? && self.sees(&second).await?;
            tally.pictures = usize::from(both);
        }
        first.leave().await;
        if (2 * number).is_multiple_of(VANISHING) {
            second.vanish().await;
            tally.vanished = 1;
        } else {
            second.leave().await;
        }
        Ok(tally)
    }

    async fn sees(&self, bot: &Bot) -> Result<bool, LoadError> {
        let sees = async {
            loop {
                let looks = self.fleet.look(bot.seat).await?;
                if looks.iter().any(|look| look.first_frame.is_some()) {
                    return Ok(true);
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let seen = tokio::time::timeout(Duration::from_secs(10), sees).await;
        seen.unwrap_or(Ok(false))
    }

    /// What the node holds once nobody is there and it neither opens nor closes anything.
    async fn stable(&self) -> Result<Snapshot, LoadError> {
        let until = tokio::time::Instant::now() + PATIENCE;
        let (mut last, mut equal) = (self.snapshot().await?, 0);
        loop {
            tokio::time::sleep(LOOK).await;
            let now = self.snapshot().await?;
            equal = if now.is_like(&last) && last.is_like(&now) {
                equal + 1
            } else {
                0
            };
            if equal >= EQUAL || tokio::time::Instant::now() > until {
                return Ok(now);
            }
            last = now;
        }
    }

    /// What the node holds once it is like `before`, or patience has ended.
    async fn settled(&self, before: &Snapshot) -> Result<Snapshot, LoadError> {
        let until = tokio::time::Instant::now() + PATIENCE;
        loop {
            let now = self.snapshot().await?;
            if now.is_like(before) || tokio::time::Instant::now() > until {
                return Ok(now);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn snapshot(&self) -> Result<Snapshot, LoadError> {
        let metric = async |name| self.node.metric(name).await;
        Ok(Snapshot {
            sfu_rooms: metric("bedside_sfu_rooms").await?,
            sfu_participants: metric("bedside_sfu_participants").await?,
            signaling_rooms: metric("bedside_signaling_rooms").await?,
            signaling_participants: metric("bedside_signaling_participants").await?,
            signaling_connections: metric("bedside_signaling_connections").await?,
            journal_waiting: metric("bedside_signaling_journal_waiting").await?,
            database_connections: self.node.database_connections(),
            journal_bytes: self.node.journal_bytes(),
            holdings: Holdings::of(self.node.pid)?,
        })
    }
}
