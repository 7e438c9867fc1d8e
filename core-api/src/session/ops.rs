//! stub
use crate::{session::dto::*,session::secret::Secret,app::App,caller::{Caller,Moment},refusal::Refusal};
pub(crate) struct SignedIn{pub(crate) secret:Secret,pub(crate) session:Session}
pub(crate) async fn sign_in(_:&App,_:&Moment,_:Option<String>,_:SignIn)->Result<SignedIn,Refusal>{Err(Refusal::Unavailable)}
pub(crate) async fn read(_:&App,_:&Caller)->Result<Session,Refusal>{Err(Refusal::Unavailable)}
pub(crate) async fn sign_out(_:&App,_:&Caller)->Result<(),Refusal>{Err(Refusal::Unavailable)}
pub(crate) fn make_token(_:&App,_:&Caller)->Result<SessionToken,Refusal>{Err(Refusal::Unavailable)}
