//! Which dimension values an environment has given out. Their number is capped, the rest is `other`: a custom metric is
//! paid for by its dimensions, and those of an access log may come from a client.

use std::collections::{BTreeMap, HashSet};

use crate::keyed::{Keyed, NoHash, key_of};
use crate::metric::{ROUTE, Subject};
use crate::placeholder::OTHER;
use crate::record::Named;
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
    /// How many of them the log groups and the settings name as a whole.
    named: usize,
    /// How many stages log events alone name, of each API that the log groups or the settings name.
    stages: Keyed<usize>,
}

/// Most stages of an API that count on their own though log events alone name them and there are too many others. API Gateway
/// gives an API ten unless it is asked for more.
const STAGES_OF_NAMED_API: usize = 20;

impl GivenDimensions {
    /// Counts as `other` what would be one set of dimensions too many, beside those that `known` has given out. Says
    /// whether anything was changed. Of an API that the log group or the settings name, only the stage becomes `other`.
    pub(super) fn fold(&mut self, known: &Self, subject: &mut Subject, named: Named, settings: &Settings) -> bool {
        let (names, values): (Vec<_>, Vec<_>) = subject.dimensions().into_iter().unzip();
        let kind = names.last().copied().unwrap_or_default();
        // Names that are too long, and APIs beyond those of a batch, are folded already.
        // The settings have so many APIs as their owner wrote down; log groups may be any number.
        let keeps_api = named == Named::Api;
        let is_folded = values.iter().rev().take(if keeps_api { 1 } else { 2 }).all(|value| *value == OTHER);
        let api = key_of(&values[..values.len().saturating_sub(1)]);
        let limit = settings.dimension_sets_limit;
        let is_given = !is_folded && self.give(known, kind, key_of(&values), (named, api), limit);
        let give_route = |route: &str| {
            let key = key_of((&values, route));
            route != OTHER && self.give(known, ROUTE, key, (Named::Nothing, api), settings.routes_limit)
        };
        let route_is_given = is_given && subject.route().is_none_or(give_route);
        let (values, route) = subject.values_mut();
        if !is_given {
            let kept = if keeps_api { values.len() - 1 } else { 0 };
            let values = values.into_iter().skip(kept);
            values.for_each(|value| OTHER.clone_into(value));
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
            for (api, stages) in of_batch.stages {
                *given.stages.entry(api).or_default() += stages;
            }
        }
    }

    /// Whether the values with this hash have, or now get, dimensions of their own. Those that a log event alone names get
    /// them while all together are fewer than `limit`; those that are named elsewhere while they are, so that nobody's
    /// made-up names push them out; and of an API that is named elsewhere (its hash is `api`) some stages in any case.
    fn give(&mut self, known: &Self, kind: &'static str, key: u64, (named, api): (Named, u64), limit: usize) -> bool {
        let given = self.given.entry(kind).or_default();
        let known = known.given.get(kind);
        if known.is_some_and(|known| known.all.contains(&key)) || given.all.contains(&key) {
            return true;
        }
        let sum = |count: &dyn Fn(&Given) -> usize| known.map_or(0, count) + count(given);
        let has_room = match named {
            Named::Whole => sum(&|given| given.named) < limit,
            Named::Api => sum(&|given| given.stages.get(&api).copied().unwrap_or_default()) < STAGES_OF_NAMED_API,
            Named::Nothing => false,
        };
        match named {
            Named::Whole if has_room => given.named += 1,
            Named::Api if has_room => *given.stages.entry(api).or_default() += 1,
            _ if named == Named::Whole || sum(&|given| given.all.len()) >= limit => return false,
            _ => {}
        }
        given.all.insert(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Environment;

    fn request(api_id: &str, route: Option<&str>) -> Subject {
        Subject::Request { api_id: api_id.to_owned(), stage: "prod".to_owned(), route: route.map(str::to_owned) }
    }

    fn settings() -> Settings {
        let limits = [("WHY5XX_DIMENSION_SETS_LIMIT", "2"), ("WHY5XX_ROUTES_LIMIT", "1")];
        Settings::load(&Environment::of(limits)).unwrap()
    }

    #[test]
    fn beyond_the_cap_api_and_stage_are_other() {
        let mut given = GivenDimensions::default();
        let mut folded = Vec::new();
        for api_id in ["a", "b", "c", "a", "d"] {
            let mut subject = request(api_id, None);
            if given.fold(&GivenDimensions::default(), &mut subject, Named::Nothing, &settings()) {
                folded.push((api_id, subject));
            }
        }
        let other = Subject::Request { api_id: OTHER.to_owned(), stage: OTHER.to_owned(), route: None };
        assert_eq!(folded, [("c", other.clone()), ("d", other)]);
    }

    #[test]
    fn what_accepted_batches_gave_out_counts_towards_the_cap() {
        let (mut known, mut first) = (GivenDimensions::default(), GivenDimensions::default());
        first.fold(&known, &mut request("a", None), Named::Nothing, &settings());
        first.fold(&known, &mut request("b", None), Named::Nothing, &settings());
        known.merge(first);
        let mut second = GivenDimensions::default();
        assert!(!second.fold(&known, &mut request("b", None), Named::Nothing, &settings()));
        assert!(second.fold(&known, &mut request("c", None), Named::Nothing, &settings()));
    }

    #[test]
    fn a_route_too_many_keeps_its_api() {
        let (known, mut given) = (GivenDimensions::default(), GivenDimensions::default());
        assert!(!given.fold(&known, &mut request("a", Some("/orders")), Named::Nothing, &settings()));
        let mut subject = request("a", Some("/pets"));
        assert!(given.fold(&known, &mut subject, Named::Nothing, &settings()));
        assert_eq!(subject, request("a", Some(OTHER)));
    }

    #[test]
    fn each_kind_of_name_has_a_cap_of_its_own() {
        let (known, mut given) = (GivenDimensions::default(), GivenDimensions::default());
        for n in 0..2 {
            given.fold(&known, &mut request(&n.to_string(), None), Named::Nothing, &settings());
        }
        for n in 0..3 {
            let mut function = Subject::Invocation { function_name: n.to_string() };
            let mut flow = Subject::Flow { log_group: n.to_string() };
            assert_eq!(given.fold(&known, &mut function, Named::Nothing, &settings()), n == 2);
            assert_eq!(given.fold(&known, &mut flow, Named::Nothing, &settings()), n == 2);
        }
    }

    #[test]
    fn made_up_names_push_out_none_that_the_group_or_the_settings_name() {
        let (mut known, mut given) = (GivenDimensions::default(), GivenDimensions::default());
        let forged: Vec<_> = (0..5).map(|n| request(&format!("forged-{n}"), None)).collect();
        let folds = |given: &mut GivenDimensions, known: &GivenDimensions, subject: &Subject, named| {
            given.fold(known, &mut subject.clone(), named, &settings())
        };
        let folded: Vec<_> = forged.iter().map(|subject| folds(&mut given, &known, subject, Named::Nothing)).collect();
        assert_eq!(folded, [false, false, true, true, true]);
        assert!(!folds(&mut given, &known, &request("real-0", None), Named::Whole));
        known.merge(given);
        let mut given = GivenDimensions::default();
        assert!(!folds(&mut given, &known, &request("real-1", None), Named::Whole));
        // They are as many as are set; a log event names the first one, too.
        assert!(folds(&mut given, &known, &request("real-2", None), Named::Whole));
        assert!(!folds(&mut given, &known, &request("real-0", None), Named::Nothing));
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
            assert!(given.fold(&known, &mut subject, Named::Whole, &settings()), "{subject:?}");
        }
    }

    #[test]
    fn made_up_stages_push_out_no_stage_that_the_group_names_and_no_api() {
        let staged = |api_id: &str, stage: &str| Subject::Request {
            api_id: api_id.to_owned(),
            stage: stage.to_owned(),
            route: None,
        };
        let (known, mut given) = (GivenDimensions::default(), GivenDimensions::default());
        for n in 0..STAGES_OF_NAMED_API + 50 {
            let mut subject = staged("a", &format!("made-up-{n}"));
            let is_folded = given.fold(&known, &mut subject, Named::Api, &settings());
            assert_eq!(is_folded, n >= STAGES_OF_NAMED_API, "{subject:?}");
            assert!(!is_folded || subject == staged("a", OTHER), "{subject:?}");
        }
        assert!(!given.fold(&known, &mut staged("a", "prod"), Named::Whole, &settings()));
        assert!(!given.fold(&known, &mut staged("b", "prod"), Named::Api, &settings()));
        let mut subject = staged("a", OTHER);
        assert!(given.fold(&known, &mut subject, Named::Api, &settings()));
        assert_eq!(subject, staged("a", OTHER));
    }
}
