//! stub
use crate::{audit_log::dto::*,app::App,caller::Caller,refusal::Refusal};
pub(crate) async fn list(_:&App,_:&Caller,_:&AuditQuery)->Result<AuditEventList,Refusal>{Err(Refusal::Unavailable)}
