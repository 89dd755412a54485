//! The fixes as a script of a POSIX shell, to read and to run.

use std::fmt::Write as _;

use why5xx::survey::facts::Facts;
use why5xx::survey::findings::Finding;

use crate::terminal::printable;

/// Returns the script. Nothing of it has run.
pub(super) fn script(facts: &Facts, findings: &[Finding]) -> String {
    let mut script = format!(
        "#!/bin/sh\n# What why5xx doctor found in {}. Read each command before you run it.\nset -eu\n",
        facts.region
    );
    for finding in findings {
        // What follows a # up to the end of its line is no command; printable text has no line breaks.
        let heading = format!("{} ({}): {}", finding.about, finding.id, finding.text);
        // Writing to a String cannot fail.
        let _ = writeln!(script, "\n# {}", printable(&heading));
        for command in &finding.fix.commands {
            // A word in capitals is to be filled in first.
            let mark = if needs_filling_in(command) { "# " } else { "" };
            let _ = writeln!(script, "{mark}{command}");
        }
    }
    script
}

/// Returns whether a command has a placeholder.
fn needs_filling_in(command: &str) -> bool {
    ["TOPIC_ARN", "FUNCTION_ARN", "ACCOUNT_ID"].iter().any(|word| command.contains(word))
}
