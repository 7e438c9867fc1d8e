//! Which scenarios run which way.

use crate::cli::{Io, MediaOptions, Scenario, Switch};
use crate::fleet::film::Pace;

/// A scenario, one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) scenario: Scenario,
    pub(crate) io: Io,
    pub(crate) estimation: bool,
    pub(crate) pace: Pace,
}

impl Run {
    /// How its node is set up.
    pub(crate) const fn setup(&self) -> (Io, bool) {
        (self.io, self.estimation)
    }
}

/// The runs the options ask for, those with a node set up alike together. Unless they name ways:
/// GSO with and without estimation for every scenario, the other ways for 1-50 with it.
pub(crate) fn plan(options: &MediaOptions) -> Vec<Run> {
    let given = |list: &[Io]| !list.is_empty();
    let mut ways: Vec<Io> = options.io.clone();
    if options.full || !given(&options.io) {
        ways = Io::ALL.to_vec();
    }
    let scenarios = match options.scenario.is_empty() || options.full {
        true => Scenario::ALL.to_vec(),
        false => options.scenario.clone(),
    };
    let paces = match options.full {
        true => vec![Pace::Frames, Pace::Smooth],
        false => options.pace.clone(),
    };
    let default = !options.full && !given(&options.io);
    let mut runs = Vec::new();
    for io in ways {
        let secondary = default && io != Io::Gso;
        for estimation in [true, false] {
            let switch = if estimation { Switch::On } else { Switch::Off };
            let all = options.full || options.estimation.is_empty() && !secondary;
            let named = options.estimation.contains(&switch);
            let fallback = options.estimation.is_empty() && secondary && estimation;
            if !(all || named || fallback) {
                continue;
            }
            for pace in &paces {
                for scenario in &scenarios {
                    if secondary && options.scenario.is_empty() && *scenario != Scenario::Fifty {
                        continue;
                    }
                    runs.push(Run {
                        scenario: *scenario,
                        io,
                        estimation,
                        pace: *pace,
                    });
                }
            }
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Subject};

    fn planned(arguments: &[&str]) -> Vec<(&'static str, &'static str, bool)> {
        let all = ["loadtests", "media"].iter().chain(arguments);
        let Subject::Media(media) = Cli::try_parse_from(all).expect("valid").subject else {
            panic!("other than media");
        };
        let runs = plan(&media.options);
        let row = |run: &Run| (run.scenario.name(), run.io.name(), run.estimation);
        runs.iter().map(row).collect()
    }

    #[test]
    fn the_default_is_gso_in_full_and_the_others_where_it_matters() {
        let runs = planned(&[]);
        assert_eq!(runs.len(), 10);
        assert_eq!(runs.iter().filter(|run| run.1 == "gso").count(), 8);
        assert!(runs.contains(&("1-50", "sendto", true)));
    }

    #[test]
    fn what_is_named_is_run_and_full_means_everything() {
        let one = planned(&[
            "--scenario",
            "1-10",
            "--io",
            "sendto",
            "--estimation",
            "off",
        ]);
        assert_eq!(one, [("1-10", "sendto", false)]);
        let ways = planned(&["--scenario", "1-1", "--estimation", "off"]);
        let expected = [
            ("1-1", "gso", false),
            ("1-1", "sendmmsg", false),
            ("1-1", "sendto", false),
        ];
        assert_eq!(ways, expected);
        assert_eq!(planned(&["--full"]).len(), 4 * 3 * 2 * 2);
    }
}
