//! Instructions for each byte that a batch inflates to, counted by callgrind: a check without noise.
//!
//! The bounds stand in `instructions.tsv` beside this file. They hold for the bench profile on x86_64; callgrind knows
//! no AVX-512, so the counts are those of a machine without it. A change for the better moves a bound down, one for the
//! worse needs a reason.

use std::process::Command;

use crate::Payload;
use crate::payloads::{self, Kind};
use crate::processes::File;
use crate::ways::{FLOOR, WAYS, WHOLE_JOB};

/// How far a count may lie above its bound. Hash keys differ from run to run, and so does where they fall.
const TOLERANCE: f64 = 1.03;

/// First argument of the process that callgrind watches.
const REPEAT: &str = "--repeat";

/// Rounds between which the difference is taken, which leaves out the start and the reading of the file.
const ROUNDS: [u64; 2] = [1, 11];

const BOUNDS: &str = include_str!("instructions.tsv");

/// Counts all kinds. Whether all are within their bounds.
#[expect(clippy::print_stdout, reason = "the table is what a bench is for")]
pub(crate) fn check() -> bool {
    println!("{:24}{:>12}{:>12}{:>12}  instructions a byte", "", "floor", "whole job", "bound");
    let mut all = true;
    for kind in Kind::ALL {
        let payload = Payload::new(kind.name().to_owned(), [payloads::payload(kind, 1_000, 1)]);
        let bytes = payload.count(WAYS[FLOOR]).inflated_bytes.expect("the floor inflates") as f64;
        let file = File::of(&payload);
        let [floor, whole_job] = [FLOOR, WHOLE_JOB].map(|way| {
            let [few, many] = ROUNDS.map(|rounds| count(rounds, way, &file));
            (many - few) as f64 / (ROUNDS[1] - ROUNDS[0]) as f64 / bytes
        });
        let line = BOUNDS.lines().filter_map(|line| line.split_once('\t')).find(|(name, _)| *name == kind.name());
        let bound: f64 = line.and_then(|(_, bound)| bound.parse().ok()).expect("each kind has a bound");
        let is_within = whole_job <= bound * TOLERANCE;
        let remark = if is_within { "" } else { "  ABOVE ITS BOUND" };
        println!("{:24}{floor:12.3}{whole_job:12.3}{bound:12.3}{remark}", kind.name());
        all &= is_within;
    }
    all
}

/// Instructions of a process that reads the file so many times.
fn count(rounds: u64, way: usize, file: &File) -> u64 {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe().expect("a running program has a file"))
        .args([REPEAT, &rounds.to_string(), &way.to_string()])
        .arg(file.path())
        .output()
        .expect("valgrind is installed");
    let printed = String::from_utf8_lossy(&output.stderr);
    let collected = printed.split("Collected : ").nth(1).and_then(|rest| rest.split_whitespace().next());
    collected.and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("{printed}"))
}

/// Does the work of a process that callgrind watches. Returns false if this is no such process.
pub(crate) fn is_watched(arguments: &[String]) -> bool {
    let [first, rounds, way, file] = arguments else { return false };
    if first != REPEAT {
        return false;
    }
    let way = WAYS[way.parse::<usize>().expect("the place of a way")];
    let events = std::fs::read_to_string(file).expect("the bench has written the file");
    let payload = Payload::new(String::new(), events.lines().map(str::to_owned));
    for _ in 0..rounds.parse().expect("a number of rounds") {
        std::hint::black_box(payload.count(way));
    }
    true
}
