//! Words that must not land: promises instead of code, tests that do not run, sleeps instead of
//! conditions.

use crate::Finding;
use crate::source::occurrences;
use crate::tree::File;

/// Rust token patterns, with what to do instead.
const RUST: &[(&str, &str)] = &[
    ("todo !", "finish it or leave it out"),
    ("unimplemented !", "finish it or leave it out"),
    ("# [ ignore", "a test runs or it goes"),
];

/// Rust token patterns that are wrong in tests.
const RUST_TESTS: &[(&str, &str)] = &[(
    "thread : : sleep",
    "wait on the condition, or move testkit's clock by hand",
)];

/// Text in TypeScript.
const WEB: &[(&str, &str)] = &[
    ("waitForTimeout", "wait on what the user would see"),
    (".only(", "remove it, or the other tests never run"),
    ("test.skip(", "a test runs or it goes"),
    ("it.skip(", "a test runs or it goes"),
    ("describe.skip(", "a test runs or it goes"),
    ("test.fixme(", "a test runs or it goes"),
    ("@ts-ignore", "give it its type"),
    ("@ts-nocheck", "give it its type"),
];

/// Text in any code.
const ANYWHERE: &[(&str, &str)] = &[
    ("FIXME", "mend it now or file an issue"),
    ("TODO", "do it now or file an issue"),
    ("XXX", "say what is wrong, or mend it"),
];

/// Looks for the words in code; documents may speak about them.
#[must_use]
pub fn check(files: &[File]) -> Vec<Finding> {
    files
        .iter()
        .filter(|file| is_code(file))
        .flat_map(judge)
        .collect()
}

fn is_code(file: &File) -> bool {
    // This file is the list.
    file.extension() != "md" && file.extension() != "json" && file.path != "xtask/src/words.rs"
        || file.path.ends_with("package-lock.json")
}

fn judge(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut report = |line: usize, word: &str, advice: &str| {
        let word = word.replace(' ', "");
        findings.push(Finding::new(
            format!("{}:{line}", file.path),
            format!("`{word}`: {advice}"),
        ));
    };
    if file.path.ends_with("package-lock.json") {
        // Addresses of one network's mirror in the lock file break the installation elsewhere.
        for line in lines_with(&file.text, "\"resolved\": \"http") {
            report(
                line,
                "resolved",
                "set npm's omit-lockfile-registry-resolved and lock again",
            );
        }
        return findings;
    }
    if let Some(rust) = &file.rust {
        for (pattern, advice) in RUST {
            for tokens in [&rust.production, &rust.tests] {
                occurrences(tokens, pattern).for_each(|line| report(line, pattern, advice));
            }
        }
        for (pattern, advice) in RUST_TESTS {
            occurrences(&rust.tests, pattern).for_each(|line| report(line, pattern, advice));
        }
    }
    let web: &[_] = if matches!(file.extension(), "ts" | "tsx") {
        WEB
    } else {
        &[]
    };
    for (word, advice) in web.iter().chain(ANYWHERE) {
        lines_with(&file.text, word).for_each(|line| report(line, word, advice));
    }
    findings
}

fn lines_with<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.lines()
        .enumerate()
        .filter(move |(_, line)| line.contains(word))
        .map(|(at, _)| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(path: &str, text: &str) -> Vec<String> {
        check(&[File::new(path, text)])
            .into_iter()
            .map(|finding| finding.place)
            .collect()
    }

    #[test]
    fn each_word_is_found() {
        for (path, text) in [
            ("a.rs", "fn f() { todo!() }"),
            ("a.rs", "fn f() { unimplemented!() }"),
            (
                "a.rs",
                "#[cfg(test)] mod tests { #[test] #[ignore = \"slow\"] fn f() {} }",
            ),
            ("a/tests/a.rs", "fn f() { std::thread::sleep(d) }"),
            ("a.rs", "// FIXME later"),
            ("a.sh", "# TODO later"),
            ("e2e/a.ts", "await page.waitForTimeout(500)"),
            ("e2e/a.ts", "test.only('x', f)"),
            ("a.test.tsx", "it.skip('x', f)"),
            ("a.ts", "// @ts-ignore"),
            (
                "web-client/package-lock.json",
                "  \"resolved\": \"https://mirror/x.tgz\",",
            ),
        ] {
            assert_eq!(places(path, text), [format!("{path}:1")], "{text}");
        }
    }

    #[test]
    fn a_sleep_in_a_thread_that_ships_and_a_word_in_prose_are_fine() {
        assert_eq!(places("a.rs", "fn f() { std::thread::sleep(d) }"), [""; 0]);
        assert_eq!(places("docs/a.md", "We write no TODO."), [""; 0]);
        assert_eq!(places("a.rs", "fn f() { say(\"todo!\") }"), [""; 0]);
    }
}
