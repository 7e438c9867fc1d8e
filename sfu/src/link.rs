//! Signaling's orders and what they are answered.

use bus::link::{LinkEvent, LinkSender, LinkServer};
use bus::media::{FromSfu, ToSfu};
use runtime::Shutdown;
use tokio::sync::mpsc;

use crate::engine::{Engine, Generation, Report};
use crate::translate;

/// The present link, and the generation of rooms it made.
type Link = (Generation, LinkSender<FromSfu>);

/// Serves one link after the other until the stop. Each begins and ends with no room.
pub(crate) async fn serve(
    mut server: LinkServer,
    mut engine: Engine,
    mut reports: mpsc::Receiver<Report>,
    shutdown: Shutdown,
) {
    let mut link: Option<Link> = None;
    loop {
        tokio::select! {
            () = shutdown.begun() => return,
            event = server.next() => match event {
                Some(event) => on_link(event, &mut engine, &mut reports, &mut link).await,
                None => return,
            },
            report = reports.recv() => match report {
                Some(report) => send(report, link.as_ref()),
                None => return,
            },
        }
    }
}

async fn on_link(
    event: LinkEvent<FromSfu, ToSfu>,
    engine: &mut Engine,
    reports: &mut mpsc::Receiver<Report>,
    link: &mut Option<Link>,
) {
    match event {
        LinkEvent::Up { sender, .. } => {
            let generation = while_reporting(engine.reset(), reports, None).await;
            *link = Some((generation, sender));
            tracing::info!("Signaling is linked");
        }
        LinkEvent::Message(message) => {
            if let Some(command) = translate::command(message) {
                while_reporting(engine.command(command), reports, link.as_ref()).await;
            }
        }
        LinkEvent::Reset(reason) => {
            *link = None;
            while_reporting(engine.reset(), reports, None).await;
            tracing::warn!("The link to signaling ended: {reason}; all rooms are closed");
        }
    }
}

/// Waits for an order to be taken, and passes reports on meanwhile: a worker that cannot report
/// takes no orders.
async fn while_reporting<T>(
    order: impl Future<Output = T>,
    reports: &mut mpsc::Receiver<Report>,
    link: Option<&Link>,
) -> T {
    let mut order = std::pin::pin!(order);
    loop {
        tokio::select! {
            biased;
            taken = &mut order => return taken,
            Some(report) = reports.recv() => send(report, link),
        }
    }
}

/// Passes a report on, unless it is of rooms that an earlier link made.
fn send((generation, event): Report, link: Option<&Link>) {
    if let Some((current, sender)) = link
        && *current == generation
        && let Err(error) = sender.send(&translate::message(event))
    {
        // When the link is down its reset follows. An SDP larger than the link takes cannot be
        // made by offers that fit.
        tracing::warn!("A report to signaling was not sent: {error}");
    }
}
