//! The counts as JSON and as CSV, for programs.

use std::io::{self, Write};

use serde_json::{Map, Value, json};
use why5xx::classify::shape;
use why5xx::log_kind::LogKind;
use why5xx::metric::{API_ID, CAUSE, FUNCTION_NAME, STAGE};

use super::rows::{Row, errors, incidents, rows};
use crate::Failed;
use crate::terminal::{is_hidden, printable};
use crate::time::rfc3339;
use crate::totals::Totals;

/// Prints one JSON document.
pub(crate) fn json(totals: &Totals) -> Result<(), Failed> {
    let rows = rows(&totals.tally);
    let shapes = totals.shapes.iter();
    let document = json!({
        "batches": totals.batches,
        "log_events": totals.log_events,
        "errors": errors(&rows),
        "counts": rows.iter().map(count).collect::<Vec<_>>(),
        "unclassified": shapes
            .map(|(text, count)| json!({ "fingerprint": shape::fingerprint(text), "shape": text, "count": count }))
            .collect::<Vec<_>>(),
        "undecodable": totals
            .undecodable
            .iter()
            .map(|input| json!({ "input": input.input, "error": input.error }))
            .collect::<Vec<_>>(),
        "span": totals.span_ms.map(|(first, last)| json!({ "from": rfc3339(first), "to": rfc3339(last) })),
        "kinds": Map::from_iter(
            LogKind::ALL.map(|kind| (kind.word().to_owned(), totals.understood.of(kind).into()))
        ),
        "untimed": totals.untimed,
        "outside_span": totals.outside_span,
        "late": totals.late_events,
        "cut_lines": totals.cut_lines,
        "lines_behind": totals.lines_behind,
        "assumed": totals.assumed,
        "repeats": totals.duplicate_events,
        "ambiguous_lines": totals.ambiguous_lines,
        "not_understood": totals
            .not_understood
            .iter()
            .map(|input| json!({ "input": input.input, "log_events": input.log_events, "first": input.first }))
            .collect::<Vec<_>>(),
        "skipped": totals
            .skipped
            .iter()
            .map(|input| json!({ "input": input.input, "error": input.error }))
            .collect::<Vec<_>>(),
        "incidents": incidents(&rows)
            .iter()
            .map(|incident| {
                json!({
                    "metric": incident.row.subject.metric().name(),
                    "dimensions": dimensions(incident.row),
                    "from": rfc3339(incident.from_ms),
                    "to": rfc3339(incident.to_ms),
                    "count": incident.count,
                    "share": incident.share,
                })
            })
            .collect::<Vec<_>>(),
        "exemplars": totals.exemplars.values().flatten().map(|exemplar| exemplar.fields(None)).collect::<Vec<_>>(),
        "requests": totals.requests(),
        "left_out": totals.left_out,
    });
    // A row for each minute may be many, so they are written one by one, where the sorted keys have their place.
    let mut out = io::BufWriter::new(io::stdout().lock());
    let document = visible(&document);
    let (before, behind) = document.split_at(document.find("\"counts\":").unwrap_or(1));
    write!(out, "{before}\"by_minute\":[")?;
    for (nth, minute) in rows.iter().flat_map(by_minute).enumerate() {
        write!(out, "{}{}", if nth > 0 { "," } else { "" }, visible(&minute))?;
    }
    writeln!(out, "],{behind}")?;
    out.flush()?;
    Ok(())
}

/// Returns JSON text in which every character is escaped that could mislead whoever sees it. Such a character can only
/// be in a string.
pub(crate) fn visible(document: &Value) -> String {
    let mut units = [0; 2];
    let mut text = String::new();
    for c in document.to_string().chars() {
        if is_hidden(c) {
            text.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            text.push(c);
        }
    }
    text
}

fn dimensions(row: &Row) -> Map<String, Value> {
    let names = row.subject.dimensions().into_iter().chain([(CAUSE, row.cause)]);
    names.map(|(name, value)| (name.into(), value.into())).collect()
}

fn count(row: &Row) -> Value {
    let statuses = row.statuses.iter();
    let statuses: Map<String, Value> = statuses
        .map(|(status, count)| (status.map_or("none".into(), |status| status.to_string()), (*count).into()))
        .collect();
    json!({
        "metric": row.subject.metric().name(),
        "dimensions": dimensions(row),
        "count": row.count,
        "statuses": statuses,
        "first": row.span_ms().and_then(|(first, _)| rfc3339(first)),
        "last": row.span_ms().and_then(|(_, last)| rfc3339(last)),
        "peak": row.peak().map(|(minute, count)| json!({ "minute": rfc3339(minute), "count": count })),
    })
}

fn by_minute(row: &Row) -> impl Iterator<Item = Value> + '_ {
    row.minutes.iter().map(|(minute, count)| {
        json!({
            "metric": row.subject.metric().name(),
            "dimensions": dimensions(row),
            "minute": rfc3339(*minute),
            "count": count,
        })
    })
}

/// Prints a row of comma-separated values for each count of a minute. Counts without a time have no minute.
pub(crate) fn csv(totals: &Totals) -> Result<(), Failed> {
    let mut out = io::stdout().lock();
    writeln!(out, "metric,api_id,stage,function,cause,minute,count")?;
    for row in rows(&totals.tally) {
        let untimed = row.count - row.minutes.values().sum::<u64>();
        let untimed = Some((None, untimed)).filter(|(_, count)| *count > 0);
        let minutes = row.minutes.iter().map(|(minute, count)| (rfc3339(*minute), *count));
        for (minute, count) in minutes.chain(untimed) {
            let name = |name| row.subject.dimension(name).map(cell).unwrap_or_default();
            let (api_id, stage, function) = (name(API_ID), name(STAGE), name(FUNCTION_NAME));
            let (metric, minute) = (row.subject.metric().name(), minute.unwrap_or_default());
            writeln!(out, "{metric},{api_id},{stage},{function},{},{minute},{count}", row.cause)?;
        }
    }
    Ok(())
}

/// Returns a cell of comma-separated values.
fn cell(text: &str) -> String {
    let text = printable(text);
    if text.contains([',', '"', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_shows_every_character_that_could_mislead() {
        let name = "a\u{202e}b\u{7f}\u{9b}\u{feff}\u{e0041}ä\"\\";
        let text = visible(&json!({ "name": name }));
        assert_eq!(text, r#"{"name":"a\u202eb\u007f\u009b\ufeff\udb40\udc41ä\"\\"}"#);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["name"], name);
    }

    #[test]
    fn a_cell_with_a_comma_or_a_quote_is_quoted() {
        assert_eq!(["prod", "a,b", "a\"b", "a\nb"].map(cell), ["prod", "\"a,b\"", "\"a\"\"b\"", "a\u{fffd}b"]);
    }
}
