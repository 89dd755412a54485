//! Requests that wait to be sent, and the halves of those that CloudWatch refused for their data.
//!
//! If the first half of a refused request is accepted, the second one must hold the datum that was refused. It is halved
//! at once, without a request for all of it. Of 1,000 data, 20 requests find two neighbours that are refused at 86 of
//! 100 places; without this, at 51.

use std::collections::VecDeque;

use super::PutRequest;

/// Most requests for halves in one invocation. They find any one datum among a thousand.
const MOST_HALVES: usize = 20;

/// Part of a request that is sent: all of it, or a half after a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Portion {
    /// As it was made of the data.
    Whole,
    /// First half of a refused request. The second one is behind it.
    First,
    /// Second half of a refused request.
    Second,
    /// Second half of a refused request whose first half was accepted.
    Culprit,
}

/// Requests in the order in which to send them.
#[derive(Debug)]
pub(super) struct Queue {
    waiting: VecDeque<(PutRequest, Portion)>,
    /// Halves that would be too many requests.
    left: Vec<PutRequest>,
    halves: usize,
    /// Those of earlier pieces of the same batch.
    earlier_halves: usize,
    last: Portion,
}

impl Queue {
    /// `earlier_halves` were sent of earlier pieces of the same batch.
    pub(super) fn new(requests: Vec<PutRequest>, earlier_halves: usize) -> Self {
        let waiting = requests.into_iter().map(|request| (request, Portion::Whole)).collect();
        Self { waiting, left: Vec::new(), halves: 0, earlier_halves, last: Portion::Whole }
    }

    /// Returns the next request to send.
    pub(super) fn next(&mut self) -> Option<PutRequest> {
        loop {
            let (request, portion) = self.waiting.pop_front()?;
            if portion == Portion::Culprit && request.data.len() > 1 {
                self.halve(request);
            } else if portion != Portion::Whole && self.earlier_halves + self.halves >= MOST_HALVES {
                self.left.push(request);
            } else {
                self.halves += usize::from(portion != Portion::Whole);
                self.last = portion;
                return Some(request);
            }
        }
    }

    /// Notes that the last request was accepted.
    pub(super) fn was_accepted(&mut self) {
        if self.last == Portion::First
            && let Some((_, portion)) = self.waiting.front_mut()
        {
            *portion = Portion::Culprit;
        }
    }

    /// Puts the halves of a refused request next. It must have more than one datum.
    pub(super) fn halve(&mut self, mut first: PutRequest) {
        let data = first.data.split_off(first.data.len() / 2);
        let second = PutRequest { namespace: first.namespace.clone(), data };
        self.waiting.push_front((second, Portion::Second));
        self.waiting.push_front((first, Portion::First));
    }

    /// Returns how many halves were sent.
    pub(super) fn halves(&self) -> usize {
        self.halves
    }

    /// Returns the requests that were not sent.
    pub(super) fn rest(self) -> impl Iterator<Item = PutRequest> {
        self.left.into_iter().chain(self.waiting.into_iter().map(|(request, _)| request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tally::{Datum, Unit};

    fn request(data: usize) -> PutRequest {
        let datum = |n: usize| Datum {
            metric: "Errors",
            dimensions: vec![("Stage", n.to_string())],
            timestamp_ms: 0,
            values: vec![(1.0, 1.0)],
            unit: Unit::Count,
        };
        PutRequest { namespace: "N".to_owned(), data: (0..data).map(datum).collect() }
    }

    /// Sends all to a service that refuses these data. Returns how many requests it got, how many data were refused
    /// alone, and how many were not sent to the end.
    fn send(mut queue: Queue, refused: &[usize]) -> (usize, usize, usize) {
        let refused: Vec<_> = refused.iter().map(usize::to_string).collect();
        let (mut requests, mut alone) = (0, 0);
        while let Some(request) = queue.next() {
            requests += 1;
            if !request.data.iter().any(|datum| refused.contains(&datum.dimensions[0].1)) {
                queue.was_accepted();
            } else if request.data.len() == 1 {
                alone += 1;
            } else {
                queue.halve(request);
            }
        }
        let rest = queue.rest().map(|request| request.data.len()).sum();
        (requests, alone, rest)
    }

    #[test]
    fn any_one_datum_of_a_thousand_is_found_by_at_most_twenty_requests_more() {
        for at in 0..1_000 {
            let (requests, alone, rest) = send(Queue::new(vec![request(1_000)], 0), &[at]);
            assert!(requests <= 21 && (alone, rest) == (1, 0), "{at}: {requests} {alone} {rest}");
        }
    }

    #[test]
    fn two_neighbours_are_found_at_most_places() {
        let found = (0..999).filter(|at| send(Queue::new(vec![request(1_000)], 0), &[*at, at + 1]).2 == 0).count();
        assert!(found > 850, "{found}");
    }

    #[test]
    fn if_all_are_refused_the_requests_are_bounded_and_whole_ones_behind_are_sent_all_the_same() {
        let all: Vec<_> = (0..1_000).collect();
        let (requests, alone, rest) = send(Queue::new(vec![request(1_000), request(1_000)], 0), &all);
        assert_eq!((requests, alone + rest), (22, 2_000));
    }

    #[test]
    fn halves_of_earlier_pieces_of_a_batch_count() {
        let (requests, alone, rest) = send(Queue::new(vec![request(1_000)], 18), &[0]);
        assert_eq!((requests, alone, rest), (3, 0, 1_000));
    }

    #[test]
    fn what_is_not_refused_is_sent_in_order() {
        let mut queue = Queue::new(vec![request(3), request(2)], 0);
        let sizes: Vec<_> = std::iter::from_fn(|| queue.next()).map(|request| request.data.len()).collect();
        assert_eq!((sizes, queue.halves()), (vec![3, 2], 0));
    }
}
