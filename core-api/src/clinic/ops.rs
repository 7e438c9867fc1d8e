//! stub
use crate::{clinic::dto::*,app::App,caller::Caller,refusal::Refusal};
pub(crate) async fn read(_:&App,_:&Caller,_:domain::ClinicId)->Result<Clinic,Refusal>{Err(Refusal::Unavailable)}
