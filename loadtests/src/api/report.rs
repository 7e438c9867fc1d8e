//! What a run found, in the units the names say.

use serde::Serialize;

use crate::histogram::Histogram;
use crate::machine::Machine;

/// The one object `--json` prints.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) method: &'static str,
    /// Statements of one audited read.
    pub(crate) statements: usize,
    pub(crate) rounds: Vec<Round>,
    /// The rate of reads by that of pgbench: the median of the rounds.
    pub(crate) rate_to_pgbench: f64,
    pub(crate) clinic: Paced,
    pub(crate) sign_ins: SignIns,
}

pub(crate) const METHOD: &str = "rounds: an audited GET of a patient by many sessions over \
    connections that stay open, then pgbench with as many connections and the statements of that \
    request, prepared, caught in the log of the same node; the audit row goes to a table like the \
    log. cpu: of the node's process and of its database's processes. clinic: the same read, each \
    session at its own pace, from when a request was due.";

/// Reads as fast as they are answered, and pgbench right after.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Round {
    pub(crate) reads: usize,
    pub(crate) reads_per_second: f64,
    pub(crate) latency_ms: Quantiles,
    pub(crate) node_cpu_us: f64,
    pub(crate) database_cpu_us: f64,
    pub(crate) pgbench_per_second: f64,
    pub(crate) pgbench_database_cpu_us: f64,
}

/// Reads at the pace of people.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Paced {
    pub(crate) sessions: usize,
    pub(crate) reads_per_second: f64,
    pub(crate) reads: usize,
    pub(crate) latency_ms: Quantiles,
}

/// Sign-ins with a password.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct SignIns {
    pub(crate) count: usize,
    pub(crate) per_second: f64,
    /// Of the node, whose hashes run one a core.
    pub(crate) cpu_ms: f64,
    pub(crate) per_second_of_cpu: f64,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Quantiles {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

impl From<&Histogram> for Quantiles {
    fn from(histogram: &Histogram) -> Self {
        let at = |share| histogram.quantile(share).unwrap_or_default() as f64 / 1e6;
        Self {
            p50: at(0.5),
            p99: at(0.99),
        }
    }
}

impl Report {
    /// The report for people, or for programs.
    pub(crate) fn text(&self, json: bool) -> String {
        if json {
            return serde_json::to_string_pretty(self).unwrap_or_default();
        }
        let mut text = format!("{:#?}\n", self.machine);
        for round in &self.rounds {
            text += &format!(
                "{} audited reads: {:.0}/s, p50 {:.2} ms, p99 {:.2} ms, node {:.0} µs + database {:.0} µs each; \
                 pgbench {:.0}/s, database {:.0} µs each\n",
                round.reads,
                round.reads_per_second,
                round.latency_ms.p50,
                round.latency_ms.p99,
                round.node_cpu_us,
                round.database_cpu_us,
                round.pgbench_per_second,
                round.pgbench_database_cpu_us,
            );
        }
        text += &format!(
            "rate by pgbench's ({} statements): {:.2}\n",
            self.statements, self.rate_to_pgbench
        );
        text += &format!(
            "{} sessions, {:.0} reads/s: p50 {:.2} ms, p99 {:.2} ms\n",
            self.clinic.sessions,
            self.clinic.reads_per_second,
            self.clinic.latency_ms.p50,
            self.clinic.latency_ms.p99
        );
        text + &format!(
            "{} sign-ins: {:.1}/s, {:.1} ms of CPU each",
            self.sign_ins.count, self.sign_ins.per_second, self.sign_ins.cpu_ms
        )
    }
}
