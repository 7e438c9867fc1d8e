//! stub
use crate::{visit::{dto::*,model::DeviceCheck},app::App,caller::Caller,refusal::Refusal};use domain::*;
pub(crate) async fn list(_:&App,_:&Caller,_:&VisitQuery)->Result<VisitList,Refusal>{Err(Refusal::Unavailable)}
pub(crate) async fn read(_:&App,_:&Caller,_:VisitId)->Result<Visit,Refusal>{Err(Refusal::Unavailable)}
pub(crate) async fn step(_:&App,_:&Caller,_:VisitId,_:VisitAction)->Result<Visit,Refusal>{Err(Refusal::Unavailable)}
pub(crate) async fn ready(_:&App,_:&Caller,_:VisitId,_:DeviceCheck)->Result<Visit,Refusal>{Err(Refusal::Unavailable)}
pub(crate) async fn cancel(_:&App,_:&Caller,_:VisitId,_:String)->Result<Visit,Refusal>{Err(Refusal::Unavailable)}
