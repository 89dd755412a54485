//! The fixes as a script of a POSIX shell, to read and to run.

use std::fmt::Write as _;

use why5xx::survey::facts::AccountFacts;
use why5xx::survey::findings::SurveyFinding;

use crate::terminal::printable;

/// Returns the script. Nothing of it has run.
///
/// The commands of a fix need each other and are joined by `&&`; the fixes do not, so each is tried.
pub(super) fn script(facts: &AccountFacts, findings: &[SurveyFinding]) -> String {
    let mut script = format!(
        "#!/bin/sh\n# What why5xx doctor found in {}. Read each command before you run it. A fix that fails stops no other.\n\
         failed=0\n",
        facts.region
    );
    for finding in findings {
        // What follows a # up to the end of its line is no command; printable text has no line breaks.
        let heading = format!("{} ({}): {}", finding.about, finding.id, finding.text);
        // Writing to a String cannot fail.
        let _ = writeln!(script, "\n# {}", printable(&heading));
        let (commands, note) = (&finding.fix.commands, finding.fix.note);
        let ready = commands.iter().position(|command| needs_filling_in(command)).unwrap_or(commands.len());
        // What takes something away, or only looks, is for the reader to run.
        let ready = if note.is_empty() { ready } else { 0 };
        if !note.is_empty() {
            let _ = writeln!(script, "# Not run: {note}.");
        }
        let (ready, to_fill_in) = commands.split_at(ready);
        if !ready.is_empty() {
            let _ = writeln!(script, "{} ||\n  failed=1", ready.join(" &&\n"));
        }
        for command in to_fill_in {
            let _ = writeln!(script, "# {command}");
        }
    }
    script.push_str("\n[ \"$failed\" = 0 ]\n");
    script
}

/// Returns whether a command has a placeholder, a word in capitals. It and what follows it is for the reader to complete.
fn needs_filling_in(command: &str) -> bool {
    ["TOPIC_ARN", "FUNCTION_ARN", "ACCOUNT_ID"].iter().any(|word| command.contains(word))
}
