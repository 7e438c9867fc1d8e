//! Processes of an earlier run.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::ClusterError;

const POLL: Duration = Duration::from_millis(20);

/// Waits for PostgreSQL processes at work in `data` to end, asking ever more firmly, and then
/// removes the lock `files` they left. Only the holder of the owner file may call it.
///
/// Judged by where processes are, not by the id in the lock files: that id may be a zombie's,
/// or by now somebody else's, and a dead postmaster's children may still be writing. The files
/// are never removed while one of them exists.
pub(super) fn clear(data: &Path, files: &[PathBuf]) -> Result<(), ClusterError> {
    // An earlier program's death has already told its postmaster to shut down.
    let steps = [
        (None, 500),
        (Some(Signal::INT), 1500),
        (Some(Signal::QUIT), 500),
        (Some(Signal::KILL), 250),
    ];
    for (signal, polls) in steps {
        if let Some(signal) = signal {
            for pid in at_work(data) {
                // Gone in the meantime is as good.
                let _ = kill_process(pid, signal);
            }
        }
        for _ in 0..polls {
            if at_work(data).is_empty() {
                return files.iter().try_for_each(|file| remove(file));
            }
            std::thread::sleep(POLL);
        }
    }
    let pids: Vec<_> = at_work(data)
        .into_iter()
        .map(|pid| pid.as_raw_nonzero().to_string())
        .collect();
    Err(ClusterError::Leftovers {
        pids: pids.join(", "),
    })
}

fn remove(file: &Path) -> Result<(), ClusterError> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(ClusterError::io(file, error))
        }
        _ => Ok(()),
    }
}

/// The PostgreSQL processes whose working directory is `data`. A zombie has none.
fn at_work(data: &Path) -> Vec<Pid> {
    let Ok(processes) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    processes
        .flatten()
        .filter(|process| fs::read_link(process.path().join("cwd")).is_ok_and(|cwd| cwd == data))
        // Somebody's shell may stand there too.
        .filter(|process| {
            fs::read_to_string(process.path().join("comm"))
                .is_ok_and(|name| matches!(name.trim_end(), "postgres" | "postmaster"))
        })
        .filter_map(|process| Pid::from_raw(process.file_name().to_str()?.parse().ok()?))
        .collect()
}
