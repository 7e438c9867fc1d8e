//! stub
use crate::{account::dto::*,app::App,caller::Caller,idempotency::Key,page::PageQuery,refusal::Refusal};
pub(crate) async fn list(_:&App,_:&Caller,_:&PageQuery)->Result<AccountList,Refusal>{Err(Refusal::Unavailable)}
pub(crate) async fn create(_:&App,_:&Caller,_:Option<Key>,_:NewAccount)->Result<Account,Refusal>{Err(Refusal::Unavailable)}
