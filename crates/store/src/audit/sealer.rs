//! The sealer: gives each committed row its place in the log, grows the tree, signs its head.

use jiff::Timestamp;
use sqlx::Connection as _;
use uuid::Uuid;

use super::copies::Copies;
use super::leaf::Leaf;
use super::log::{self, StoredCheckpoint, Tail};
use super::mac::{AuditKeys, verify_row};
use super::note::Checkpoint;
use super::tree::{Hash, Tree, perfect};
use crate::{Connection, StoreError};

/// Rows sealed in one transaction; more follow at once. Seven parameters each stay under
/// PostgreSQL's 65,535.
const BATCH: u32 = 2_048;

/// Sealing cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log is not the one that was signed. Sealing on would sign a second history, so it
    /// stops until somebody has looked.
    #[error("the audit log was tampered with, or an older backup was restored: {0}")]
    Forked(Fork),
    /// The second place of checkpoints cannot be read.
    #[error("the copies of checkpoints cannot be read: {0}")]
    Copies(std::io::Error),
}

/// How the log differs from what was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fork {
    /// Entries, tiles and checkpoint do not fit each other.
    #[error("its entries, tiles and newest checkpoint do not fit each other at {size} entries")]
    Torn {
        /// Entries there are.
        size: u64,
    },
    /// The last entries are not those written last.
    #[error("it ends differently from how it was left, at entry {seq}")]
    Tail {
        /// The entry where it should have ended.
        seq: u64,
    },
    /// A copy of a checkpoint knows more entries, or others.
    #[error("a copy of its checkpoint over {size} entries does not fit it")]
    Copy {
        /// The size the copy speaks of.
        size: u64,
    },
}

/// What one pass did.
#[derive(Debug, Default)]
pub struct Pass {
    /// Rows that were given a place.
    pub sealed: u64,
    /// Those of them that nobody with the key wrote, with their places.
    pub forged: Vec<(u64, Uuid)>,
    /// The new head, when there is one: entries and root.
    pub head: Option<(u64, Hash)>,
    /// Why a checkpoint is not in the second place yet; the next pass tries again.
    pub not_copied: Option<std::io::Error>,
}

/// The one writer of the log. Whoever makes one must hold [`log::lock`] on the
/// connection it works on; the keeper sees to that.
#[derive(Debug)]
pub struct Sealer {
    keys: AuditKeys,
    copies: Option<Copies>,
    origin: String,
    tree: Tree,
    tail: Option<Tail>,
    /// The newest checkpoint while no copy of it is kept.
    uncopied: Option<StoredCheckpoint>,
}

impl Sealer {
    /// Takes the log up where it was left, after checking that it is as it was left.
    ///
    /// # Errors
    /// [`SealError`].
    pub async fn resume(
        conn: &mut Connection,
        keys: AuditKeys,
        copies: Option<Copies>,
    ) -> Result<Self, SealError> {
        let origin = log::origin(conn).await?;
        let tail = log::tail(conn).await?;
        let size = tail.as_ref().map_or(0, |tail| tail.leaf.seq + 1);
        let torn = SealError::Forked(Fork::Torn { size });
        let Some(tree) = load(conn, size).await? else {
            return Err(torn);
        };
        let newest = log::last_checkpoint(conn).await?;
        let fits = match &newest {
            None => size == 0,
            Some(newest) => Checkpoint::open(&newest.note, &keys).is_ok_and(|signed| {
                signed.origin == origin && signed.size == size && signed.root == tree.root()
            }),
        };
        if !fits {
            return Err(torn);
        }
        let mut sealer = Self {
            keys,
            copies,
            origin,
            tree,
            tail,
            uncopied: None,
        };
        if sealer.differs_from_copy(conn).await? {
            sealer.uncopied = newest;
        }
        Ok(sealer)
    }

    /// Whether the newest copy is older than the log; an error when it is of another log.
    async fn differs_from_copy(&self, conn: &mut Connection) -> Result<bool, SealError> {
        let Some(copies) = &self.copies else {
            return Ok(false);
        };
        let Some(note) = copies.latest().map_err(SealError::Copies)? else {
            return Ok(true);
        };
        // A copy that no key of ours signed proves nothing, so it must not stop the log.
        let Ok(copy) = Checkpoint::open(&note, &self.keys) else {
            return Ok(true);
        };
        let size = copy.size;
        let root = match size.cmp(&self.tree.size()) {
            std::cmp::Ordering::Equal => Some(self.tree.root()),
            std::cmp::Ordering::Greater => None,
            std::cmp::Ordering::Less => {
                let known = log::checkpoints(conn, size.saturating_sub(1), size).await?;
                known.first().map(|known| known.root)
            }
        };
        if copy.origin == self.origin && root != Some(copy.root) {
            return Err(SealError::Forked(Fork::Copy { size }));
        }
        Ok(size < self.tree.size() || copy.origin != self.origin)
    }

    /// Entries in the log.
    pub fn size(&self) -> u64 {
        self.tree.size()
    }

    /// The name of the log, its checkpoints' first line and their key's name.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    pub(super) fn tail(&self) -> Option<&Tail> {
        self.tail.as_ref()
    }

    /// Seals every row whose transaction, and every one before it, has ended.
    ///
    /// # Errors
    /// [`SealError`]; afterwards only a fresh [`Sealer::resume`] knows how the log stands.
    pub async fn pass(&mut self, conn: &mut Connection, now: Timestamp) -> Result<Pass, SealError> {
        let mut done = Pass::default();
        loop {
            let sealed = self.batch(conn, now, &mut done).await?;
            done.sealed += u64::from(sealed);
            done.not_copied = self.copy().await.err();
            if sealed < BATCH {
                return Ok(done);
            }
        }
    }

    async fn batch(
        &mut self,
        conn: &mut Connection,
        now: Timestamp,
        done: &mut Pass,
    ) -> Result<u32, SealError> {
        let mut tx = conn.begin().await.map_err(StoreError::from)?;
        let found = log::tail(&mut tx).await?;
        let same = found.as_ref().map(|tail| &tail.leaf) == self.tail.as_ref().map(|t| &t.leaf);
        if !same {
            let seq = self.tree.size().saturating_sub(1);
            return Err(SealError::Forked(Fork::Tail { seq }));
        }
        let rows = log::next(&mut tx, self.tail.as_ref(), BATCH).await?;
        let Some(last) = rows.last().map(|written| written.xid.clone()) else {
            return Ok(0);
        };
        let (mut tree, mut tiles) = (self.tree.clone(), Vec::new());
        let mut leaves = Vec::with_capacity(rows.len());
        for written in rows {
            let leaf = Leaf::of(&written.row, tree.size(), self.keys.current());
            let key = self.keys.named(written.row.key_id);
            // Sealed all the same: the log keeps the evidence, and nothing else waits for it.
            if key.is_none_or(|key| verify_row(key, &written.row).is_err()) {
                done.forged.push((leaf.seq, leaf.event));
            }
            tree.push(leaf.hash, &mut tiles);
            leaves.push((leaf, written.xid));
        }
        let head = Checkpoint {
            origin: self.origin.clone(),
            size: tree.size(),
            root: tree.root(),
        };
        let checkpoint = StoredCheckpoint {
            size: head.size,
            root: head.root,
            at: now,
            note: head.sign(self.keys.current()),
        };
        log::insert_leaves(&mut tx, &leaves).await?;
        log::insert_tiles(&mut tx, &tiles).await?;
        log::insert_checkpoint(&mut tx, &checkpoint).await?;
        tx.commit().await.map_err(StoreError::from)?;
        let sealed = u32::try_from(leaves.len()).unwrap_or(BATCH);
        self.tail = leaves.pop().map(|(leaf, _)| Tail { leaf, xid: last });
        self.tree = tree;
        self.uncopied = Some(checkpoint);
        done.head = Some((head.size, head.root));
        Ok(sealed)
    }

    /// Keeps the newest checkpoint in the second place, if it is not there yet.
    async fn copy(&mut self) -> std::io::Result<()> {
        let (Some(copies), Some(checkpoint)) = (&self.copies, &self.uncopied) else {
            return Ok(());
        };
        let (copies, checkpoint) = (copies.clone(), checkpoint.clone());
        // A flush to a disk that may be far away: off the runtime's threads.
        tokio::task::spawn_blocking(move || copies.keep(&checkpoint))
            .await
            .map_err(std::io::Error::other)??;
        self.uncopied = None;
        Ok(())
    }
}

/// The tree of the log's first `size` entries from its right edge; none when parts are missing.
async fn load(conn: &mut Connection, size: u64) -> Result<Option<Tree>, StoreError> {
    let mut edge: Vec<Vec<Hash>> = Vec::new();
    for level in (0_u32..).take(Tree::levels(size)) {
        let width = Tree::edge_width(size, level);
        let hashes = if level == 0 {
            let limit = u32::try_from(width).unwrap_or(u32::MAX);
            let leaves = log::leaves(conn, size - width, limit).await?;
            leaves.into_iter().map(|leaf| leaf.hash).collect()
        } else {
            let first = (size >> (8 * level)) - width;
            let tiles = log::tiles_of(conn, level - 1, first, width).await?;
            tiles.iter().map(|tile| perfect(&tile.hashes)).collect()
        };
        edge.push(hashes);
    }
    Ok(Tree::resume(size, edge))
}
