//! The counts as the page shows them: one set for each metric, since no two may be added up.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use why5xx::cause::{Role, Table};
use why5xx::metric::{Metric, Subject};
use why5xx::placeholder::UNKNOWN;
use why5xx::tally::{CountKey, Tally};

use super::axis::Axis;
use super::chart::ChartLayer;
use crate::time::has_time;

/// Counts by cause. Ids are snake case, those of own rules too: they need no escaping.
pub(super) type CauseCounts = BTreeMap<&'static str, u64>;

/// Counts of one metric.
#[derive(Debug, Default)]
pub(super) struct MetricCounts {
    pub(super) causes: CauseCounts,
    /// By API and stage, function, or log group.
    pub(super) places: BTreeMap<Vec<String>, CauseCounts>,
    /// By API, stage and route.
    pub(super) routes: BTreeMap<Vec<String>, CauseCounts>,
    pub(super) statuses: BTreeMap<Option<u16>, u64>,
    minutes: BTreeMap<i64, CauseCounts>,
    /// Failures of log events without a time.
    pub(super) untimed: u64,
}

impl MetricCounts {
    pub(super) fn total(&self) -> u64 {
        self.causes.values().sum()
    }

    /// Failures whose cause no text named.
    pub(super) fn without_cause(&self) -> u64 {
        [Role::Unclassified, Role::NoReason].iter().filter_map(|role| self.causes.get(role.cause().id)).sum()
    }

    /// Whether a failure may be of any API, also of one whose other log was read.
    pub(super) fn has_unknown_api(&self) -> bool {
        self.places.keys().any(|names| names.first().is_some_and(|api_id| api_id == UNKNOWN))
    }

    fn add(&mut self, key: &CountKey, count: u64) {
        *self.causes.entry(key.cause).or_default() += count;
        *self.statuses.entry(key.status).or_default() += count;
        let (place, route) = place(&key.subject);
        if let Some(route) = route {
            let route = [place.clone(), vec![route]].concat();
            *self.routes.entry(route).or_default().entry(key.cause).or_default() += count;
        }
        *self.places.entry(place).or_default().entry(key.cause).or_default() += count;
        if has_time(key.minute_ms) {
            *self.minutes.entry(key.minute_ms).or_default().entry(key.cause).or_default() += count;
        } else {
            self.untimed += count;
        }
    }

    /// The minutes of the first and of the last failure.
    pub(super) fn span_ms(&self) -> Option<(i64, i64)> {
        Some((*self.minutes.keys().next()?, *self.minutes.keys().next_back()?))
    }

    /// Its failures over time, in layers by cause; none where no failure has a time.
    pub(super) fn over_time(&self, axis: &Axis, colours: &Colours) -> Vec<ChartLayer> {
        let mut layers: BTreeMap<usize, ChartLayer> = BTreeMap::new();
        for (minute_ms, causes) in &self.minutes {
            let Some(bin) = axis.bin(*minute_ms) else { continue };
            for (cause, count) in causes {
                let layer = layers.entry(colours.place(cause)).or_insert_with(|| colours.layer(cause, axis.bins));
                layer.counts[bin] += count;
            }
        }
        layers.into_values().collect()
    }
}

/// Names of what failed, and its route where it is known.
fn place(subject: &Subject) -> (Vec<String>, Option<String>) {
    let names = subject.dimensions().into_iter().map(|(_, value)| value.to_owned()).collect();
    (names, subject.route().map(str::to_owned))
}

/// The counts of each metric that has some, in the order of [`Metric`].
pub(super) fn by_metric(tally: &Tally) -> BTreeMap<Metric, MetricCounts> {
    let mut logs: BTreeMap<Metric, MetricCounts> = BTreeMap::new();
    for (key, count) in tally.counts() {
        logs.entry(key.subject.metric()).or_default().add(&key, count);
    }
    logs
}

/// The entries with the highest counts first; equal ones keep their order.
pub(super) fn highest_first<K, V>(entries: impl IntoIterator<Item = (K, V)>, count: impl Fn(&V) -> u64) -> Vec<(K, V)> {
    let mut entries: Vec<(K, V)> = entries.into_iter().collect();
    entries.sort_by_key(|(_, value)| Reverse(count(value)));
    entries
}

/// Colours of the most frequent causes, the same in every chart: the cause and the class of its colour. All other causes
/// share one.
#[derive(Debug)]
pub(super) struct Colours(Vec<(&'static str, &'static str)>);

/// Classes of the style sheet; a reader could not keep more of them apart.
const CLASSES: [&str; 8] = ["c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"];
const OTHER: &str = "c0";

impl Colours {
    /// Gives each cause the colour of its place in the table, so that it has the same one on the page of another day. If a
    /// more frequent cause has that colour, it gets the next one that is free.
    pub(super) fn of(logs: &BTreeMap<Metric, MetricCounts>, table: &Table) -> Self {
        let mut highest: CauseCounts = BTreeMap::new();
        for log in logs.values() {
            for (cause, count) in &log.causes {
                // The highest count, not a sum: no two metrics are added up.
                let before = highest.entry(cause).or_default();
                *before = (*before).max(*count);
            }
        }
        let causes = highest_first(highest, |count| *count);
        // The ninth cause alone would be called "other causes".
        let most = if causes.len() == CLASSES.len() + 1 { CLASSES.len() - 1 } else { CLASSES.len() };
        let mut colours: Vec<(&'static str, &'static str)> = Vec::new();
        for (cause, _) in causes.into_iter().take(most) {
            let home = table.iter().position(|other| other.id == cause).unwrap_or(0);
            let mut from_home = (home..home + CLASSES.len()).map(|place| CLASSES[place % CLASSES.len()]);
            let is_free = |class: &&str| colours.iter().all(|(_, taken)| taken != class);
            let class = from_home.find(is_free).unwrap_or(OTHER);
            colours.push((cause, class));
        }
        Self(colours)
    }

    fn place(&self, cause: &str) -> usize {
        self.0.iter().position(|(other, _)| *other == cause).unwrap_or(CLASSES.len())
    }

    pub(super) fn class(&self, cause: &str) -> &'static str {
        self.0.get(self.place(cause)).map_or(OTHER, |(_, class)| class)
    }

    fn layer(&self, cause: &str, bins: usize) -> ChartLayer {
        let colour = self.class(cause);
        let name = if colour == OTHER { "other causes" } else { cause };
        ChartLayer { name: name.to_owned(), colour, counts: vec![0; bins] }
    }

    /// The parts of a bar.
    pub(super) fn parts(&self, causes: &CauseCounts) -> Vec<ChartLayer> {
        let mut parts: BTreeMap<usize, ChartLayer> = BTreeMap::new();
        for (cause, count) in causes {
            parts.entry(self.place(cause)).or_insert_with(|| self.layer(cause, 1)).counts[0] += count;
        }
        parts.into_values().collect()
    }
}
