//! stub
use crate::{provider::dto::*,app::App,caller::Caller,page::PageQuery,refusal::Refusal};
pub(crate) async fn list(_:&App,_:&Caller,_:&PageQuery)->Result<ProviderList,Refusal>{Err(Refusal::Unavailable)}
