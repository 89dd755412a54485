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

#[allow(clippy::disallowed_methods, reason = "a test asks how it was started; the program never does")]
fn is_to_be_written() -> bool {
    std::env::var_os("BLESS").is_some()
}
