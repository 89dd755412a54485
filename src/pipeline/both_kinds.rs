//! Which kinds of log an API's failures were seen in. Where both report them, both count them: their metrics must not
//! be added up.

use crate::keyed::{Keyed, key_of};
use crate::metric::Subject;
use crate::placeholder::UNKNOWN;

/// Most APIs that are remembered. An account has 600 unless its quota was raised.
const MOST_APIS: usize = 10_000;

const EXECUTION: u8 = 1;
const ACCESS: u8 = 2;

/// Kinds of log of an API, once one more of its failures was noted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sighting {
    /// It was seen in both kinds of log.
    pub(super) is_in_both: bool,
    /// It had not been seen in this kind before.
    pub(super) is_new: bool,
}

/// The kinds of log by API.
#[derive(Debug, Clone, Default)]
pub(super) struct KindsSeen {
    kinds: Keyed<u8>,
}

impl KindsSeen {
    /// Notes what reports this failure, beside what `known` knows.
    pub(super) fn note(&mut self, known: &Self, subject: &Subject) -> Sighting {
        let (api_id, kind) = match subject {
            Subject::Request { api_id, .. } => (api_id, EXECUTION),
            Subject::AccessLine { api_id, .. } => (api_id, ACCESS),
            _ => return Sighting::default(),
        };
        // Failures of an unknown API are not those of one API.
        if api_id == UNKNOWN {
            return Sighting::default();
        }
        let key = key_of(api_id);
        let before = known.kinds.get(&key).copied().unwrap_or_default();
        let has_room = known.kinds.len() + self.kinds.len() < MOST_APIS || self.kinds.contains_key(&key);
        let now =
            if has_room || before != 0 { self.kinds.entry(key).or_default() } else { return Sighting::default() };
        let is_new = (*now | before) & kind == 0;
        *now |= before | kind;
        Sighting { is_in_both: *now == EXECUTION | ACCESS, is_new }
    }

    /// Adds what a batch noted.
    pub(super) fn merge(&mut self, batch: Self) {
        for (key, kinds) in batch.kinds {
            *self.kinds.entry(key).or_default() |= kinds;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(api_id: &str) -> Subject {
        Subject::Request { api_id: api_id.to_owned(), stage: "prod".to_owned(), route: None }
    }

    fn access_line(api_id: &str) -> Subject {
        Subject::AccessLine { api_id: api_id.to_owned(), stage: "prod".to_owned(), route: None }
    }

    #[test]
    fn an_api_is_seen_in_both_over_several_batches() {
        let (mut known, mut batch) = (KindsSeen::default(), KindsSeen::default());
        assert!(!batch.note(&known, &request("a")).is_in_both);
        assert!(!batch.note(&known, &access_line("b")).is_in_both);
        known.merge(batch);
        let mut batch = KindsSeen::default();
        assert!(!batch.note(&known, &request("a")).is_in_both);
        assert!(batch.note(&known, &access_line("a")).is_in_both);
        known.merge(batch);
        assert!(KindsSeen::default().note(&known, &request("a")).is_in_both);
    }

    #[test]
    fn an_unknown_api_and_other_logs_are_never_seen_in_both() {
        let (known, mut batch) = (KindsSeen::default(), KindsSeen::default());
        batch.note(&known, &request("unknown"));
        assert!(!batch.note(&known, &access_line("unknown")).is_in_both);
        assert!(!batch.note(&known, &Subject::Flow { log_group: "a".to_owned() }).is_in_both);
        assert!(batch.kinds.is_empty());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (mut known, mut batch) = (KindsSeen::default(), KindsSeen::default());
        for n in 0..MOST_APIS + 10 {
            batch.note(&known, &request(&n.to_string()));
        }
        known.merge(batch);
        assert_eq!(known.kinds.len(), MOST_APIS);
        assert!(KindsSeen::default().note(&known, &access_line("0")).is_in_both, "those that are known go on");
    }
}
