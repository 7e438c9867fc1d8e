//! The keys of an engine, as the node reads its own.

#[path = "../../src/transport/tap.rs"]
mod tap;

use std::sync::Arc;

use str0m::config::CryptoProvider;
pub(crate) use tap::Exported;

/// What `build` makes, and where its keys come from once there are any.
pub(crate) fn overheard<T>(
    build: impl FnOnce(Arc<CryptoProvider>) -> T,
) -> (T, impl Fn() -> Option<Exported>) {
    let (built, keys) = tap::tapped(build);
    (built, move || keys.take())
}
