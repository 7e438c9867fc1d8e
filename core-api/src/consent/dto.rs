//! Consents as the API shows and takes them.

use domain::{AccountId, ConsentDocumentId, ConsentId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::consent::model::ConsentKind;

/// One version of a text that a person consents to.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct ConsentDocument {
    #[schema(value_type = Uuid)]
    pub(crate) id: ConsentDocumentId,
    pub(crate) kind: ConsentKind,
    /// 1, 2, 3 … within the kind.
    pub(crate) version: i32,
    pub(crate) title: String,
    /// Paragraphs, headings and lists of Markdown; no HTML.
    pub(crate) body_markdown: String,
    pub(crate) effective_at: Timestamp,
}

/// One person's consent to one version of a text.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct Consent {
    #[schema(value_type = Uuid)]
    pub(crate) id: ConsentId,
    pub(crate) kind: ConsentKind,
    #[schema(value_type = Uuid)]
    pub(crate) document_id: ConsentDocumentId,
    pub(crate) version: i32,
    pub(crate) given_at: Timestamp,
    /// The account that gave it.
    #[schema(value_type = Uuid)]
    pub(crate) given_by: AccountId,
    #[schema(required = true)]
    pub(crate) withdrawn_at: Option<Timestamp>,
}

/// A patient's consents, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConsentList {
    pub(crate) items: Vec<Consent>,
    /// Where the next page starts; null on the last.
    #[schema(required = true)]
    pub(crate) next_cursor: Option<String>,
}

/// Consent to one version of a text.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GiveConsent {
    #[schema(value_type = Uuid)]
    pub(crate) document_id: ConsentDocumentId,
}
