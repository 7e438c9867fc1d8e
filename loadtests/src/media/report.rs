//! What a run found.

use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

use super::latency::Histogram;
use super::meter::{Meter, Totals};
use crate::cli::MediaOptions;
use crate::process::Usage;

/// The findings, in the units their names say.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) rooms: usize,
    pub(crate) publishers: usize,
    pub(crate) subscribers: usize,
    pub(crate) packet_bytes: usize,
    pub(crate) seconds: f64,
    /// Sent by bots while counting.
    pub(crate) sent_packets: u64,
    /// Arrived at bots while counting.
    pub(crate) delivered_packets: u64,
    pub(crate) delivered_per_second: f64,
    pub(crate) streams_wanted: usize,
    pub(crate) streams_flowing: usize,
    /// Missing in the received sequence numbers, over the whole run.
    pub(crate) lost_packets: u64,
    pub(crate) loss_ratio: f64,
    /// From the beginning of a receiver's connection to its first complete keyframe.
    pub(crate) first_frame_ms: Option<Spread>,
    /// From a sender's write to a receiver's read while counting, the bots' own time included.
    pub(crate) latency_ms: Option<Latency>,
    /// Why bots broke, one entry a bot.
    pub(crate) broken_bots: Vec<String>,
    /// Every wanted stream flowed and no bot broke.
    pub(crate) complete: bool,
    pub(crate) server: Option<ServerReport>,
}

/// Order statistics.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) p50: f64,
    pub(crate) p95: f64,
    pub(crate) max: f64,
}

/// Quantiles, each to one eighth.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Latency {
    pub(crate) p50: f64,
    pub(crate) p95: f64,
    pub(crate) p99: f64,
}

/// The node's process while counting.
#[derive(Debug, Serialize)]
pub(crate) struct ServerReport {
    pub(crate) cpu_seconds: f64,
    /// CPU time divided by the packets delivered to bots.
    pub(crate) cpu_us_per_delivered_packet: f64,
    pub(crate) resident_mb_before: f64,
    pub(crate) resident_mb_after: f64,
}

/// What the node used.
pub(crate) struct Server {
    before: Usage,
    after: Usage,
}

impl Server {
    pub(crate) const fn new(before: Usage, after: Usage) -> Self {
        Self { before, after }
    }

    fn report(&self, delivered: u64) -> ServerReport {
        let cpu = self.after.cpu.saturating_sub(self.before.cpu);
        let megabytes = |bytes: u64| number(bytes) / 1e6;
        ServerReport {
            cpu_seconds: cpu.as_secs_f64(),
            cpu_us_per_delivered_packet: cpu.as_secs_f64() * 1e6 / number(delivered.max(1)),
            resident_mb_before: megabytes(self.before.resident),
            resident_mb_after: megabytes(self.after.resident),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of one run fit a double")]
fn number(count: u64) -> f64 {
    count as f64
}

impl Report {
    pub(crate) fn new(
        options: &MediaOptions,
        wanted: usize,
        meter: &Meter,
        start: Totals,
        end: Totals,
        took: Duration,
        server: Option<Server>,
    ) -> Self {
        let delivered = end.received - start.received;
        let lost: u64 = meter.read(|stream| stream.lost()).iter().sum();
        let received: u64 = meter.read(|stream| stream.received()).iter().sum();
        let frames = meter.read(|stream| stream.first_frame());
        let flowing = frames.len();
        let broken = meter.broken();
        Self {
            rooms: options.rooms,
            publishers: options.publishers,
            subscribers: options.subscribers,
            packet_bytes: options.packet_bytes,
            seconds: took.as_secs_f64(),
            sent_packets: end.sent - start.sent,
            delivered_packets: delivered,
            delivered_per_second: number(delivered) / took.as_secs_f64(),
            streams_wanted: wanted,
            streams_flowing: flowing,
            lost_packets: lost,
            loss_ratio: number(lost) / number((lost + received).max(1)),
            first_frame_ms: spread(frames.into_iter().flatten().collect()),
            latency_ms: latency(&meter.latency),
            complete: flowing == wanted && broken.is_empty(),
            broken_bots: broken,
            server: server.map(|server| server.report(delivered)),
        }
    }

    /// For a person, or as JSON.
    pub(crate) fn text(&self, json: bool) -> String {
        if json {
            // Numbers and names only: it cannot fail to serialise.
            return serde_json::to_string_pretty(self).unwrap_or_default();
        }
        let mut text = format!(
            "{} room(s) x ({} senders, {} receivers), {} bytes, {:.1} s\n\
             streams    {} of {} flow, {} bots broke\n\
             delivered  {} packets, {:.0}/s (sent {})\n\
             lost       {} ({:.4} %)",
            self.rooms,
            self.publishers,
            self.subscribers,
            self.packet_bytes,
            self.seconds,
            self.streams_flowing,
            self.streams_wanted,
            self.broken_bots.len(),
            self.delivered_packets,
            self.delivered_per_second,
            self.sent_packets,
            self.lost_packets,
            self.loss_ratio * 100.0,
        );
        // Writing to a String cannot fail.
        if let Some(first) = self.first_frame_ms {
            let _ = write!(
                text,
                "\nfirst frame p50 {:.0} ms, p95 {:.0} ms, max {:.0} ms",
                first.p50, first.p95, first.max
            );
        }
        for why in self.broken_bots.iter().take(3) {
            let _ = write!(text, "\nbroke      {why}");
        }
        if let Some(under_way) = self.latency_ms {
            let _ = write!(
                text,
                "\nunder way   p50 {:.2} ms, p95 {:.2} ms, p99 {:.2} ms (bots included)",
                under_way.p50, under_way.p95, under_way.p99
            );
        }
        if let Some(server) = &self.server {
            let _ = write!(
                text,
                "\nserver     {:.2} s CPU, {:.2} us per delivered packet, {:.1} MB resident",
                server.cpu_seconds, server.cpu_us_per_delivered_packet, server.resident_mb_after
            );
        }
        text
    }
}

fn latency(histogram: &Histogram) -> Option<Latency> {
    let at = |share| Some(histogram.quantile(share)?.as_secs_f64() * 1e3);
    Some(Latency {
        p50: at(0.5)?,
        p95: at(0.95)?,
        p99: at(0.99)?,
    })
}

fn spread(mut values: Vec<Duration>) -> Option<Spread> {
    values.sort_unstable();
    let at = |percent: usize| {
        let index = (values.len() * percent).div_ceil(100).saturating_sub(1);
        values.get(index).map(|value| value.as_secs_f64() * 1e3)
    };
    Some(Spread {
        p50: at(50)?,
        p95: at(95)?,
        max: at(100)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_statistics_are_of_the_values_given() {
        assert_eq!(spread(vec![]), None);
        let values = (1..=100).rev().map(Duration::from_millis).collect();
        let expected = Spread {
            p50: 50.0,
            p95: 95.0,
            max: 100.0,
        };
        assert_eq!(spread(values), Some(expected));
    }
}
