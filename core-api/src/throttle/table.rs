//! A table that never grows beyond its bound.

use std::collections::HashMap;
use std::hash::Hash;

/// Rows kept at most: some ten megabytes.
const ROWS: usize = 65_536;
/// Rows compared when one has to go.
const COMPARED: usize = 16;

/// Rows by key. When it is full, rows that say nothing any more go first, then the one that
/// matters least of a few looked at: whoever fills it with keys of no weight loses those.
pub(super) struct Table<K, V> {
    rows: HashMap<K, V>,
    bound: usize,
}

impl<K: Hash + Eq + Clone, V> Table<K, V> {
    pub(super) fn new() -> Self {
        Self::bounded(ROWS)
    }

    pub(super) fn bounded(bound: usize) -> Self {
        Self {
            rows: HashMap::new(),
            bound,
        }
    }

    pub(super) fn get(&self, key: &K) -> Option<&V> {
        self.rows.get(key)
    }

    pub(super) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.rows.get_mut(key)
    }

    pub(super) fn remove(&mut self, key: &K) {
        self.rows.remove(key);
    }

    /// The row of `key`, made by `fresh` where there is none. `weight` says how much a row
    /// matters; at 0 it says nothing any more.
    pub(super) fn entry(
        &mut self,
        key: &K,
        fresh: impl FnOnce() -> V,
        weight: impl Fn(&V) -> u64,
    ) -> &mut V {
        if self.rows.len() >= self.bound && !self.rows.contains_key(key) {
            self.make_room(weight);
        }
        self.rows.entry(key.clone()).or_insert_with(fresh)
    }

    /// Forgets what says nothing any more, a few rows a time so that no caller waits for all of
    /// them; always at least one row.
    fn make_room(&mut self, weight: impl Fn(&V) -> u64) {
        let looked_at = self.rows.iter().take(COMPARED);
        let mut weighed: Vec<(u64, K)> = looked_at
            .map(|(key, row)| (weight(row), key.clone()))
            .collect();
        weighed.sort_by_key(|(weight, _)| *weight);
        for (place, (weight, key)) in weighed.into_iter().enumerate() {
            if place == 0 || weight == 0 {
                self.rows.remove(&key);
            }
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_keeps_its_bound_and_what_matters() {
        let mut table = Table::bounded(100);
        for heavy in 0..10 {
            *table.entry(&heavy, || 0, |weight| *weight) = 1_000;
        }
        for light in 10..10_000 {
            *table.entry(&light, || 0, |weight| *weight) = u64::from(light % 2 == 0);
            assert!(table.len() <= 100);
        }
        for heavy in 0..10 {
            assert_eq!(table.get(&heavy), Some(&1_000));
        }
    }
}
