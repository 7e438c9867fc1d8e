//! What `bedside doctor` can find out about the private cluster without starting it.

use super::binaries::Binaries;
use super::files::Layout;
use super::owner::OwnerLock;
use super::user::Users;
use super::{ClusterConfig, ClusterError};

/// One thing looked at.
#[derive(Debug)]
pub struct Check {
    /// What, in a word or two.
    pub what: &'static str,
    /// What was found, or what is wrong and how to mend it.
    pub found: Result<String, ClusterError>,
}

/// Looks at programs, user, directory, disk and ownership. Starts and changes nothing, except that
/// a missing data directory is made. A directory in use by a running program is a finding, not a
/// fault of it. Blocks for some milliseconds.
pub fn examine(config: &ClusterConfig) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut note = |what, found| checks.push(Check { what, found });
    let lock = OwnerLock::acquire(&config.data_dir);
    note("data directory", lock.map(|_free| "free".to_owned()));
    let layout = match Layout::new(&config.data_dir) {
        Ok(layout) => layout,
        Err(error) => {
            note("database socket", Err(error));
            return checks;
        }
    };
    note("database socket", Ok(layout.run.display().to_string()));
    let binaries = layout.version().and_then(|version| {
        let bin_dir = config.bin_dir.as_deref();
        Binaries::find(bin_dir, &layout.data, version)
    });
    note(
        "PostgreSQL",
        binaries.map(|binaries| binaries.postgres().display().to_string()),
    );
    let user = Users::decide(&layout.data).and_then(|users| {
        users.can_reach(&layout.root)?;
        Ok(users.database.name)
    });
    note("database user", user);
    note("disk", layout.has_room().map(|()| "enough room".to_owned()));
    checks
}
