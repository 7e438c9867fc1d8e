//! The SQL of lines.

use std::collections::HashMap;

use ::store::{Connection, StoreError};
use domain::{ProviderId, VisitState};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;

use crate::store::Cells as _;
use crate::visit::model::Window;
use crate::visit::queue::{Line, Waiting};

/// The lines before `providers`: visits whose window is open, by arrival.
pub(crate) async fn lines(
    conn: &mut Connection,
    providers: &[ProviderId],
    now: Timestamp,
) -> Result<HashMap<ProviderId, Line>, StoreError> {
    let rows =
        sqlx::query("select id, state, provider_id, since, minutes from core.waiting_line($1, $2)")
            .bind(providers.iter().map(|id| id.as_uuid()).collect::<Vec<_>>())
            .bind(Window::oldest_end(now).to_sqlx())
            .fetch_all(conn)
            .await?;
    let mut lines: HashMap<ProviderId, Line> = HashMap::new();
    for row in &rows {
        let line = lines.entry(row.id("provider_id")?).or_default();
        let minutes = row.cell("minutes")?;
        if row
            .word("core.visit", "state", VisitState::from_name)?
            .is_waiting()
        {
            let visit = row.id("id")?;
            line.waiting.push(Waiting { visit, minutes });
        } else if let Some(since) = row.time_or_null("since")? {
            // Of several visits under way the one begun last occupies the clinician.
            let latest = line.current.is_none_or(|(other, _)| other < since);
            line.current = if latest {
                Some((since, minutes))
            } else {
                line.current
            };
        }
    }
    Ok(lines)
}
