//! Runs the real command.

use std::io::Write;
use std::process::{Command, Output, Stdio};

/// Runs the real command with an input.
pub(crate) fn command(arguments: &[&str], input: &[u8]) -> Output {
    command_in(&[], arguments, input)
}

/// Runs the command with more environment variables.
pub(crate) fn command_in(variables: &[(&str, &str)], arguments: &[&str], input: &[u8]) -> Output {
    // `replay` reads the standard input only if it is named.
    let is_replay = arguments.first().is_some_and(|command| *command == "replay");
    let stdin = is_replay && !input.is_empty() && !arguments.contains(&"-");
    let mut child = Command::new(env!("CARGO_BIN_EXE_why5xx"))
        .args(arguments)
        .args(stdin.then_some("-"))
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_vec();
    // Written beside, so that a full pipe on either side cannot stop both.
    let writer = std::thread::spawn(move || {
        // A command that does not read to the end closes the pipe, and that is its right.
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().expect("the command ends");
    writer.join().expect("the writer ends");
    output
}
