//! What the SFU measures of itself.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use sfu_core::Counters;

/// The SFU's metrics. Written by the worker, read by whoever asks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Metrics {
    /// Datagrams received
    pub(crate) datagrams_in: Counter,
    /// Bytes received
    pub(crate) bytes_in: Counter,
    /// Datagrams sent
    pub(crate) datagrams_out: Counter,
    /// Bytes sent
    pub(crate) bytes_out: Counter,
    /// Datagrams dropped because the send buffer was full or the system refused them
    pub(crate) unsent: Counter,
    /// System calls that sent datagrams
    pub(crate) send_calls: Counter,
    /// Datagrams from senders that belong to no connection
    pub(crate) strangers: Counter,
    /// RTP packets forwarded, once for each receiver
    pub(crate) forwarded: Counter,
    /// Reliable data packets lost to a receiver that did not take them in time
    pub(crate) data_lost: Counter,
    /// CPU time of the worker in microseconds
    pub(crate) worker_cpu_microseconds: Counter,
    /// Rooms with somebody in them
    pub(crate) rooms: Gauge,
    /// Participants of all rooms
    pub(crate) participants: Gauge,
}

impl Metrics {
    /// Metrics under `bedside_sfu_`.
    pub(crate) fn register(metrics: &runtime::Metrics) -> Self {
        let this = Self::default();
        let Self {
            datagrams_in,
            bytes_in,
            datagrams_out,
            bytes_out,
            unsent,
            send_calls,
            strangers,
            forwarded,
            data_lost,
            worker_cpu_microseconds,
            rooms,
            participants,
        } = &this;
        metrics.register("sfu", |registry| {
            let mut counter = |name: &str, help: &str, counter: &Counter| {
                registry.register(name, help, counter.clone());
            };
            counter("datagrams_in", "Datagrams received", datagrams_in);
            counter("bytes_in", "Bytes received", bytes_in);
            counter("datagrams_out", "Datagrams sent", datagrams_out);
            counter("bytes_out", "Bytes sent", bytes_out);
            counter("unsent", "Datagrams the system did not take", unsent);
            counter("send_calls", "System calls that sent", send_calls);
            counter("strangers", "Datagrams of no known sender", strangers);
            counter("forwarded", "RTP packets sent to receivers", forwarded);
            counter("data_lost", "Reliable data packets lost", data_lost);
            counter(
                "worker_cpu_microseconds",
                "CPU time of the media worker",
                worker_cpu_microseconds,
            );
            registry.register("rooms", "Rooms with somebody in them", rooms.clone());
            registry.register(
                "participants",
                "Participants of rooms",
                participants.clone(),
            );
        });
        this
    }

    /// Adds what happened since `before`.
    pub(crate) fn add(&self, before: Counters, now: Counters) {
        self.datagrams_in
            .inc_by(now.datagrams_in - before.datagrams_in);
        self.bytes_in.inc_by(now.bytes_in - before.bytes_in);
        self.datagrams_out
            .inc_by(now.datagrams_out - before.datagrams_out);
        self.bytes_out.inc_by(now.bytes_out - before.bytes_out);
        self.strangers.inc_by(now.strangers - before.strangers);
        self.forwarded.inc_by(now.forwarded - before.forwarded);
        self.data_lost.inc_by(now.data_lost - before.data_lost);
    }
}
