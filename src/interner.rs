//! Interner: gives each distinct value a number.

use crate::keyed::Keyed;

/// Values by number, found by the hash of their name.
#[derive(Debug, Clone)]
pub(crate) struct Interner<T> {
    values: Vec<T>,
    numbers: Keyed<u16>,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self { values: Vec::new(), numbers: Keyed::default() }
    }
}

impl<T> Interner<T> {
    /// Most values: more cannot be numbered.
    pub(crate) const MOST: usize = u16::MAX as usize;

    /// Returns the number of a name, by its hash; None if it is new.
    pub(crate) fn find(&self, key: u64) -> Option<u16> {
        self.numbers.get(&key).copied()
    }

    /// Gives a value a number; None if there are `most` others.
    pub(crate) fn insert(&mut self, key: u64, most: usize, value: T) -> Option<u16> {
        let number = u16::try_from(self.values.len()).ok().filter(|number| usize::from(*number) < most)?;
        self.values.push(value);
        self.numbers.insert(key, number);
        Some(number)
    }

    /// Returns the number of a value, a new one if the value is new; None if there are `most` others.
    pub(crate) fn keep(&mut self, key: u64, most: usize, value: impl FnOnce() -> T) -> Option<u16> {
        // The value of a name that is one too many is not made.
        self.find(key).or_else(|| if self.values.len() < most { self.insert(key, most, value()) } else { None })
    }

    pub(crate) fn value(&self, number: u16) -> Option<&T> {
        self.values.get(usize::from(number))
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    pub(crate) fn clear(&mut self) {
        self.values.clear();
        self.numbers.clear();
    }
}
