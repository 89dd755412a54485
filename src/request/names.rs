//! What the requests of a batch have in common, each once and by its number: API and stage, shape of a text.

use crate::classify::Subject;
use crate::keyed::{Keyed, key_of};

/// The number of an API and stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Place(u16);

/// Most (API, stage) pairs told apart in one batch; 65,535 bounds the number that a request's state keeps.
const MOST_PLACES: usize = 60_000;

/// The number of the place of all others.
const OTHER_PLACE: u16 = MOST_PLACES as u16;

/// Most shapes kept in one batch.
const MOST_TEXTS: usize = 1_000;

/// The number of a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TextNumber(u16);

/// What an API and stage beyond those told apart are counted as.
const OTHER: &str = "other";

/// The names of one batch.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// API and stage of all places, one behind the other: a string of its own for each would take three times as much.
    text: String,
    /// Where in it a place ends, and how long its API's name is.
    places: Vec<(u32, u16)>,
    place_numbers: Keyed<u16>,
    pub(super) shapes: Texts,
}

impl Names {
    /// The number of an API and stage.
    pub fn place(&mut self, api_id: &str, stage: &str) -> Place {
        let key = key_of((api_id, stage));
        if let Some(number) = self.place_numbers.get(&key) {
            return Place(*number);
        }
        // Behind the last place of its own stands the one of all others.
        let (api_id, stage) = match self.places.len() {
            0..MOST_PLACES => (api_id, stage),
            MOST_PLACES => (OTHER, OTHER),
            _ => return Place(OTHER_PLACE),
        };
        let number = u16::try_from(self.places.len()).unwrap_or(OTHER_PLACE);
        self.text.push_str(api_id);
        self.text.push_str(stage);
        // Longer names than these can tell are none of API Gateway's, and no batch holds as many.
        let end = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        self.places.push((end, u16::try_from(api_id.len()).unwrap_or_default()));
        self.place_numbers.insert(key, number);
        Place(number)
    }

    /// Whether an API and stage are told apart from others; if not, they count as `other`.
    pub fn tells_apart(&self, place: Place) -> bool {
        place.0 < OTHER_PLACE
    }

    /// What a failed request counts under.
    pub fn subject(&self, place: Place, route: Option<&str>) -> Subject {
        let (api_id, stage) = self.place_names(place).unwrap_or((OTHER, OTHER));
        Subject::Request { api_id: api_id.to_owned(), stage: stage.to_owned(), route: route.map(str::to_owned) }
    }

    fn place_names(&self, place: Place) -> Option<(&str, &str)> {
        let (end, split) = *self.places.get(usize::from(place.0))?;
        let start = usize::from(place.0).checked_sub(1).map_or(0, |before| self.places[before].0);
        self.text.get(start as usize..end as usize)?.split_at_checked(usize::from(split))
    }

    /// A shape that was kept.
    pub fn shape(&self, number: TextNumber) -> Option<&str> {
        self.shapes.text(number)
    }

    /// The places alone, for the batch after this one.
    pub(super) fn places_alone(self) -> Self {
        Self { shapes: Texts::default(), ..self }
    }
}

/// Texts by number.
#[derive(Debug, Clone, Default)]
pub(super) struct Texts {
    texts: Vec<String>,
    numbers: Keyed<u16>,
}

impl Texts {
    /// The number of a text, kept once; none where there are too many.
    pub(super) fn keep(&mut self, text: &str) -> Option<TextNumber> {
        let key = key_of(text);
        if let Some(number) = self.numbers.get(&key) {
            return Some(TextNumber(*number));
        }
        let number = u16::try_from(self.texts.len()).ok().filter(|number| usize::from(*number) < MOST_TEXTS)?;
        self.texts.push(text.to_owned());
        self.numbers.insert(key, number);
        Some(TextNumber(number))
    }

    pub(super) fn text(&self, number: TextNumber) -> Option<&str> {
        self.texts.get(usize::from(number.0)).map(String::as_str)
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
        assert!(all.tells_apart(all.clone().place("a", "7")) && !all.tells_apart(one));
        let place = all.place("a", "1");
        assert_eq!(names(&all.subject(place, Some("7"))), ("a", "1", Some("7")));
        for n in 0..MOST_TEXTS {
            assert!(all.shapes.keep(&n.to_string()).is_some());
        }
        assert!(all.shapes.keep("x").is_none());
        assert!(all.shapes.keep("7").is_some());
    }

    #[test]
    fn an_api_id_that_is_none_loses_nothing() {
        let mut all = Names::default();
        let long = "x".repeat(70_000);
        let place = all.place(&long, "prod");
        let subject = all.subject(place, None);
        let (api_id, stage, _) = names(&subject);
        assert_eq!([api_id, stage].concat(), format!("{long}prod"));
    }
}
