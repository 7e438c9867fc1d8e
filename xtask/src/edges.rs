//! Which package may depend on which: the table of `ARCHITECTURE.md` as data.

use crate::Finding;
use crate::graph::{Graph, Package, When};

/// What one package of ours may use.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The package.
    pub package: &'static str,
    /// Packages of ours that its program code may use.
    pub may: &'static [&'static str],
    /// Packages of ours that its tests may use besides; `testkit` goes without saying.
    pub tests: &'static [&'static str],
    /// Packages that it must not reach, not even through others.
    pub unseen: &'static [&'static str],
    /// Packages that it must not name itself, although something below it uses them.
    pub unnamed: &'static [&'static str],
}

const ROW: Row = Row {
    package: "",
    may: &[],
    tests: &[],
    unseen: &[],
    unnamed: &[],
};
const IO: &[&str] = &["tokio", "mio", "socket2", "axum", "hyper", "sqlx"];
const DATABASE: &[&str] = &["sqlx", "store"];
const WEBRTC: &[&str] = &["str0m", "webrtc", "rtc", "sfu-core"];

/// The allowed edges.
pub const TABLE: &[Row] = &[
    Row {
        package: "domain",
        unseen: IO,
        ..ROW
    },
    Row {
        package: "auth",
        may: &["domain"],
        unseen: IO,
        ..ROW
    },
    Row {
        package: "protocol",
        may: &["domain"],
        unseen: IO,
        ..ROW
    },
    Row {
        package: "bus",
        may: &["domain"],
        unseen: DATABASE,
        ..ROW
    },
    Row {
        package: "runtime",
        may: &["domain"],
        unseen: DATABASE,
        ..ROW
    },
    // The health registry of `runtime` has routes, so axum is below store, which itself serves
    // nothing and must not name it.
    Row {
        package: "store",
        may: &["domain", "runtime"],
        unnamed: &["axum", "hyper"],
        ..ROW
    },
    Row {
        package: "testkit",
        may: &["domain", "runtime", "store"],
        ..ROW
    },
    Row {
        package: "sfu-core",
        may: &["domain"],
        unseen: IO,
        ..ROW
    },
    Row {
        package: "sfu",
        may: &["sfu-core", "auth", "bus", "runtime", "domain"],
        unseen: DATABASE,
        ..ROW
    },
    Row {
        package: "signaling",
        may: &["auth", "bus", "runtime", "domain"],
        // Its tests run a real SFU behind it: the two only meet on the bus.
        tests: &["sfu"],
        unseen: &["sqlx", "store", "str0m", "webrtc", "rtc", "sfu-core"],
        ..ROW
    },
    Row {
        package: "chat",
        may: &["protocol", "auth", "bus", "store", "runtime", "domain"],
        unseen: WEBRTC,
        ..ROW
    },
    Row {
        package: "core-api",
        may: &["auth", "bus", "store", "runtime", "domain"],
        unseen: WEBRTC,
        ..ROW
    },
    Row {
        package: "server",
        may: &[
            "core-api",
            "chat",
            "signaling",
            "sfu",
            "bus",
            "store",
            "runtime",
            "domain",
            "auth",
        ],
        tests: &["protocol"],
        // The second WebRTC stack judges ours from outside; the program never contains it.
        unseen: &["webrtc", "rtc"],
        unnamed: &["sqlx", "str0m"],
    },
    Row {
        package: "loadtests",
        may: &["auth", "protocol", "domain"],
        unseen: &["store", "runtime", "bus", "sqlx", "str0m"],
        ..ROW
    },
    Row {
        package: "xtask",
        may: &["protocol", "domain"],
        unseen: IO,
        ..ROW
    },
];

/// Compares the packages with the table, both ways.
#[must_use]
pub fn check(graph: &Graph, table: &[Row]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (key, package) in graph.ours() {
        match table.iter().find(|row| row.package == package.name) {
            Some(row) => judge(graph, key, package, row, &mut findings),
            None => findings.push(Finding::new(
                &package.name,
                "is a new package: give it a row in xtask/src/edges.rs and in ARCHITECTURE.md",
            )),
        }
    }
    for row in table {
        if !graph.ours().any(|(_, package)| package.name == row.package) {
            findings.push(Finding::new(
                row.package,
                "has a row but is no package: remove the row",
            ));
        }
    }
    findings
}

fn judge(graph: &Graph, key: &str, package: &Package, row: &Row, findings: &mut Vec<Finding>) {
    for (to, when) in &package.uses {
        let Some(target) = graph.0.get(to) else {
            continue;
        };
        let name = target.name.as_str();
        let allowed = row.may.contains(&name)
            || *when == When::Tests && (name == "testkit" || row.tests.contains(&name));
        if target.ours && !allowed {
            findings.push(Finding::new(
                &package.name,
                format!("must not depend on {name}: ARCHITECTURE.md lists the allowed edges"),
            ));
        }
        if *when == When::Program && row.unnamed.contains(&name) {
            findings.push(Finding::new(
                &package.name,
                format!("must not name {name} itself"),
            ));
        }
    }
    let reach = graph.reach(key);
    for name in row.unseen.iter().filter(|name| reach.contains(**name)) {
        findings.push(Finding::new(
            &package.name,
            format!(
                "must not reach {name}; `cargo tree -p {} -i {name}` shows the way",
                package.name
            ),
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &[Row] = &[
        Row {
            package: "domain",
            unseen: IO,
            ..ROW
        },
        Row {
            package: "chat",
            may: &["domain"],
            unnamed: &["str0m"],
            ..ROW
        },
    ];

    fn graph(edges: &[(&str, &str, When)], ours: &[&str]) -> Graph {
        let mut graph = Graph::default();
        let names = edges
            .iter()
            .flat_map(|(from, to, _)| [*from, *to])
            .chain(ours.iter().copied());
        for name in names {
            graph.0.entry(name.to_owned()).or_insert_with(|| Package {
                name: name.to_owned(),
                license: None,
                source: None,
                ours: ours.contains(&name),
                uses: Vec::new(),
            });
        }
        for (from, to, when) in edges {
            if let Some(package) = graph.0.get_mut(*from) {
                package.uses.push(((*to).to_owned(), *when));
            }
        }
        graph
    }

    fn advice(edges: &[(&str, &str, When)], ours: &[&str]) -> Vec<String> {
        check(&graph(edges, ours), TWO)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn allowed_edges_pass() {
        let edges = [
            ("chat", "domain", When::Program),
            ("chat", "tokio", When::Program),
            ("domain", "tokio", When::Tests),
        ];
        assert_eq!(advice(&edges, &["chat", "domain"]), [""; 0]);
    }

    #[test]
    fn an_edge_that_is_not_in_the_table_is_found() {
        let found = advice(&[("domain", "chat", When::Program)], &["chat", "domain"]);
        assert!(
            found[0].starts_with("domain: must not depend on chat"),
            "{found:?}"
        );
    }

    #[test]
    fn a_test_dependency_between_services_is_found() {
        let found = advice(&[("domain", "chat", When::Tests)], &["chat", "domain"]);
        assert_eq!(found.len(), 1, "{found:?}");
    }

    #[test]
    fn tests_may_use_testkit() {
        let edges = [("chat", "testkit", When::Tests)];
        let table = [
            TWO[0],
            TWO[1],
            Row {
                package: "testkit",
                ..ROW
            },
        ];
        assert_eq!(
            check(&graph(&edges, &["chat", "domain", "testkit"]), &table),
            []
        );
    }

    #[test]
    fn what_must_not_be_seen_is_found_through_others() {
        let edges = [
            ("domain", "serde", When::Program),
            ("serde", "tokio", When::Program),
        ];
        let found = advice(&edges, &["chat", "domain"]);
        assert!(
            found[0].starts_with("domain: must not reach tokio"),
            "{found:?}"
        );
    }

    #[test]
    fn what_must_not_be_named_may_lie_below() {
        let below = [("chat", "x", When::Program), ("x", "str0m", When::Program)];
        assert_eq!(advice(&below, &["chat", "domain"]), [""; 0]);
        let named = advice(&[("chat", "str0m", When::Program)], &["chat", "domain"]);
        assert_eq!(named, ["chat: must not name str0m itself"]);
    }

    #[test]
    fn packages_and_rows_must_match() {
        let found = advice(&[], &["chat", "fresh"]);
        assert_eq!(found.len(), 2, "{found:?}");
    }
}
