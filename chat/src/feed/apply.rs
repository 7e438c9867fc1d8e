//! What each event of core-api changes in chat. Runs inside the transaction that moves the
//! cursor; what it returns is told to the hub afterwards.

use ::store::Connection;
use auth::session::LIFETIME;
use bus::event::Event as CoreEvent;
use domain::permission::{Action, Resource};
use domain::{AccountId, ClinicId, ConversationId, Role, Roles, SessionId, VisitId, VisitState};
use jiff::Timestamp;
use protocol::{Body, ConversationKind, Event};

use super::{Change, store};
use crate::App;
use crate::conversation::store as conversations;
use crate::refusal::Refusal;

pub(super) async fn effect(
    app: &App,
    conn: &mut Connection,
    event: &CoreEvent,
) -> Result<Vec<Change>, Refusal> {
    let mut effect = Effect {
        app,
        conn,
        changes: Vec::new(),
    };
    match event {
        CoreEvent::AccountChanged {
            account,
            clinic,
            roles,
        } => effect.account(*account, *clinic, roles).await?,
        CoreEvent::SessionEnded { session, account } => {
            effect.session_ended(*account, *session).await?;
        }
        CoreEvent::VisitScheduled {
            visit,
            clinic,
            patient,
            clinician,
            ..
        } => {
            let parties: Vec<_> = patient.iter().copied().chain([*clinician]).collect();
            effect.scheduled(*visit, *clinic, &parties).await?;
        }
        CoreEvent::VisitStateChanged {
            visit,
            clinic,
            to,
            at,
            queue,
            ..
        } => {
            let moved = Moved {
                visit: *visit,
                clinic: *clinic,
                to: *to,
                at: *at,
            };
            effect.state_changed(moved, queue).await?;
        }
        // For compliance and operators, not for conversations.
        CoreEvent::AuditDamaged { .. } => {}
        CoreEvent::InvitationChanged {
            visit, clinic, at, ..
        } => effect.people_changed(*visit, *clinic, *at).await?,
    }
    Ok(effect.changes)
}

/// A visit's step.
#[derive(Clone, Copy)]
struct Moved {
    visit: VisitId,
    clinic: ClinicId,
    to: VisitState,
    at: Timestamp,
}

struct Effect<'a> {
    app: &'a App,
    conn: &'a mut Connection,
    changes: Vec<Change>,
}

impl Effect<'_> {
    /// Whoever may see the waiting room is a member of the clinic's feed, and of no other's.
    async fn account(
        &mut self,
        account: AccountId,
        clinic: ClinicId,
        roles: &[Role],
    ) -> Result<(), Refusal> {
        crate::store::put_account(self.conn, account, clinic, roles).await?;
        let now = self.app.now();
        let sees = Roles::new(roles.iter().copied()).reach(Resource::WaitingRoom, Action::Read);
        let feed = sees.then(|| ConversationId::for_waiting_room(clinic));
        if let Some(feed) = feed {
            let kind = ConversationKind::WaitingRoom;
            conversations::ensure(self.conn, feed, kind, clinic, now).await?;
            self.join(feed, account, now).await?;
        }
        let left = store::leave_waiting_rooms(self.conn, account, feed, now).await?;
        self.changes
            .extend(left.into_iter().map(|conv| Change::Left(account, conv)));
        if roles.is_empty() {
            self.changes.push(Change::AccountDisabled(account));
        }
        Ok(())
    }

    async fn session_ended(
        &mut self,
        account: AccountId,
        session: SessionId,
    ) -> Result<(), Refusal> {
        let now = self.app.now();
        // Twice a token's life: nothing that old can be presented any more.
        let forget = now.checked_sub(LIFETIME * 2).unwrap_or(Timestamp::MIN);
        crate::store::end_session(self.conn, session, now, forget).await?;
        self.changes.push(Change::SessionEnded(account, session));
        Ok(())
    }

    /// The visit's conversation exists with exactly these members.
    async fn scheduled(
        &mut self,
        visit: VisitId,
        clinic: ClinicId,
        parties: &[AccountId],
    ) -> Result<(), Refusal> {
        let now = self.app.now();
        let conv = self.visit(visit, clinic, now).await?;
        for party in parties {
            self.join(conv, *party, now).await?;
        }
        let left = store::leave_except(self.conn, conv, parties, now).await?;
        self.changes
            .extend(left.into_iter().map(|account| Change::Left(account, conv)));
        Ok(())
    }

    /// One event to the clinic's feed and to the visit's own conversation, and one to each
    /// waiting visit whose place changed.
    async fn state_changed(&mut self, moved: Moved, queue: &[VisitId]) -> Result<(), Refusal> {
        let now = self.app.now();
        let place = |visit| {
            let place = queue.iter().position(|waiting| *waiting == visit)?;
            u32::try_from(place).ok()
        };
        let ahead = place(moved.visit);
        let feed = ConversationId::for_waiting_room(moved.clinic);
        let kind = ConversationKind::WaitingRoom;
        conversations::ensure(self.conn, feed, kind, moved.clinic, now).await?;
        let conv = self.visit(moved.visit, moved.clinic, now).await?;
        store::put_state(self.conn, conv, moved.to, ahead).await?;
        let body = Body::WaitingRoom {
            visit_id: moved.visit,
            state: moved.to,
            ahead,
        };
        self.append(feed, moved.at, body.clone()).await?;
        self.append(conv, moved.at, body).await?;
        for visit in queue.iter().filter(|visit| **visit != moved.visit) {
            let Some(ahead) = place(*visit) else { continue };
            let conv = ConversationId::for_visit(*visit);
            if let Some(state) = store::put_ahead(self.conn, conv, ahead).await? {
                let body = Body::WaitingRoom {
                    visit_id: *visit,
                    state,
                    ahead: Some(ahead),
                };
                self.append(conv, moved.at, body).await?;
            }
        }
        if is_over(moved.to) && conversations::close(self.conn, conv, now).await? {
            self.append(conv, moved.at, Body::Closed).await?;
        }
        Ok(())
    }

    /// One event to the clinic's feed, for whoever runs the waiting room, and one to the visit's
    /// parties.
    async fn people_changed(
        &mut self,
        visit: VisitId,
        clinic: ClinicId,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        let feed = ConversationId::for_waiting_room(clinic);
        let kind = ConversationKind::WaitingRoom;
        conversations::ensure(self.conn, feed, kind, clinic, self.app.now()).await?;
        let conv = self.visit(visit, clinic, self.app.now()).await?;
        let body = Body::People { visit_id: visit };
        self.append(feed, at, body.clone()).await?;
        self.append(conv, at, body).await
    }

    async fn visit(
        &mut self,
        visit: VisitId,
        clinic: ClinicId,
        now: Timestamp,
    ) -> Result<ConversationId, Refusal> {
        let conv = ConversationId::for_visit(visit);
        conversations::ensure(self.conn, conv, ConversationKind::Visit, clinic, now).await?;
        Ok(conv)
    }

    async fn join(
        &mut self,
        conv: ConversationId,
        account: AccountId,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if store::join(self.conn, conv, account, now).await? {
            self.changes.push(Change::Joined(account));
        }
        Ok(())
    }

    async fn append(
        &mut self,
        conv: ConversationId,
        at: Timestamp,
        body: Body,
    ) -> Result<(), Refusal> {
        let event = Event {
            conv,
            seq: conversations::next_seq(self.conn, conv).await?,
            id: self.app.ids.make()?,
            at,
            body,
        };
        conversations::insert(self.conn, &self.app.sealer, &event).await?;
        self.changes.push(Change::Stored(event));
        Ok(())
    }
}

/// Whether nothing more is said in the visit.
const fn is_over(state: VisitState) -> bool {
    matches!(
        state,
        VisitState::Completed | VisitState::Cancelled | VisitState::NoShow
    )
}
