//! The shell around the rooms: it takes inputs in, one at a time, and carries outputs out.

use std::collections::HashMap;
use std::sync::Arc;

use bus::event::{Event, Published};
use bus::link::{LinkClient, LinkEvent, LinkSender};
use bus::media::{FromSfu, ToSfu};
use bus::{Incoming, Subscriber};
use bytes::Bytes;
use domain::Clock;
use livekit_protocol as lk;
use prost::Message as _;
use runtime::{HealthHandle, Shutdown};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::Command;
use super::outbox::{Outbox, Overflow};
use super::renewals::Renewals;
use super::sweep::Sweeper;
use crate::journal::Journal;
use crate::metrics::Metrics;
use crate::room::{ConnectionId, Now, Output, Response, Rooms, Violation, VisitChange};

/// What the task listens to. Each end is owned by the task and ends with it.
pub(super) struct Inputs {
    pub(super) commands: mpsc::Receiver<Command>,
    pub(super) link: LinkClient,
    pub(super) events: Subscriber<Published>,
    pub(super) sweeper: Sweeper,
}

/// The rooms and everything they are connected to.
pub(super) struct Actor {
    rooms: Rooms,
    clock: Arc<dyn Clock>,
    started: Instant,
    /// One a connection that was let in; dropped at its end.
    outboxes: HashMap<ConnectionId, Outbox>,
    /// The present link; none while the SFU is away.
    sfu: Option<LinkSender<ToSfu>>,
    journal: Journal,
    renewals: Renewals,
    metrics: Metrics,
    health: HealthHandle,
}

impl Actor {
    pub(super) fn new(
        rooms: Rooms,
        clock: Arc<dyn Clock>,
        journal: Journal,
        renewals: Renewals,
        metrics: Metrics,
        health: HealthHandle,
    ) -> Self {
        health.unready("the media engine has not answered yet");
        Self {
            rooms,
            clock,
            started: Instant::now(),
            outboxes: HashMap::new(),
            sfu: None,
            journal,
            renewals,
            metrics,
            health,
        }
    }

    /// Runs until the stop; then clients are told and the queues are let go.
    pub(super) async fn run(
        mut self,
        mut inputs: Inputs,
        shutdown: Shutdown,
    ) -> Result<(), String> {
        loop {
            let sweep = inputs.sweeper.due();
            let deadline = self.rooms.deadline().map(|at| self.started + at);
            tokio::select! {
                () = shutdown.begun() => break,
                Some(command) = inputs.commands.recv() => self.command(command),
                event = inputs.link.next() => {
                    let event = event.ok_or("the link task ended")?;
                    self.link(event);
                }
                event = inputs.events.next() => {
                    let event = event.ok_or("the subscription task ended")?;
                    self.event(event, &mut inputs.sweeper);
                }
                Some(answer) = inputs.sweeper.answer() => {
                    let now = self.now();
                    self.rooms.end_sweep(answer.generation, &answer.rooms, now);
                }
                Some(renewed) = self.renewals.next() => {
                    self.rooms.renewed(&renewed.renewal, renewed.fresh);
                }
                () = tokio::time::sleep_until(sweep) => {
                    let (generation, questions) = self.rooms.begin_sweep();
                    inputs.sweeper.ask(generation, questions);
                }
                () = at(deadline) => {
                    let now = self.now();
                    self.rooms.handle_timeout(now);
                }
            }
            self.drain();
        }
        let now = self.now();
        self.rooms.shut_down(now);
        self.drain();
        Ok(())
    }

    fn now(&self) -> Now {
        Now {
            elapsed: self.started.elapsed(),
            wall: self.clock.now(),
        }
    }

    fn command(&mut self, command: Command) {
        let now = self.now();
        match command {
            Command::Check { grant, answer } => {
                // Whoever asked may have gone meanwhile.
                let _ = answer.send(self.rooms.attempt(&grant, now));
            }
            Command::Connect {
                connection,
                join,
                outbox,
            } => {
                self.outboxes.insert(connection, outbox);
                self.metrics.connections.inc();
                self.rooms.connect(connection, *join, now);
            }
            Command::Message {
                connection,
                message,
            } => self.rooms.receive(connection, *message, now),
            Command::Moderate { command, answer } => {
                // Without an answer core-api says so, and the next sweep repeats what lasts.
                let _ = answer.send(self.rooms.moderate(&command, now));
            }
            Command::Violated { connection, how } => {
                let count = match how {
                    Violation::Flood => &self.metrics.floods,
                    _ => &self.metrics.malformed,
                };
                count.inc();
                self.rooms.violated(connection, how, now);
            }
            Command::Gone { connection } => {
                self.outboxes.remove(&connection);
                self.metrics.connections.dec();
                self.rooms.disconnected(connection, now);
            }
        }
    }

    fn link(&mut self, event: LinkEvent<ToSfu, FromSfu>) {
        let now = self.now();
        match event {
            LinkEvent::Up { sender, .. } => {
                self.sfu = Some(sender);
                self.rooms.sfu_ready();
                self.health.ready();
            }
            LinkEvent::Message(message) => self.rooms.sfu(message, now),
            LinkEvent::Reset(reason) => {
                // What is still queued was meant for the link that is gone.
                self.sfu = None;
                self.rooms.sfu_lost(now);
                self.health.unready("the media engine is away");
                self.metrics.link_resets.inc();
                tracing::warn!("The link to the SFU broke ({reason}): clients connect anew");
            }
        }
    }

    fn event(&mut self, event: Incoming<Published>, sweeper: &mut Sweeper) {
        match event {
            Incoming::Message(Published::Event(positioned)) => {
                // Whoever's account was shut leaves at once, not when a sweep comes by.
                if matches!(&positioned.event, Event::AccountChanged { roles, .. } if roles.is_empty())
                {
                    sweeper.hurry();
                }
                self.fact(&positioned.event);
            }
            // Signaling keeps no facts, so it has no cursor: it compares instead.
            Incoming::Connected | Incoming::Missed => sweeper.hurry(),
            Incoming::Message(Published::Digest { .. }) => {}
        }
    }

    fn fact(&mut self, event: &Event) {
        let now = self.now();
        match event {
            Event::VisitStateChanged {
                visit,
                patient,
                from,
                to,
                ..
            } => {
                let change = VisitChange {
                    visit: *visit,
                    patient: *patient,
                    from: *from,
                    to: *to,
                };
                self.rooms.visit_changed(&change, now);
            }
            Event::InvitationChanged {
                visit,
                identity,
                change,
                ..
            } => self
                .rooms
                .invitation_changed(*visit, *identity, *change, now),
            // Nothing that a room would do differently for.
            _ => {}
        }
    }

    fn drain(&mut self) {
        while let Some(output) = self.rooms.poll_output() {
            match output {
                Output::Send { to, message } => self.send(&to, *message),
                Output::Close { connection, code } => {
                    if let Some(outbox) = self.outboxes.remove(&connection) {
                        outbox.close(code);
                    }
                }
                Output::Renew(renewal) => self.renewals.ask(renewal),
                Output::Sfu(message) => {
                    // A link that is down is followed by its reset, which ends every room.
                    if let Some(sfu) = &self.sfu
                        && let Err(error) = sfu.send(&message)
                    {
                        tracing::warn!("A message to the SFU was not sent: {error}");
                    }
                }
                Output::Fact(fact) => self.journal.enter(*fact),
            }
        }
        self.metrics.census(self.rooms.census());
    }

    /// Encodes once, whoever receives it.
    fn send(&mut self, to: &[ConnectionId], message: Response) {
        let response = lk::SignalResponse {
            message: Some(message),
        };
        let bytes = Bytes::from(response.encode_to_vec());
        for connection in to {
            let Some(outbox) = self.outboxes.get(connection) else {
                continue;
            };
            if outbox.send(bytes.clone()) == Err(Overflow) {
                self.metrics.slow.inc();
                self.outboxes.remove(connection);
                let now = self.now();
                self.rooms.disconnected(*connection, now);
            }
        }
    }
}

/// Resolves at `deadline`, never without one.
async fn at(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
