//! What the SFU measures of itself.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use sfu_core::Counters;

/// Which worker a value is of.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    worker: usize,
}

/// The SFU's metrics, by worker where that tells something.
#[derive(Debug, Clone, Default)]
pub(crate) struct Metrics {
    datagrams_in: Family<Labels, Counter>,
    bytes_in: Family<Labels, Counter>,
    datagrams_out: Family<Labels, Counter>,
    bytes_out: Family<Labels, Counter>,
    unsent: Family<Labels, Counter>,
    send_calls: Family<Labels, Counter>,
    strangers: Family<Labels, Counter>,
    forwarded: Family<Labels, Counter>,
    resent: Family<Labels, Counter>,
    data_lost: Family<Labels, Counter>,
    worker_cpu_microseconds: Family<Labels, Counter>,
    rooms: Family<Labels, Gauge>,
    participants: Family<Labels, Gauge>,
    /// Participants that were not taken in.
    pub(crate) refused: Counter,
    /// TCP connections for media that are open.
    pub(crate) tcp_connections: Gauge,
}

/// The metrics of one worker. Written by it, read by whoever asks.
#[derive(Debug, Clone)]
pub(crate) struct WorkerMetrics {
    datagrams_in: Counter,
    bytes_in: Counter,
    datagrams_out: Counter,
    bytes_out: Counter,
    /// Datagrams that were not sent: the send buffer or a way of the door was full, the system
    /// refused them, or the TCP connection was gone.
    pub(crate) unsent: Counter,
    /// System calls that sent datagrams.
    pub(crate) send_calls: Counter,
    strangers: Counter,
    forwarded: Counter,
    resent: Counter,
    data_lost: Counter,
    /// CPU time of the worker's thread.
    pub(crate) cpu_microseconds: Counter,
    /// Rooms with somebody in them.
    pub(crate) rooms: Gauge,
    /// Participants of all its rooms.
    pub(crate) participants: Gauge,
}

impl Metrics {
    /// Metrics under `bedside_sfu_`.
    pub(crate) fn register(metrics: &runtime::Metrics) -> Self {
        let this = Self::default();
        metrics.register("sfu", |registry| {
            let mut count = |name: &str, help: &str, counter: &Family<Labels, Counter>| {
                registry.register(name, help, counter.clone());
            };
            count("datagrams_in", "Datagrams received", &this.datagrams_in);
            count("bytes_in", "Bytes received", &this.bytes_in);
            count("datagrams_out", "Datagrams to send", &this.datagrams_out);
            count("bytes_out", "Bytes to send", &this.bytes_out);
            count("unsent", "Datagrams that were not sent", &this.unsent);
            count("send_calls", "System calls that sent", &this.send_calls);
            count("strangers", "Datagrams of no known sender", &this.strangers);
            count(
                "forwarded",
                "RTP packets sent to receivers",
                &this.forwarded,
            );
            count("resent", "RTP packets sent again", &this.resent);
            count("data_lost", "Reliable data packets lost", &this.data_lost);
            let cpu = &this.worker_cpu_microseconds;
            count(
                "worker_cpu_microseconds",
                "CPU time of the media worker",
                cpu,
            );
            let mut gauge = |name: &str, help: &str, gauge: &Family<Labels, Gauge>| {
                registry.register(name, help, gauge.clone());
            };
            gauge("rooms", "Rooms with somebody in them", &this.rooms);
            gauge("participants", "Participants of rooms", &this.participants);
            let refused = "Participants not taken in for overload or drain";
            registry.register("refused", refused, this.refused.clone());
            let tcp = "Open TCP connections for media";
            registry.register("tcp_connections", tcp, this.tcp_connections.clone());
        });
        this
    }

    /// Those of the worker at `index`.
    pub(crate) fn worker(&self, index: usize) -> WorkerMetrics {
        let labels = Labels { worker: index };
        let counter = |family: &Family<Labels, Counter>| family.get_or_create_owned(&labels);
        let gauge = |family: &Family<Labels, Gauge>| family.get_or_create_owned(&labels);
        WorkerMetrics {
            datagrams_in: counter(&self.datagrams_in),
            bytes_in: counter(&self.bytes_in),
            datagrams_out: counter(&self.datagrams_out),
            bytes_out: counter(&self.bytes_out),
            unsent: counter(&self.unsent),
            send_calls: counter(&self.send_calls),
            strangers: counter(&self.strangers),
            forwarded: counter(&self.forwarded),
            resent: counter(&self.resent),
            data_lost: counter(&self.data_lost),
            cpu_microseconds: counter(&self.worker_cpu_microseconds),
            rooms: gauge(&self.rooms),
            participants: gauge(&self.participants),
        }
    }
}

impl WorkerMetrics {
    /// Adds what happened since `before`.
    pub(crate) fn add(&self, before: Counters, now: Counters) {
        let add = |counter: &Counter, before: u64, now: u64| {
            counter.inc_by(now.saturating_sub(before));
        };
        add(&self.datagrams_in, before.datagrams_in, now.datagrams_in);
        add(&self.bytes_in, before.bytes_in, now.bytes_in);
        add(&self.datagrams_out, before.datagrams_out, now.datagrams_out);
        add(&self.bytes_out, before.bytes_out, now.bytes_out);
        add(&self.strangers, before.strangers, now.strangers);
        add(&self.forwarded, before.forwarded, now.forwarded);
        add(&self.resent, before.resent, now.resent);
        add(&self.data_lost, before.data_lost, now.data_lost);
    }
}
