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
pub(super) struct GivenDimensions {
    given: BTreeMap<&'static str, Given>,
}

/// Dimension values of one kind.
#[derive(Debug, Clone, Default)]
struct Given {
    all: HashSet<u64, NoHash>,
    /// How many of them the log groups and the settings name.
    named: usize,
}

impl GivenDimensions {
    /// Counts as `other` what would be one set of dimensions too many, beside those that `known` has given out. Says
    /// whether anything was changed. `is_named`: the log group or the settings name the subject.
    pub(super) fn fold(&mut self, known: &Self, subject: &mut Subject, is_named: bool, settings: &Settings) -> bool {
        let (names, values): (Vec<_>, Vec<_>) = subject.dimensions().into_iter().unzip();
        let kind = names.last().copied().unwrap_or_default();
        // Names that are too long, and APIs beyond those of a batch, are folded already.
        let is_folded = values.iter().rev().take(2).all(|value| *value == OTHER);
        let is_given = !is_folded && self.give(known, kind, &values, is_named, settings.dimension_sets_limit);
        let give_route =
            |route: &str| route != OTHER && self.give(known, "Route", (&values, route), false, settings.routes_limit);
        let route_is_given = is_given && subject.route().is_none_or(give_route);
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
            let given = self.given.entry(kind).or_default();
            given.all.extend(of_batch.all);
            given.named += of_batch.named;
        }
    }

    /// Whether these values have, or now get, dimensions of their own. Those that a log event alone names get them while all
    /// together are fewer than `limit`; those that are named elsewhere while they are, so that nobody's made-up names push
    /// them out.
    fn give(&mut self, known: &Self, kind: &'static str, values: impl Hash, is_named: bool, limit: usize) -> bool {
        let key = key_of(values);
        let given = self.given.entry(kind).or_default();
        let known = known.given.get(kind);
        if known.is_some_and(|known| known.all.contains(&key)) || given.all.contains(&key) {
            return true;
        }
        let count = |given: &Given| if is_named { given.named } else { given.all.len() };
        let has_room = known.map_or(0, count) + count(given) < limit;
        given.named += usize::from(has_room && is_named);
        has_room && given.all.insert(key)
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
        let mut given = GivenDimensions::default();
        let mut folded = Vec::new();
        for api_id in ["a", "b", "c", "a", "d"] {
            let mut subject = request(api_id, None);
            if given.fold(&GivenDimensions::default(), &mut subject, false, &settings()) {
                folded.push((api_id, subject));
            }
        }
        let other = Subject::Request { api_id: OTHER.to_owned(), stage: OTHER.to_owned(), route: None };
        assert_eq!(folded, [("c", other.clone()), ("d", other)]);
    }

    #[test]
    fn what_accepted_batches_gave_out_counts_towards_the_cap() {
        let (mut known, mut first) = (GivenDimensions::default(), GivenDimensions::default());
        first.fold(&known, &mut request("a", None), false, &settings());
        first.fold(&known, &mut request("b", None), false, &settings());
        known.merge(first);
        let mut second = GivenDimensions::default();
        assert!(!second.fold(&known, &mut request("b", None), false, &settings()));
        assert!(second.fold(&known, &mut request("c", None), false, &settings()));
    }

    #[test]
    fn a_route_too_many_keeps_its_api() {
        let (known, mut given) = (GivenDimensions::default(), GivenDimensions::default());
        assert!(!given.fold(&known, &mut request("a", Some("/orders")), false, &settings()));
        let mut subject = request("a", Some("/pets"));
        assert!(given.fold(&known, &mut subject, false, &settings()));
        assert_eq!(subject, request("a", Some(OTHER)));
    }

    #[test]
    fn each_kind_of_name_has_a_cap_of_its_own() {
        let (known, mut given) = (GivenDimensions::default(), GivenDimensions::default());
        for n in 0..2 {
            given.fold(&known, &mut request(&n.to_string(), None), false, &settings());
        }
        for n in 0..3 {
            let mut function = Subject::Invocation { function_name: n.to_string() };
            let mut flow = Subject::Flow { log_group: n.to_string() };
            assert_eq!(given.fold(&known, &mut function, false, &settings()), n == 2);
            assert_eq!(given.fold(&known, &mut flow, false, &settings()), n == 2);
        }
    }

    #[test]
    fn made_up_names_push_out_none_that_the_group_or_the_settings_name() {
        let (mut known, mut given) = (GivenDimensions::default(), GivenDimensions::default());
        let forged: Vec<_> = (0..5).map(|n| request(&format!("forged-{n}"), None)).collect();
        let folds = |given: &mut GivenDimensions, known: &GivenDimensions, subject: &Subject, is_named| {
            given.fold(known, &mut subject.clone(), is_named, &settings())
        };
        let folded: Vec<_> = forged.iter().map(|subject| folds(&mut given, &known, subject, false)).collect();
        assert_eq!(folded, [false, false, true, true, true]);
        assert!(!folds(&mut given, &known, &request("real-0", None), true));
        known.merge(given);
        let mut given = GivenDimensions::default();
        assert!(!folds(&mut given, &known, &request("real-1", None), true));
        // They are as many as are set; a log event names the first one, too.
        assert!(folds(&mut given, &known, &request("real-2", None), true));
        assert!(!folds(&mut given, &known, &request("real-0", None), false));
    }

    #[test]
    fn a_name_that_was_too_long_is_other_and_counted() {
        let (known, mut given) = (GivenDimensions::default(), GivenDimensions::default());
        let other = || OTHER.to_owned();
        let account_id = "111122223333".to_owned();
        for mut subject in [
            Subject::Request { api_id: other(), stage: other(), route: None },
            Subject::Invocation { function_name: other() },
            Subject::OtherAccount { account_id, api_id: other(), stage: other() },
            request("a", Some(OTHER)),
        ] {
            assert!(given.fold(&known, &mut subject, true, &settings()), "{subject:?}");
        }
    }
}
