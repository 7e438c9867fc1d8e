//! A report as CSV (RFC 4180).

use crate::audit_log::dto::ReportRow;

const HEAD: &str = "at,actor_id,actor_name,roles,service,action,resource_type,resource_id,\
    patient_id,purpose,outcome,code,request_id,row_id";

/// The table of `rows`, lines ended with CRLF.
pub(crate) fn table(rows: &[ReportRow]) -> String {
    let mut text = format!("{HEAD}\r\n");
    for row in rows {
        let id = |id: Option<uuid::Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
        let word = |word: &Option<String>| word.clone().unwrap_or_default();
        let cells = [
            row.at.to_string(),
            id(row.actor_id),
            word(&row.actor_name),
            row.roles.join(" "),
            word(&row.service),
            row.action.clone(),
            row.resource_type.clone(),
            id(row.resource_id),
            id(row.patient_id),
            row.purpose.clone(),
            row.outcome.clone(),
            word(&row.code),
            id(row.request_id),
            row.id.to_string(),
        ];
        text.push_str(&cells.map(|cell| quoted(&cell)).join(","));
        text.push_str("\r\n");
    }
    text
}

/// A cell that no spreadsheet takes for a formula.
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = if formula {
        format!("'{cell}")
    } else {
        cell.to_owned()
    };
    if cell.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_neither_break_the_table_nor_run() {
        assert_eq!(quoted("Lee"), "Lee");
        assert_eq!(quoted("Lee, \"M\"\n"), "\"Lee, \"\"M\"\"\n\"");
        assert_eq!(quoted("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"");
        assert_eq!(quoted("@x"), "'@x");
    }
}
