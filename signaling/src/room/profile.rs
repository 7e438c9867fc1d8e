//! What a client says of itself, shown to the others: name, metadata, attributes.

use std::collections::BTreeMap;

use domain::Role;
use livekit_protocol as lk;

use super::limits::Limits;
use super::participant::ROLE;

/// Nothing here is believed: rights and roles come from the token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Profile {
    pub(crate) name: String,
    pub(crate) metadata: String,
    pub(crate) attributes: BTreeMap<String, String>,
}

/// Why an update is refused as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("the name is too long")]
    Name,
    #[error("the metadata is too long")]
    Metadata,
    #[error("the attributes are too long together")]
    Attributes,
    #[error("the attribute is set by the server alone")]
    Reserved,
}

impl Profile {
    /// The profile after `update`: an empty name or metadata leaves the present one, an attribute
    /// that is set to nothing is removed, one that is not named stays. The role may be repeated, as
    /// clients do that send all they see, and not be changed.
    pub(crate) fn updated(
        &self,
        update: &lk::UpdateParticipantMetadata,
        role: Option<Role>,
        limits: &Limits,
    ) -> Result<Self, Unfit> {
        if update.name.len() > limits.text {
            return Err(Unfit::Name);
        }
        if update.metadata.len() > limits.metadata {
            return Err(Unfit::Metadata);
        }
        let repeated = update.attributes.get(ROLE);
        if repeated.is_some_and(|given| role.map(Role::name) != Some(given)) {
            return Err(Unfit::Reserved);
        }
        let mut next = self.clone();
        if !update.name.is_empty() {
            next.name.clone_from(&update.name);
        }
        if !update.metadata.is_empty() {
            next.metadata.clone_from(&update.metadata);
        }
        let own = update.attributes.iter().filter(|(name, _)| *name != ROLE);
        for (name, value) in own {
            if value.is_empty() {
                next.attributes.remove(name);
            } else {
                next.attributes.insert(name.clone(), value.clone());
            }
        }
        let attributes = next.attributes.iter();
        let size: usize = attributes
            .map(|(name, value)| name.len() + value.len())
            .sum();
        if size > limits.metadata {
            return Err(Unfit::Attributes);
        }
        Ok(next)
    }
}
