//! What a process has used so far, from /proc (Linux).

use std::collections::HashMap;
use std::fs;
use std::io;
use std::time::Duration;

use crate::error::LoadError;

/// Name and CPU time of each thread of a process, by thread id.
///
/// The scheduler's own account (`schedstat`, nanoseconds), not the 10 ms ticks of `stat`: a
/// running thread's is at most a tick old.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cpu(HashMap<u32, (String, Duration)>);

impl Cpu {
    /// Of process `pid` up to now.
    pub(crate) fn of(pid: u32) -> Result<Self, LoadError> {
        let read = || -> io::Result<Self> {
            let mut threads = HashMap::new();
            for task in fs::read_dir(format!("/proc/{pid}/task"))? {
                let path = task?.path();
                // A thread may end while it is looked at.
                let (Ok(name), Ok(stat)) = (
                    fs::read_to_string(path.join("comm")),
                    fs::read_to_string(path.join("schedstat")),
                ) else {
                    continue;
                };
                let id = path.file_name().and_then(|id| id.to_str()?.parse().ok());
                let ran = stat.split(' ').next().and_then(|ran| ran.parse().ok());
                if let (Some(id), Some(ran)) = (id, ran) {
                    threads.insert(id, (name.trim().to_owned(), Duration::from_nanos(ran)));
                }
            }
            Ok(Self(threads))
        };
        read().map_err(|source| LoadError::Process { pid, source })
    }

    /// What the threads whose name begins with `name` spent since `before`.
    pub(crate) fn since(&self, before: &Self, name: &str) -> Duration {
        let threads = self.0.iter().filter(|(_, (n, _))| n.starts_with(name));
        threads
            .map(|(id, (_, now))| {
                let then = before.0.get(id).map(|(_, then)| *then);
                now.saturating_sub(then.unwrap_or_default())
            })
            .sum()
    }
}

/// What a process holds at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Holdings {
    /// Resident memory in kilobytes.
    pub(crate) resident_kb: u64,
    pub(crate) file_descriptors: usize,
    pub(crate) threads: usize,
    pub(crate) udp_sockets: usize,
}

impl Holdings {
    /// Of process `pid` now.
    pub(crate) fn of(pid: u32) -> Result<Self, LoadError> {
        let read = || -> io::Result<Self> {
            let noise = || io::Error::new(io::ErrorKind::InvalidData, "statm");
            let statm = fs::read_to_string(format!("/proc/{pid}/statm"))?;
            let pages = statm.split(' ').nth(1).and_then(|p| p.parse::<u64>().ok());
            let page = rustix::param::page_size() as u64;
            let links: Vec<String> = fs::read_dir(format!("/proc/{pid}/fd"))?
                .filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
                .map(|link| link.to_string_lossy().into_owned())
                .collect();
            let udp = udp_inodes(pid)?;
            let is_udp = |link: &&String| {
                let inode = link
                    .strip_prefix("socket:[")
                    .and_then(|l| l.strip_suffix(']'));
                inode.is_some_and(|inode| udp.iter().any(|known| known == inode))
            };
            Ok(Self {
                resident_kb: pages.ok_or_else(noise)? * page / 1_024,
                file_descriptors: links.len(),
                threads: fs::read_dir(format!("/proc/{pid}/task"))?.count(),
                udp_sockets: links.iter().filter(is_udp).count(),
            })
        };
        read().map_err(|source| LoadError::Process { pid, source })
    }
}

/// The inodes of all UDP sockets of the process's network.
fn udp_inodes(pid: u32) -> io::Result<Vec<String>> {
    let mut inodes = Vec::new();
    for table in ["udp", "udp6"] {
        // Without IPv6 there is no second table.
        let text = fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default();
        let columns = text.lines().skip(1);
        let inode = |line: &str| line.split_whitespace().nth(9).map(str::to_owned);
        inodes.extend(columns.filter_map(inode));
    }
    Ok(inodes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_thread_is_found_by_its_name() {
        let pid = std::process::id();
        let (started, starts) = std::sync::mpsc::channel();
        let (end, ends) = std::sync::mpsc::channel::<()>();
        let before = Cpu::of(pid).expect("readable");
        let busy = std::thread::Builder::new().name("busybee-1".into());
        let busy = busy
            .spawn(move || {
                let mut sum = 0_u64;
                for number in 0..50_000_000 {
                    sum = std::hint::black_box(sum.wrapping_add(number));
                }
                started.send(()).expect("listened to");
                let _ = ends.recv();
            })
            .expect("started");
        starts.recv().expect("worked");
        let after = Cpu::of(pid).expect("readable");
        let spent = after.since(&before, "busybee");
        assert!(spent > Duration::ZERO);
        assert!(after.since(&before, "") >= spent);
        assert_eq!(after.since(&before, "nobody"), Duration::ZERO);
        drop(end);
        busy.join().expect("ended");
    }

    #[test]
    fn a_socket_more_is_a_socket_more_and_a_foreign_number_is_an_error() {
        let pid = std::process::id();
        let own = Holdings::of(pid).expect("readable");
        assert!(own.resident_kb > 0 && own.threads > 0);
        assert!(Holdings::of(u32::MAX).is_err() && Cpu::of(u32::MAX).is_err());
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("a socket");
        assert!(Holdings::of(pid).expect("readable").udp_sockets > 0);
        drop(socket);
    }
}
