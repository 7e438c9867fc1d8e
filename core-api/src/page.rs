//! Pages of lists: opaque cursors that name the last row seen.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use crate::refusal::Refusal;

/// Rows on a page when the caller does not say.
const USUAL: u32 = 50;
/// Rows on a page at most.
const MOST: u32 = 100;
/// The longest cursor looked at; ours are shorter.
const MAX_CURSOR: usize = 1_024;

/// Which page of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// `next_cursor` of the page before.
    pub(crate) cursor: Option<String>,
    /// 1 to 100; 50 when left out.
    #[param(minimum = 1, maximum = 100)]
    pub(crate) limit: Option<u32>,
}

/// A page asked for: what comes after `after`, at most `limit` rows.
#[derive(Debug)]
pub(crate) struct Page<A> {
    pub(crate) after: Option<A>,
    pub(crate) limit: u32,
}

impl<A: DeserializeOwned> Page<A> {
    /// Reads a cursor and a limit.
    pub(crate) fn parse(cursor: Option<&str>, limit: Option<u32>) -> Result<Self, Refusal> {
        let limit = limit.unwrap_or(USUAL);
        if !(1..=MOST).contains(&limit) {
            return Err(Refusal::Invalid("limit takes 1 to 100.".into()));
        }
        let unknown = || Refusal::Invalid("cursor is not one this list gave out.".into());
        let after = cursor
            .map(|text| {
                let json = (text.len() <= MAX_CURSOR)
                    .then(|| URL_SAFE_NO_PAD.decode(text).ok())
                    .flatten();
                json.and_then(|json| serde_json::from_slice(&json).ok())
                    .ok_or_else(unknown)
            })
            .transpose()?;
        Ok(Self { after, limit })
    }
}

impl<A> Page<A> {
    /// Rows to read: one more than shown, to learn whether another page follows.
    pub(crate) fn fetch(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// Cuts `rows` to the page; the cursor of the next one, if there is one.
    pub(crate) fn cut<T, C: Serialize>(
        &self,
        rows: &mut Vec<T>,
        position: impl FnOnce(&T) -> C,
    ) -> Option<String> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        if rows.len() <= limit {
            return None;
        }
        rows.truncate(limit);
        cursor(&position(rows.last()?))
    }
}

/// The cursor of the page after `position`.
pub(crate) fn cursor<C: Serialize>(position: &C) -> Option<String> {
    let json = serde_json::to_vec(position).ok()?;
    Some(URL_SAFE_NO_PAD.encode(json))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_to_the_row_after_the_last_one_shown() {
        let page: Page<(String, u32)> = Page::parse(None, Some(2)).unwrap();
        let mut rows = vec![("a", 1), ("b", 2), ("c", 3)];
        assert_eq!(page.fetch(), 3);
        let cursor = page.cut(&mut rows, |row| *row).unwrap();
        assert_eq!(rows, [("a", 1), ("b", 2)]);
        let next: Page<(String, u32)> = Page::parse(Some(&cursor), None).unwrap();
        assert_eq!(next.after, Some(("b".to_owned(), 2)));
    }

    #[test]
    fn the_last_page_has_no_cursor() {
        let page: Page<u32> = Page::parse(None, Some(2)).unwrap();
        let mut rows = vec![1, 2];
        assert_eq!(page.cut(&mut rows, |row| *row), None);
    }

    #[test]
    fn a_foreign_cursor_or_limit_is_refused() {
        for (cursor, limit) in [
            (Some("%"), None),
            (Some("e30"), None),
            (None, Some(0)),
            (None, Some(101)),
        ] {
            assert!(Page::<(String, u32)>::parse(cursor, limit).is_err());
        }
    }
}
