//! The pages in `docs/` say of settings and own rules what the program reads.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::fs;
use std::path::Path;

use why5xx::settings::Rules;

use crate::support::settings;

fn page(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)).unwrap()
}

/// The blocks of TOML on a page.
fn toml_blocks(page: &str) -> Vec<String> {
    let blocks = page.split("```toml\n").skip(1);
    blocks.map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn the_example_of_own_rules_loads() {
    let blocks = toml_blocks(&page("own-rules.md"));
    assert_eq!(blocks.len(), 1);
    let rules = Rules::parse(Path::new("own-rules.md"), &blocks[0]).unwrap();
    assert!(rules.table().by_id("coupon_service_down").unwrap().is_own_rule());
}

#[test]
fn the_example_of_a_settings_file_loads() {
    let blocks = toml_blocks(&page("settings.md"));
    assert_eq!(blocks.len(), 1);
    let settings = settings::load(&blocks[0]).unwrap();
    assert_eq!((settings.api_name("a1b2c3d4e5"), settings.stage_name("pr-7")), ("orders", "preview"));
}

#[test]
fn the_public_ci_runs_the_readme_s_test_command() {
    let file = |name: &str| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
    assert!(file("README.md").contains("\n```sh\nmake test\n```\n"));
    assert!(file(".github/workflows/test.yml").lines().any(|line| line.trim() == "- run: make test"));
}

#[test]
fn the_times_of_the_tests_are_the_sums_of_their_parts() {
    let page = page("testing.md");
    let minutes = |cell: &str| match cell.trim().split_once(' ') {
        Some((seconds, "s")) => seconds.parse::<f64>().unwrap() / 60.0,
        Some((minutes, "min")) => minutes.parse().unwrap(),
        // Under a minute.
        _ => 1.0,
    };
    let (mut test, mut all, mut is_test) = (0.0, 0.0, true);
    let (_, table) = page.split_once("| target | shows | needs | processor time |\n").unwrap();
    for row in table.lines().skip(1).take_while(|line| line.starts_with('|')) {
        is_test &= !row.contains("| `fuzz-check` |");
        let time = minutes(row.trim_end_matches('|').rsplit_once('|').unwrap().1);
        all += time;
        test += if is_test { time } else { 0.0 };
    }
    for (target, sum) in [("make test", test), ("make test-all", all)] {
        let row = page.lines().find(|line| line.starts_with(&format!("| `{target}` |"))).unwrap();
        let said = row.split('|').nth(3).unwrap().trim().split_once(" minutes ").unwrap().0;
        assert!((said.parse::<f64>().unwrap() - sum).abs() < 1.0, "{target}: {said} minutes, the sum is {sum}");
    }
}

/// The text of a test file, of the Rust files below a folder, or of the tests of the chain.
fn source(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    match name.strip_prefix("src/") {
        Some(module) => ["mod.rs", "tests.rs"]
            .map(|file| fs::read_to_string(root.join("src").join(module).join(file)).unwrap_or_default())
            .concat(),
        None if name == "chain" => fs::read_to_string(root.join("tests/chain/test_chain.py")).unwrap(),
        None => fs::read_to_string(root.join("tests/it").join(name).with_extension("rs")).unwrap(),
    }
}

#[test]
fn the_tests_that_the_pages_name_are_there() {
    for (name, at_least) in [("lost-or-doubled.md", 30), ("report.md", 15)] {
        let page = page(name);
        let named: Vec<_> = page.split('`').filter_map(|name| name.split_once("::")).collect();
        assert!(named.len() > at_least, "{named:?}");
        for (file, test) in named {
            let declared = [format!("fn {test}("), format!("def {test}(")];
            assert!(declared.iter().any(|declared| source(file).contains(declared)), "{file}::{test}");
        }
    }
}
