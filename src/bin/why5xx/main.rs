//! The command `why5xx`: replays captured batches and exported logs, and explains causes.

mod account;
mod configuration;
mod doctor;
mod event;
mod explain;
mod file_identity;
mod follow;
mod html;
mod input;
mod progress;
mod publish;
mod replay;
mod report;
mod runbook;
mod terminal;
mod time;
mod totals;
mod words;

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use clap_complete::Shell;
use input::is_stdin;
use terminal::Color;

/// Exit status of a run that could not read an input, or could not do what it was asked.
const UNREADABLE: u8 = 2;

/// Says why requests of Amazon API Gateway failed with a 5xx, from its logs
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// When to colour; auto is on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: Color,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Count the failures of captured batches, exported logs or CloudWatch Logs, by cause
    ///
    /// Inputs are subscription events, decoded batches, the output of `aws logs`, log exports (also compressed), plain
    /// text, and folders of them. The content of an input decides what it is, not its name. Without one, --log-group and
    /// --since read CloudWatch Logs, with the credentials of the AWS CLI. Exit status: 0 every failure has a cause; 1 some
    /// are unclassified; 2 an input could not be read, nothing was read, nothing is in the span, nothing of an input was
    /// understood, the page could not be written, or the counts could not be published.
    Replay(replay::ReplayOptions),
    /// Say what a cause means and what to check, or which cause a pasted log shows
    ///
    /// A status lists its causes, words search them. Exit status: 0 a cause was named; 1 no cause was named, or only
    /// `unclassified`; 2 the text could not be read.
    Explain(explain::ExplainOptions),
    /// Find the API stages of a Region whose 5xx would get no cause, with the fix for each
    ///
    /// Reads settings of API Gateway, log groups, subscriptions, alarms and counts, with the credentials of the AWS CLI,
    /// and writes nothing in the account. Exit status: 0 nothing to do; 1 there are findings; 2 something could not be
    /// looked at and there are no findings, or nothing could be looked at.
    Doctor(doctor::DoctorOptions),
    /// List the causes
    Causes {
        /// Print JSON
        #[arg(long, conflicts_with = "markdown")]
        json: bool,
        /// Print the page docs/causes.md
        #[arg(long)]
        markdown: bool,
        /// Own rules to list with them
        #[arg(long, value_name = "FILE")]
        rules: Option<PathBuf>,
    },
    /// Make a subscription event from log lines
    Event(event::EventOptions),
    /// Print the completions of a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

fn main() -> ExitCode {
    // Help and errors of the arguments come before the arguments are read, so their colour is looked for first.
    let command = Arguments::command().color(Color::among(std::env::args_os()).into());
    let arguments = match command.try_get_matches().and_then(|matches| Arguments::from_arg_matches(&matches)) {
        Ok(arguments) => arguments,
        Err(error) => return say_instead(&error),
    };
    let done = match arguments.command {
        Command::Replay(options) => replay::run(&options, arguments.color),
        Command::Explain(options) => explain::run(&options),
        Command::Doctor(options) => doctor::run(&options, arguments.color),
        Command::Causes { json, markdown, rules } => explain::list(rules.as_deref(), json, markdown),
        Command::Event(options) => event::run(&options),
        Command::Completions { shell } => completions(shell),
    };
    match done {
        Ok(status) => status,
        Err(Failed(message)) if message.is_empty() => ExitCode::SUCCESS,
        Err(Failed(message)) => {
            report::complain(&message);
            ExitCode::from(UNREADABLE)
        }
    }
}

/// Prints the help, the version, or what is wrong with the arguments, which may hold any sign.
fn say_instead(error: &clap::Error) -> ExitCode {
    let plain = error.render().to_string();
    let safe: Vec<_> = plain.split('\n').map(terminal::printable).collect();
    let safe = safe.join("\n");
    let printed = if safe == plain { error.print() } else { write!(std::io::stderr().lock(), "{safe}") };
    match printed {
        Err(why) if why.kind() != std::io::ErrorKind::BrokenPipe => {
            report::complain(&why.to_string());
            ExitCode::from(UNREADABLE)
        }
        _ => ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(UNREADABLE)),
    }
}

/// Prints what a shell reads to complete the command.
fn completions(shell: Shell) -> Result<ExitCode, Failed> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "why5xx", &mut script);
    std::io::stdout().lock().write_all(&script)?;
    Ok(ExitCode::SUCCESS)
}

/// Why the command could not do what it was asked; empty where whoever read the output had enough, as `head` does.
#[derive(Debug)]
struct Failed(String);

impl<E: std::error::Error + 'static> From<E> for Failed {
    fn from(error: E) -> Self {
        let any: &dyn std::any::Any = &error;
        let io = any.downcast_ref::<std::io::Error>();
        let had_enough = io.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe);
        Self(if had_enough { String::new() } else { error.to_string() })
    }
}

/// Returns the inputs to read; where none is named, the standard input, unless that is a terminal.
fn inputs_or_stdin(inputs: &[PathBuf]) -> Result<Vec<PathBuf>, Failed> {
    if !inputs.is_empty() {
        return Ok(inputs.to_vec());
    }
    if std::io::stdin().is_terminal() {
        return Err(Failed("no input: name files or folders, or pipe a log in".into()));
    }
    Ok(vec![PathBuf::from("-")])
}
