//! What is sealed, where it is kept, and whose it is.

use domain::OrganisationId;
use uuid::Uuid;

/// What kind of data a key seals: one key must not open the other's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DataClass {
    /// Names, dates of birth, contacts.
    Demographics,
    /// Reasons, notes, allergies, medication: the chart.
    Clinical,
    /// Messages.
    Messages,
    /// Secrets of the system itself: second factors, webhook keys.
    Secrets,
}

impl DataClass {
    /// Every class.
    pub const ALL: [Self; 4] = [
        Self::Demographics,
        Self::Clinical,
        Self::Messages,
        Self::Secrets,
    ];

    /// The stable name in storage.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Demographics => "demographics",
            Self::Clinical => "clinical",
            Self::Messages => "messages",
            Self::Secrets => "secrets",
        }
    }
}

/// Where a value belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Aad {
    /// The table, with its schema.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// The row's key.
    pub row: Uuid,
}

/// Whose key seals a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// An organisation's, or without one the installation's, of the sealer's class.
    Organisation(Option<OrganisationId>),
    /// One subject's own: a patient, or a conversation. Destroying it erases the subject.
    Subject {
        /// Under whose roof: which key wraps the subject's.
        organisation: Option<OrganisationId>,
        /// Who or what.
        subject: Uuid,
    },
}

/// A column of sealed values, for whoever must find them all. The texts are SQL of the program
/// over the table under the alias `t`, never of a user.
#[derive(Debug, Clone, Copy)]
pub struct SealedColumn {
    /// The table, with its schema.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// What it holds.
    pub class: DataClass,
    /// The organisation of a row: an expression of type uuid.
    pub organisation: &'static str,
    /// The subject of a row: an expression of type uuid, null where the row is nobody's own.
    pub subject: &'static str,
}
