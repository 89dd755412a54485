//! One line on the standard error that tells how far a long replay is; nothing where no person would see it.

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::terminal::{fitted, printable, progress_width, shows_progress};

/// What is done sooner needs no progress.
const SILENT_FOR: Duration = Duration::from_millis(500);

/// How long a line stands before the next one.
const SHOWN_FOR: Duration = Duration::from_millis(200);

/// Begins the line anew and clears it.
const CLEAR: &str = "\r\u{1b}[K";

/// The progress of all inputs. Clones tell of the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress(Option<Rc<RefCell<State>>>);

#[derive(Debug)]
struct State {
    begun: Instant,
    shown: Option<Instant>,
    input: String,
    /// Of the input; none where nothing tells it.
    input_bytes: Option<u64>,
    read_of_input: u64,
    read_bytes: u64,
    log_events: u64,
}

impl Progress {
    /// Shown if the standard error is a terminal.
    pub(crate) fn on_terminal() -> Self {
        let state = || State {
            begun: Instant::now(),
            shown: None,
            input: String::new(),
            input_bytes: None,
            read_of_input: 0,
            read_bytes: 0,
            log_events: 0,
        };
        Self(shows_progress().then(|| Rc::new(RefCell::new(state()))))
    }

    /// The input with what is read of it.
    pub(crate) fn reading<R: Read>(&self, name: &str, bytes: Option<u64>, input: R) -> Reading<R> {
        if let Some(state) = &self.0 {
            let mut state = state.borrow_mut();
            state.input = printable(name);
            state.input_bytes = bytes.filter(|bytes| *bytes > 0);
            state.read_of_input = 0;
        }
        Reading { input, progress: self.clone() }
    }

    /// Counts log events that were read.
    pub(crate) fn log_events(&self, count: u64) {
        self.update(|state| state.log_events += count);
    }

    fn update(&self, change: impl FnOnce(&mut State)) {
        let Some(state) = &self.0 else { return };
        let mut state = state.borrow_mut();
        change(&mut state);
        state.show(Instant::now());
    }
}

impl Drop for Progress {
    /// The last one to tell of it takes the line away.
    fn drop(&mut self) {
        if let Some(state) = self.0.take()
            && Rc::strong_count(&state) == 1
            && state.borrow().shown.is_some()
        {
            write(CLEAR);
        }
    }
}

/// An input whose bytes are counted.
#[derive(Debug)]
pub(crate) struct Reading<R> {
    input: R,
    progress: Progress,
}

impl<R: Read> Read for Reading<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.progress.update(|state| {
            state.read_of_input += read as u64;
            state.read_bytes += read as u64;
        });
        Ok(read)
    }
}

impl State {
    fn show(&mut self, now: Instant) {
        let elapsed = now.duration_since(self.begun);
        let is_due = self.shown.is_none_or(|shown| now.duration_since(shown) >= SHOWN_FOR);
        if elapsed >= SILENT_FOR && is_due {
            self.shown = Some(now);
            // The last column is left free: a full line would begin another one.
            let width = progress_width().saturating_sub(1);
            write(&format!("{CLEAR}{}", self.line(elapsed, width)));
        }
    }

    fn line(&self, elapsed: Duration, width: usize) -> String {
        let seconds = elapsed.as_secs_f64().max(0.001);
        let mut figures = String::new();
        if let Some(bytes) = self.input_bytes {
            figures.push_str(&format!("{:>3} %  ", (self.read_of_input.min(bytes)) * 100 / bytes));
        }
        figures.push_str(&format!(
            "{}  {}/s  {} log events  {}/s",
            size(self.read_bytes as f64),
            size(self.read_bytes as f64 / seconds),
            short(self.log_events as f64),
            short(self.log_events as f64 / seconds)
        ));
        let room = width.saturating_sub(figures.chars().count() + 2);
        let line = if room >= 8 { format!("{}  {figures}", fitted(&self.input, room)) } else { figures };
        line.chars().take(width).collect()
    }
}

fn size(bytes: f64) -> String {
    let units = [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    match units.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{:.1} {name}", bytes / unit),
        None => format!("{bytes:.0} B"),
    }
}

fn short(count: f64) -> String {
    let units = [(1e9, "G"), (1e6, "M"), (1e3, "k")];
    match units.into_iter().find(|(unit, _)| count >= *unit) {
        Some((unit, name)) => format!("{:.1} {name}", count / unit),
        None => format!("{count:.0}"),
    }
}

fn write(text: &str) {
    let mut err = io::stderr().lock();
    // Progress that cannot be shown is none that fails.
    let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        State {
            begun: Instant::now(),
            shown: None,
            input: "logs/export-2026-05-04/000000.gz".into(),
            input_bytes: Some(2_000_000),
            read_of_input: 500_000,
            read_bytes: 1_500_000,
            log_events: 40_000,
        }
    }

    #[test]
    fn the_line_tells_input_bytes_and_log_events() {
        let line = state().line(Duration::from_secs(2), 100);
        assert_eq!(line, "logs/export-2026-05-04/000000.gz   25 %  1.5 MB  750.0 kB/s  40.0 k log events  20.0 k/s");
    }

    #[test]
    fn the_line_fits_any_terminal() {
        for width in [0, 1, 10, 40, 60, 80, 200] {
            let line = state().line(Duration::from_secs(2), width);
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
        let narrow = state().line(Duration::from_secs(2), 76);
        assert!(narrow.contains('…') && narrow.ends_with("/s"), "{narrow}");
    }

    #[test]
    fn what_is_read_is_what_the_input_holds() {
        let progress = Progress(Some(Rc::new(RefCell::new(state()))));
        let mut text = String::new();
        progress.reading("x", Some(3), &b"abc"[..]).read_to_string(&mut text).unwrap();
        assert_eq!(text, "abc");
        assert_eq!(progress.0.as_ref().unwrap().borrow().read_of_input, 3);
    }
}
