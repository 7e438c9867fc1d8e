//! stub
use crate::{chart::dto::*,app::App,caller::Caller,refusal::Refusal};
pub(crate) async fn read(_:&App,_:&Caller,_:domain::VisitId)->Result<Chart,Refusal>{Err(Refusal::Unavailable)}
