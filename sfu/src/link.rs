//! Signaling's orders and what they are answered.

use bus::link::{LinkEvent, LinkSender, LinkServer};
use bus::media::{FromSfu, ToSfu};
use runtime::Shutdown;
use sfu_core::Command;
use tokio::sync::mpsc;

use crate::door::Door;
use crate::engine::{Engine, Generation, Report};
use crate::metrics::Metrics;
use crate::translate;

/// Where reports of the workers go.
struct Outlet {
    /// Bounded by the engine; this is its only reader.
    reports: mpsc::Receiver<Report>,
    door: Door,
    /// The present link, and the generation of rooms it made.
    link: Option<(Generation, LinkSender<FromSfu>)>,
}

/// Serves one link after the other until the stop. Each begins and ends with no room.
pub(crate) async fn serve(
    mut server: LinkServer,
    mut engine: Engine,
    reports: mpsc::Receiver<Report>,
    metrics: Metrics,
    shutdown: Shutdown,
) {
    let mut outlet = Outlet {
        reports,
        door: engine.door().clone(),
        link: None,
    };
    loop {
        tokio::select! {
            () = shutdown.begun() => return,
            event = server.next() => match event {
                Some(event) => on_link(event, &mut engine, &mut outlet, &metrics).await,
                None => return,
            },
            report = outlet.reports.recv() => match report {
                Some(report) => outlet.send(report),
                None => return,
            },
        }
    }
}

async fn on_link(
    event: LinkEvent<FromSfu, ToSfu>,
    engine: &mut Engine,
    outlet: &mut Outlet,
    metrics: &Metrics,
) {
    match event {
        LinkEvent::Up { sender, .. } => {
            outlet.link = None;
            let generation = outlet.meanwhile(engine.reset()).await;
            outlet.link = Some((generation, sender));
            tracing::info!("Signaling is linked");
        }
        LinkEvent::Message(message) => {
            if let Some(command) = translate::command(message) {
                on_command(command, engine, outlet, metrics).await;
            }
        }
        LinkEvent::Reset(reason) => {
            outlet.link = None;
            outlet.meanwhile(engine.reset()).await;
            tracing::warn!("The link to signaling ended: {reason}; all rooms are closed");
        }
    }
}

async fn on_command(command: Command, engine: &mut Engine, outlet: &mut Outlet, metrics: &Metrics) {
    let (room, participant) = (command.room.clone(), command.participant.clone());
    if let Err(reason) = outlet.meanwhile(engine.command(command)).await {
        metrics.refused.inc();
        outlet.tell(&FromSfu::Refused {
            room,
            participant,
            reason,
        });
    }
}

impl Outlet {
    /// Waits for an order to be taken, and passes reports on meanwhile: a worker that cannot
    /// report takes no orders.
    async fn meanwhile<T>(&mut self, order: impl Future<Output = T>) -> T {
        let mut order = std::pin::pin!(order);
        loop {
            tokio::select! {
                biased;
                taken = &mut order => return taken,
                Some(report) = self.reports.recv() => self.send(report),
            }
        }
    }

    /// Passes a report on, unless it is of rooms that an earlier link made.
    fn send(&self, (generation, event): Report) {
        let is_current = |(current, _): &(Generation, _)| *current == generation;
        if self.link.as_ref().is_some_and(is_current) {
            self.tell(&translate::message(event, |from| self.door.carrier(from)));
        }
    }

    fn tell(&self, message: &FromSfu) {
        if let Some((_, sender)) = &self.link
            && let Err(error) = sender.send(message)
        {
            // When the link is down its reset follows. An SDP larger than the link takes cannot
            // be made by offers that fit.
            tracing::warn!("A report to signaling was not sent: {error}");
        }
    }
}
