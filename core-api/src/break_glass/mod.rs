//! Breaking the glass (45 CFR 164.312(a)(2)(ii)): access to a patient without a care relationship,
//! for a reason and an hour. Each access under it says so in the audit log, the patient and
//! compliance are told, and compliance judges it afterwards.

pub(crate) mod dto;
pub(crate) mod escalation;
pub(crate) mod model;
pub(crate) mod ops;
pub(crate) mod review;
pub(crate) mod routes;
pub(crate) mod store;
