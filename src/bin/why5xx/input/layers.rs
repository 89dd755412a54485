//! Marks and signs that people and tools put around the lines of a text, one over the other: a quote of the output of `grep -n`.

use std::borrow::Cow;

use super::prefix;
use super::quoted::{Mark, is_fenced, without_fence};
use super::spelling::Spelling;
use super::terminal::plain;

/// Most layers around a text; our own bound.
const MOST: usize = 6;

#[derive(Debug)]
enum LineLayer {
    Spelling(Spelling),
    Mark(Mark),
    Fence,
}

/// The layers around each line of a text, the outermost first.
#[derive(Debug, Default)]
pub(super) struct Layers(Vec<LineLayer>);

impl Layers {
    /// Of a text by its beginning, which is returned without them.
    pub(super) fn of(start: &str) -> (Self, Cow<'_, str>) {
        let mut layers = Self::default();
        let mut own = plain(start);
        if own.contains(BEFORE_LINES) {
            own = Cow::Owned(own.lines().flat_map(|line| [without_controls(line), "\n"]).collect());
        }
        while layers.0.len() < MOST
            && let Some(layer) = LineLayer::of(&own)
        {
            own = Cow::Owned(
                own.lines().filter_map(|line| layer.without(line)).flat_map(|line| [line, "\n".into()]).collect(),
            );
            layers.0.push(layer);
        }
        (layers, own)
    }

    /// Returns a line without them; empty for one that is a part of them, such as a fence.
    pub(super) fn without(&self, line: String) -> String {
        self.0.iter().fold(line, |line, layer| match layer.without(&line) {
            Some(Cow::Borrowed(own)) if own.len() == line.len() => line,
            own => own.unwrap_or_default().into_owned(),
        })
    }
}

impl LineLayer {
    /// The outermost one of a text.
    fn of(start: &str) -> Option<Self> {
        let spelling = Spelling::of(start);
        if spelling != Spelling::default() {
            return Some(Self::Spelling(spelling));
        }
        let mark = Some(Mark::of(start)).filter(|mark| *mark != Mark::None).map(Self::Mark);
        mark.or_else(|| is_fenced(start).then_some(Self::Fence))
    }

    fn without<'l>(&self, line: &'l str) -> Option<Cow<'l, str>> {
        match self {
            Self::Spelling(spelling) => Some(spelling.own(line)),
            Self::Mark(mark) => mark.unmarked(line),
            Self::Fence => Some(Cow::Borrowed(without_fence(line))),
        }
    }
}

/// Signs that some programs write before a line: the return of a carriage, a new page.
const BEFORE_LINES: [char; 2] = ['\r', '\u{c}'];

/// Takes them off, and the line of progress that the next one overwrote: `Loading...\r2026-01-02T03:04:05Z …`.
pub(super) fn without_controls(line: &str) -> &str {
    let begins = |text: &str| prefix::strip(text).has_prefix() || prefix::is_head(text);
    let line = line.trim_start_matches(BEFORE_LINES);
    match line.rsplit_once('\r') {
        // A log event keeps its returns.
        Some((before, own)) if begins(own) && !before.split('\r').any(begins) => own,
        _ => line,
    }
}
