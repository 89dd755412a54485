//! Documents that tests make: compared with what is kept, written anew with `BLESS=1`.

use std::fs;
use std::path::Path;

/// Compares a document of `docs/` with what a test made, or writes it where `BLESS` is set.
pub(crate) fn compare(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    if is_to_be_written() {
        fs::write(&path, text).expect("docs/ can be written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == text, "docs/{name} is stale: run `BLESS=1 cargo test --test simulation`; it would be\n{text}");
}

/// Compares the tables of a document with those between the markers of this name in the README, or writes them there.
pub(crate) fn compare_in_readme(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(&path).expect("README.md");
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (before, rest) = readme.split_once(&begin).expect("README.md says where the table begins");
    let (_, after) = rest.split_once(&end).expect("README.md says where the table ends");
    let table = first_table(text);
    let wanted = format!("{before}{begin}\n{table}\n{end}{after}");
    if is_to_be_written() {
        fs::write(&path, &wanted).expect("README.md can be written");
    } else {
        assert!(readme == wanted, "README.md is stale: run `BLESS=1 cargo test --test simulation`");
    }
}

/// The first table of a document.
fn first_table(text: &str) -> String {
    let rows = text.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    rows.map(|row| format!("{row}\n")).collect()
}

#[allow(clippy::disallowed_methods, reason = "a test asks how it was started; the program never does")]
fn is_to_be_written() -> bool {
    std::env::var_os("BLESS").is_some()
}
