//! stub
use crate::{waiting_room::dto::*,app::App,caller::Caller,refusal::Refusal};
pub(crate) async fn read(_:&App,_:&Caller)->Result<WaitingRoom,Refusal>{Err(Refusal::Unavailable)}
