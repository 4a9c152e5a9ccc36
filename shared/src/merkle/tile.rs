//! Tiles: the tree in pieces of 256 hashes that never change once they are full (C2SP tlog-tiles).

use std::fmt;

use super::{Hash, node_hash};

/// Hashes in a full tile; leaves in a full bundle of entries.
pub const WIDTH: u64 = 256;
/// Levels of the tree that one level of tiles spans.
pub const HEIGHT: u8 = 8;

/// What a path under `tile/` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tile {
    /// The level of the tiles; none for entries themselves.
    pub level: Option<u8>,
    /// Its place within the level.
    pub index: u64,
    /// How many hashes, or entries, it holds: 1 to 256.
    pub width: u64,
}

impl Tile {
    /// The path behind the ledger's address, such as `tile/0/x001/x234/067.p/8`.
    pub fn path(&self) -> String {
        self.to_string()
    }

    /// Reads a path; none where it is not written as this one writes it.
    pub fn parse(path: &str) -> Option<Self> {
        let rest = path.strip_prefix("tile/")?;
        let (level, rest) = rest.split_once('/')?;
        let level = match level {
            "entries" => None,
            number => Some(number.parse().ok().filter(|level| *level < 64)?),
        };
        let (index, width) = match rest.split_once(".p/") {
            Some((index, width)) => (index, width.parse().ok().filter(|width| (1..WIDTH).contains(width))?),
            None => (rest, WIDTH),
        };
        let mut number: u64 = 0;
        for part in index.split('/') {
            let digits = part.strip_prefix('x').unwrap_or(part);
            if digits.len() != 3 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            number = number.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
        }
        let tile = Self { level, index: number, width };
        // Leading zeros, an `x` in the wrong place, a sign before a number: one tile has one path.
        (tile.path() == path).then_some(tile)
    }

    /// Whether a tree of `size` has it as it is named: full, or partial with just that many hashes, or fewer.
    pub fn exists_in(&self, size: u64) -> bool {
        let below = u32::from(self.level.unwrap_or(0)) * u32::from(HEIGHT);
        let hashes = size.checked_shr(below).unwrap_or(0);
        let end = self.index.checked_mul(WIDTH).and_then(|begin| begin.checked_add(self.width));
        end.is_some_and(|end| end <= hashes)
    }

    /// The index, within its level, of the first hash or entry.
    pub fn begin(&self) -> u64 {
        self.index * WIDTH
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level {
            Some(level) => write!(f, "tile/{level}/")?,
            None => f.write_str("tile/entries/")?,
        }
        let mut parts = vec![self.index % 1000];
        let mut rest = self.index / 1000;
        while rest > 0 {
            parts.push(rest % 1000);
            rest /= 1000;
        }
        for part in parts.iter().skip(1).rev() {
            write!(f, "x{part:03}/")?;
        }
        write!(f, "{:03}", parts[0])?;
        if self.width < WIDTH { write!(f, ".p/{}", self.width) } else { Ok(()) }
    }
}

/// Every tile of hashes that a tree of `size` consists of, partial ones as wide as it makes them.
pub fn tiles(size: u64) -> impl Iterator<Item = Tile> {
    (0..HEIGHT).flat_map(move |level| {
        let hashes = size >> (u32::from(level) * u32::from(HEIGHT));
        (0..hashes.div_ceil(WIDTH)).map(move |index| Tile {
            level: Some(level),
            index,
            width: (hashes - index * WIDTH).min(WIDTH),
        })
    })
}

/// Where a complete node lies: the tile's level and index, and the range of its hashes that the node is the root of.
pub fn place(level: u8, index: u64) -> (u8, u64, std::ops::Range<usize>) {
    let (tiles, inside) = (level / HEIGHT, level % HEIGHT);
    let first = index << inside;
    let begin = usize::try_from(first % WIDTH).unwrap_or_default();
    (tiles, first / WIDTH, begin..begin + (1 << inside))
}

/// The root of a power of two of hashes.
pub fn fold(hashes: &[Hash]) -> Option<Hash> {
    match hashes {
        [] => None,
        [one] => Some(*one),
        many if many.len().is_power_of_two() => {
            let (left, right) = many.split_at(many.len() / 2);
            Some(node_hash(&fold(left)?, &fold(right)?))
        }
        _ => None,
    }
}

/// A bundle of entries: each with its length before it (16 bits, big endian). None where one is longer than 65,535 bytes.
pub fn write_entries<'a>(entries: impl IntoIterator<Item = &'a [u8]>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for entry in entries {
        bytes.extend_from_slice(&u16::try_from(entry.len()).ok()?.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    Some(bytes)
}

/// The entries of a bundle; none where the last one is cut off.
pub fn read_entries(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let (mut entries, mut rest) = (Vec::new(), bytes);
    while !rest.is_empty() {
        let (length, behind) = rest.split_first_chunk::<2>()?;
        let (entry, behind) = behind.split_at_checked(u16::from_be_bytes(*length).into())?;
        entries.push(entry);
        rest = behind;
    }
    Some(entries)
}
