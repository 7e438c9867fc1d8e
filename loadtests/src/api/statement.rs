//! The statements of one request, caught in the database's log, as a script for pgbench.

use std::collections::HashSet;
use std::fmt::Write as _;

/// Where pgbench's rows go, made like the audit log: its own alarms at rows without a right MAC are
/// no part of the comparison.
pub(super) const TWIN: &str = "bench.event";

/// One statement of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    text: String,
    /// As literals of SQL.
    values: Vec<String>,
}

impl Statement {
    /// With its values in it. Names of rows that only one statement knows are new each time.
    fn script(&self, shared: &HashSet<&str>) -> String {
        let mut text = self.text.replace("audit.event ", &format!("{TWIN} "));
        let inserts = text.starts_with("insert into");
        // From the last, so that $1 does not match in $12.
        for (index, value) in self.values.iter().enumerate().rev() {
            let fresh = inserts && is_uuid(value) && !shared.contains(value.as_str());
            let value = if fresh { "gen_random_uuid()" } else { value };
            text = text.replace(&format!("${}", index + 1), value);
        }
        text
    }
}

/// A script for pgbench of `statements`.
pub(crate) fn script(statements: &[Statement]) -> String {
    let read = statements.iter().filter(|s| !s.text.starts_with("insert"));
    let shared = read.flat_map(|s| s.values.iter().map(String::as_str));
    let shared: HashSet<&str> = shared.collect();
    statements
        .iter()
        .fold(String::new(), |mut script, statement| {
            // Writing to a string does not fail.
            let _ = writeln!(script, "{};", statement.script(&shared));
            script
        })
}

fn is_uuid(literal: &str) -> bool {
    let text = literal.trim_matches('\'');
    text.len() == 36 && text.bytes().filter(|byte| *byte == b'-').count() == 4
}

/// The statements between two marks in the log of a node, each process's own marks left out.
pub(crate) fn between(log: &[String], from: &str, to: &str) -> Vec<Statement> {
    let lines = log.iter().filter_map(|line| line.split_once("postgres: "));
    let lines: Vec<&str> = lines.map(|(_, line)| line).collect();
    let at = |mark: &str| lines.iter().rposition(|line| line.contains(mark));
    let (Some(first), Some(last)) = (at(from), at(to)) else {
        return Vec::new();
    };
    let mut statements: Vec<Statement> = Vec::new();
    for line in lines.get(first + 1..last).unwrap_or_default() {
        let Some((_, line)) = line.split_once(' ') else {
            continue;
        };
        if let Some(values) = line.strip_prefix("DETAIL:  parameters: ") {
            if let Some(statement) = statements.last_mut() {
                statement.values = literals(values);
            }
            continue;
        }
        let simple = line.strip_prefix("LOG:  statement: ");
        let prepared = || line.strip_prefix("LOG:  execute ")?.split_once(": ");
        if let Some(text) = simple.or_else(|| prepared().map(|(_, text)| text)) {
            statements.push(Statement {
                text: text.to_owned(),
                values: Vec::new(),
            });
        }
    }
    statements.retain(|statement| !statement.text.starts_with("select 'mark"));
    statements
}

/// The literals of `$1 = 'a', $2 = NULL`.
fn literals(values: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = values;
    while let Some((_, after)) = rest.split_once(" = ") {
        if !after.starts_with('\'') {
            let (value, after) = after.split_once(", ").unwrap_or((after, ""));
            found.push(value.to_owned());
            rest = after;
            continue;
        }
        let mut end = 1;
        let bytes = after.as_bytes();
        while let Some(byte) = bytes.get(end) {
            end += 1;
            if *byte != b'\'' {
                continue;
            }
            // Two of them are one inside.
            if bytes.get(end) != Some(&b'\'') {
                break;
            }
            end += 1;
        }
        let (value, after) = after.split_at(end);
        found.push(value.to_owned());
        rest = after;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01a20829-7bc3-76e7-b7e7-eaca19fa2641";
    const NEW: &str = "01a2082c-57aa-790d-b625-82e70b722fed";

    fn log() -> Vec<String> {
        [
            "12 LOG:  statement: select 'mark 1'",
            "14 LOG:  execute sqlx_s_1: select name from person where id = $1 and at < $2",
            &format!("14 DETAIL:  parameters: $1 = '{ID}', $2 = 'it''s, $3 = 4'"),
            "14 LOG:  statement: BEGIN",
            "14 LOG:  execute sqlx_s_2: insert into audit.event (id, person, why) values ($1, $2, $3)",
            &format!("14 DETAIL:  parameters: $1 = '{NEW}', $2 = '{ID}', $3 = NULL"),
            "12 LOG:  statement: select 'mark 2'",
        ]
        .iter()
        .map(|line| format!("2026-11-23T10:00:00Z DEBUG postgres: {line}"))
        .collect()
    }

    #[test]
    fn statements_between_two_marks_are_repeated_with_their_values() {
        let statements = between(&log(), "select 'mark 1'", "select 'mark 2'");
        let expected = format!(
            "select name from person where id = '{ID}' and at < 'it''s, $3 = 4';\nBEGIN;\n\
             insert into bench.event (id, person, why) values (gen_random_uuid(), '{ID}', NULL);\n"
        );
        assert_eq!(script(&statements), expected);
    }

    #[test]
    fn a_log_without_the_marks_has_no_statements() {
        assert_eq!(between(&log(), "select 'mark 1'", "select 'mark 3'"), []);
    }
}
