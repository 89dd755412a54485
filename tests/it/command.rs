//! Output of the real command: the page, tables that fit, completions, nothing but text where no terminal is.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Runs the real command in the crate's folder, in a terminal's width where one is given.
fn why5xx(arguments: &[&str], columns: Option<usize>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_why5xx"));
    command.args(arguments).stdin(Stdio::null()).current_dir(env!("CARGO_MANIFEST_DIR")).env_remove("COLUMNS");
    if let Some(columns) = columns {
        command.env("COLUMNS", columns.to_string());
    }
    command.output().expect("the command runs")
}

/// How far a command is indented that can be pasted.
const COMMAND: &str = "        ";

fn text(output: &Output) -> &str {
    str::from_utf8(&output.stdout).expect("UTF-8")
}

#[test]
fn the_page_of_the_events_shows_every_log_and_cause_that_the_tables_show() {
    let page = why5xx(&["replay", "--html", "-", "events"], None);
    let page = text(&page);
    let counts = why5xx(&["replay", "--json", "events"], None);
    let counts: serde_json::Value = serde_json::from_str(text(&counts)).expect("JSON");
    assert!(page.starts_with("<!DOCTYPE html>"));
    assert!(page.trim_end().ends_with("</html>"));
    for row in counts["counts"].as_array().expect("a list") {
        let metric = row["metric"].as_str().expect("a name");
        let cause = row["dimensions"]["Cause"].as_str().expect("a name");
        assert!(page.contains(&format!("<h2 id=\"{metric}\">")), "{metric}");
        assert!(page.contains(&format!("id=\"cause-{cause}\"")), "{cause}");
    }
}

#[test]
fn what_to_check_first_has_the_command_that_it_announces() {
    let output = why5xx(&["replay", "events"], None);
    let (_, checks) = text(&output).split_once("What to check first").expect("the heading");
    let lines: Vec<&str> = checks.lines().collect();
    let announced = lines.windows(2).filter(|pair| pair[0].ends_with(':'));
    let missing = announced.filter(|pair| !pair[1].starts_with(COMMAND)).collect::<Vec<_>>();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(lines.contains(&"        aws lambda get-policy --function-name FUNCTION --query Policy --output text"));
}

#[test]
fn the_page_is_a_file_beside_the_tables() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report.html");
    let file = file.to_str().expect("UTF-8");
    let output = why5xx(&["replay", "--html", file, "events"], None);
    assert!(text(&output).contains(" failed requests (execution logs), "));
    assert!(fs::read_to_string(file).expect("the page").contains("</html>"));
    let nowhere = why5xx(&["replay", "--html", "no/such/folder/report.html", "events"], None);
    assert_eq!(nowhere.status.code(), Some(2));
    let error = String::from_utf8_lossy(&nowhere.stderr);
    assert!(error.starts_with("why5xx: no/such/folder/report.html cannot be written: "), "{error}");
}

#[test]
fn tables_fit_the_terminal_and_causes_are_never_cut() {
    for columns in [40, 60, 80, 160] {
        for arguments in [&["causes"][..], &["replay", "events"]] {
            let output = why5xx(arguments, Some(columns));
            let copied = |line: &&str| line.contains('`') || line.contains('{') || line.starts_with(COMMAND);
            let wide = text(&output).lines().find(|line| line.chars().count() > columns && !copied(line));
            assert_eq!(wide, None, "{arguments:?} at {columns}");
            assert!(text(&output).contains("lambda_malformed_response"));
        }
    }
}

#[test]
fn a_file_gets_whole_names_no_colour_and_no_progress() {
    let output = why5xx(&["replay", "events"], None);
    assert!(!text(&output).contains(['\u{1b}', '…']));
    assert!(output.stderr.is_empty());
    assert!(text(&why5xx(&["replay", "--color", "always", "events"], None)).contains("\u{1b}[1m"));
}

#[test]
fn each_shell_gets_completions_of_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = why5xx(&["completions", shell], None);
        for command in ["replay", "explain", "causes", "event", "completions", "html"] {
            assert!(text(&script).contains(command), "{shell}: {command}");
        }
    }
}

#[test]
fn whoever_reads_the_output_may_stop_early() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_why5xx"));
    let mut child = command
        .args(["causes", "--markdown"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the command ends");
    assert!(output.status.success(), "{:?}", output.status);
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_help_begins_with_what_the_command_is_for() {
    let help = why5xx(&["--help"], None);
    assert_eq!(
        text(&help).lines().next(),
        Some("Says why requests of Amazon API Gateway failed with a 5xx, from its logs")
    );
}

#[test]
fn help_and_errors_are_coloured_as_the_option_says() {
    for (arguments, is_coloured) in [
        (&["--color", "always", "--help"][..], true),
        (&["replay", "--color=always", "--help"], true),
        (&["--color=never", "--help"], false),
        (&["--help"], false),
        (&["replay", "--color=always", "--no-such-option"], true),
        (&["replay", "--color", "sometimes"], false),
    ] {
        let output = why5xx(arguments, None);
        let printed = [output.stdout, output.stderr].concat();
        assert_eq!(printed.contains(&0x1b), is_coloured, "{arguments:?}");
    }
}

#[test]
fn what_cannot_be_printed_is_an_error_and_no_argument_moves_a_terminal() {
    for argument in ["--help", "--version"] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let status =
            std::process::Command::new(env!("CARGO_BIN_EXE_why5xx")).arg(argument).stdout(full).output().unwrap();
        assert_eq!(status.status.code(), Some(2), "{argument}");
    }
    let output = why5xx(&["\u{1b}[2Jreplay"], None);
    assert_eq!(output.status.code(), Some(2));
    assert!(!output.stderr.contains(&0x1b), "{:?}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn words_that_nothing_has_are_answered_as_words() {
    for words in ["idempotency", "NullPointerException", "17 teapots"] {
        let output = why5xx(&["explain", words], None);
        let says = String::from_utf8(output.stderr).unwrap();
        assert!(says.contains("no cause, topic or text has") && output.status.code() == Some(1), "{words}: {says}");
    }
    for words in ["6 MB", "10 MB"] {
        let output = why5xx(&["explain", words], None);
        assert!(String::from_utf8(output.stdout).unwrap().contains("payload_too_large"), "{words}");
    }
}
