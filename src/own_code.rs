//! The code of this package without its tests, for tests that keep names in one place.

use std::path::Path;

/// Returns the files of `src` without tests and comment lines, each with its path below `src`.
pub(crate) fn files() -> Vec<(String, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![src.clone()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(&src).unwrap().display().to_string();
            if path.is_dir() {
                if !name.ends_with("tests") {
                    folders.push(path);
                }
            } else if name.ends_with(".rs") && !name.ends_with("tests.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
                let lines: Vec<_> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
                files.push((name, lines.join("\n")));
            }
        }
    }
    assert!(files.len() > 80, "only {} files were found", files.len());
    files
}
