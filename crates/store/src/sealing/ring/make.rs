//! Making keys.

use domain::OrganisationId;

use super::unwrap::sealing;
use super::{KeyRing, SUBJECT, SUBJECTS, Slot};
use crate::audit::Action;
use crate::sealing::audit::did;
use crate::sealing::cipher::fresh;
use crate::sealing::error::SealingError;
use crate::sealing::store::{self, StoredKey};
use crate::{Audit, Events, Exempt};

impl KeyRing {
    /// Makes a key for `slot`, in a transaction of its own: whatever becomes of the caller's, a
    /// key that was used exists. Nothing happens when there is one by now.
    pub(super) async fn make(&self, slot: Slot) -> Result<(), SealingError> {
        let secret = fresh()?;
        let id = self
            .0
            .db
            .inner()
            .ids
            .make()
            .map_err(|_| SealingError::Library)?;
        let (class, organisation, subject) = match slot {
            Slot::Organisation(class, organisation) => (class, organisation, None),
            Slot::Subject {
                organisation,
                subject,
            } => (SUBJECT, organisation, Some(subject)),
        };
        let mut key = StoredKey {
            id,
            class: class.to_owned(),
            organisation: organisation.map(OrganisationId::as_uuid),
            subject,
            kek: None,
            wrapping: None,
            wrapped: None,
        };
        let context = key.context();
        let audit = match slot {
            Slot::Organisation(..) => {
                let wrapped = self.0.provider.wrap(&context, &secret).await?;
                key.kek = Some(wrapped.kek);
                key.wrapped = Some(wrapped.bytes);
                Audit::of(did(Action::Create).resource(id).detail("class", class))
            }
            Slot::Subject { organisation, .. } => {
                let above = Slot::Organisation(SUBJECTS, organisation);
                let (wrapping, cipher) = sealing(Box::pin(self.active(above)).await?)?;
                key.wrapping = Some(wrapping);
                key.wrapped = Some(cipher.wrap(context.as_bytes(), &secret)?);
                Audit::exempt(Exempt::AuditedBefore("the act that needs the key"))
            }
        };
        let mut tx = self.0.db.begin_keys().await?;
        if store::insert(tx.conn(), &key, self.now()).await? {
            tx.commit(audit, Events::none()).await?;
        }
        Ok(())
    }
}
