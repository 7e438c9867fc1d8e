//! Notices as the API shows them.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Something that happened to the security of the caller's account.
#[derive(Serialize, ToSchema)]
pub(crate) struct Notice {
    pub(crate) id: Uuid,
    /// `new_device`, `factor_added`, `factor_removed`, `factors_reset`, `recovery_code_used`,
    /// `password_changed`, `passkey_copied` or `token_copied`; more may come.
    pub(crate) kind: String,
    pub(crate) at: Timestamp,
}

/// The latest notices, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct NoticeList {
    pub(crate) items: Vec<Notice>,
}
