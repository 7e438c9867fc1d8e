//! Who asks: established from the session token, on each connection, refresh and request.

use ::store::audit::{Action, Actor, Purpose, ResourceType};
use ::store::{AuditEntry, Exempt};
use auth::session::Bearer;
use domain::{AccountId, ConversationId, ErrorCode, RequestId, Role, Roles, SessionId};
use jiff::Timestamp;

use crate::conversation::Membership;
use crate::refusal::Refusal;
use crate::{App, store};

/// An authenticated person.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) account: AccountId,
    pub(crate) session: SessionId,
    /// Until when this counts without a newer token.
    pub(crate) expires_at: Timestamp,
    /// As known when the token was presented, at most five minutes ago. For the audit log; what
    /// a caller may do hangs on membership, which is looked up each time.
    roles: Roles,
    /// The connection or the HTTP request, for the audit log.
    request: RequestId,
}

impl Caller {
    /// Who holds `token`, if it counts, its session goes on and its account is not disabled.
    ///
    /// # Errors
    /// `unauthenticated`, or the database's.
    pub(crate) async fn open(app: &App, token: &str, request: RequestId) -> Result<Self, Refusal> {
        let Bearer {
            account,
            session,
            expires_at,
        } = auth::session::verify(&app.session_key, token, app.now())
            .map_err(|_| Refusal::Rule(ErrorCode::Unauthenticated))?;
        let mut reader = app
            .db
            .reader(Exempt::NoHealthData("roles and ended sessions"))
            .await?;
        if store::has_ended(reader.conn(), session).await? {
            return Err(ErrorCode::Unauthenticated.into());
        }
        // An account chat has not heard of yet has no conversation either.
        let roles = store::roles(reader.conn(), account).await?;
        if roles
            .as_ref()
            .is_some_and(|roles| roles.iter().count() == 0)
        {
            return Err(ErrorCode::Unauthenticated.into());
        }
        Ok(Self {
            account,
            session,
            expires_at,
            roles: roles.unwrap_or_default(),
            request,
        })
    }

    /// An audit entry of what this caller does in a conversation, as far as it is known.
    pub(crate) fn entry(
        &self,
        action: Action,
        conv: ConversationId,
        membership: Option<&Membership>,
    ) -> AuditEntry {
        let feed = membership.is_some_and(Membership::is_waiting_room);
        // A visit's conversation bears the visit's id, a waiting room's the clinic's.
        let (resource, purpose) = if feed {
            (ResourceType::WaitingRoom, Purpose::Operations)
        } else if !self.roles.iter().any(Role::is_staff) {
            (ResourceType::Conversation, Purpose::IndividualRequest)
        } else {
            (ResourceType::Conversation, Purpose::Treatment)
        };
        let actor = Actor::Account {
            account: self.account,
            session: Some(self.session),
            roles: self.roles.clone(),
        };
        let entry = AuditEntry::new(actor, action, resource, purpose)
            .resource(conv)
            .request(self.request);
        match membership {
            Some(membership) => entry.clinic(membership.clinic),
            None => entry,
        }
    }
}
