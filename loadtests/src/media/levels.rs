//! How it goes at levels of load, as it is told.

use std::fmt::Write as _;

use serde::Serialize;

use super::report::{Quantiles, cell};
use crate::cli::Io;

/// The levels and what they are levels of.
#[derive(Debug, Serialize)]
pub(crate) struct Load {
    pub(crate) io: Io,
    pub(crate) estimation: bool,
    /// Visits of two whose media nearly fills one core, with next to nothing lost.
    pub(crate) capacity_visits: usize,
    /// What ended the search: the node's media threads, the bots, or `--most-visits`.
    pub(crate) limited_by: Limit,
    /// Visits tried and the media threads' share of a core, in the order tried.
    pub(crate) trials: Vec<Trial>,
    pub(crate) levels: Vec<Level>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Limit {
    Node,
    Bots,
    Visits,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Trial {
    pub(crate) visits: usize,
    pub(crate) sfu_cores: f64,
    pub(crate) bots_cores: f64,
    pub(crate) packets_per_second: f64,
    pub(crate) loss_ratio: f64,
}

/// One level of load.
#[derive(Debug, Serialize)]
pub(crate) struct Level {
    /// Per cent of [`Load::capacity_visits`].
    pub(crate) level: usize,
    pub(crate) visits: usize,
    pub(crate) packets_per_second: f64,
    pub(crate) cpu_us_per_packet: f64,
    pub(crate) sfu_cpu_us_per_packet: f64,
    pub(crate) sfu_cores: f64,
    pub(crate) bots_cores: f64,
    pub(crate) bots_late_p99_ms: f64,
    pub(crate) packets: u64,
    pub(crate) lost: u64,
    pub(crate) loss_ratio: f64,
    pub(crate) added_latency_ms: Option<Quantiles>,
    pub(crate) latency_ms: Option<Quantiles>,
    /// One newcomer to a running visit: from connecting to the first whole picture.
    pub(crate) ttff_ms: Option<f64>,
    /// Why the newcomer was not let in, or saw nothing: admission closes below a full core.
    pub(crate) newcomer: Option<String>,
    /// One party whose signal connection is cut: until known again, and until its next offer is
    /// answered. Its media flows meanwhile; `resume_gap_ms` is the longest time it had none.
    pub(crate) resume_ms: Option<f64>,
    pub(crate) resume_answered_ms: Option<f64>,
    pub(crate) resume_gap_ms: Option<f64>,
    pub(crate) resume_failed: Option<String>,
}

impl Load {
    pub(crate) fn text(&self) -> String {
        let mut text = format!(
            "\n{} visits of two fill one core (limited by {:?})\n\
             {:>6} {:>7} {:>9} {:>8} {:>6} {:>6} {:>8} {:>9} {:>9} {:>8} {:>8} {:>8}\n",
            self.capacity_visits,
            self.limited_by,
            "level",
            "visits",
            "pkt/s",
            "us/pkt",
            "sfu",
            "bots",
            "loss %",
            "+p50 ms",
            "+p99 ms",
            "ttff ms",
            "resume",
            "gap ms"
        );
        for row in &self.levels {
            let added = row.added_latency_ms;
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "{:>5}% {:>7} {:>9.0} {:>8.2} {:>5.0}% {:>5.0}% {:>8.4} {:>9} {:>9} {:>8} {:>8} {:>8}",
                row.level,
                row.visits,
                row.packets_per_second,
                row.cpu_us_per_packet,
                row.sfu_cores * 100.0,
                row.bots_cores * 100.0,
                row.loss_ratio * 100.0,
                cell(added.map(|q| q.p50), 3),
                cell(added.map(|q| q.p99), 3),
                cell(row.ttff_ms, 0),
                cell(row.resume_ms, 0),
                cell(row.resume_gap_ms, 0),
            );
            for why in [&row.newcomer, &row.resume_failed].into_iter().flatten() {
                let _ = writeln!(text, "       {why}");
            }
        }
        text
    }
}
