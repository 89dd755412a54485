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

#[test]
fn a_type_has_its_name_alone() {
    let mut types: Vec<(String, String)> = Vec::new();
    // What stands for a part that a build leaves out has the name of that part.
    for (file, code) in files().into_iter().filter(|(file, _)| !file.ends_with("without.rs")) {
        let names = code.lines().filter_map(name_of_type).map(|name| (name.to_owned(), file.clone()));
        types.extend(names.collect::<std::collections::BTreeSet<_>>());
    }
    types.sort_unstable();
    let twice: Vec<_> = types.windows(2).filter(|pair| pair[0].0 == pair[1].0).collect();
    assert!(types.len() > 250 && twice.is_empty(), "of {} types: {twice:#?}", types.len());
}

/// Returns the name of the type that a line of a module declares, outside of any function.
fn name_of_type(line: &str) -> Option<&str> {
    let item = line.strip_prefix("pub").map_or(line, |rest| rest.trim_start_matches(|c| c != ' ').trim_start());
    let (keyword, rest) = item.split_once(' ')?;
    let name = rest.split(|c: char| !c.is_alphanumeric()).next()?;
    matches!(keyword, "struct" | "enum" | "trait" | "type" | "union").then_some(name)
}
