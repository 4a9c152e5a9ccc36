//! What lies outside: the clock and randomness, passed in so that every rule can be tested at any hour.

use std::{cell::RefCell, sync::Arc};

use jiff::Timestamp;
use zeroize::{Zeroize, Zeroizing};

/// The collector's clock.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

/// The collector's source of random bytes.
#[derive(Clone)]
pub struct Random(Arc<Fill>);

type Fill = dyn Fn(&mut [u8]) + Send + Sync;

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
        Self(Arc::new(Timestamp::now))
    }

    /// A clock of the caller's, for tests.
    pub fn custom(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// Now, UTC.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl Random {
    /// The operating system's generator; the process ends when it fails, since every secret rests on it.
    pub fn system() -> Self {
        Self(Arc::new(|bytes| POOL.with_borrow_mut(|pool| pool.draw(bytes))))
    }

    /// A source of the caller's, for tests.
    pub fn custom(fill: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Self {
        Self(Arc::new(fill))
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.0)(&mut bytes);
        bytes
    }

    /// A UUID version 7 (RFC 9562): it sorts by `now`, to the millisecond.
    pub fn uuid(&self, now: Timestamp) -> uuid::Uuid {
        let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &self.bytes()).into_uuid()
    }
}

thread_local! {
    static POOL: RefCell<Pool> = RefCell::new(Pool::default());
}

/// Random bytes of the system's, fetched ahead: a submission draws some thirty times, and a call into the kernel
/// costs more than sealing a value. What was drawn is overwritten here at once.
struct Pool {
    bytes: Zeroizing<[u8; 2048]>,
    left: usize,
}

impl Default for Pool {
    fn default() -> Self {
        Self { bytes: Zeroizing::new([0; 2048]), left: 0 }
    }
}

impl Pool {
    fn draw(&mut self, into: &mut [u8]) {
        const PROMISE: &str = "the operating system gives random bytes";
        if into.len() > self.bytes.len() {
            return getrandom::fill(into).expect(PROMISE);
        }
        if into.len() > self.left {
            getrandom::fill(self.bytes.as_mut_slice()).expect(PROMISE);
            self.left = self.bytes.len();
        }
        let drawn = &mut self.bytes[self.left - into.len()..self.left];
        into.copy_from_slice(drawn);
        drawn.zeroize();
        self.left -= into.len();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_byte_of_randomness_is_given_twice() {
        let random = Random::system();
        let seen: BTreeSet<[u8; 24]> = (0..5000).map(|_| random.bytes()).collect();
        assert_eq!(seen.len(), 5000);
        let mut long = [0u8; 5000];
        POOL.with_borrow_mut(|pool| pool.draw(&mut long));
        assert!(long.chunks(24).all(|chunk| chunk.iter().any(|byte| *byte != 0)));
        POOL.with_borrow(|pool| assert!(pool.bytes[pool.left..].iter().all(|byte| *byte == 0)));
    }
}
