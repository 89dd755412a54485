//! Ways that run in a process of their own: the usual programs of other languages, and our own to see what they hold.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::Payload;
use crate::ways::{Causes, Count, WAYS, Way};

/// The usual programs: a name for the table, the interpreter and the program beside this file.
pub(crate) const PROGRAMS: [(&str, &str, &str); 2] = [
    ("Python: base64, gzip, json, re", "python3", "usual.py"),
    ("Node: zlib, JSON.parse, RegExp", "node", "usual.mjs"),
];

/// Output of such a program.
#[derive(Debug, Deserialize)]
pub(crate) struct Printed {
    causes: Causes,
    log_events: u64,
    /// CPU time of each round.
    pub(crate) cpu_ms: Vec<f64>,
    /// The most memory that the whole process took.
    pub(crate) peak_kib: u64,
}

impl Printed {
    pub(crate) fn count(&self) -> Count {
        Count { log_events: Some(self.log_events), inflated_bytes: None, causes: Some(self.causes.clone()) }
    }
}

/// A payload in a file, one subscription event a line, for as long as this lives.
pub(crate) struct File(PathBuf);

impl File {
    pub(crate) fn of(payload: &Payload) -> Self {
        let path = std::env::temp_dir().join(format!("why5xx-bench-{}.json", std::process::id()));
        let lines: String = payload.parts.iter().flat_map(|part| [part.json.as_str(), "\n"]).collect();
        std::fs::write(&path, lines).expect("there is room for temporary files");
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // A file left behind in the directory for such files does no harm.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Runs a usual program on the file; `None` where its interpreter is not installed.
pub(crate) fn run(interpreter: &str, program: &str, file: &File, rounds: usize) -> Option<Printed> {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/usual").join(program);
    let output = Command::new(interpreter).arg(program).arg(&file.0).arg(rounds.to_string()).output().ok()?;
    let printed = serde_json::from_slice(&output.stdout);
    Some(printed.unwrap_or_else(|_| panic!("{interpreter}: {}", String::from_utf8_lossy(&output.stderr))))
}

/// First argument of the process that [`peak_kib`] starts.
const PEAK: &str = "--peak-memory-of";

/// The most memory that a process takes in which this way reads the file, beyond what it holds with the file at hand.
pub(crate) fn peak_kib(nth: usize, file: &File) -> u64 {
    let program = std::env::current_exe().expect("a running program has a file");
    let printed = Command::new(program).args([PEAK, &nth.to_string()]).arg(&file.0).output();
    let printed = printed.expect("the bench can run itself");
    String::from_utf8_lossy(&printed.stdout).trim().parse().expect("a number of KiB")
}

/// Does the work of a process whose memory is measured. Returns false if this is no such process.
#[expect(clippy::print_stdout, reason = "the bench that started this process reads it")]
pub(crate) fn is_peak(arguments: &[String]) -> bool {
    let [first, nth, file] = arguments else { return false };
    if first != PEAK {
        return false;
    }
    let way: Way = WAYS[nth.parse::<usize>().expect("the place of a way")];
    let events = std::fs::read_to_string(file).expect("the bench has written the file");
    let payload = Payload::new(String::new(), events.lines().map(str::to_owned));
    drop(events);
    let before = memory_kib("VmRSS:");
    // The highest so far is from reading the file.
    std::fs::write("/proc/self/clear_refs", "5").expect("Linux lets a process reset its peak");
    std::hint::black_box(payload.count(way));
    println!("{}", memory_kib("VmHWM:").saturating_sub(before));
    true
}

/// The memory that this process takes, or the most that it has taken so far, in KiB; 0 where the system does not say.
fn memory_kib(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
