//! Histogram of delays, in bounded memory and to within 2 %.

/// Bits of a delay that are kept. Half a step is at most a 64th of the delay then.
const BITS: u32 = 6;

/// Steps of each power of two.
const STEPS: usize = 1 << (BITS - 1);

/// How often each delay occurred: delays of the same leading six bits are one. At most 1,920 numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delays {
    counts: Vec<u64>,
}

impl Delays {
    /// Adds a delay in milliseconds.
    #[inline]
    pub fn add(&mut self, delay_ms: u64) {
        let step = step_of(delay_ms);
        if step >= self.counts.len() {
            self.counts.resize(step + 1, 0);
        }
        self.counts[step] += 1;
    }

    /// Adds the delays of another histogram.
    pub fn merge(&mut self, other: &Self) {
        self.counts.resize(self.counts.len().max(other.counts.len()), 0);
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
    }

    /// Returns at most `most` delays that are distributed like all of them, in order.
    ///
    /// Of more than that, the n-th of them is the n-th of `most` quantiles: of a hundred, the 99th is the 99th percentile.
    pub fn quantiles(&self, most: u64) -> Vec<u64> {
        let total: u64 = self.counts.iter().sum();
        let numbers = total.min(most);
        let (mut quantiles, mut seen) = (Vec::new(), 0);
        for (step, count) in self.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            seen += count;
            // Those of rank n / numbers * total, rounded up, for the next numbers n.
            let until = u128::from(seen) * u128::from(numbers) / u128::from(total);
            quantiles.resize(usize::try_from(until).unwrap_or(usize::MAX), middle_of(step));
        }
        quantiles
    }
}

fn step_of(delay_ms: u64) -> usize {
    let shift = (u64::BITS - delay_ms.leading_zeros()).saturating_sub(BITS);
    shift as usize * STEPS + (delay_ms >> shift) as usize
}

fn middle_of(step: usize) -> u64 {
    let shift = (step / STEPS).saturating_sub(1);
    let least = (step - shift * STEPS) as u64;
    (least << shift) + (1 << shift) / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(all: impl IntoIterator<Item = u64>) -> Delays {
        let mut delays = Delays::default();
        for delay_ms in all {
            delays.add(delay_ms);
        }
        delays
    }

    #[test]
    fn a_few_delays_are_all_exact_to_two_percent() {
        let of = [0, 1, 63, 64, 65, 999, 1_000, 60_000, 1_209_600_000, u64::MAX];
        let shown = delays(of).quantiles(100);
        assert_eq!(shown.len(), of.len());
        for (shown, of) in shown.iter().zip(of) {
            assert!(shown.abs_diff(of) as f64 <= 0.02 * of as f64, "{shown} of {of}");
        }
        assert_eq!(shown[..4], [0, 1, 63, 65]);
        assert!(delays(of).counts.len() <= 1_920);
    }

    #[test]
    fn of_many_delays_each_percentile_is_exact_to_two_percent() {
        let uniform: Vec<u64> = (0..10_000).map(|n| 3 * n + 7).collect();
        let skewed: Vec<u64> = (0..12_345).map(|n| if n % 50 == 0 { 600_000 + n } else { 900 + n % 400 }).collect();
        let alike = vec![1_234; 101];
        for mut all in [uniform, skewed, alike] {
            let shown = delays(all.iter().copied()).quantiles(100);
            all.sort_unstable();
            assert_eq!(shown.len(), 100);
            for (percent, shown) in (1..).zip(shown) {
                let of = all[(all.len() * percent).div_ceil(100) - 1];
                assert!(shown.abs_diff(of) as f64 <= 0.02 * of as f64, "p{percent}: {shown} of {of}");
            }
        }
    }

    #[test]
    fn histograms_add_up() {
        let mut sum = delays([5, 1_000]);
        sum.merge(&delays([7, 2_000_000, 5]));
        assert_eq!(sum, delays([5, 5, 7, 1_000, 2_000_000]));
        assert_eq!(Delays::default().quantiles(100), [0; 0]);
    }
}
