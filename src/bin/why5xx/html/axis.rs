//! The axis of time: from minutes to as many bins as a chart can show.

use why5xx::tally::MINUTE_MS;

use super::markup;

const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Lengths of a bin that people count in. A longer span takes multiples of the last.
const STEPS_MS: [i64; 8] =
    [MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS, DAY_MS, 7 * DAY_MS, 30 * DAY_MS];

/// Distances of labels that people count in.
const LABELS_MS: [i64; 18] = [
    MINUTE_MS,
    2 * MINUTE_MS,
    5 * MINUTE_MS,
    10 * MINUTE_MS,
    15 * MINUTE_MS,
    30 * MINUTE_MS,
    HOUR_MS,
    2 * HOUR_MS,
    3 * HOUR_MS,
    6 * HOUR_MS,
    12 * HOUR_MS,
    DAY_MS,
    2 * DAY_MS,
    7 * DAY_MS,
    14 * DAY_MS,
    30 * DAY_MS,
    90 * DAY_MS,
    360 * DAY_MS,
];

/// Most bins: a day by 15 minutes, and a bar is still wider than a finger's width of a phone divided by ten.
const MOST_BINS: i64 = 100;

/// Fewest bins, so that a single minute is a bar and not a wall.
const FEWEST_BINS: i64 = 20;

/// Most labels; every other one is hidden on a phone.
const MOST_LABELS: i64 = 8;

/// A span of time in bins of one length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Axis {
    start_ms: i64,
    pub(super) step_ms: i64,
    pub(super) bins: usize,
}

/// A label below the axis.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct AxisLabel {
    pub(super) bin: usize,
    pub(super) time: String,
    /// The day, where it is another one than before.
    pub(super) day: String,
}

impl Axis {
    /// The axis from one time to another; both must be inside of the calendar.
    pub(super) fn over(first_ms: i64, last_ms: i64) -> Self {
        let last_ms = last_ms.max(first_ms);
        let bins_of = |step_ms: i64| last_ms.div_euclid(step_ms) - first_ms.div_euclid(step_ms) + 1;
        let longest = STEPS_MS[STEPS_MS.len() - 1];
        let step_ms = STEPS_MS
            .into_iter()
            .find(|step_ms| bins_of(*step_ms) <= MOST_BINS)
            .unwrap_or_else(|| ((last_ms - first_ms) / (longest * (MOST_BINS - 1)) + 1) * longest);
        let bins = bins_of(step_ms);
        let padding = (FEWEST_BINS - bins).max(0);
        let start_ms = (first_ms.div_euclid(step_ms) - padding / 2) * step_ms;
        Self { start_ms, step_ms, bins: usize::try_from(bins + padding).unwrap_or(1) }
    }

    /// The bin that a time is in.
    pub(super) fn bin(&self, ms: i64) -> Option<usize> {
        let bin = usize::try_from(ms.checked_sub(self.start_ms)?.div_euclid(self.step_ms)).ok()?;
        (bin < self.bins).then_some(bin)
    }

    /// When a bin begins, as people write it.
    pub(super) fn name(&self, bin: usize) -> String {
        let format = if self.step_ms < DAY_MS { "%F %H:%M" } else { "%F" };
        markup::time(self.start_of(bin), format).unwrap_or_default()
    }

    fn start_of(&self, bin: usize) -> i64 {
        self.start_ms + self.step_ms * bin as i64
    }

    /// The labels below it.
    pub(super) fn labels(&self) -> Vec<AxisLabel> {
        let span_ms = self.step_ms * self.bins as i64;
        let is_fine = |every_ms: &i64| every_ms % self.step_ms == 0 && span_ms / every_ms <= MOST_LABELS;
        let longest = LABELS_MS[LABELS_MS.len() - 1];
        let every_ms = LABELS_MS.into_iter().find(is_fine).unwrap_or_else(|| {
            let unit = if longest % self.step_ms == 0 { longest } else { self.step_ms };
            (span_ms / MOST_LABELS / unit + 1) * unit
        });
        let mut labels: Vec<AxisLabel> = Vec::new();
        let mut day_before = String::new();
        for bin in (0..self.bins).filter(|bin| self.start_of(*bin).rem_euclid(every_ms) == 0) {
            let at = |format| markup::time(self.start_of(bin), format).unwrap_or_default();
            let (time, day) = if every_ms < DAY_MS { (at("%H:%M"), at("%-d %b %Y")) } else { (at("%-d %b"), at("%Y")) };
            let is_same = day == day_before;
            labels.push(AxisLabel { bin, time, day: if is_same { String::new() } else { day.clone() } });
            day_before = day;
        }
        labels
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON_MS: i64 = 1_777_896_000_000; // 2026-05-04T12:00:00Z

    #[test]
    fn bins_are_as_fine_as_the_span_allows() {
        let rows = [
            (0, 1),
            (HOUR_MS, 1),
            (8 * HOUR_MS, 5),
            (24 * HOUR_MS, 15),
            (4 * DAY_MS, 60),
            (20 * DAY_MS, 360),
            (90 * DAY_MS, 1_440),
            (365 * DAY_MS, 7 * 1_440),
        ];
        for (span_ms, minutes) in rows {
            let axis = Axis::over(NOON_MS, NOON_MS + span_ms);
            assert_eq!(axis.step_ms / MINUTE_MS, minutes, "{span_ms}");
            assert!((FEWEST_BINS..=MOST_BINS).contains(&(axis.bins as i64)), "{axis:?}");
        }
    }

    #[test]
    fn first_and_last_time_are_in_a_bin_and_others_are_not() {
        for span_ms in [0, 59_999, HOUR_MS, DAY_MS, 3_000 * DAY_MS, 300_000 * DAY_MS] {
            let axis = Axis::over(NOON_MS, NOON_MS + span_ms);
            assert!(axis.bin(NOON_MS).is_some(), "{axis:?}");
            assert!(axis.bin(NOON_MS + span_ms).is_some(), "{axis:?}");
            assert_eq!(axis.bin(NOON_MS - axis.step_ms * 200), None);
            assert_eq!(axis.bin(i64::MIN), None);
            assert_eq!(axis.bin(i64::MAX), None);
            assert!(axis.bins as i64 <= MOST_BINS);
        }
    }

    #[test]
    fn a_label_says_the_day_only_where_it_changes() {
        let labels = Axis::over(NOON_MS, NOON_MS + 23 * HOUR_MS).labels();
        let shown: Vec<(&str, &str)> = labels.iter().map(|label| (&*label.time, &*label.day)).collect();
        assert_eq!(
            shown,
            [
                ("12:00", "4 May 2026"),
                ("15:00", ""),
                ("18:00", ""),
                ("21:00", ""),
                ("00:00", "5 May 2026"),
                ("03:00", ""),
                ("06:00", ""),
                ("09:00", "")
            ]
        );
    }

    #[test]
    fn there_are_some_labels_but_not_many_whatever_the_span() {
        for days in [0, 1, 2, 9, 30, 200, 1_000, 4_000, 100_000, 2_000_000] {
            let axis = Axis::over(NOON_MS, NOON_MS + days * DAY_MS);
            let labels = axis.labels().len() as i64;
            assert!((1..=MOST_LABELS + 1).contains(&labels), "{days} days: {labels} labels, {axis:?}");
        }
    }
}
