//! What every operation may use.
/// stub
pub(crate) struct App { pub(crate) config: crate::Config }
