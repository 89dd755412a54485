//! Interns what the requests of a batch share: the pairs of API and stage, and the shapes of texts.

use std::hash::Hash;
use std::sync::Arc;

use crate::failure::Subject;
use crate::keyed::{Keyed, key_of};
use crate::placeholder::OTHER;

/// Number of an API and stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Place(u16);

/// Most (API, stage) pairs of one batch: more than can have dimensions of their own.
const MOST_PLACES: usize = 60_000;

/// Number of all further pairs.
const OTHER_PLACE: Place = Place(u16::MAX);

/// Most shapes kept in one batch.
const MOST_SHAPES: usize = 1_000;

/// Number of a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct TextNumber(u16);

/// Interned names of one batch.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    places: Interner<Arc<Subject>>,
    shapes: Interner<String>,
}

impl Names {
    /// Returns the number of an API and stage.
    pub(super) fn place(&mut self, api_id: &str, stage: &str) -> Place {
        self.places.keep((api_id, stage), MOST_PLACES, || Arc::new(request(api_id, stage))).map_or(OTHER_PLACE, Place)
    }

    /// Returns the subject that a failed request counts under.
    pub(super) fn subject(&self, place: Place, path: Option<&str>) -> Arc<Subject> {
        let mut subject = self.places.value(place.0).cloned().unwrap_or_else(|| Arc::new(request(OTHER, OTHER)));
        if let Some(path) = path
            && let Subject::Request { route, .. } = Arc::make_mut(&mut subject)
        {
            *route = Some(path.to_owned());
        }
        subject
    }

    /// Returns the number of a shape; None if the batch has too many.
    pub(super) fn keep_shape(&mut self, shape: &str) -> Option<TextNumber> {
        self.shapes.keep(shape, MOST_SHAPES, || shape.to_owned()).map(TextNumber)
    }

    /// Returns the shape with this number.
    pub(super) fn shape(&self, number: TextNumber) -> Option<&str> {
        self.shapes.value(number.0).map(String::as_str)
    }

    /// Returns the names without the shapes, for the next batch.
    pub(super) fn places_alone(self) -> Self {
        Self { places: self.places, ..Self::default() }
    }
}

fn request(api_id: &str, stage: &str) -> Subject {
    Subject::Request { api_id: api_id.to_owned(), stage: stage.to_owned(), route: None }
}

/// Interner: gives each distinct value a number.
#[derive(Debug, Clone)]
struct Interner<T> {
    values: Vec<T>,
    numbers: Keyed<u16>,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self { values: Vec::new(), numbers: Keyed::default() }
    }
}

impl<T> Interner<T> {
    /// Returns the number of a value, a new one if the value is new; None if there are `most` others.
    fn keep(&mut self, name: impl Hash, most: usize, value: impl FnOnce() -> T) -> Option<u16> {
        let key = key_of(name);
        if let Some(number) = self.numbers.get(&key) {
            return Some(*number);
        }
        let number = u16::try_from(self.values.len()).ok().filter(|number| usize::from(*number) < most)?;
        self.values.push(value());
        self.numbers.insert(key, number);
        Some(number)
    }

    fn value(&self, number: u16) -> Option<&T> {
        self.values.get(usize::from(number))
    }
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
        let (first, second) = (all.place("a", "bc"), all.place("ab", "c"));
        assert_ne!(first, second);
        assert_eq!(all.place("a", "bc"), first);
        assert_eq!(names(&all.subject(first, None)), ("a", "bc", None));
        assert_eq!(names(&all.subject(second, None)), ("ab", "c", None));
    }

    #[test]
    fn what_is_too_many_is_other() {
        let mut all = Names::default();
        for n in 0..MOST_PLACES {
            all.place("a", &n.to_string());
        }
        let (one, another) = (all.place("b", "prod"), all.place("c", "prod"));
        assert_eq!(one, another);
        assert_eq!(names(&all.subject(one, None)), (OTHER, OTHER, None));
        let place = all.place("a", "1");
        assert_eq!(names(&all.subject(place, Some("7"))), ("a", "1", Some("7")));
        for n in 0..MOST_SHAPES {
            assert!(all.keep_shape(&n.to_string()).is_some());
        }
        assert!(all.keep_shape("x").is_none());
        assert!(all.keep_shape("7").is_some());
    }

    #[test]
    fn an_api_id_of_any_length_is_kept_whole() {
        let mut all = Names::default();
        let long = "x".repeat(70_000);
        let place = all.place(&long, "prod");
        let subject = all.subject(place, None);
        let (api_id, stage, _) = names(&subject);
        assert_eq!([api_id, stage].concat(), format!("{long}prod"));
    }
}
