//! stub
use crate::{visit::dto::*,app::App,caller::Caller,refusal::Refusal};use domain::*;
pub(crate) async fn join(_:&App,_:&Caller,_:VisitId,_:String)->Result<JoinAnswer,Refusal>{Err(Refusal::Unavailable)}
