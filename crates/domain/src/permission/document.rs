//! The table as a page for people.

use std::fmt::Write as _;

use super::{Scope, TABLE};
use crate::Role;

const HEAD: &str = "\
# Who may do what

Made from the permission table in `crates/domain/src/permission/table.rs`; change that and run
`cargo xtask generate`. Nobody may do what has no row. Rights are looked up at each request and
never carried in a token for longer than minutes.

How far a right reaches:

- **own**: the patient's own data.
- **granted: view, schedule, full**: patients who granted this level or a higher one; a parent's
  grant rests from the age the clinic has set on.
- **in their care**: an active care relationship, which is one of: a place in the care team, an
  appointment inside the clinic's window, a live visit. An open emergency access (a reason of 20
  characters, 60 minutes, told to patient and compliance, reviewed) counts for *read* only.
- **visits they conduct**: their own visits inside the clinic's window.
- **same clinic**, **organisation**: everything there.

Whatever lies outside answers like something that does not exist, and the attempt is on record.
Rights of several roles add up.

";

const NOTES: &str = "
## Readings

The table settles what the requirements leave open:

- A clinician neither books nor names care-team members: either would make a care relationship
  with whomever they like, around the emergency access that is reviewed.
- A clinic's admin reads demographics, visits and notes of the own clinic and no prescriptions; a
  super admin reads settings, accounts and the audit log, and no health data at all.
- A coordinator sees who comes when, and the line about why that the desk itself took down; no
  notes and no medication.
- Compliance reads what it reviews, writes reviews only, and changes no audit row.
- A patient changes how they are reached; name, date of birth and sex are the desk's to change.
- A proxy never changes demographics and neither gives nor withdraws consent.
";

/// `docs/security/permissions.md`.
pub fn markdown() -> String {
    let mut text = String::from(HEAD);
    text.push_str("| Data | Action |");
    for role in Role::ALL {
        let _ = write!(text, " {} |", title(role.name()));
    }
    text.push_str(" Server |\n|---|---|");
    text.push_str(&"---|".repeat(Role::ALL.len() + 1));
    text.push('\n');
    for rule in TABLE {
        let _ = write!(
            text,
            "| {} | {} |",
            title(rule.resource.name()),
            rule.action.name().replace('_', " ")
        );
        for role in Role::ALL {
            let _ = write!(text, " {} |", cell(rule.of(role)));
        }
        let _ = writeln!(text, " {} |", cell(rule.of_service()));
    }
    text.push_str(NOTES);
    text
}

const fn cell(scope: Option<Scope>) -> &'static str {
    match scope {
        Some(scope) => scope.name(),
        None => "–",
    }
}

fn title(name: &str) -> String {
    let text = name.replace('_', " ");
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => text,
    }
}
