//! The figures that the cost sheet is computed from: CPU time for each log event, by kind of log.
//!
//! They go into a file that is kept, `benches/figures/batch.tsv`, with the machine that they were taken on.

use std::fmt::Write as _;

use crate::payloads::{Kind, payload};
use crate::ways::WHOLE_JOB;
use crate::{Payload, times};

/// Log events of the payloads: many enough that the fixed cost of a batch does not show.
const LOG_EVENTS: usize = 10_000;

/// Where the figures are kept.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/figures/batch.tsv");

/// Measures each kind of log and writes the file.
///
/// # Errors
///
/// When the file cannot be written.
pub(crate) fn write() -> std::io::Result<()> {
    let mut text = format!("# Written by `make figures`: ns of CPU for a log event, the whole job.\n# {}\n", machine());
    for kind in Kind::ALL {
        let payload = Payload::new(kind.name().to_owned(), [payload(kind, LOG_EVENTS, 1)]);
        let ns = times(&payload)[WHOLE_JOB] * 1e6 / LOG_EVENTS as f64;
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{}\t{ns:.0}", kind.name());
    }
    std::fs::write(FILE, text)
}

/// The processor, as far as the system names it.
fn machine() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let named = |key: &str| {
        let line = text.lines().find(|line| line.split(':').next().is_some_and(|name| name.trim() == key));
        line.and_then(|line| line.split_once(':')).map_or("unknown", |(_, value)| value.trim()).to_owned()
    };
    format!(
        "{}, family {}, model {}, {} MHz",
        named("model name"),
        named("cpu family"),
        named("model"),
        named("cpu MHz")
    )
}
