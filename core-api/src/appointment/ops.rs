//! stub
use crate::{appointment::dto::*,app::App,caller::Caller,idempotency::Key,refusal::Refusal};use domain::AppointmentId;
pub(crate) async fn book(_:&App,_:&Caller,_:Option<Key>,_:NewAppointment)->Result<Appointment,Refusal>{Err(Refusal::Unavailable)}
pub(crate) async fn read(_:&App,_:&Caller,_:AppointmentId)->Result<Appointment,Refusal>{Err(Refusal::Unavailable)}
pub(crate) async fn reschedule(_:&App,_:&Caller,_:AppointmentId,_:i64,_:MoveAppointment)->Result<Appointment,Refusal>{Err(Refusal::Unavailable)}
pub(crate) async fn cancel(_:&App,_:&Caller,_:AppointmentId,_:String)->Result<Appointment,Refusal>{Err(Refusal::Unavailable)}
