//! A bundle that somebody handed in: the archive's headers, and the lines of its files.

use unticked_shared::{
    bundle::{
        About, CheckpointLine, OriginLine, RecordLine, read_leaf,
        tar::{BLOCK, Block, Entry, header, padding, read_header},
    },
    signature::hex,
};

/// A block of the archive, as it came and with a checksum that fits; a line of any of its files.
pub fn bundle(data: &[u8]) {
    if let Some(block) = data.first_chunk::<BLOCK>() {
        archived(block);
        let mut block = *block;
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        archived(&block);
    }
    if let Some(leaf) = read_leaf(data) {
        assert!(hex(&leaf).as_bytes().eq_ignore_ascii_case(data));
    }
    if let Ok(record) = serde_json::from_slice::<RecordLine>(data) {
        // Whatever it says of itself, it is not the record of a leaf that it does not name.
        assert!(record.check(&[0; 32]).is_err() || record.commitment == "00".repeat(32));
        if let Some(leaf) = read_leaf(record.commitment.as_bytes()) {
            let _ = record.check(&leaf);
        }
    }
    let _ = serde_json::from_slice::<About>(data);
    let _ = serde_json::from_slice::<OriginLine>(data);
    let _ = serde_json::from_slice::<CheckpointLine>(data);
}

/// No entry leads out of the folder that it is unpacked into, and what we would write of it reads back.
fn archived(block: &Block) {
    let Ok(Some(Entry { name, size })) = read_header(block) else { return };
    assert!(!name.starts_with('/') && !name.split('/').any(|part| part == ".." || part.is_empty()), "{name}");
    assert!((size + padding(size)).is_multiple_of(BLOCK as u64));
    let entry = Entry { name, size };
    if let Some(again) = header(&entry, 0) {
        assert_eq!(read_header(&again), Ok(Some(entry)));
    }
}
