//! What the journal counts.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Registered as `bedside_signaling_journal_…`.
#[derive(Debug, Clone, Default)]
pub(crate) struct JournalMetrics {
    /// Entries core-api does not have yet.
    pub(crate) waiting: Gauge,
    /// Bytes of the files.
    pub(crate) bytes: Gauge,
    /// Details left out because the files approach their bound.
    pub(crate) left_out: Counter,
    /// Entries lost. Anything but 0 deserves an alert.
    pub(crate) lost: Counter,
    /// Writes the disk refused; they are tried again.
    pub(crate) write_failures: Counter,
}

impl JournalMetrics {
    pub(crate) fn register(&self, registry: &mut Registry) {
        let mut gauge = |name: &str, help: &str, gauge: &Gauge| {
            registry.register(name, help, gauge.clone());
        };
        gauge(
            "journal_waiting",
            "Journal entries core-api does not have yet",
            &self.waiting,
        );
        gauge("journal_bytes", "Bytes of the journal on disk", &self.bytes);
        let mut counter = |name: &str, help: &str, counter: &Counter| {
            registry.register(name, help, counter.clone());
        };
        counter(
            "journal_left_out",
            "Details left out of a journal that is nearly full",
            &self.left_out,
        );
        counter("journal_lost", "Journal entries lost", &self.lost);
        counter(
            "journal_write_failures",
            "Writes of the journal the disk refused; they are tried again",
            &self.write_failures,
        );
    }
}
