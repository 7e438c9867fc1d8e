//! Media under load: scenarios, their costs, and the floor beside them.

pub(crate) mod churn;
mod crowd;
mod direct;
mod levels;
mod load;
mod measure;
mod plan;
mod report;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::bot::Camera;
use crate::cli::MediaOptions;
use crate::error::LoadError;
use crate::fleet::Fleet;
use crate::fleet::counts::Counts;
use crate::fleet::film::Pace;
use crate::floor::Floor;
use crate::machine::Machine;
use crate::node::{Node, Setup};
use crate::rtp::srtp::Profile;

use crowd::{Crowd, Doors, Shape, flows};
use measure::Stretch;
use plan::{Run, plan};
pub(crate) use report::Report;
use report::{METHOD, Quantiles, ScenarioReport, Spread};

/// After everything flows and before counting begins: estimates rise from their first guess.
const SETTLE: Duration = Duration::from_secs(3);
/// How long each way of the floor is measured, each time.
const FLOOR: Duration = Duration::from_millis(400);
/// How long the bots alone are measured.
const DIRECT: Duration = Duration::from_secs(2);

/// Runs what the options ask for.
pub(crate) async fn run(options: MediaOptions) -> Result<Report, LoadError> {
    check(&options)?;
    let machine = Machine::this();
    let server = server(options.server.clone())?;
    let bytes = options.packet_bytes;
    // What bots and node agree on, which is checked with every bot.
    let profile = Profile::Aes256Gcm;
    let floor = tokio::task::spawn_blocking(move || Floor::measure(profile, bytes, FLOOR));
    let floor = floor.await.map_err(|_| LoadError::Bots)??;
    let mut bench = Bench {
        options: &options,
        server,
        floor,
        profile,
        direct: Vec::new(),
    };
    let mut scenarios = Vec::new();
    // One node for runs that are set up alike.
    for runs in plan(&options).chunk_by(|a, b| a.setup() == b.setup()) {
        if let Some(first) = runs.first() {
            scenarios.extend(bench.runs(first, runs).await?);
        }
    }
    let load = match options.load || options.full {
        true => Some(load::measure(&mut bench).await?),
        false => None,
    };
    let whole = |row: &ScenarioReport| row.flows && row.broken_bots.is_empty() && row.forged == 0;
    Ok(Report {
        machine,
        floor_us_per_packet: floor.gso,
        floor,
        srtp_profile: profile.name(),
        packet_bytes: bytes,
        packet_rate: options.packet_rate,
        method: METHOD,
        complete: scenarios.iter().all(whole),
        scenarios,
        load,
    })
}

fn check(options: &MediaOptions) -> Result<(), LoadError> {
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let bounds = [
        ("--seconds", options.seconds, 1, 300),
        ("--visits", number(options.visits), 1, 1_000),
        ("--most-visits", number(options.most_visits), 4, 1_000),
        ("--packet-rate", options.packet_rate.into(), 30, 2_000),
        ("--packet-bytes", number(options.packet_bytes), 100, 1_200),
        ("--bot-threads", number(options.bot_threads), 1, 64),
    ];
    for (what, given, least, most) in bounds {
        if !(least..=most).contains(&given) {
            return Err(LoadError::Bounds {
                what,
                given,
                least,
                most,
            });
        }
    }
    Ok(())
}

/// The program under load: the one named, or the one beside this program.
pub(crate) fn server(named: Option<PathBuf>) -> Result<PathBuf, LoadError> {
    match named {
        Some(path) => Ok(path),
        None => Ok(std::env::current_exe()?.with_file_name("bedside")),
    }
}

/// What runs have in common.
struct Bench<'a> {
    options: &'a MediaOptions,
    server: PathBuf,
    floor: Floor,
    profile: Profile,
    /// The bots alone, for each shape and pace measured so far.
    direct: Vec<(Shape, Pace, Counts)>,
}

impl Bench<'_> {
    fn camera(&self, pace: Pace) -> Camera {
        Camera {
            rate: self.options.packet_rate,
            bytes: self.options.packet_bytes,
            pace,
        }
    }

    fn setup(&self, run: &Run) -> Setup {
        Setup {
            server: self.server.clone(),
            io: run.io,
            estimation: run.estimation,
            demo: false,
            log: None,
        }
    }

    /// The same senders without a node.
    async fn direct(&mut self, shape: Shape, pace: Pace) -> Result<Counts, LoadError> {
        let known = |(s, p, _): &&(Shape, Pace, Counts)| (*s, *p) == (shape, pace);
        if let Some((_, _, counts)) = self.direct.iter().find(known) {
            return Ok(counts.clone());
        }
        let threads = self.options.bot_threads;
        let counts = direct::measure(shape, self.camera(pace), threads, DIRECT).await?;
        self.direct.push((shape, pace, counts.clone()));
        Ok(counts)
    }

    /// Runs that need the same node.
    async fn runs(&mut self, first: &Run, runs: &[Run]) -> Result<Vec<ScenarioReport>, LoadError> {
        let node = Node::start(&self.setup(first)).await?;
        let mut reports = Vec::new();
        for run in runs {
            reports.push(Box::pin(self.run(&node, run)).await?);
        }
        node.stop().await?;
        Ok(reports)
    }

    async fn run(&mut self, node: &Node, run: &Run) -> Result<ScenarioReport, LoadError> {
        let shape = Shape::of(run.scenario, self.options.visits);
        let direct = self.direct(shape, run.pace).await?;
        let fleet = Arc::new(Fleet::start(self.options.bot_threads)?);
        let doors = Doors::new(node, Arc::clone(&fleet))?;
        let mut crowd = Crowd::empty();
        let camera = self.camera(run.pace);
        crowd.grow(node, &doors, shape, camera, true).await?;
        if crowd.bots().any(|bot| bot.profile != self.profile) {
            return Err(LoadError::NotGcm);
        }
        let flows = flows(&fleet, shape.streams()).await?;
        let mut pictures = Vec::new();
        for bot in &crowd.second {
            let looks = fleet.look(bot.seat).await?;
            let first = looks.iter().filter_map(|look| look.first_frame).min();
            pictures.extend(first.map(|at| at.saturating_sub(bot.began)));
        }
        tokio::time::sleep(SETTLE).await;
        let length = Duration::from_secs(self.options.seconds);
        let stretch = Stretch::measure(node, &fleet, length).await?;
        let broken = doors.broken();
        crowd.leave().await;
        let [process, sfu, bots] = stretch.cpu_us_per_packet();
        let [sfu_cores, bots_cores] = stretch.cores();
        let floor = self.floor.of(run.io);
        Ok(ScenarioReport {
            name: run.scenario.name(),
            fanout: run.scenario.fanout(),
            rooms: shape.rooms,
            io: run.io,
            estimation: run.estimation,
            pace: run.pace,
            cpu_us_per_packet: process,
            sfu_cpu_us_per_packet: sfu,
            ratio_to_floor: process / floor,
            sfu_ratio_to_floor: sfu / floor,
            packets: stretch.counts.received,
            packets_per_second: stretch.packets_per_second(),
            lost: stretch.counts.lost,
            padding_packets: stretch.counts.padding,
            forged: stretch.counts.forged,
            node_refused: stretch.refused,
            added_latency_ms: stretch.added_latency(&direct),
            latency_ms: Quantiles::of(&stretch.counts.latency),
            ttff_ms: Spread::of(pictures),
            sfu_cores,
            bots_cores,
            bots_us_per_packet: bots,
            bots_late_p99_ms: stretch.late_ms(),
            rss_mb: stretch.resident_kb as f64 / 1_024.0,
            flows,
            broken_bots: broken,
        })
    }
}
