//! `bedside audit detach`.

use std::io::Write as _;

use clap::Args;
use jiff::civil::Date;
use store::audit::{DetachError, detach_month};

use super::export::connect;
use super::place::{Place, keys_of};
use super::{AuditError, PlaceArgs};

/// Which month leaves.
#[derive(Debug, Args)]
pub(crate) struct DetachArgs {
    #[command(flatten)]
    place: PlaceArgs,
    /// The month, in UTC, such as 2019-03.
    #[arg(long, value_name = "YYYY-MM")]
    month: String,
}

/// Takes the month out. Needs DATABASE_OWNER_URL, or the private database.
pub(super) async fn run(args: DetachArgs) -> Result<(), AuditError> {
    let month: Date = format!("{}-01", args.month)
        .parse()
        .map_err(|_| DetachError::NoMonth)?;
    let keys = keys_of(&args.place)?;
    let place = Place::open(&args.place, &args.place.settings()?).await?;
    let db = connect(&place, &keys).await?;
    let left = match place.access.connect_owner().await {
        Ok(mut owner) => detach_month(&db, &mut owner, month).await,
        Err(error) => Err(error.into()),
    };
    db.close().await;
    place.close().await?;
    let rows = left?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{rows} rows of {} left the log", args.month)?;
    Ok(out.flush()?)
}
