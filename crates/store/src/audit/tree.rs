//! The Merkle tree of RFC 6962 in tiles of 256 hashes (C2SP tlog-tiles), of which only the right
//! edge is kept in memory: some 8 KiB a level, three levels for sixteen million entries.

use aws_lc_rs::digest::{Context, SHA256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// Hashes in a complete tile.
pub(super) const WIDTH: usize = 256;
const HEIGHT: u32 = 8;

fn sha256(parts: &[&[u8]]) -> Hash {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}

/// The hash of an entry (RFC 6962, section 2.1).
pub(super) fn leaf_hash(entry: &[u8]) -> Hash {
    sha256(&[&[0], entry])
}

fn node(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&[1], left, right])
}

/// A complete tile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tile {
    pub(super) level: u8,
    pub(super) index: u64,
    pub(super) hashes: Vec<Hash>,
}

impl Tile {
    /// The size of the tree that completes it.
    pub(super) fn completed_at(&self) -> u64 {
        (self.index + 1) << (HEIGHT * (u32::from(self.level) + 1))
    }
}

/// A growing tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Tree {
    size: u64,
    /// By level, the hashes of the tile that is not complete yet: fewer than [`WIDTH`] each.
    edge: Vec<Vec<Hash>>,
}

impl Tree {
    /// The tree of `size` entries with this edge, or nothing when they do not fit each other.
    pub(super) fn resume(size: u64, edge: Vec<Vec<Hash>>) -> Option<Self> {
        let fits = edge.len() == Self::levels(size)
            && (0_u32..)
                .zip(&edge)
                .all(|(level, hashes)| hashes.len() as u64 == Self::edge_width(size, level));
        fits.then_some(Self { size, edge })
    }

    /// Levels of tiles of a tree of `size` entries.
    pub(super) fn levels(size: u64) -> usize {
        let bits = u64::BITS - size.leading_zeros();
        usize::try_from(bits.div_ceil(HEIGHT)).unwrap_or(usize::MAX)
    }

    /// Hashes in the incomplete tile of `level` of a tree of `size` entries.
    pub(super) fn edge_width(size: u64, level: u32) -> u64 {
        size.checked_shr(HEIGHT * level).unwrap_or(0) % WIDTH as u64
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Appends an entry's hash; tiles completed by it go to `complete`, lowest level first.
    pub(super) fn push(&mut self, leaf: Hash, complete: &mut Vec<Tile>) {
        self.size += 1;
        let mut hash = leaf;
        for level in 0_u8.. {
            let at = usize::from(level);
            if self.edge.len() == at {
                self.edge.push(Vec::with_capacity(WIDTH));
            }
            self.edge[at].push(hash);
            if self.edge[at].len() < WIDTH {
                return;
            }
            let hashes = std::mem::replace(&mut self.edge[at], Vec::with_capacity(WIDTH));
            hash = perfect(&hashes);
            complete.push(Tile {
                level,
                index: (self.size >> (HEIGHT * (u32::from(level) + 1))) - 1,
                hashes,
            });
        }
    }

    /// The root (RFC 6962, section 2.1): perfect subtrees, largest to the left, folded from the
    /// right.
    pub(super) fn root(&self) -> Hash {
        let mut root: Option<Hash> = None;
        for hashes in &self.edge {
            let mut subtrees = Vec::new();
            let mut rest = hashes.as_slice();
            while !rest.is_empty() {
                let (subtree, after) = rest.split_at(1 << rest.len().ilog2());
                subtrees.push(perfect(subtree));
                rest = after;
            }
            for left in subtrees.iter().rev() {
                root = Some(root.map_or(*left, |right| node(left, &right)));
            }
        }
        root.unwrap_or_else(|| sha256(&[]))
    }
}

/// The root over a power of two of hashes.
pub(super) fn perfect(hashes: &[Hash]) -> Hash {
    let mut level = hashes.to_vec();
    while level.len() > 1 {
        level = level
            .chunks_exact(2)
            .map(|pair| node(&pair[0], &pair[1]))
            .collect();
    }
    // Callers give one hash or more.
    level.first().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The reference vectors of Certificate Transparency.
    #[test]
    fn roots_are_those_of_certificate_transparency() {
        let entries: [&[u8]; 8] = [
            b"",
            &[0x00],
            &[0x10],
            &[0x20, 0x21],
            &[0x30, 0x31],
            &[0x40, 0x41, 0x42, 0x43],
            &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
            &[
                0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d,
                0x6e, 0x6f,
            ],
        ];
        let roots = [
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let mut tree = Tree::default();
        assert_eq!(hex(&tree.root()), roots[0]);
        for (entry, root) in entries.iter().zip(&roots[1..]) {
            tree.push(leaf_hash(entry), &mut Vec::new());
            assert_eq!(hex(&tree.root()), *root, "{} entries", tree.size());
        }
    }

    /// RFC 6962's definition, word for word.
    fn by_definition(hashes: &[Hash]) -> Hash {
        match hashes {
            [] => sha256(&[]),
            [one] => *one,
            many => {
                let split = 1 << (many.len() - 1).ilog2();
                let (left, right) = many.split_at(split);
                node(&by_definition(left), &by_definition(right))
            }
        }
    }

    #[test]
    fn tiles_and_root_agree_with_the_definition_across_levels() {
        let count = WIDTH * WIDTH + WIDTH + 3;
        let leaves: Vec<Hash> = (0..count)
            .map(|n| leaf_hash(&(n as u64).to_be_bytes()))
            .collect();
        let (mut tree, mut tiles) = (Tree::default(), Vec::new());
        for (n, leaf) in leaves.iter().enumerate() {
            tree.push(*leaf, &mut tiles);
            let size = n + 1;
            if size < 300 || size % 4093 == 0 || size + 300 > count {
                assert_eq!(tree.root(), by_definition(&leaves[..size]), "{size}");
            }
        }
        assert_eq!(tiles.iter().filter(|tile| tile.level == 0).count(), 257);
        let upper: Vec<_> = tiles.iter().filter(|tile| tile.level == 1).collect();
        assert_eq!((upper.len(), upper[0].index), (1, 0));
        assert_eq!(upper[0].completed_at(), (WIDTH * WIDTH) as u64);
        assert_eq!(
            upper[0].hashes[7],
            by_definition(&leaves[7 * WIDTH..8 * WIDTH])
        );
        for tile in tiles.iter().filter(|tile| tile.level == 0) {
            let end = usize::try_from(tile.completed_at()).expect("small");
            assert_eq!(tile.hashes, leaves[end - WIDTH..end]);
        }
        let resumed = Tree::resume(tree.size(), tree.edge.clone()).expect("fits");
        assert_eq!(resumed.root(), tree.root());
        assert!(Tree::resume(tree.size() + 1, tree.edge.clone()).is_none());
    }
}
