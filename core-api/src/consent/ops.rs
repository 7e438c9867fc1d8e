//! stub
use crate::{consent::dto::*,app::App,caller::Caller,refusal::Refusal};use domain::*;
pub(crate) async fn telehealth_document(_:&App,_:&Caller)->Result<ConsentDocument,Refusal>{Err(Refusal::Unavailable)}
pub(crate) async fn list(_:&App,_:&Caller,_:PatientId)->Result<ConsentList,Refusal>{Err(Refusal::Unavailable)}
pub(crate) async fn give(_:&App,_:&Caller,_:PatientId,_:ConsentDocumentId)->Result<Consent,Refusal>{Err(Refusal::Unavailable)}
pub(crate) async fn withdraw(_:&App,_:&Caller,_:PatientId,_:ConsentId)->Result<Consent,Refusal>{Err(Refusal::Unavailable)}
