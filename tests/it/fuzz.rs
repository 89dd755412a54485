//! The fuzz targets without libFuzzer: each over its kept inputs, and over some thousand that are made of them.
//!
//! It finds what `make fuzz-check` would find soon, in the build that all tests share. That one is led by what an input
//! reaches and bounds memory and time (docs/fuzzing.md).

#![expect(clippy::print_stderr, reason = "the input of a failure, which the failure does not name")]

#[path = "../../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "it is a crate elsewhere")]
pub(crate) mod targets;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::simulation::random::Random;

type Target = (&'static str, fn(&[u8]));

const TARGETS: [Target; 10] = [
    ("classify", targets::classify),
    ("decode", targets::decode),
    ("inputs", targets::inputs),
    ("own_rules", targets::own_rules),
    ("record_access", targets::record_access),
    ("record_execution", targets::record_execution),
    ("record_flow", targets::record_flow),
    ("record_lambda", targets::record_lambda),
    ("records", targets::records),
    ("settings", targets::settings),
];

/// Inputs that are made for each target.
const MADE: usize = 5_000;

/// Most bytes of one.
const MOST_BYTES: usize = 4_096;

/// Pieces of text that the readers look for.
const TOKENS: [&[u8]; 14] = [
    b"\"",
    b"\\",
    b"\\u",
    b"\\ud800",
    b"\xff",
    b"\0",
    b"\n",
    b"[[",
    b"{}",
    b"]}",
    b"18446744073709551616",
    b"-1e999",
    b" Method completed with status: 504",
    b"\xf0\x9f\x98\x80",
];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(name)
}

/// The kept inputs of a target.
fn kept(target: &str) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> = fs::read_dir(folder("corpus").join(target)).expect("kept inputs").collect();
    paths.sort_by_key(|entry| entry.as_ref().map(fs::DirEntry::path).ok());
    paths.into_iter().map(|entry| fs::read(entry.expect("an entry").path()).expect("an input")).collect()
}

/// An input of which a few places are another's, a token, turned, doubled or gone.
fn made(kept: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut input = random.pick(kept).clone();
    for _ in 0..=random.below(4) {
        let from = random.below(input.len() + 1);
        let to = (from + random.below(32)).min(input.len());
        let other = random.pick(kept);
        let begin = random.below(other.len() + 1);
        let piece = match random.below(6) {
            0 => random.pick(&TOKENS).to_vec(),
            1 => other[begin..].to_vec(),
            2 => input[from..to].repeat(2),
            3 => input[from..to].iter().rev().copied().collect(),
            4 => input[from..to].iter().map(|byte| byte ^ (1 << random.below(8))).collect(),
            _ => Vec::new(),
        };
        input.splice(from..to, piece);
        input.truncate(MOST_BYTES);
    }
    input
}

/// Shows the input that a target stumbled over.
struct Shown<'i>(&'static str, &'i [u8]);

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{} failed, with the input\n{}", self.0, self.1.escape_ascii());
        }
    }
}

#[test]
fn every_target_stands_its_kept_inputs_and_some_thousand_others() {
    for (name, target) in TARGETS {
        let kept = kept(name);
        let mut random = Random::new(name.len() as u64);
        let made = (0..MADE).map(|_| made(&kept, &mut random));
        for input in kept.iter().cloned().chain(made) {
            let _shown = Shown(name, &input);
            target(&input);
        }
    }
}

/// Returns the pieces of a dictionary of libFuzzer's.
///
/// Source: libFuzzer, "Dictionaries": a piece stands in quotes, a byte may be written as `\xAB`, and `#` begins a comment.
fn pieces(target: &str) -> Vec<Vec<u8>> {
    let text = fs::read_to_string(folder("dictionaries").join(target).with_extension("dict")).expect("a dictionary");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let piece = |line: &str| {
        let mut rest = line.trim_matches('"').replace("\\\"", "\"");
        let mut piece = Vec::new();
        while let Some((before, behind)) = rest.split_once("\\x") {
            piece.extend_from_slice(before.as_bytes());
            piece.push(u8::from_str_radix(&behind[..2], 16).expect("two digits"));
            rest = behind[2..].to_owned();
        }
        piece.extend_from_slice(rest.as_bytes());
        piece
    };
    lines.map(piece).collect()
}

#[test]
fn every_pair_of_pieces_of_an_input_is_read() {
    const BETWEEN: [&[u8]; 4] = [b"", b"\n", b"            ", b" x\n\n"];
    let pieces = pieces("inputs");
    let mut tried = 0;
    for (first, second) in pieces.iter().flat_map(|first| pieces.iter().map(move |second| (first, second))) {
        for (between, behind) in BETWEEN.iter().flat_map(|between| BETWEEN.iter().map(move |behind| (between, behind)))
        {
            let input = [first.as_slice(), between, second, behind].concat();
            let _shown = Shown("inputs", &input);
            targets::inputs(&input);
            tried += 1;
        }
    }
    assert!(tried > 40_000, "{tried}");
}

#[test]
fn the_targets_are_those_of_the_folders() {
    let named = |folder: PathBuf| -> BTreeSet<String> {
        let paths = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        paths.filter_map(|path| path.file_stem().and_then(|name| name.to_str()).map(str::to_owned)).collect()
    };
    let here: BTreeSet<_> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(here, named(folder("targets")));
    assert_eq!(here, named(folder("corpus")));
}
