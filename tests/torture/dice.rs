//! Random choices that a seed repeats.

/// `SplitMix64`: small, and good enough to choose moments with.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The one that the environment names, or a new one.
    pub fn seed() -> u64 {
        std::env::var("UNTICKED_TORTURE_SEED").map_or_else(
            |_| u64::from_be_bytes(unticked_collector::world::Random::system().bytes()),
            |seed| seed.parse().expect("UNTICKED_TORTURE_SEED is a number"),
        )
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// From 0 to before `end`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }

    /// Once in so many times.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// Another one, whose choices are its own.
    pub fn fork(&mut self) -> Self {
        Self(self.next())
    }
}
