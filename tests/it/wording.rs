//! No sentence of the repository says in a roundabout way what a plain word says: in documentation, help, errors, output,
//! comments and names.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

/// What to avoid, and what to write. `_` and line ends count as blanks, since names of tests are sentences, too.
const AVOID: &[(&str, &str)] = &[
    ("(?:is|are|was|were) none", "missing, does not exist, is not a …"),
    ("[Tt]ells|[Tt]old|[Tt]ell of", "says, shows, reports, holds"),
    // A person may tell things apart; a log shows them.
    (
        "(?:[Ll]ogs?|[Ll]ines?|[Ee]vents?|[Ll]evels?|[Ff]ormats?|[Ff]ields?|[Vv]ariables?|[Aa]larms?|[Pp]ages?|answers?|texts?|that|which|where it does not)(?: can| may| could| cannot)? tell",
        "show, say, name, report",
    ),
    ("lent", "passed by reference"),
    ("[Bb]y (?:itself|themselves)", "separately, alone"),
    ("[Tt]akes? over|taken over", "merges into, replaces"),
    ("(?:[Cc]omes?|[Cc]ame|[Cc]oming) to", "results in, reaches"),
    ("anew", "again, recreated"),
    ("[Mm]end(?:s|ed|ing)?", "fix, repair, adjust"),
    ("by rule|[Aa]s a rule", "usually"),
    ("as you like", "at your option"),
];

/// Words to avoid in doc comments.
const AVOID_IN_DOC_COMMENTS: &[(&str, &str)] = &[
    ("//[/!] What", "in a doc comment the thing itself: Returns …, or a noun such as Text of …, Limit of …"),
    ("//[/!] The same(?:,| for| with| of| over| behind| against| metric)", "what it does, without the item before it"),
];

/// Sentences that may stand: the file, the words, and why.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("src/cause/gateway.rs", "WAF did see, by rule", "counts of the web ACL for each of its rules"),
    ("docs/causes.md", "WAF did see, by rule", "the same"),
    ("tests/chain/test_chain.py", "list_targets_by_rule", "a call of AWS"),
];

/// Where no sentence of ours is: this list, captured and golden data, and the history.
const LEFT_OUT: &[&str] = &[
    "tests/it/wording.rs",
    "tests/golden",
    "tests/events",
    "tests/template/template-0.1.yaml",
    "fuzz/corpus",
    "fuzz/target",
];

const ROOTS: &[&str] = &[
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "Cargo.toml",
    "Makefile",
    "template.yaml",
    "samconfig.toml",
    ".github",
    "benches",
    "deploy",
    "docs",
    "examples",
    "fuzz",
    "scripts",
    "src",
    "tests",
];

fn files_below(path: PathBuf, files: &mut Vec<PathBuf>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let is_left_out = LEFT_OUT.iter().any(|left_out| path.starts_with(root.join(left_out)));
    let is_of_a_tool = ["target", "node_modules", "__pycache__", "figures"].iter().any(|name| path.ends_with(name));
    if is_left_out || is_of_a_tool || path.is_symlink() {
        return;
    }
    if path.is_dir() {
        let entries = fs::read_dir(&path).unwrap();
        entries.for_each(|entry| files_below(entry.unwrap().path(), files));
    } else if path.exists() {
        files.push(path);
    }
}

/// Patterns of [`AVOID`] and of [`AVOID_IN_DOC_COMMENTS`].
static PATTERNS: LazyLock<[Vec<(Regex, &str)>; 2]> = LazyLock::new(|| {
    [AVOID, AVOID_IN_DOC_COMMENTS].map(|list| {
        let regex = |words: &str| {
            // The end of a line may be that of a comment.
            let words = words.replace(' ', r"\s+(?:(?://[/!]?|#)\s+)?");
            Regex::new(&format!(r"(?:^|[^A-Za-z0-9])({words})(?:[^A-Za-z0-9]|$)")).unwrap()
        };
        list.iter().map(|(words, instead)| (regex(words), *instead)).collect()
    })
});

/// Returns the places of a text that say it in a roundabout way, as `line: words`.
fn found(text: &str, is_rust: bool, exceptions: &[&str]) -> Vec<String> {
    // The methods of `Option` are no sentences.
    let mut text = text.replace("is_none_or", "isNoneOr").replace("is_none()", "isNone()");
    for exception in exceptions {
        text = text.replace(exception, &" ".repeat(exception.len()));
    }
    let text = text.replace('_', " ");
    let lists = if is_rust { &PATTERNS[..] } else { &PATTERNS[..1] };
    lists
        .iter()
        .flatten()
        .flat_map(|(regex, instead)| {
            let places = regex.captures_iter(&text).map(|captures| captures.get(1).unwrap());
            let of_line = |at: usize| 1 + text[..at].matches('\n').count();
            places
                .map(|place| format!("{}: {:?}; write: {instead}", of_line(place.start()), place.as_str()))
                .collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn no_sentence_uses_words_that_must_be_read_twice() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    ROOTS.iter().for_each(|name| files_below(root.join(name), &mut files));
    let mut wrong = Vec::new();
    for path in files {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let name = path.strip_prefix(root).unwrap().to_str().unwrap();
        let exceptions: Vec<_> =
            EXCEPTIONS.iter().filter(|(file, _, _)| *file == name).map(|(_, words, _)| *words).collect();
        assert!(exceptions.iter().all(|words| text.contains(words)), "{name}: an exception is not needed any more");
        wrong.extend(
            found(&text, name.ends_with(".rs"), &exceptions).into_iter().map(|place| format!("{name}:{place}")),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_of_the_words_is_found() {
    for text in [
        "there is none",
        "fn it_is_told() {",
        "/// The log tells it.",
        "// made\n    // by\n",
        "It comes\n/// to nothing",
        "lines tell of a failure",
        "what a log of this level can tell",
        "the formats that tell why",
        "valid as a rule",
    ] {
        assert_eq!(found(text, false, &[]).is_empty(), text.starts_with("// made"), "{text}");
    }
    for text in [
        "x.is_none() || y.is_none_or(f)",
        "None is None",
        "silent elements recommend",
        "how to tell them apart",
        "so that clients can tell",
    ] {
        assert!(found(text, false, &[]).is_empty(), "{text}");
    }
    for (text, is_rust, is_found) in [
        ("    /// What a line says.\n", true, true),
        ("//! What is counted.\n", true, true),
        ("/// What a line says.\n", false, false),
        ("/// Text of a line. What follows is of no use.\n", true, false),
        ("// What a client wrote stays.\n", true, false),
        ("/// The same with more variables.\n", true, true),
        ("/// The same logs go through both.\n", true, false),
    ] {
        assert_eq!(found(text, is_rust, &[]).is_empty(), !is_found, "{text}");
    }
}
