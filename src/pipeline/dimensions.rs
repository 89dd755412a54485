//! Which dimension values an environment has given out. Their number is capped, the rest is `other`: a custom metric is
//! paid for by its dimensions, and those of an access log may come from a client.

use std::collections::HashSet;
use std::hash::Hash;

use crate::failure::Subject;
use crate::keyed::{NoHash, key_of};
use crate::placeholder::OTHER;
use crate::settings::Settings;

/// Dimension values given out, by kind. A hash stands for each: 50,000 of one kind, the most that may be set, take 0.9 MB.
#[derive(Debug, Clone, Default)]
pub(super) struct Dimensions {
    given: [HashSet<u64, NoHash>; Kind::ALL],
}

/// Each kind has a cap of its own, so that many functions do not push out an API.
#[derive(Debug, Clone, Copy)]
enum Kind {
    ApiAndStage,
    Route,
    FunctionName,
    LogGroup,
}

impl Kind {
    const ALL: usize = 4;
}

impl Dimensions {
    /// Counts as `other` what would be one set of dimensions too many, beside those that `known` has given out. Says
    /// whether anything was changed.
    pub(super) fn fold(&mut self, known: &Self, subject: &mut Subject, settings: &Settings) -> bool {
        let limit = settings.dimension_sets_limit;
        match subject {
            Subject::Request { api_id, stage, route } | Subject::AccessLine { api_id, stage, route } => {
                // Names beyond those of a batch are folded already.
                let is_other = api_id == OTHER && stage == OTHER;
                let is_given = !is_other && self.give(known, Kind::ApiAndStage, ("", &*api_id, &*stage), limit);
                if !is_given {
                    fold([api_id, stage]);
                    if let Some(route) = route {
                        fold([route]);
                    }
                } else if let Some(route) = route
                    && !self.give(known, Kind::Route, (&*api_id, &*stage, &*route), settings.routes_limit)
                {
                    fold([route]);
                    return true;
                }
                !is_given
            }
            Subject::OtherAccount { account_id, api_id, stage } => {
                let is_given = self.give(known, Kind::ApiAndStage, (&*account_id, &*api_id, &*stage), limit);
                if !is_given {
                    fold([account_id, api_id, stage]);
                }
                !is_given
            }
            Subject::Invocation { function_name } => {
                let is_given = self.give(known, Kind::FunctionName, &*function_name, limit);
                if !is_given {
                    fold([function_name]);
                }
                !is_given
            }
            Subject::Flow { log_group } => {
                let is_given = self.give(known, Kind::LogGroup, &*log_group, limit);
                if !is_given {
                    fold([log_group]);
                }
                !is_given
            }
        }
    }

    /// Adds what a batch gave out.
    pub(super) fn merge(&mut self, batch: Self) {
        for (given, of_batch) in self.given.iter_mut().zip(batch.given) {
            given.extend(of_batch);
        }
    }

    /// Whether these values have, or now get, dimensions of their own.
    fn give(&mut self, known: &Self, kind: Kind, values: impl Hash, limit: usize) -> bool {
        let key = key_of(values);
        let (known, given) = (&known.given[kind as usize], &mut self.given[kind as usize]);
        if known.contains(&key) || given.contains(&key) {
            return true;
        }
        known.len() + given.len() < limit && given.insert(key)
    }
}

fn fold<const N: usize>(values: [&mut String; N]) {
    for value in values {
        OTHER.clone_into(value);
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
