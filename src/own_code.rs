//! The code of this package without its tests, for tests that keep names in one place.

use std::path::{Path, PathBuf};

use regex::Regex;

/// Returns the files of `src` without tests and comment lines, each with its path below `src`.
pub(crate) fn files() -> Vec<(String, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![src.clone()];
    let mut of_tests = Vec::new();
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let (code, modules) = without_tests(&std::fs::read_to_string(&path).unwrap());
                of_tests.extend(modules.iter().map(|module| folder_of_modules(&path).join(module)));
                files.push((path, code));
            }
        }
    }
    let is_of_tests = |path: &Path| of_tests.iter().any(|module| path.with_extension("").starts_with(module));
    files.retain(|(path, _)| !is_of_tests(path));
    assert!(files.len() > 80, "only {} files were found", files.len());
    let name = |path: PathBuf| path.strip_prefix(&src).unwrap().display().to_string();
    files.into_iter().map(|(path, code)| (name(path), code)).collect()
}

/// Returns the folder that holds the modules of a file.
///
/// `src/pipeline.rs` → `src/pipeline`, `src/notify/mod.rs` → `src/notify`
fn folder_of_modules(file: &Path) -> PathBuf {
    match file.file_stem().and_then(|stem| stem.to_str()) {
        Some("lib" | "main" | "mod") => file.parent().unwrap_or(file).to_owned(),
        _ => file.with_extension(""),
    }
}

/// Returns code without comment lines and without the items that only tests have, and the names of those that are modules in
/// files of their own. Such an item goes on up to the first line of its own indentation that ends one, as rustfmt writes it.
fn without_tests(text: &str) -> (String, Vec<String>) {
    let mut own = Vec::new();
    let mut modules = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let bare = line.trim_start();
        if !bare.starts_with("#[cfg(test)]") {
            if !bare.starts_with("//") {
                own.push(line);
            }
            continue;
        }
        let indentation = &line[..line.len() - bare.len()];
        let is_end = |line: &&str| {
            let item = line.strip_prefix(indentation).filter(|item| !item.starts_with([' ', '#', '/']));
            item.is_some_and(|item| item.ends_with([';', '}', ',']))
        };
        let end = lines.by_ref().find(is_end).unwrap_or_default().trim();
        modules
            .extend(end.strip_suffix(';').and_then(|item| item.rsplit_once("mod ")).map(|(_, name)| name.to_owned()));
    }
    (own.join("\n"), modules)
}

/// Returns the texts of the string literals in code, as they are written.
pub(crate) fn literals(code: &str) -> Vec<String> {
    let literal = r##"'(?:\\.|[^'\\])'|r#"(?s:(.*?))"#|r?"((?s:\\.|[^"\\])*)""##;
    let texts = Regex::new(literal).unwrap();
    let text = |found: regex::Captures<'_>| found.get(1).or(found.get(2)).map(|text| text.as_str().to_owned());
    texts.captures_iter(code).filter_map(text).collect()
}

#[test]
fn what_only_tests_have_is_left_out_and_what_stands_behind_it_is_not() {
    let code = "use a::b;\n#[cfg(test)]\nuse c::d;\n\n#[cfg(test)]\npub(crate) mod tests {\n    fn e() {\n    }\n}\n// f\nfn g() {}\n\
                impl H {\n    #[cfg(test)]\n    #[must_use]\n    fn i(\n        j: k,\n    ) {\n        l();\n    }\n\n    fn m() {}\n}\n\
                #[cfg(test)]\nmod n;\nfn o() {}";
    let (own, modules) = without_tests(code);
    assert_eq!(own, "use a::b;\n\nfn g() {}\nimpl H {\n\n    fn m() {}\n}\nfn o() {}");
    assert_eq!(modules, ["n"]);
}

#[test]
fn a_literal_is_found_whatever_signs_it_holds() {
    let code = r###"f('"', "a \" b", b'"', r#"c " d"#, 'x', "e", &'a str, "two
        lines")"###;
    assert_eq!(literals(code), ["a \\\" b", "c \" d", "e", "two\n        lines"]);
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
