//! How much fits on one core, and how it goes on the way there.

use std::sync::Arc;
use std::time::Duration;

use super::Bench;
use super::crowd::{Crowd, Doors, Shape, flows};
use super::levels::{Level, Limit, Load, Trial};
use super::measure::Stretch;
use super::report::{Quantiles, millis};
use crate::bot::{Camera, Part};
use crate::cli::Io;
use crate::error::LoadError;
use crate::fleet::Fleet;
use crate::fleet::film::Pace;
use crate::node::{Node, Setup};

/// Visits tried first.
const FIRST: usize = 20;
/// Before a trial counts, and how long it counts.
const TRIAL_SETTLE: Duration = Duration::from_secs(2);
const TRIAL: Duration = Duration::from_secs(2);
/// A media thread this busy is full.
const FULL: f64 = 0.97;
/// More lost than this is too much.
const LOSS: f64 = 0.001;
/// A media thread less busy than this does not lose packets by itself; so often it is tried again.
const DISTURBED: f64 = 0.8;
const RETRIALS: usize = 2;
/// The limits' distance at which the search ends, as a share.
const CLOSE: f64 = 0.05;
/// A bots' thread this busy measures itself.
const BOTS_FULL: f64 = 0.93;
/// How long a newcomer waits for a picture.
const PATIENCE: Duration = Duration::from_secs(10);

/// A crowd of which a part films.
struct Stage<'a> {
    node: Node,
    fleet: Arc<Fleet>,
    doors: Doors,
    crowd: Crowd,
    camera: Camera,
    bench: &'a mut Bench<'a>,
}

/// Finds the capacity and measures the levels, with GSO and estimation.
pub(crate) async fn measure<'a>(bench: &'a mut Bench<'a>) -> Result<Load, LoadError> {
    let (io, estimation) = (Io::Gso, true);
    let setup = Setup {
        server: bench.server.clone(),
        io,
        estimation,
        demo: false,
        log: None,
    };
    let node = Node::start(&setup).await?;
    let fleet = Arc::new(Fleet::start(bench.options.bot_threads)?);
    let mut stage = Stage {
        doors: Doors::new(&node, Arc::clone(&fleet))?,
        camera: bench.camera(Pace::Frames),
        crowd: Crowd::empty(),
        node,
        fleet,
        bench,
    };
    let mut trials = Vec::new();
    let (capacity, limited_by) = stage.search(&mut trials).await?;
    let mut levels = Vec::new();
    for level in [25, 50, 75, 100] {
        let visits = (capacity * level).div_ceil(100).max(1);
        levels.push(Box::pin(stage.level(level, visits)).await?);
    }
    stage.crowd.leave().await;
    stage.node.stop().await?;
    Ok(Load {
        io,
        estimation,
        capacity_visits: capacity,
        limited_by,
        trials,
        levels,
    })
}

impl Stage<'_> {
    /// The most visits that do not fill a core or lose packets, by trying.
    async fn search(&mut self, trials: &mut Vec<Trial>) -> Result<(usize, Limit), LoadError> {
        let most = self.bench.options.most_visits;
        let (mut fits, mut fails) = (0, None);
        let mut next = FIRST.min(most);
        let mut limit = Limit::Visits;
        loop {
            let mut trial = self.trial(next).await?;
            trials.push(trial);
            // Losses far from a full core are another program's doing: a busy machine.
            for _ in 0..RETRIALS {
                if trial.loss_ratio <= LOSS || trial.sfu_cores >= DISTURBED {
                    break;
                }
                trial = self.trial(next).await?;
                trials.push(trial);
            }
            let bots = trial.bots_cores / self.bench.options.bot_threads as f64;
            if trial.sfu_cores >= FULL || trial.loss_ratio > LOSS || bots >= BOTS_FULL {
                limit = match trial.sfu_cores >= FULL || bots < BOTS_FULL {
                    true => Limit::Node,
                    false => Limit::Bots,
                };
                fails = Some(next);
            } else {
                fits = next;
            }
            next = match fails {
                // The load of the trial tells how far to go, not what is found there.
                None if next == most => return Ok((fits, limit)),
                None => {
                    let factor = (FULL / trial.sfu_cores.max(0.01)).clamp(1.1, 2.0);
                    ((next as f64 * factor) as usize).clamp(next + 1, most)
                }
                Some(fails)
                    if (fails - fits) as f64 <= CLOSE * fails as f64 || fails - fits < 2 =>
                {
                    return Ok((fits.max(1), limit));
                }
                Some(fails) => usize::midpoint(fits, fails),
            };
        }
    }

    async fn trial(&mut self, visits: usize) -> Result<Trial, LoadError> {
        self.film(visits).await?;
        tokio::time::sleep(TRIAL_SETTLE).await;
        let stretch = Stretch::measure(&self.node, &self.fleet, TRIAL).await?;
        let [sfu_cores, bots_cores] = stretch.cores();
        Ok(Trial {
            visits,
            sfu_cores,
            bots_cores,
            packets_per_second: stretch.packets_per_second(),
            loss_ratio: stretch.loss_ratio(),
        })
    }

    /// Lets exactly the first `visits` film. Who is missing joins while nobody films: under load
    /// the node would refuse.
    async fn film(&mut self, visits: usize) -> Result<(), LoadError> {
        let missing = visits.saturating_sub(self.crowd.rooms.len());
        if missing > 0 {
            self.crowd.bots().for_each(|bot| bot.film(false));
            // The node measures its load once a second.
            tokio::time::sleep(TRIAL_SETTLE).await;
            let (shape, camera) = (Shape::visits(missing), self.camera);
            self.crowd
                .grow(&self.node, &self.doors, shape, camera, false)
                .await?;
        }
        let parties = [&self.crowd.first, &self.crowd.second];
        for (index, bot) in parties.into_iter().flat_map(|p| p.iter().enumerate()) {
            bot.film(index < visits);
        }
        // Whoever does not flow is missing in what is delivered.
        flows(&self.fleet, Shape::visits(visits).streams()).await?;
        Ok(())
    }

    async fn level(&mut self, level: usize, visits: usize) -> Result<Level, LoadError> {
        self.crowd.bots().for_each(|bot| bot.film(false));
        let direct = self
            .bench
            .direct(Shape::visits(visits), self.camera.pace)
            .await?;
        self.film(visits).await?;
        tokio::time::sleep(super::SETTLE).await;
        let length = Duration::from_secs(self.bench.options.seconds);
        let stretch = Stretch::measure(&self.node, &self.fleet, length).await?;
        let (ttff_ms, newcomer) = match self.newcomer().await {
            Ok(ttff) => (Some(millis(ttff)), None),
            Err(why) => (None, Some(why.to_string())),
        };
        self.fleet.mark().await?;
        let (mut gap, mut resumed, mut failed) = (None, None, None);
        if let Some(bot) = self.crowd.first.first_mut() {
            match bot.cut_and_resume().await {
                Ok(times) => resumed = Some(times),
                Err(why) => failed = Some(why.to_string()),
            }
            let looks = self.fleet.look(bot.seat).await?;
            gap = looks.iter().map(|look| look.longest_gap).min();
        }
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        let [cpu_us_per_packet, sfu_cpu_us_per_packet, _] = stretch.cpu_us_per_packet();
        let [sfu_cores, bots_cores] = stretch.cores();
        Ok(Level {
            level,
            visits,
            packets_per_second: stretch.packets_per_second(),
            cpu_us_per_packet,
            sfu_cpu_us_per_packet,
            sfu_cores,
            bots_cores,
            bots_late_p99_ms: stretch.late_ms(),
            packets: stretch.counts.received,
            lost: stretch.counts.lost,
            loss_ratio: stretch.loss_ratio(),
            added_latency_ms: stretch.added_latency(&direct),
            latency_ms: Quantiles::of(&stretch.counts.latency),
            ttff_ms,
            newcomer,
            resume_ms: resumed.map(|times| ms(times.known)),
            resume_answered_ms: resumed.map(|times| ms(times.answered)),
            resume_gap_ms: gap.map(ms),
            resume_failed: failed,
        })
    }

    /// Somebody comes to the first visit, sees a picture and leaves: how long until the picture,
    /// in nanoseconds.
    async fn newcomer(&self) -> Result<u64, LoadError> {
        let room = *self.crowd.rooms.first().ok_or(LoadError::Bots)?;
        let part = Part {
            sends: None,
            receives: true,
        };
        let bot = self.doors.enter(&self.node, room, part).await?;
        let picture = async {
            loop {
                let looks = self.fleet.look(bot.seat).await?;
                if let Some(at) = looks.iter().filter_map(|look| look.first_frame).min() {
                    return Ok(at.saturating_sub(bot.began));
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let picture = tokio::time::timeout(PATIENCE, picture).await;
        let picture = picture.unwrap_or(Err(LoadError::Timeout("the newcomer's picture")));
        bot.leave().await;
        picture
    }
}
