//! Signaling's orders and what they are answered.

use bus::link::{LinkEvent, LinkSender, LinkServer};
use bus::media::{FromSfu, ToSfu};
use runtime::Shutdown;
use tokio::sync::mpsc;

use crate::engine::{Engine, Generation, Report};
use crate::metrics::Metrics;
use crate::translate;

/// The present link, and the generation of rooms it made.
type Link = (Generation, LinkSender<FromSfu>);

/// Serves one link after the other until the stop. Each begins and ends with no room.
pub(crate) async fn serve(
    mut server: LinkServer,
    mut engine: Engine,
    mut reports: mpsc::Receiver<Report>,
    metrics: Metrics,
    shutdown: Shutdown,
) {
    let mut link: Option<Link> = None;
    loop {
        tokio::select! {
            () = shutdown.begun() => return,
            event = server.next() => match event {
                Some(event) => {
                    on_link(event, &mut engine, &mut reports, &metrics, &mut link).await;
                }
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
    metrics: &Metrics,
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
                let (room, participant) = (command.room.clone(), command.participant.clone());
                let order = engine.command(command);
                if let Err(reason) = while_reporting(order, reports, link.as_ref()).await {
                    metrics.refused.inc();
                    let refused = FromSfu::Refused {
                        room,
                        participant,
                        reason,
                    };
                    if let Some((_, sender)) = link {
                        tell(sender, &refused);
                    }
                }
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
    {
        tell(sender, &translate::message(event));
    }
}

fn tell(sender: &LinkSender<FromSfu>, message: &FromSfu) {
    if let Err(error) = sender.send(message) {
        // When the link is down its reset follows. An SDP larger than the link takes cannot be
        // made by offers that fit.
        tracing::warn!("A report to signaling was not sent: {error}");
    }
}
