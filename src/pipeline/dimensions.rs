//! Which dimension values an environment has given out. Their number is capped, the rest is `other`: a custom metric is
//! paid for by its dimensions, and those of an access log may come from a client.

use std::collections::{BTreeMap, HashSet};
use std::hash::Hash;

use crate::failure::Subject;
use crate::keyed::{NoHash, key_of};
use crate::placeholder::OTHER;
use crate::settings::Settings;

/// Dimension values given out, by kind. A hash stands for each: 50,000 of one kind, the most that may be set, take 0.9 MB.
///
/// The name of the last dimension is the kind: `Stage`, also for other accounts, `Route`, `FunctionName`, `LogGroup`. Each kind
/// has a cap of its own, so that many functions do not push out an API.
#[derive(Debug, Clone, Default)]
pub(super) struct Dimensions {
    given: BTreeMap<&'static str, HashSet<u64, NoHash>>,
}

impl Dimensions {
    /// Counts as `other` what would be one set of dimensions too many, beside those that `known` has given out. Says
    /// whether anything was changed.
    pub(super) fn fold(&mut self, known: &Self, subject: &mut Subject, settings: &Settings) -> bool {
        let (names, values): (Vec<_>, Vec<_>) = subject.dimensions().into_iter().unzip();
        let kind = names.last().copied().unwrap_or_default();
        // APIs beyond those of a batch are folded already.
        let is_folded = matches!(values[..], [OTHER, OTHER]);
        let is_given = !is_folded && self.give(known, kind, &values, settings.dimension_sets_limit);
        let route_is_given = is_given
            && subject.route().is_none_or(|route| self.give(known, "Route", (&values, route), settings.routes_limit));
        let (values, route) = subject.values_mut();
        if !is_given {
            values.into_iter().for_each(|value| OTHER.clone_into(value));
        }
        if let Some(route) = route
            && !route_is_given
        {
            OTHER.clone_into(route);
        }
        !route_is_given
    }

    /// Adds what a batch gave out.
    pub(super) fn merge(&mut self, batch: Self) {
        for (kind, of_batch) in batch.given {
            self.given.entry(kind).or_default().extend(of_batch);
        }
    }

    /// Whether these values have, or now get, dimensions of their own.
    fn give(&mut self, known: &Self, kind: &'static str, values: impl Hash, limit: usize) -> bool {
        let key = key_of(values);
        let given = self.given.entry(kind).or_default();
        let known = known.given.get(kind);
        if known.is_some_and(|known| known.contains(&key)) || given.contains(&key) {
            return true;
        }
        known.map_or(0, HashSet::len) + given.len() < limit && given.insert(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{DIMENSION_SETS_LIMIT, Environment, ROUTES_LIMIT};

    fn request(api_id: &str, route: Option<&str>) -> Subject {
        Subject::Request { api_id: api_id.to_owned(), stage: "prod".to_owned(), route: route.map(str::to_owned) }
    }

    fn settings() -> Settings {
        let limits = [(DIMENSION_SETS_LIMIT, "2"), (ROUTES_LIMIT, "1")];
        Settings::load(&Environment::of(limits)).unwrap()
    }

    #[test]
    fn beyond_the_cap_api_and_stage_are_other() {
        let mut given = Dimensions::default();
        let mut folded = Vec::new();
        for api_id in ["a", "b", "c", "a", "d"] {
            let mut subject = request(api_id, None);
            if given.fold(&Dimensions::default(), &mut subject, &settings()) {
                folded.push((api_id, subject));
            }
        }
        let other = Subject::Request { api_id: OTHER.to_owned(), stage: OTHER.to_owned(), route: None };
        assert_eq!(folded, [("c", other.clone()), ("d", other)]);
    }

    #[test]
    fn what_accepted_batches_gave_out_counts_towards_the_cap() {
        let (mut known, mut first) = (Dimensions::default(), Dimensions::default());
        first.fold(&known, &mut request("a", None), &settings());
        first.fold(&known, &mut request("b", None), &settings());
        known.merge(first);
        let mut second = Dimensions::default();
        assert!(!second.fold(&known, &mut request("b", None), &settings()));
        assert!(second.fold(&known, &mut request("c", None), &settings()));
    }

    #[test]
    fn a_route_too_many_keeps_its_api() {
        let (known, mut given) = (Dimensions::default(), Dimensions::default());
        assert!(!given.fold(&known, &mut request("a", Some("/orders")), &settings()));
        let mut subject = request("a", Some("/pets"));
        assert!(given.fold(&known, &mut subject, &settings()));
        assert_eq!(subject, request("a", Some(OTHER)));
    }

    #[test]
    fn each_kind_of_name_has_a_cap_of_its_own() {
        let (known, mut given) = (Dimensions::default(), Dimensions::default());
        for n in 0..2 {
            given.fold(&known, &mut request(&n.to_string(), None), &settings());
        }
        for n in 0..3 {
            let mut function = Subject::Invocation { function_name: n.to_string() };
            let mut flow = Subject::Flow { log_group: n.to_string() };
            assert_eq!(given.fold(&known, &mut function, &settings()), n == 2);
            assert_eq!(given.fold(&known, &mut flow, &settings()), n == 2);
        }
    }
}
