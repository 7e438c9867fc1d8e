//! Rust source as tokens, with comments gone and tests told apart from production code.

use std::str::FromStr;

use proc_macro2::{Delimiter, Group, LexError, TokenStream, TokenTree};

/// A word, a punctuation character, a bracket or a literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// As written; a literal keeps its quotes.
    pub text: String,
    /// Counted from 1.
    pub line: usize,
    /// True for text and number literals.
    pub literal: bool,
}

/// One Rust file, split into what ships and what only tests see.
#[derive(Debug, Default)]
pub struct RustFile {
    /// Tokens outside `#[cfg(test)]` items; empty for a file of tests.
    pub production: Vec<Token>,
    /// Tokens inside `#[cfg(test)]` items, or all tokens of a file of tests.
    pub tests: Vec<Token>,
    /// Lines of the file that lie outside `#[cfg(test)]` items.
    pub production_lines: usize,
}

/// True for paths whose whole content is test code.
#[must_use]
pub fn is_test_path(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.split('.').next().unwrap_or(name);
    folders
        .split('/')
        .any(|f| ["tests", "e2e", "testing", "testkit", "benches"].contains(&f))
        || stem == "tests"
        || stem.ends_with("_tests")
        || name.contains(".test.")
}

impl RustFile {
    /// Splits the text of the file at `path`.
    ///
    /// # Errors
    /// When the text is not Rust.
    pub fn parse(path: &str, text: &str) -> Result<Self, LexError> {
        let stream = TokenStream::from_str(text)?;
        let lines = text.lines().count();
        let mut file = Self::default();
        if is_test_path(path) {
            flatten(stream, &mut file.tests);
            return Ok(file);
        }
        let mut test_lines = 0;
        split(stream, &mut file, &mut test_lines);
        file.production_lines = lines.saturating_sub(test_lines);
        Ok(file)
    }
}

/// Lines at which `pattern` (tokens separated by blanks, e.g. `Instant : : now`) occurs.
pub fn occurrences<'a>(tokens: &'a [Token], pattern: &str) -> impl Iterator<Item = usize> + 'a {
    let words: Vec<String> = pattern.split(' ').map(str::to_owned).collect();
    (0..tokens.len()).filter_map(move |at| {
        let window = tokens.get(at..at + words.len())?;
        let same = window
            .iter()
            .zip(&words)
            .all(|(t, w)| !t.literal && t.text == *w);
        same.then(|| window[0].line)
    })
}

/// Walks one level of the stream; a `#[cfg(test)]` item goes to the tests as a whole.
fn split(stream: TokenStream, file: &mut RustFile, test_lines: &mut usize) {
    let mut trees = stream.into_iter().peekable();
    while let Some(tree) = trees.next() {
        let line = line_of(&tree);
        match (&tree, trees.peek()) {
            (TokenTree::Punct(hash), Some(TokenTree::Group(attribute)))
                if hash.as_char() == '#' && is_doc(attribute) =>
            {
                trees.next();
            }
            (TokenTree::Punct(hash), Some(TokenTree::Group(attribute)))
                if hash.as_char() == '#' && is_cfg_test(attribute) =>
            {
                let mut last = line;
                for item in trees.by_ref() {
                    let ends = ends_item(&item);
                    last = item.span().end().line;
                    flatten(TokenStream::from(item), &mut file.tests);
                    if ends {
                        break;
                    }
                }
                *test_lines += last + 1 - line;
            }
            (TokenTree::Group(group), _) => {
                let (open, close) = brackets(group.delimiter());
                push(&mut file.production, open, line);
                split(group.stream(), file, test_lines);
                push(&mut file.production, close, group.span_close().start().line);
            }
            _ => flatten(TokenStream::from(tree), &mut file.production),
        }
    }
}

fn flatten(stream: TokenStream, out: &mut Vec<Token>) {
    let mut trees = stream.into_iter().peekable();
    while let Some(tree) = trees.next() {
        let line = line_of(&tree);
        match &tree {
            TokenTree::Group(group) => {
                let (open, close) = brackets(group.delimiter());
                push(out, open, line);
                flatten(group.stream(), out);
                push(out, close, group.span_close().start().line);
            }
            TokenTree::Punct(hash) if hash.as_char() == '#' => match trees.peek() {
                Some(TokenTree::Group(attribute)) if is_doc(attribute) => {
                    trees.next();
                }
                _ => push(out, "#", line),
            },
            TokenTree::Literal(literal) => {
                out.push(Token {
                    text: literal.to_string(),
                    line,
                    literal: true,
                });
            }
            other => push(out, &other.to_string(), line),
        }
    }
}

fn push(out: &mut Vec<Token>, text: &str, line: usize) {
    if !text.is_empty() {
        out.push(Token {
            text: text.to_owned(),
            line,
            literal: false,
        });
    }
}

fn line_of(tree: &TokenTree) -> usize {
    match tree {
        TokenTree::Group(group) => group.span_open().start().line,
        other => other.span().start().line,
    }
}

fn brackets(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    }
}

fn ends_item(tree: &TokenTree) -> bool {
    match tree {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(punct) => punct.as_char() == ';',
        _ => false,
    }
}

fn words(attribute: &Group) -> Vec<String> {
    let mut tokens = Vec::new();
    for tree in attribute.stream() {
        match tree {
            TokenTree::Group(inner) => tokens.extend(words(&inner)),
            other => tokens.push(other.to_string()),
        }
    }
    tokens
}

fn is_doc(attribute: &Group) -> bool {
    matches!(attribute.stream().into_iter().next(), Some(TokenTree::Ident(name)) if name == "doc")
}

fn is_cfg_test(attribute: &Group) -> bool {
    let words = words(attribute);
    words.first().is_some_and(|w| w == "cfg")
        && words.iter().any(|w| w == "test")
        && !words.iter().any(|w| w == "not" || w == "any")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIXED: &str = r#"//! sqlx is only named in a comment.
/// So is sqlx here.
pub fn shipped() { run("SELECT 1") }

#[cfg(test)]
mod tests {
    fn only_here() { sqlx::query() }
}
"#;

    fn has(tokens: &[Token], text: &str) -> bool {
        tokens.iter().any(|token| token.text == text)
    }

    #[test]
    fn comments_are_dropped_and_test_modules_told_apart() {
        let file = RustFile::parse("a/src/x.rs", MIXED).unwrap();
        assert!(has(&file.production, "shipped"));
        assert!(!has(&file.production, "sqlx"));
        assert!(has(&file.tests, "sqlx"));
        assert_eq!(file.production_lines, 4);
    }

    #[test]
    fn a_file_of_tests_has_no_production_part() {
        let file = RustFile::parse("a/tests/x.rs", MIXED).unwrap();
        assert!(file.production.is_empty());
        assert_eq!(file.production_lines, 0);
    }

    #[test]
    fn an_item_behind_not_test_ships() {
        let file = RustFile::parse("a/src/x.rs", "#[cfg(not(test))] fn shipped() {}").unwrap();
        assert!(has(&file.production, "shipped"));
    }

    #[test]
    fn a_pattern_matches_across_tokens_but_not_inside_text() {
        let file = RustFile::parse("a/src/x.rs", "fn f() {\n  Instant :: now(); \"x\" }").unwrap();
        assert_eq!(
            occurrences(&file.production, "Instant : : now").collect::<Vec<_>>(),
            [2]
        );
        assert_eq!(occurrences(&file.production, "\"x\"").count(), 0);
    }

    #[test]
    fn paths_of_tests_are_recognised() {
        for path in [
            "chat/tests/api/x.rs",
            "chat/src/hub/tests.rs",
            "web-client/e2e/visit.ts",
        ] {
            assert!(is_test_path(path), "{path}");
        }
        for path in ["chat/src/hub.rs", "core-api/src/latest.rs"] {
            assert!(!is_test_path(path), "{path}");
        }
    }
}
