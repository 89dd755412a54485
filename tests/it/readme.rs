//! The README shows what the program prints, its figures are those of the pages, and it stays short.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::fs;
use std::path::Path;
use std::process::Command;

/// A reader who wants more follows a link.
const MOST_WORDS: usize = 1_520;
const MOST_LINES: usize = 175;

fn file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

#[test]
fn the_readme_is_read_in_ten_minutes() {
    let readme = file("README.md");
    let (words, lines) = (readme.split_whitespace().count(), readme.lines().count());
    assert!(words <= MOST_WORDS && lines <= MOST_LINES, "{words} words, {lines} lines: move something to docs/");
}

/// Whether all lines are in the text in this order. `…` stands for any number of lines.
fn shows(output: &str, wanted: &str) -> bool {
    let mut lines = output.lines();
    let mut may_skip = false;
    for line in wanted.lines() {
        if line == "…" {
            may_skip = true;
        } else if may_skip {
            may_skip = false;
            if !lines.any(|each| each == line) {
                return false;
            }
        } else if lines.next() != Some(line) {
            return false;
        }
    }
    true
}

#[test]
fn the_output_that_the_readme_shows_is_the_program_s() {
    let readme = file("README.md");
    let blocks = readme.split("```text\n$ why5xx ").skip(1).map(|rest| rest.split("```").next().unwrap());
    let blocks: Vec<_> = blocks.filter_map(|block| block.split_once('\n')).collect();
    assert!(!blocks.is_empty());
    for (arguments, wanted) in blocks {
        let output = Command::new(env!("CARGO_BIN_EXE_why5xx"))
            .args(arguments.split(' '))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        let output = String::from_utf8(output.stdout).unwrap();
        assert!(shows(&output, wanted), "why5xx {arguments} prints\n{output}");
    }
}

#[test]
fn the_figures_in_the_readme_are_those_of_the_pages() {
    let readme = file("README.md");
    // Dollars a month where one request in a thousand fails, at 1, 100 and 10,000 requests a second.
    let cost = file("docs/cost.md");
    let row = cost.lines().find(|line| line.starts_with("| **why5xx without")).unwrap();
    let cells: Vec<&str> = row.split('|').map(|cell| cell.trim_matches([' ', '*'])).collect();
    for dollars in [cells[2], cells[4], cells[6]] {
        assert!(readme.contains(&format!(" {dollars} ")), "{dollars} US dollars a month");
    }
    let causes = why5xx::cause::built_in().count();
    assert!(readme.contains(&format!("[{causes} ids](docs/causes.md)")), "{causes} causes");
}

#[test]
fn every_page_is_in_the_index_that_the_readme_links() {
    assert!(file("README.md").contains("(docs/README.md)"));
    let index = file("docs/README.md");
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_page = Path::new(&name).extension().is_some_and(|ext| ext == "md") && name != "README.md";
        assert!(!is_page || index.contains(&format!("]({name})")), "{name}");
    }
}

/// Returns the lines of a page that GitHub would not show as rows of a table.
fn broken_rows(page: &str) -> Vec<&str> {
    let mut is_code = false;
    let rows = page.lines().map(str::trim).filter(|line| {
        is_code ^= line.starts_with("```");
        !is_code && line.starts_with('|')
    });
    let is_rule = |line: &str| line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' '));
    rows.filter(|line| !line.ends_with('|') || line.contains("|---") && !is_rule(line)).collect()
}

#[test]
fn every_row_of_a_table_is_a_line() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let others = ["README.md", "SECURITY.md", "CONTRIBUTING.md", "deploy/cdk/README.md", "deploy/terraform/README.md"];
    let pages = docs.chain(others.map(|name| root.join(name)));
    for path in pages.filter(|path| path.extension().is_some_and(|ext| ext == "md")) {
        let page = fs::read_to_string(&path).unwrap();
        assert_eq!(broken_rows(&page), Vec::<&str>::new(), "{}", path.display());
    }
    let broken = "| a | b | |---|---| | c |\n| d\ne |\n\n| a |\n|---:|\n| b |\n```text\n| a\n```\n";
    assert_eq!(broken_rows(broken), ["| a | b | |---|---| | c |", "| d"]);
}

/// Returns the anchors that GitHub makes of the headings of a page.
fn anchors(page: &str) -> Vec<String> {
    let headings = page.lines().filter_map(|line| line.strip_prefix('#'));
    let text = headings.map(|heading| heading.trim_start_matches('#').trim().to_lowercase());
    text.map(|text| {
        let kept = text.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    })
    .collect()
}

#[test]
fn every_link_between_the_pages_leads_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let pages = docs.filter(|path| path.extension().is_some_and(|ext| ext == "md"));
    for path in pages.chain(["README.md", "CONTRIBUTING.md", "SECURITY.md"].map(|name| root.join(name))) {
        let page = fs::read_to_string(&path).unwrap();
        let targets = page.split("](").skip(1).map(|rest| rest.split(')').next().unwrap());
        for target in targets.filter(|target| !target.contains("://") && !target.starts_with('<')) {
            let (name, anchor) = target.split_once('#').unwrap_or((target, ""));
            let other = if name.is_empty() { path.clone() } else { path.parent().unwrap().join(name) };
            assert!(other.exists(), "{} links to {target}", path.display());
            let leads = anchor.is_empty() || anchors(&fs::read_to_string(&other).unwrap()).contains(&anchor.to_owned());
            assert!(leads, "{} links to {target}, which is no heading", path.display());
        }
    }
}
