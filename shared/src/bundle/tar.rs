//! The archive that a bundle is: POSIX ustar, plain files only, so that every system's `tar` opens it. Headers alone; the
//! bytes between them are the caller's, who reads and writes them in pieces.

/// Headers and the contents between them come in blocks of so many bytes.
pub const BLOCK: usize = 512;
/// The largest content: eleven octal digits.
const LARGEST: u64 = 0o777_7777_7777;

/// One block.
pub type Block = [u8; BLOCK];

/// What a header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The file's name, with slashes.
    pub name: String,
    /// How many bytes follow.
    pub size: u64,
}

/// Blocks that are no archive of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TarError {
    /// No header, or one that was altered.
    #[error("a header of the archive is damaged, or this is no archive")]
    Header,
    /// A directory, a link, a name that leads out: nothing that a bundle holds.
    #[error("the archive holds something that no bundle has")]
    Kind,
}

/// The header of a file, written at `modified` (Unix seconds). None where the name is longer than 100 bytes or the file
/// larger than 8 GiB.
pub fn header(entry: &Entry, modified: u64) -> Option<Block> {
    let name = entry.name.as_bytes();
    if name.is_empty() || name.len() > 100 || entry.size > LARGEST {
        return None;
    }
    let mut block = [0u8; BLOCK];
    block[..name.len()].copy_from_slice(name);
    put(&mut block, 100, b"0000644\0");
    put(&mut block, 108, b"0000000\0");
    put(&mut block, 116, b"0000000\0");
    put(&mut block, 124, format!("{:011o}\0", entry.size).as_bytes());
    put(&mut block, 136, format!("{:011o}\0", modified.min(LARGEST)).as_bytes());
    block[156] = b'0';
    put(&mut block, 257, b"ustar\x0000");
    let sum = checksum(&block);
    put(&mut block, 148, format!("{sum:06o}\0 ").as_bytes());
    Some(block)
}

fn put(block: &mut Block, at: usize, bytes: &[u8]) {
    block[at..at + bytes.len()].copy_from_slice(bytes);
}

/// The sum of all bytes, the checksum's own counted as spaces.
fn checksum(block: &Block) -> u32 {
    let own = 148..156;
    block.iter().enumerate().map(|(at, byte)| if own.contains(&at) { 32 } else { u32::from(*byte) }).sum()
}

/// Reads a header; none where the archive ends.
pub fn read_header(block: &Block) -> Result<Option<Entry>, TarError> {
    if block.iter().all(|byte| *byte == 0) {
        return Ok(None);
    }
    let sum = octal(&block[148..156]).ok_or(TarError::Header)?;
    if &block[257..262] != b"ustar" || sum != u64::from(checksum(block)) {
        return Err(TarError::Header);
    }
    let name: Vec<u8> = block[..100].iter().copied().take_while(|byte| *byte != 0).collect();
    let name = String::from_utf8(name).map_err(|_| TarError::Header)?;
    let size = octal(&block[124..136]).ok_or(TarError::Header)?;
    let plain = matches!(block[156], b'0' | 0) && block[345] == 0;
    let within = !name.is_empty() && name.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
    if plain && within { Ok(Some(Entry { name, size })) } else { Err(TarError::Kind) }
}

fn octal(bytes: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(bytes).ok()?.trim_matches(['\0', ' ']);
    (!text.is_empty()).then(|| u64::from_str_radix(text, 8).ok())?
}

/// How many zero bytes follow a content, so that the next header begins a block.
pub fn padding(size: u64) -> u64 {
    size.next_multiple_of(BLOCK as u64) - size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_reads_back_and_any_other_byte_is_noticed() {
        let entry = Entry { name: "versions/ab.json".to_owned(), size: 123_456 };
        let block = header(&entry, 1_700_000_000).unwrap();
        assert_eq!(read_header(&block), Ok(Some(entry)));
        assert_eq!(read_header(&[0; BLOCK]), Ok(None));
        for at in (0..BLOCK).filter(|at| !(148..156).contains(at)) {
            let mut other = block;
            other[at] ^= 1;
            assert!(read_header(&other).is_err(), "{at}");
        }
    }

    #[test]
    fn what_no_bundle_holds_is_refused() {
        for name in ["../a", "/a", "a//b", ""] {
            let entry = Entry { name: name.to_owned(), size: 0 };
            assert!(header(&entry, 0).is_none_or(|block| read_header(&block) == Err(TarError::Kind)), "{name}");
        }
        assert_eq!(header(&Entry { name: "a".repeat(101), size: 0 }, 0), None);
        assert_eq!(header(&Entry { name: "a".to_owned(), size: LARGEST + 1 }, 0), None);
        assert_eq!([padding(0), padding(1), padding(512), padding(513)], [0, 511, 0, 511]);
    }
}
