//! The machine measured on: figures are compared within one run of one machine only.

use std::fs;

use serde::Serialize;

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Machine {
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) memory_mb: u64,
    pub(crate) kernel: String,
    /// The load of the last minute when the run began: a busy machine measures badly.
    pub(crate) load_average: String,
    /// Whether this program was built with optimisation; without, its figures mean nothing.
    pub(crate) optimised: bool,
}

impl Machine {
    /// This one; what cannot be read stays empty.
    pub(crate) fn this() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let value = |text: &str, name: &str| {
            let line = text.lines().find(|line| line.starts_with(name));
            let value = line.and_then(|line| line.split_once(':'));
            value.map_or_else(String::new, |(_, value)| value.trim().to_owned())
        };
        let memory = value(&read("/proc/meminfo"), "MemTotal");
        let kilobytes = memory
            .split(' ')
            .next()
            .and_then(|kb| kb.parse::<u64>().ok());
        let load = read("/proc/loadavg");
        Self {
            cpu: value(&read("/proc/cpuinfo"), "model name"),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_mb: kilobytes.unwrap_or(0) / 1_024,
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            load_average: load.split(' ').next().unwrap_or_default().to_owned(),
            optimised: !cfg!(debug_assertions),
        }
    }
}
