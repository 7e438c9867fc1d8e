//! What signaling counts. No label names a person, a room or a token.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;

use crate::journal::JournalMetrics;
use crate::room::Census;

/// Cheap to clone; all clones count together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Metrics {
    pub(crate) rooms: Gauge,
    pub(crate) participants: Gauge,
    pub(crate) tracks: Gauge,
    pub(crate) connections: Gauge,
    pub(crate) refused: Counter,
    pub(crate) malformed: Counter,
    pub(crate) floods: Counter,
    pub(crate) slow: Counter,
    pub(crate) link_resets: Counter,
    pub(crate) journal: JournalMetrics,
}

impl Metrics {
    /// Registers all of them as `bedside_signaling_…`.
    pub(crate) fn register(metrics: &runtime::Metrics) -> Self {
        let this = Self::default();
        metrics.register("signaling", |registry| {
            let mut gauge = |name: &str, help: &str, gauge: &Gauge| {
                registry.register(name, help, gauge.clone());
            };
            gauge("rooms", "Rooms with a participant", &this.rooms);
            gauge(
                "participants",
                "Participants, away or not",
                &this.participants,
            );
            gauge("tracks", "Announced tracks", &this.tracks);
            gauge("connections", "Open signal connections", &this.connections);
            let mut counter = |name: &str, help: &str, counter: &Counter| {
                registry.register(name, help, counter.clone());
            };
            counter(
                "refused",
                "Connections refused by token or admission",
                &this.refused,
            );
            counter(
                "malformed",
                "Connections ended for a malformed message",
                &this.malformed,
            );
            counter(
                "floods",
                "Connections ended for too many messages",
                &this.floods,
            );
            counter(
                "slow",
                "Connections cut because they did not read",
                &this.slow,
            );
            counter(
                "link_resets",
                "Times the link to the SFU broke",
                &this.link_resets,
            );
            this.journal.register(registry);
        });
        this
    }

    pub(crate) fn census(&self, census: Census) {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.rooms.set(number(census.rooms));
        self.participants.set(number(census.participants));
        self.tracks.set(number(census.tracks));
    }
}
