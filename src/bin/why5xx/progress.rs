//! A line on the standard error that shows how far a long replay is. Nothing where no person would see it.

use std::borrow::Cow;
use std::cell::Cell;
use std::io::Read;
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressBarIter, ProgressDrawTarget, ProgressStyle};

use crate::terminal::{printable, shows_progress};

/// A shorter run needs no progress.
const SILENT_FOR: Duration = Duration::from_millis(500);

/// How often a second the line is drawn.
const DRAWN_HZ: u8 = 5;

/// With and without a known size of the input.
const OF_KNOWN_SIZE: &str = "{wide_msg} {percent:>3} %  {decimal_bytes}  {decimal_bytes_per_sec}  {prefix} log events";
const OF_UNKNOWN_SIZE: &str = "{wide_msg} {decimal_bytes}  {decimal_bytes_per_sec}  {prefix} log events";

/// The progress of all inputs. The line disappears at the end of its scope.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    begun: Instant,
    log_events: Cell<u64>,
}

impl Progress {
    /// Shown if the standard error is a terminal.
    pub(crate) fn on_terminal() -> Self {
        Self { bar: ProgressBar::hidden(), begun: Instant::now(), log_events: Cell::new(0) }
    }

    /// Wraps an input so that the bytes read of it are shown.
    pub(crate) fn reading<R: Read>(&self, name: &str, bytes: Option<u64>, input: R) -> ProgressBarIter<R> {
        let template = if bytes.is_some_and(|bytes| bytes > 0) { OF_KNOWN_SIZE } else { OF_UNKNOWN_SIZE };
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style);
        }
        self.bar.reset();
        self.bar.set_length(bytes.unwrap_or_default());
        self.bar.set_message(Cow::from(printable(name)));
        self.bar.wrap_read(input)
    }

    /// Shows a text in place of how far an input is read.
    pub(crate) fn says(&self, text: String) {
        if let Ok(style) = ProgressStyle::with_template("{wide_msg}") {
            self.bar.set_style(style);
        }
        self.bar.set_message(text);
        self.show_if_long();
    }

    /// Counts log events that were read.
    pub(crate) fn log_events(&self, count: u64) {
        self.log_events.set(self.log_events.get() + count);
        self.bar.set_prefix(HumanCount(self.log_events.get()).to_string());
        self.show_if_long();
    }

    fn show_if_long(&self) {
        if self.bar.is_hidden() && self.begun.elapsed() >= SILENT_FOR && shows_progress() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(DRAWN_HZ));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_are_valid_and_the_input_is_read_as_it_is() {
        for template in [OF_KNOWN_SIZE, OF_UNKNOWN_SIZE] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
        let progress = Progress::on_terminal();
        let mut text = String::new();
        progress.reading("x", Some(3), &b"abc"[..]).read_to_string(&mut text).unwrap();
        progress.log_events(1);
        assert_eq!((text.as_str(), progress.bar.position()), ("abc", 3));
    }
}
