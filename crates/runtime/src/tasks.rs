//! Tasks with an owner and an end.

use std::collections::BTreeMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{error, warn};

/// Tells tasks to end. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Shutdown(CancellationToken);

impl Shutdown {
    /// Resolves once the stop has begun; at once if it already has.
    pub async fn begun(&self) {
        self.0.cancelled().await;
    }

    /// Whether the stop has begun.
    pub fn has_begun(&self) -> bool {
        self.0.is_cancelled()
    }
}

/// The tasks of a program. Essential ones keep it alive: when one ends before the stop has begun,
/// the stop begins and [`Tasks::stop`] reports why.
#[derive(Clone, Debug)]
pub struct Tasks {
    // Cancelled once, by `stop` or by the first essential task that ends early.
    token: CancellationToken,
    // Knows every task of this program; closed by `stop`.
    tracker: TaskTracker,
    // Written once, by the first essential task that ends early.
    failure: Arc<OnceLock<String>>,
    // How many tasks of each name run. Held for one addition, never across an await.
    running: Running,
}

type Running = Arc<Mutex<BTreeMap<&'static str, usize>>>;

/// Counts a task for as long as it runs, also when it is dropped half way.
struct Counted {
    running: Running,
    name: &'static str,
}

impl Counted {
    fn new(running: &Running, name: &'static str) -> Self {
        *running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(name)
            .or_default() += 1;
        Self {
            running: Arc::clone(running),
            name,
        }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = running.get_mut(self.name) {
            *count -= 1;
            if *count == 0 {
                running.remove(self.name);
            }
        }
    }
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// The essential task that ended early and why, if one did.
    pub failure: Option<String>,
    /// The tasks that did not end within the time given: name and how many.
    pub unfinished: Vec<(&'static str, usize)>,
}

impl Stopped {
    /// Whether every task ended within the time given.
    pub fn is_clean(&self) -> bool {
        self.unfinished.is_empty()
    }
}

impl Default for Tasks {
    fn default() -> Self {
        Self {
            token: CancellationToken::new(),
            tracker: TaskTracker::new(),
            failure: Arc::new(OnceLock::new()),
            running: Running::default(),
        }
    }
}

impl Tasks {
    /// The signal the program's tasks watch.
    pub fn shutdown(&self) -> Shutdown {
        Shutdown(self.token.clone())
    }

    /// Runs `task` until it ends. If it returns or panics before the stop has begun, the whole
    /// program stops: a server without it would only look alive.
    pub fn spawn_essential<F>(&self, name: &'static str, task: F)
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        let this = self.clone();
        let counted = Counted::new(&self.running, name);
        self.tracker.spawn(async move {
            let _counted = counted;
            let outcome = catch_panic(task).await;
            if this.token.is_cancelled() {
                if let Err(reason) = outcome {
                    warn!(
                        task.name = name,
                        "Task `{name}` failed while stopping: {reason}"
                    );
                }
                return;
            }
            this.fail(
                name,
                &outcome.err().unwrap_or_else(|| "it ended".to_owned()),
            );
        });
    }

    /// Runs `task` until it ends; a panic in it is logged and touches nothing else. For work that
    /// belongs to one connection, room or request.
    pub fn spawn<F>(&self, name: &'static str, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let counted = Counted::new(&self.running, name);
        self.tracker.spawn(async move {
            let _counted = counted;
            if let Err(reason) = catch_panic(async move {
                task.await;
                Ok(())
            })
            .await
            {
                error!(task.name = name, "Task `{name}` {reason}");
            }
        });
    }

    /// Begins the stop because the essential part `name` cannot go on. The first reason counts.
    pub fn fail(&self, name: &str, reason: &str) {
        error!(task.name = name, "Stopping: `{name}` {reason}");
        // A later failure is a consequence of the first one, so it may be dropped.
        let _ = self.failure.set(format!("{name}: {reason}"));
        self.token.cancel();
    }

    /// Begins the stop and waits at most `patience` for the tasks to end.
    pub async fn stop(&self, patience: Duration) -> Stopped {
        self.token.cancel();
        self.tracker.close();
        // Whoever did not make it in time is named below.
        let _ = tokio::time::timeout(patience, self.tracker.wait()).await;
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        Stopped {
            failure: self.failure.get().cloned(),
            unfinished: running
                .iter()
                .map(|(name, count)| (*name, *count))
                .collect(),
        }
    }
}

/// Runs `task`, turning a panic into an error text. The panic's own message goes to the log by the
/// panic hook, not into the text, because it may quote data.
async fn catch_panic<F>(task: F) -> Result<(), String>
where
    F: Future<Output = Result<(), String>> + Send,
{
    let mut task = std::pin::pin!(task);
    std::future::poll_fn(move |context| {
        match std::panic::catch_unwind(AssertUnwindSafe(|| task.as_mut().poll(context))) {
            Ok(poll) => poll,
            Err(_) => std::task::Poll::Ready(Err("panicked".to_owned())),
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn an_essential_task_that_ends_stops_the_program() {
        let tasks = Tasks::default();
        let shutdown = tasks.shutdown();
        let other = shutdown.clone();
        tasks.spawn_essential("waits", async move {
            other.begun().await;
            Ok(())
        });
        tasks.spawn_essential("gives up", async { Err("lost its socket".to_owned()) });
        shutdown.begun().await;
        let stopped = tasks.stop(PATIENCE).await;
        assert_eq!(
            stopped.failure.as_deref(),
            Some("gives up: lost its socket")
        );
        assert!(stopped.unfinished.is_empty());
    }

    #[tokio::test]
    async fn a_panicking_connection_harms_nobody() {
        let tasks = Tasks::default();
        tasks.spawn("connection", async { panic!("broken frame") });
        tasks.tracker.close();
        tasks.tracker.wait().await;
        assert!(!tasks.shutdown().has_begun());
        assert_eq!(
            tasks.stop(PATIENCE).await,
            Stopped {
                failure: None,
                unfinished: vec![]
            }
        );
    }

    #[tokio::test]
    async fn a_task_that_never_ends_is_reported() {
        let tasks = Tasks::default();
        tasks.spawn("stuck", std::future::pending());
        tasks.spawn("stuck", std::future::pending());
        assert_eq!(tasks.stop(Duration::ZERO).await.unfinished, [("stuck", 2)]);
    }
}
