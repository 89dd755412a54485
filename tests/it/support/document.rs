//! Documents that tests make: compared with what is kept, written again with `BLESS=1`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Compares a document of `docs/` with what a test made, or writes it where `BLESS` is set.
pub(crate) fn compare(name: &str, text: &str) {
    let path = file("docs").join(name);
    if is_to_be_written() {
        fs::write(&path, text).expect("docs/ can be written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == text, "docs/{name} is stale: {}; it would be\n{text}", cure());
}

/// Compares a text with what stands between the markers of this name in a file, or writes it there.
pub(crate) fn compare_between(path: &str, name: &str, text: &str) {
    // Several tests own a part of the same file and run at the same time.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _lock = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let kept = fs::read_to_string(file(path)).expect("a file of the repository");
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (before, rest) = kept.split_once(&begin).expect("the file says where the text begins");
    let (_, after) = rest.split_once(&end).expect("the file says where the text ends");
    let wanted = format!("{before}{begin}\n{text}\n{end}{after}");
    if is_to_be_written() {
        fs::write(file(path), &wanted).expect("the file can be written");
    } else {
        assert!(kept == wanted, "{path} is stale: {}; it would be\n{text}", cure());
    }
}

fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn cure() -> String {
    format!("run `BLESS=1 cargo test --test {}`", env!("CARGO_CRATE_NAME"))
}

#[allow(clippy::disallowed_methods, reason = "a test asks how it was started; the program never does")]
fn is_to_be_written() -> bool {
    std::env::var_os("BLESS").is_some()
}
