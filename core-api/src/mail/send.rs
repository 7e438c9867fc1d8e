//! The task that sends what was put down.

use std::sync::Arc;
use std::time::Duration;

use ::store::{Audit, Events, Exempt};
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::background::Trouble;
use crate::mail::Post;
use crate::mail::store::{self, Due};
use crate::mail::transport::SendError;
use crate::refusal::Refusal;

/// How often the task looks without having been woken.
const LOOK: Duration = Duration::from_secs(5);
/// How long somebody who took a letter may take before another takes it: longer than the server
/// may take for all its commands.
const TAKEN: SignedDuration = SignedDuration::from_mins(5);
/// The wait after the first failure; it doubles.
const FIRST_WAIT: i64 = 15;
/// The longest wait, in seconds.
const LONGEST_WAIT: i64 = 15 * 60;
/// How long it is kept that a letter was sent.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 7);

/// Sends letters until the stop begins. One at a time: a clinic writes few.
pub(crate) async fn run(app: Arc<App>, stop: CancellationToken) -> Result<(), String> {
    let Some(post) = &app.post else {
        return Ok(());
    };
    let mut trouble = Trouble::default();
    loop {
        trouble.note(pass(&app, post, &stop).await, "Mail cannot be looked after");
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = post.wake.notified() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// Sends whatever is due. Ends early when the server is not there: it is not there for the next
/// letter either.
async fn pass(app: &App, post: &Post, stop: &CancellationToken) -> Result<(), Refusal> {
    while !stop.is_cancelled() {
        let now = app.now();
        let mut tx = app.db.begin().await?;
        let kept = now.saturating_sub(KEPT).unwrap_or(Timestamp::MIN);
        store::remove_old(tx.conn(), kept).await?;
        let due = store::take(tx.conn(), now, later(now, TAKEN)).await?;
        tx.commit(exempt(), Events::none()).await?;
        let Some(due) = due else {
            return Ok(());
        };
        let sent = hand_over(app, post, &due, now).await;
        let mut tx = app.db.begin().await?;
        let (conn, id) = (tx.conn(), due.id);
        match sent {
            Ok(()) => store::sent(conn, id, app.now()).await?,
            Err(Failure::ForGood) => store::given_up(conn, id, app.now()).await?,
            Err(Failure::ForNow { .. }) => {
                store::again(conn, id, next(app.now(), due.tries)).await?
            }
        }
        tx.commit(exempt(), Events::none()).await?;
        if let Err(Failure::ForNow { everybody: true }) = sent {
            return Ok(());
        }
    }
    Ok(())
}

fn exempt() -> Audit {
    Audit::exempt(Exempt::NoHealthData("how far a letter has come"))
}

/// Why a letter was not sent.
enum Failure {
    /// Another try would end the same.
    ForGood,
    /// Another try may do; `everybody` says that no other letter would be sent now either.
    ForNow { everybody: bool },
}

async fn hand_over(app: &App, post: &Post, due: &Due, now: Timestamp) -> Result<(), Failure> {
    if due.useless_after <= now {
        tracing::warn!(mail.id = %due.id, tries = due.tries, "A letter was given up: it came to nothing in time");
        return Err(Failure::ForGood);
    }
    let content = store::open(&app.seals.secrets, due).await;
    // Its key may come back.
    let content = content.map_err(|_| Failure::ForNow { everybody: false })?;
    let Some(message) = content.message(due.id, &post.from, now) else {
        tracing::warn!(mail.id = %due.id, "A letter was given up: its address is none");
        return Err(Failure::ForGood);
    };
    match post.transport.send(due.id, message).await {
        Ok(()) => {
            tracing::info!(mail.id = %due.id, "A letter was sent");
            Ok(())
        }
        Err(SendError::Refused(code)) => {
            tracing::warn!(mail.id = %due.id, code, "A letter was given up: the mail server refuses it");
            Err(Failure::ForGood)
        }
        Err(error) => {
            tracing::warn!(mail.id = %due.id, %error, tries = due.tries, "A letter was not sent; trying on");
            let everybody = matches!(error, SendError::Unreachable | SendError::File(_));
            Err(Failure::ForNow { everybody })
        }
    }
}

/// When a letter that failed so often is tried again.
fn next(now: Timestamp, tries: i32) -> Timestamp {
    let doubled = u32::try_from(tries.clamp(1, 16) - 1).unwrap_or(0);
    let wait = (FIRST_WAIT << doubled).min(LONGEST_WAIT);
    later(now, SignedDuration::from_secs(wait))
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_quarter_of_an_hour() {
        let now = Timestamp::UNIX_EPOCH;
        let waits: Vec<i64> = (1..9).map(|tries| next(now, tries).as_second()).collect();
        assert_eq!(waits, [15, 30, 60, 120, 240, 480, 900, 900]);
        assert_eq!(next(now, i32::MAX).as_second(), 900);
    }
}
