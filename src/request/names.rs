//! Interns what the requests of a batch share: the pairs of API and stage, routes, and the shapes of texts.

use std::sync::Arc;

use crate::interner::Interner;
use crate::keyed::key_of;
use crate::metric::Subject;
use crate::placeholder::OTHER;
use crate::record::Named;
use crate::settings::MOST_ROUTES;

/// Number of an API and stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Place(u16);

/// Most (API, stage) pairs of one batch: more than can have dimensions of their own.
const MOST_PLACES: usize = 60_000;

/// Most bytes of their names, so that long ones leave less room.
const MOST_PLACE_BYTES: usize = 2 << 20;

/// Number of all further pairs.
const OTHER_PLACE: Place = Place(u16::MAX);

/// Number of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Route(u16);

/// Most bytes of the routes, which an environment keeps: those of as many as may be set, of 80 bytes each.
const MOST_ROUTE_BYTES: usize = 4 << 20;

/// Number of all further routes.
const OTHER_ROUTE: Route = Route(u16::MAX);

/// Most shapes kept in one batch.
const MOST_SHAPES: usize = 1_000;

/// Number of a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct TextNumber(u16);

/// Interned names of one batch.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    places: Interner<Arc<Subject>>,
    place_bytes: usize,
    routes: Interner<Arc<str>>,
    route_bytes: usize,
    shapes: Interner<String>,
}

impl Names {
    /// Returns the number of an API and stage. One that the log group or the settings name has a number of its own, however
    /// many others there are; of an API that they name without its stage, the stages too many are one.
    pub(super) fn place(&mut self, api_id: &str, stage: &str, named: Named) -> Place {
        let key = key_of((api_id, stage));
        if let Some(number) = self.places.find(key) {
            return Place(number);
        }
        let has_room = self.places.len() < MOST_PLACES && self.place_bytes < MOST_PLACE_BYTES;
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
        if Subject::is_too_long_route(path) || self.route_bytes >= MOST_ROUTE_BYTES {
            return OTHER_ROUTE;
        }
        self.route_bytes += path.len();
        self.routes.insert(key, MOST_ROUTES, path.into()).map_or(OTHER_ROUTE, Route)
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

    fn names(subject: &Subject) -> (&str, &str, Option<&str>) {
        match subject {
            Subject::Request { api_id, stage, route } => (api_id, stage, route.as_deref()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_place_has_one_number_and_gives_its_names_back() {
        let mut all = Names::default();
        let (first, second) = (all.place("a", "bc", Named::Nothing), all.place("ab", "c", Named::Nothing));
        assert_ne!(first, second);
        assert_eq!(all.place("a", "bc", Named::Whole), first);
        assert_eq!(names(&all.subject(first, None)), ("a", "bc", None));
        assert_eq!(names(&all.subject(second, None)), ("ab", "c", None));
    }

    #[test]
    fn what_is_too_many_is_other_but_for_what_the_group_or_the_settings_name() {
        let mut all = Names::default();
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
        let mut all = Names::default();
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
        let mut all = Names::default();
        for n in 0..MOST_PLACES / 2 {
            all.place(&format!("{n:064}"), &format!("{n:0128}"), Named::Nothing);
        }
        assert!((MOST_PLACE_BYTES..MOST_PLACE_BYTES + 192).contains(&all.place_bytes));
        for n in 0..MOST_ROUTES {
            all.route(&format!("{n:0512}"));
        }
        assert_eq!(all.routes.len(), MOST_ROUTE_BYTES / 512);
    }
}
