//! The names that made a healthy line one of an access log, to be found again in the next line.
//!
//! Nearly all lines of a log have one format. To weigh the names of each takes 17 % more instructions of the whole job for an
//! access log of 1,000 events (callgrind, without LTO).
//!
//! Nobody can use this: names add weight and never take any away, so the same keys weigh enough in any line, whatever else it
//! holds. What is said of a line is the same with and without the lines before it.

use super::form::Key;
use super::positions::Positions;

/// Most keys to remember; our own limit. Two or three weigh enough, unless they are those of any log.
pub(super) const MOST_KEYS: usize = 16;

/// Keys that together weigh enough, as they are written in a line and in its order.
#[derive(Debug, Clone, Default)]
pub struct LastNames(Vec<Box<[u8]>>);

impl LastNames {
    /// Remembers the keys that made a line one of an access log.
    pub(super) fn replace(&mut self, keys: &[Key<'_>]) {
        if keys.len() <= MOST_KEYS {
            self.0 = keys.iter().map(|key| key.written().into()).collect();
        }
    }

    /// Returns whether a line in JSON has these keys, in the same order.
    pub(super) fn are_in(&self, line: &[u8]) -> bool {
        let mut keys = self.0.iter();
        let Some(mut key) = keys.next() else { return false };
        for quote in Positions::of([b'"'], line) {
            if line[quote + 1..].starts_with(key) {
                match keys.next() {
                    Some(next) => key = next,
                    None => return true,
                }
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::fields::may_be_of_access_log;
    use super::*;

    /// Lines of keys and values that weigh little or much, quoted or not, with and without escapes, whole or broken.
    fn line() -> impl Strategy<Value = String> {
        let part = prop::sample::select(vec![
            r#""status":"200""#,
            r#""status":200"#,
            r#""status":"#,
            r#""status": "200""#,
            r#"\"status\":\"200\""#,
            r#"\"status\":\t200"#,
            r#"\"status\":\t\"200\""#,
            r#""httpMethod":"GET""#,
            r#""httpMethod" : GET"#,
            r#""method":"10/Oct/2025:13:55:36 +0000""#,
            r#""method":10"#,
            r#""stage":"\"stage\":""#,
            r#""routeKey":"-""#,
            r#""x":"routeKey""#,
            r#""requestTime":"10/Oct/2025:13:55:36 +0000""#,
            r#""t":"10/Oct/2025:13:55:36 +0000""#,
            r#""t":"x""#,
            r#""level":"INFO""#,
            r#""""#,
            "\"",
        ]);
        prop::collection::vec(part, 0..6).prop_map(|parts| format!("{{{}}}", parts.join(",")))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn a_line_is_judged_as_if_it_were_the_first(lines in prop::collection::vec(line(), 1..6)) {
            let mut last = LastNames::default();
            for line in &lines {
                let alone = may_be_of_access_log(line.as_bytes(), &mut LastNames::default());
                prop_assert_eq!(may_be_of_access_log(line.as_bytes(), &mut last), alone, "{} of {:?}", line, &lines);
            }
        }
    }
}
