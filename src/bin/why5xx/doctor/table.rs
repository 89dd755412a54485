//! The survey as tables, for people.

use std::io::Write;

use why5xx::printable::counted;
use why5xx::survey::facts::{AccountFacts, Share, Stage};
use why5xx::survey::findings::{StageLog, SurveyFinding};
use why5xx::survey::sight;

use crate::Failed;
use crate::terminal::{Color, bold, fitted, printable, table_width, width, wrapped};

/// Widest cell of a name, in columns.
const WIDEST_CELL: usize = 40;

pub(super) fn print(facts: &AccountFacts, findings: &[SurveyFinding], color: Color) -> Result<(), Failed> {
    let mut out = color.stdout();
    let summary = format!(
        "{}: {}, {}{}",
        facts.region,
        counted(facts.stages.len(), "stage"),
        if findings.is_empty() { "nothing to do".to_owned() } else { counted(findings.len(), "finding") },
        match facts.not_looked_at.len() {
            0 => String::new(),
            some => format!("; {} not looked at", counted(some, "thing")),
        }
    );
    writeln!(out, "{}", bold(&summary))?;
    let heading = ["stage", "API", "log", "shows causes", "subscribed", "5xx of a day, counted"].map(str::to_owned);
    write_table(&mut out, "Stages", heading, facts.stages.iter().map(|each| stage(facts, each)))?;
    let groups = facts.log_groups.iter().flatten().map(|(name, group)| {
        let class = if group.is_standard { "Standard" } else { "not Standard" };
        let kept = group.retention_days.map_or("for ever".to_owned(), |days| counted(days, "day"));
        [name.clone(), class.to_owned(), kept]
    });
    write_table(&mut out, "Log groups", ["log group", "class", "keeps"].map(str::to_owned), groups)?;
    let stacks = facts.stacks.iter().map(|stack| {
        let version = stack.function.as_ref().and_then(|function| function.version.clone());
        let alarms = stack.alarms.as_ref().map_or("?".to_owned(), |alarms| alarms.len().to_string());
        let canaries = stack.canaries.map_or("?".to_owned(), |canaries| canaries.to_string());
        [stack.name.clone(), version.unwrap_or_else(|| "?".to_owned()), alarms, canaries]
    });
    let heading = ["stack", "version", "alarms", "canaries of half an hour"].map(str::to_owned);
    write_table(&mut out, "Stacks of why5xx", heading, stacks)?;
    for (number, finding) in (1..).zip(findings) {
        let first = format!("{number:>2}. ");
        let text = format!("{} [{}, {}]: {}", finding.about, finding.severity.name(), finding.id, finding.text);
        writeln!(out, "\n{}", wrapped(&first, &printable(&text), width()))?;
        if !finding.fix.note.is_empty() {
            // Not wrapped: pasted, it stays a comment.
            writeln!(out, "    # {}", finding.fix.note)?;
        }
        for command in &finding.fix.commands {
            writeln!(out, "    {command}")?;
        }
        for (resource, line) in &finding.fix.cloudformation {
            writeln!(out, "    CloudFormation, {resource}: {}", printable(line))?;
        }
    }
    if !facts.not_looked_at.is_empty() {
        writeln!(out, "\n{}", bold("Not looked at"))?;
    }
    for note in &facts.not_looked_at {
        let why = match &note.needs {
            Some(permission) => format!("needs {permission}"),
            None => printable(&note.why),
        };
        let times = if note.times > 1 { format!(" ({} times)", note.times) } else { String::new() };
        writeln!(out, "{}", wrapped("  ", &format!("{}{times}: not looked at: {why}", note.what), width()))?;
    }
    Ok(())
}

fn stage(facts: &AccountFacts, stage: &Stage) -> [String; 6] {
    let logs = facts.logs_of(stage);
    let read = facts.read_log(&logs);
    let log = match &read {
        None => "none".to_owned(),
        Some(log) if log.kind == why5xx::log_kind::LogKind::Execution => format!("execution, {}", stage.level().name()),
        Some(log) => log.kind.word().to_owned(),
    };
    let shown = read.map_or(0, |log| log.causes.len());
    let share = match stage.share {
        None => "?".to_owned(),
        Some(Share { failed: 0.0, counted: 0.0 }) => "none".to_owned(),
        Some(Share { failed, counted }) if failed > 0.0 => {
            format!("{failed}, {counted} ({:.0} %)", 100.0 * (counted / failed).min(1.0))
        }
        Some(Share { counted, .. }) => format!("0, {counted}"),
    };
    let name = if stage.api_name.is_empty() { &stage.api_id } else { &stage.api_name };
    [
        format!("{name}/{}", stage.name),
        format!("{} {}", stage.kind.name(), stage.api_id),
        log,
        format!("{shown} of {}", sight::at_best(stage.kind).len()),
        subscribed_by(facts, &logs),
        share,
    ]
}

/// Says what is subscribed, in a word or two: the names of our filters.
fn subscribed_by(facts: &AccountFacts, logs: &[StageLog<'_>]) -> String {
    let names: Vec<String> = logs
        .iter()
        .flat_map(|log| facts.our_filters(log).into_iter().map(|filter| (log.kind, filter)))
        .map(|(kind, filter)| format!("{} by {}", kind.word(), filter.name))
        .collect();
    match (names.is_empty(), logs.iter().all(|log| facts.knows_filters(log))) {
        (false, _) => names.join(", "),
        (true, true) => "no".to_owned(),
        (true, false) => "?".to_owned(),
    }
}

/// Writes rows below a heading, their cells one below the other.
fn write_table<const N: usize>(
    out: &mut impl Write,
    title: &str,
    heading: [String; N],
    rows: impl Iterator<Item = [String; N]>,
) -> Result<(), Failed> {
    let widest = WIDEST_CELL.min(table_width());
    let rows: Vec<[String; N]> = rows.map(|row| row.map(|cell| fitted(&printable(&cell), widest))).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let columns =
        |at: usize| rows.iter().chain([&heading]).map(|row| row[at].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..N).map(columns).collect();
    writeln!(out, "\n{}", bold(title))?;
    for row in [&heading].into_iter().chain(&rows) {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        writeln!(out, "  {}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}
