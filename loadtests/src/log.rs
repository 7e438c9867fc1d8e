//! What a program under test writes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, BufReader, Lines};

/// The newest lines of an output. Locked for a push or a read only.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    lines: Arc<Mutex<VecDeque<String>>>,
    most: usize,
}

impl Log {
    /// An empty one that keeps so many lines.
    pub(crate) fn of(most: usize) -> Self {
        Self {
            lines: Arc::default(),
            most,
        }
    }

    /// Adds a line, in place of the oldest when it is full.
    pub(crate) fn push(&self, line: String) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == self.most {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    /// What it keeps.
    pub(crate) fn lines(&self) -> Vec<String> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().cloned().collect()
    }

    /// What it keeps, as one text.
    pub(crate) fn text(&self) -> String {
        self.lines().join("\n")
    }

    /// Keeps the rest of `pipe`, so that it stays empty; ends with the node.
    pub(crate) fn keep<R: AsyncRead + Send + Unpin + 'static>(
        &self,
        mut pipe: Lines<BufReader<R>>,
    ) {
        let log = self.clone();
        tokio::spawn(async move {
            while let Ok(Some(line)) = pipe.next_line().await {
                log.push(line);
            }
        });
    }
}
