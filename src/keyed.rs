//! Keyed hashes that stand for ids and names.
//!
//! Ids are long and of no interest in themselves: a hash of 64 bits stands for each. One in 10¹⁴ would clash among the
//! hundred thousand that are remembered. Clients choose request IDs, so the key is random: nobody can make two clash.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::sync::LazyLock;

use foldhash::SharedSeed;
use foldhash::quality::FoldHasher;

/// A map whose keys are hashes already.
pub(crate) type Keyed<V> = HashMap<u64, V, NoHash>;

/// The key of this process; from the operating system, as that of the standard library's maps.
static SEED: LazyLock<(u64, SharedSeed)> = LazyLock::new(|| {
    let random = || RandomState::new().hash_one(());
    (random(), SharedSeed::from_u64(random()))
});

/// What stands for `value`: the same for equal values of one type as long as the process lives.
#[inline]
pub(crate) fn key_of(value: impl Hash) -> u64 {
    OfProcess.hash_one(value)
}

/// Hashes by the key of this process.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct OfProcess;

impl BuildHasher for OfProcess {
    type Hasher = FoldHasher<'static>;
    #[inline]
    fn build_hasher(&self) -> FoldHasher<'static> {
        let (seed, shared) = &*SEED;
        FoldHasher::with_seed(*seed, shared)
    }
}

/// The keys are hashes already.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct NoHash;

/// See [`NoHash`].
#[derive(Debug, Default)]
pub(crate) struct Identity(u64);

impl BuildHasher for NoHash {
    type Hasher = Identity;
    #[inline]
    fn build_hasher(&self) -> Identity {
        Identity(0)
    }
}

impl Hasher for Identity {
    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
    #[inline]
    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}
