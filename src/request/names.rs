//! Interns what the requests of a batch share: the pairs of API and stage, routes, and the shapes of texts.
//!
//! For memory, not for speed: an open request holds six bytes of numbers. API, stage and route in texts of its own would take 72
//! bytes and three allocations, which is some 6 MB for the forty thousand requests that may be open.

use std::sync::Arc;

use crate::classify::shape::MOST_SHAPES;
use crate::interner::Interner;
use crate::keyed::key_of;
use crate::metric::Subject;
use crate::placeholder::OTHER;
use crate::record::Named;
use crate::settings::Settings;

/// Number of an API and stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Place(u16);

/// Most names beside those that may have dimensions of their own: requests that do not fail have names, too.
const MOST_BESIDE: usize = 10_000;

/// Most bytes of all pairs of API and stage, so that long names leave less room.
const MOST_PLACE_BYTES: usize = 2 << 20;

/// Number of all further pairs.
const OTHER_PLACE: Place = Place(u16::MAX);

/// Number of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Route(u16);

/// Most bytes of all routes, beside [`BYTES_OF_ROUTE`] for each that may have dimensions of its own.
const MOST_ROUTE_BYTES: usize = 1 << 20;

/// See [`MOST_ROUTE_BYTES`].
const BYTES_OF_ROUTE: usize = 80;

/// Number of all further routes.
const OTHER_ROUTE: Route = Route(u16::MAX);

/// Number of a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct TextNumber(u16);

/// Interned names of one batch, and of those before it whose requests are still open or remembered.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    /// Most pairs of API and stage, and most routes, that may have dimensions of their own.
    limits: (usize, usize),
    places: Interner<Arc<Subject>>,
    place_bytes: usize,
    routes: Interner<Arc<str>>,
    route_bytes: usize,
    shapes: Interner<String>,
}

impl Names {
    /// Returns these names, and room for as many more as `settings` allow.
    pub(super) fn bounded_by(self, settings: &Settings) -> Self {
        Self { limits: (settings.dimension_sets_limit, settings.routes_limit), ..self }
    }

    /// Returns the number of an API and stage. One that the log group or the settings name has a number of its own, however
    /// many others there are; of an API that they name without its stage, the stages too many are one.
    pub(super) fn place(&mut self, api_id: &str, stage: &str, named: Named) -> Place {
        let key = key_of((api_id, stage));
        if let Some(number) = self.places.find(key) {
            return Place(number);
        }
        let has_room = self.places.len() < self.limits.0 + MOST_BESIDE && self.place_bytes < MOST_PLACE_BYTES;
        if Subject::are_too_long(api_id, stage) {
            return OTHER_PLACE;
        }
        match named {
            Named::Nothing if !has_room => return OTHER_PLACE,
            Named::Api if !has_room && stage != OTHER => return self.place(api_id, OTHER, named),
            Named::Nothing | Named::Api | Named::Whole => {}
        }
        self.place_bytes += api_id.len() + stage.len();
        let subject = Arc::new(request(api_id, stage));
        self.places.insert(key, Interner::<Arc<Subject>>::MOST, subject).map_or(OTHER_PLACE, Place)
    }

    /// Returns the number of a resource or route.
    pub(super) fn route(&mut self, path: &str) -> Route {
        let key = key_of(path);
        if let Some(number) = self.routes.find(key) {
            return Route(number);
        }
        let limit = self.limits.1;
        if Subject::is_too_long_route(path) || self.route_bytes >= MOST_ROUTE_BYTES + limit * BYTES_OF_ROUTE {
            return OTHER_ROUTE;
        }
        self.route_bytes += path.len();
        self.routes.insert(key, limit + MOST_BESIDE, path.into()).map_or(OTHER_ROUTE, Route)
    }

    /// Returns the subject that a failed request counts under.
    pub(super) fn subject(&self, place: Place, on_route: Option<Route>) -> Arc<Subject> {
        let mut subject = self.places.value(place.0).cloned().unwrap_or_else(|| Arc::new(request(OTHER, OTHER)));
        if let Some(number) = on_route
            && let Subject::Request { route, .. } = Arc::make_mut(&mut subject)
        {
            *route = Some(self.routes.value(number.0).map_or(OTHER, |path| path).to_owned());
        }
        subject
    }

    /// Returns the number of a shape; None if the batch has too many.
    pub(super) fn keep_shape(&mut self, shape: &str) -> Option<TextNumber> {
        self.shapes.keep(key_of(shape), MOST_SHAPES, || shape.to_owned()).map(TextNumber)
    }

    /// Returns the shape with this number.
    pub(super) fn shape(&self, number: TextNumber) -> Option<&str> {
        self.shapes.value(number.0).map(String::as_str)
    }

    /// Returns the names without the shapes, for the next batch.
    pub(super) fn without_shapes(self) -> Self {
        Self { shapes: Interner::default(), ..self }
    }
}

fn request(api_id: &str, stage: &str) -> Subject {
    Subject::Request { api_id: api_id.to_owned(), stage: stage.to_owned(), route: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Environment;

    const MOST_PLACES: usize = 50_000 + MOST_BESIDE;
    const MOST_ROUTES: usize = 50_000 + MOST_BESIDE;

    /// No names, and room for as many as may be set at most.
    fn roomy() -> Names {
        let most = [("WHY5XX_DIMENSION_SETS_LIMIT", "50000"), ("WHY5XX_ROUTES_LIMIT", "50000")];
        Names::default().bounded_by(&Settings::load(&Environment::of(most)).unwrap())
    }

    fn names(subject: &Subject) -> (&str, &str, Option<&str>) {
        match subject {
            Subject::Request { api_id, stage, route } => (api_id, stage, route.as_deref()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_place_has_one_number_and_gives_its_names_back() {
        let mut all = roomy();
        let (first, second) = (all.place("a", "bc", Named::Nothing), all.place("ab", "c", Named::Nothing));
        assert_ne!(first, second);
        assert_eq!(all.place("a", "bc", Named::Whole), first);
        assert_eq!(names(&all.subject(first, None)), ("a", "bc", None));
        assert_eq!(names(&all.subject(second, None)), ("ab", "c", None));
    }

    #[test]
    fn what_is_too_many_is_other_but_for_what_the_group_or_the_settings_name() {
        let mut all = roomy();
        for n in 0..MOST_PLACES {
            all.place("a", &n.to_string(), Named::Nothing);
        }
        let (one, another) = (all.place("b", "prod", Named::Nothing), all.place("c", "prod", Named::Nothing));
        assert_eq!(one, another);
        assert_eq!(names(&all.subject(one, None)), (OTHER, OTHER, None));
        let of_named = ["x", "y"].map(|stage| all.place("c", stage, Named::Api));
        assert_eq!(names(&all.subject(of_named[0], None)), ("c", OTHER, None));
        assert_eq!(of_named[0], of_named[1]);
        let real = all.place("b", "prod", Named::Whole);
        assert_eq!(names(&all.subject(real, None)), ("b", "prod", None));
        assert_eq!(all.place("b", "prod", Named::Nothing), real);
        let (place, route) = (all.place("a", "1", Named::Nothing), all.route("7"));
        assert_eq!(names(&all.subject(place, Some(route))), ("a", "1", Some("7")));
        for n in 0..MOST_SHAPES {
            assert!(all.keep_shape(&n.to_string()).is_some());
        }
        assert!(all.keep_shape("x").is_none());
        assert!(all.keep_shape("7").is_some());
        for n in 0..MOST_ROUTES {
            all.route(&n.to_string());
        }
        assert_eq!((all.route("x"), all.route("7")), (OTHER_ROUTE, route));
        assert_eq!(names(&all.subject(place, Some(OTHER_ROUTE))), ("a", "1", Some(OTHER)));
    }

    #[test]
    fn a_name_that_is_too_long_is_other_and_never_cut() {
        let mut all = roomy();
        for (api_bytes, stage_bytes, is_other) in [(64, 128, false), (65, 1, true), (1, 129, true), (70_000, 4, true)] {
            let (api_id, stage) = ("x".repeat(api_bytes), "y".repeat(stage_bytes));
            let place = all.place(&api_id, &stage, Named::Whole);
            let expected = if is_other { (OTHER, OTHER, None) } else { (&*api_id, &*stage, None) };
            assert_eq!(names(&all.subject(place, None)), expected);
        }
        assert_ne!(all.route(&"x".repeat(512)), OTHER_ROUTE);
        assert_eq!(all.route(&"x".repeat(513)), OTHER_ROUTE);
    }

    #[test]
    fn the_names_of_a_batch_are_bounded_in_bytes() {
        let mut all = roomy();
        for n in 0..MOST_PLACES / 2 {
            all.place(&format!("{n:064}"), &format!("{n:0128}"), Named::Nothing);
        }
        assert!((MOST_PLACE_BYTES..MOST_PLACE_BYTES + 192).contains(&all.place_bytes));
        for n in 0..MOST_ROUTES {
            all.route(&format!("{n:0512}"));
        }
        assert_eq!(all.routes.len(), (MOST_ROUTE_BYTES + 50_000 * BYTES_OF_ROUTE).div_ceil(512));
    }

    #[test]
    fn the_names_of_an_environment_with_its_defaults_are_few() {
        let mut all = Names::default().bounded_by(&Settings::default());
        for n in 0..MOST_PLACES {
            all.place("a", &n.to_string(), Named::Nothing);
            all.route(&n.to_string());
        }
        assert_eq!((all.places.len(), all.routes.len()), (10_500, 10_200));
    }
}
