//! Lawful erasure, told from a record that vanished. No database.

use std::collections::BTreeMap;

/// Leaves without part B, and leaves that a record of erasure names; a bit for each leaf and kind.
#[derive(Debug)]
pub struct Endings {
    /// How many leaves there are: nothing is remembered of what cannot be one.
    limit: u64,
    without_b: Bits,
    named: Bits,
    /// Named more than once, or by a record before it: few, or something is badly wrong.
    wrong: BTreeMap<i64, String>,
}

/// A set of small numbers.
#[derive(Debug, Default)]
struct Bits(Vec<u64>);

impl Bits {
    /// Whether it is new.
    fn insert(&mut self, number: u64) -> bool {
        let (word, bit) = (usize::try_from(number / 64).unwrap_or(usize::MAX), number % 64);
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        let new = self.0[word] >> bit & 1 == 0;
        self.0[word] |= 1 << bit;
        new
    }

    fn word(&self, at: usize) -> u64 {
        self.0.get(at).copied().unwrap_or(0)
    }
}

/// Faults that are named.
const NAMED: usize = 10_000;

impl Endings {
    /// Of a ledger of so many leaves.
    pub fn among(limit: u64) -> Self {
        Self { limit, without_b: Bits::default(), named: Bits::default(), wrong: BTreeMap::new() }
    }

    /// The record of this leaf has no part B any more.
    pub fn without_part_b(&mut self, leaf: i64) {
        if let Some(leaf) = u64::try_from(leaf).ok().filter(|leaf| *leaf < self.limit) {
            self.without_b.insert(leaf);
        }
    }

    /// The record of erasure at leaf `by` ends this leaf.
    pub fn ended(&mut self, leaf: u64, by: i64) {
        let says = if leaf >= self.limit {
            Some(format!("its erasure names the leaf {leaf}, which cannot be"))
        } else if !self.named.insert(leaf) {
            Some(format!("the leaf {leaf} that it ends was ended by another erasure already"))
        } else {
            None
        };
        if let Some(says) = says {
            self.wrong.insert(by, says);
        }
    }

    /// How many were ended, and named once.
    pub fn lawful(&self) -> u64 {
        (0..self.without_b.0.len())
            .map(|at| u64::from((self.without_b.word(at) & self.named.word(at)).count_ones()))
            .sum()
    }

    /// What does not fit together, by leaf.
    pub fn faults(&self) -> Vec<(i64, String)> {
        let mut faults: Vec<(i64, String)> = self.wrong.iter().map(|(leaf, says)| (*leaf, says.clone())).collect();
        for at in 0..self.without_b.0.len().max(self.named.0.len()) {
            let (without, named) = (self.without_b.word(at), self.named.word(at));
            for bit in (0..64).filter(|bit| (without ^ named) >> bit & 1 == 1) {
                let leaf = i64::try_from(at * 64 + bit).unwrap_or(i64::MAX);
                let says = if without >> bit & 1 == 1 {
                    "its part B is gone, and no record of erasure ended it: it was destroyed unlawfully"
                } else {
                    "a record of erasure ended it, and its part B is still there, or its record is not"
                };
                faults.push((leaf, says.to_owned()));
                if faults.len() >= NAMED {
                    return faults;
                }
            }
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leaf_is_whole_or_ended_by_exactly_one_record() {
        let mut endings = Endings::among(1_000);
        endings.without_part_b(3);
        endings.ended(3, 100);
        assert_eq!((endings.lawful(), endings.faults()), (1, vec![]));
        endings.without_part_b(70);
        endings.ended(5, 101);
        endings.ended(3, 102);
        endings.ended(u64::MAX, 103);
        let leaves: Vec<i64> = endings.faults().into_iter().map(|(leaf, _)| leaf).collect();
        assert_eq!((endings.lawful(), leaves), (1, vec![102, 103, 5, 70]));
    }
}
