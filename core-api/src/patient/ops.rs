//! stub
use crate::{patient::dto::*,app::App,caller::Caller,idempotency::Key,refusal::Refusal};use domain::PatientId;
pub(crate) async fn list(_:&App,_:&Caller,_:&PatientQuery)->Result<PatientList,Refusal>{Err(Refusal::Unavailable)}
pub(crate) async fn create(_:&App,_:&Caller,_:Option<Key>,_:NewPatient)->Result<Patient,Refusal>{Err(Refusal::Unavailable)}
pub(crate) async fn read(_:&App,_:&Caller,_:PatientId)->Result<Patient,Refusal>{Err(Refusal::Unavailable)}
pub(crate) async fn change(_:&App,_:&Caller,_:PatientId,_:i64,_:PatientChange)->Result<Patient,Refusal>{Err(Refusal::Unavailable)}
