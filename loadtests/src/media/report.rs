//! What a run found, in the units the names say.

use std::fmt::Write as _;

use serde::Serialize;

use super::levels::Load;
use crate::cli::Io;
use crate::fleet::film::Pace;
use crate::floor::Floor;
use crate::histogram::Histogram;
use crate::machine::Machine;

/// The one object `--json` prints.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    /// Sealing and sending by GSO; the other ways are in `floor`.
    pub(crate) floor_us_per_packet: f64,
    pub(crate) floor: Floor,
    pub(crate) srtp_profile: &'static str,
    pub(crate) packet_bytes: usize,
    pub(crate) packet_rate: u32,
    /// What the figures mean.
    pub(crate) method: &'static str,
    pub(crate) scenarios: Vec<ScenarioReport>,
    pub(crate) load: Option<Load>,
    /// Every stream of every scenario flowed and no bot broke.
    pub(crate) complete: bool,
}

/// See [`Report::method`].
pub(crate) const METHOD: &str = "cpu_us_per_packet: CPU time of the node's process in the steady \
    phase by packets delivered to bots; sfu_cpu_us_per_packet: of its media threads alone. \
    ratio_to_floor: the process's, by the floor of the same io. Bots: ICE and DTLS by the rtc \
    crate, then a light seat that seals what it sends, reads every header, opens one packet in \
    eight, sends transport-wide feedback every 50 ms and a report every second, asks for nothing \
    again. latency: sender's stamp before its system call to the kernel's stamp at the receiver; \
    added: quantile by quantile less that of the same bots without a node. lost: never arrived.";

/// Milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Quantiles {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

impl Quantiles {
    pub(crate) fn of(histogram: &Histogram) -> Option<Self> {
        Some(Self {
            p50: millis(histogram.quantile(0.5)?),
            p99: millis(histogram.quantile(0.99)?),
        })
    }
}

/// Nanoseconds as milliseconds.
pub(crate) fn millis(nanos: u64) -> f64 {
    nanos as f64 / 1e6
}

/// Order statistics of few values, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) p50: f64,
    pub(crate) p95: f64,
    pub(crate) max: f64,
}

impl Spread {
    /// Of nanoseconds.
    pub(crate) fn of(mut nanos: Vec<u64>) -> Option<Self> {
        nanos.sort_unstable();
        let at = |percent: usize| {
            let index = (nanos.len() * percent).div_ceil(100).saturating_sub(1);
            nanos.get(index).map(|nanos| millis(*nanos))
        };
        Some(Self {
            p50: at(50)?,
            p95: at(95)?,
            max: at(100)?,
        })
    }
}

/// One scenario, run one way.
#[derive(Debug, Serialize)]
pub(crate) struct ScenarioReport {
    pub(crate) name: &'static str,
    pub(crate) fanout: usize,
    pub(crate) rooms: usize,
    pub(crate) io: Io,
    pub(crate) estimation: bool,
    pub(crate) pace: Pace,
    pub(crate) cpu_us_per_packet: f64,
    pub(crate) sfu_cpu_us_per_packet: f64,
    pub(crate) ratio_to_floor: f64,
    pub(crate) sfu_ratio_to_floor: f64,
    /// Delivered to bots in the steady phase.
    pub(crate) packets: u64,
    pub(crate) packets_per_second: f64,
    pub(crate) lost: u64,
    /// Probes among what the node sent.
    pub(crate) padding_packets: u64,
    /// Datagrams that were not authentic; 0 in a valid run.
    pub(crate) forged: u64,
    pub(crate) node_refused: u64,
    pub(crate) added_latency_ms: Option<Quantiles>,
    pub(crate) latency_ms: Option<Quantiles>,
    /// From the beginning of a joiner's connection to the first complete keyframe.
    pub(crate) ttff_ms: Option<Spread>,
    pub(crate) sfu_cores: f64,
    pub(crate) bots_cores: f64,
    pub(crate) bots_us_per_packet: f64,
    pub(crate) bots_late_p99_ms: f64,
    pub(crate) rss_mb: f64,
    pub(crate) flows: bool,
    /// Why bots broke, one entry a bot.
    pub(crate) broken_bots: Vec<String>,
}

impl Report {
    /// For a person, or as JSON.
    pub(crate) fn text(&self, json: bool) -> String {
        if json {
            // Numbers and names only: it cannot fail to serialise.
            return serde_json::to_string_pretty(self).unwrap_or_default();
        }
        let Machine { cpu, cores, .. } = &self.machine;
        let Floor {
            gso,
            sendmmsg,
            sendto,
            seal,
            ..
        } = self.floor;
        // Writing to a String cannot fail.
        let mut text = format!(
            "{cpu}, {cores} cores; {}, {} bytes\n\
             floor us/packet: gso {gso:.2}, sendmmsg {sendmmsg:.2}, sendto {sendto:.2} \
             (seal alone {seal:.2})\n\n\
             {:>7} {:>9} {:>4} {:>7} {:>8} {:>8} {:>6} {:>9} {:>6} {:>9} {:>9} {:>8} {:>6} {:>6}\n",
            self.srtp_profile,
            self.packet_bytes,
            "",
            "io",
            "bwe",
            "pace",
            "us/pkt",
            "sfu us",
            "xfloor",
            "pkt/s",
            "lost",
            "+p50 ms",
            "+p99 ms",
            "ttff ms",
            "sfu",
            "bots"
        );
        for row in &self.scenarios {
            let added = row.added_latency_ms;
            let _ = writeln!(
                text,
                "{:>7} {:>9} {:>4} {:>7} {:>8.2} {:>8.2} {:>6.1} {:>9.0} {:>6} {:>9} {:>9} {:>8} {:>5.0}% {:>5.0}%",
                row.name,
                row.io.name(),
                if row.estimation { "on" } else { "off" },
                match row.pace {
                    Pace::Frames => "frames",
                    Pace::Smooth => "smooth",
                },
                row.cpu_us_per_packet,
                row.sfu_cpu_us_per_packet,
                row.ratio_to_floor,
                row.packets_per_second,
                row.lost,
                cell(added.map(|q| q.p50), 3),
                cell(added.map(|q| q.p99), 3),
                cell(row.ttff_ms.map(|t| t.p95), 0),
                row.sfu_cores * 100.0,
                row.bots_cores * 100.0,
            );
            for why in row.broken_bots.iter().take(3) {
                let _ = writeln!(text, "        broke: {why}");
            }
        }
        if let Some(load) = &self.load {
            text.push_str(&load.text());
        }
        text
    }
}

/// A figure, or a dash.
pub(crate) fn cell(value: Option<f64>, places: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.places$}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_statistics_are_of_the_values_given() {
        assert_eq!(Spread::of(vec![]), None);
        let expected = Spread {
            p50: 50.0,
            p95: 95.0,
            max: 100.0,
        };
        let values = (1..=100).rev().map(|ms| ms * 1_000_000).collect();
        assert_eq!(Spread::of(values), Some(expected));
    }
}
