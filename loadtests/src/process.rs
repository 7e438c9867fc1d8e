//! What a process has used so far, from /proc (Linux).

use std::fs;
use std::io;
use std::time::Duration;

use crate::error::LoadError;

/// CPU time and memory of a process at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Usage {
    /// User and system time of all its threads.
    pub(crate) cpu: Duration,
    /// Resident memory in bytes.
    pub(crate) resident: u64,
}

/// What process `pid` has used up to now.
pub(crate) fn usage(pid: u32) -> Result<Usage, LoadError> {
    let read = || -> io::Result<Usage> {
        let noise = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let ticks = cpu_ticks(&stat).ok_or_else(|| noise("stat"))?;
        let statm = fs::read_to_string(format!("/proc/{pid}/statm"))?;
        let pages: u64 = statm
            .split_whitespace()
            .nth(1)
            .and_then(|pages| pages.parse().ok())
            .ok_or_else(|| noise("statm"))?;
        #[expect(clippy::cast_precision_loss, reason = "ticks of hours fit a double")]
        let seconds = ticks as f64 / rustix::param::clock_ticks_per_second() as f64;
        Ok(Usage {
            cpu: Duration::from_secs_f64(seconds),
            resident: pages * rustix::param::page_size() as u64,
        })
    };
    read().map_err(|source| LoadError::Process { pid, source })
}

/// utime + stime (proc(5), fields 14 and 15). The second field may hold spaces and brackets, so
/// counting starts behind its last bracket.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_does_not_shift_the_fields() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 9 0 100 1 2";
        assert_eq!(cpu_ticks(stat), Some(300));
        assert_eq!(cpu_ticks("7 (cut"), None);
    }

    #[test]
    fn this_process_has_memory_and_a_foreign_number_is_an_error() {
        let own = usage(std::process::id()).expect("readable");
        assert!(own.resident > 0);
        assert!(usage(u32::MAX).is_err());
    }
}
