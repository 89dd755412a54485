//! Tables: CSV and its kin, Markdown, `--output table`, tables of web pages.

use std::io::{BufRead, Read};

use super::order::Sorted;
use super::row::{Columns, Pairs};
use super::text::next_line;
use super::{InputError, time};

/// Signs between the cells of a line, each tried.
const SEPARATORS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// How a table of separated values is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Separated {
    separator: u8,
    columns: Columns,
    /// Lines before the first row.
    header_rows: usize,
    /// Dates with slashes have the day first.
    is_day_first: bool,
    /// None of the first rows has a time that is read, though each has one.
    lacks_times: bool,
}

/// Recognises a table of separated values by its first rows.
pub(super) fn separated(start: &str) -> Option<Separated> {
    SEPARATORS.into_iter().find_map(|separator| {
        let table = separated_by(separator, start)?;
        let mut rows = reader(separator, start.as_bytes());
        let rows: Vec<csv::StringRecord> = rows.records().map_while(Result::ok).skip(table.header_rows).collect();
        let times = || rows.iter().filter_map(|row| row.get(table.columns.time()?));
        let is_day_first = times().any(time::is_day_first);
        // The last row may be cut off.
        let mut whole = times().take(rows.len().max(2) - 1).peekable();
        let has_message = table.columns.message().is_some();
        let lacks_times = has_message
            && whole.peek().is_some()
            && whole.all(|time| !time.trim().is_empty() && time::of(time).is_none());
        Some(Separated { is_day_first, lacks_times, ..table })
    })
}

fn separated_by(separator: u8, start: &str) -> Option<Separated> {
    {
        let of = |columns, header_rows| Separated {
            separator,
            columns,
            header_rows,
            is_day_first: false,
            lacks_times: false,
        };
        let mut rows = reader(separator, start.as_bytes());
        let mut records = rows.records().map_while(Result::ok);
        let mut first = records.next()?;
        let mut header_rows = 1;
        // What Excel writes to say which sign is between the cells.
        if start.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("sep=")) {
            first = records.next()?;
            header_rows = 2;
        }
        let cells: Vec<&str> = first.iter().collect();
        let second = records.next();
        // The console's lines below their heading: time and message are not on one line.
        let is_below = |row: &csv::StringRecord| row.len() == 1 && time::of(&row[0]).is_some();
        if cells.len() > 1 && second.as_ref().is_some_and(is_below) {
            return None;
        }
        if (cells.len() > 1 || separator == b',')
            && let Some(columns) = Columns::of_header(&cells)
        {
            return Some(of(columns, header_rows));
        }
        if cells.len() < 2 {
            return None;
        }
        // A header in another language, or none. Behind a tab, a line is read by what stands before its message.
        let has_time = |cells: &[&str]| cells.iter().any(|cell| time::of(cell).is_some());
        if has_time(&cells) {
            let columns = (separator != b'\t').then(|| Columns::of_cells(&cells)).flatten()?;
            return Some(of(columns, header_rows - 1));
        }
        let second = second.filter(|second| second.len() == cells.len())?;
        let columns = Columns::of_cells(&second.iter().collect::<Vec<_>>())?;
        Some(of(columns, header_rows))
    }
}

fn reader<R: Read>(separator: u8, input: R) -> csv::Reader<R> {
    csv::ReaderBuilder::new().delimiter(separator).has_headers(false).flexible(true).from_reader(input)
}

impl Separated {
    /// Returns whether the order of its rows cannot be known.
    pub(super) fn lacks_times(&self) -> bool {
        self.lacks_times
    }

    /// Reads the rows.
    pub(super) fn read(&self, input: impl Read, sink: &mut Sorted<'_>) -> Result<(), InputError> {
        sink.is_download();
        let mut rows = reader(self.separator, input);
        let mut row = csv::StringRecord::new();
        let mut skipped = 0;
        while rows.read_record(&mut row).map_err(|error| InputError::Read(error.into()))? {
            if skipped < self.header_rows {
                skipped += 1;
            } else if row.iter().any(|cell| !cell.trim().is_empty()) {
                let cells: Vec<&str> = row.iter().collect();
                self.row(&cells, sink);
            }
        }
        Ok(())
    }

    fn row(&self, cells: &[&str], sink: &mut Sorted<'_>) {
        let separator = char::from(self.separator).to_string();
        let mut cells = fitted(cells, &self.columns, &separator);
        if self.is_day_first
            && let Some(cell) = self.columns.time().and_then(|at| cells.get_mut(at))
            && let Some(month_first) = time::month_first(cell)
        {
            *cell = month_first;
        }
        sink.event(self.columns.event(cells.iter().map(String::as_str)));
    }
}

/// Returns the cells of a row. If there are too many, the message holds the sign that separates them.
fn fitted(cells: &[&str], columns: &Columns, separator: &str) -> Vec<String> {
    let more = cells.len().saturating_sub(columns.count());
    match columns.message() {
        Some(at) if more > 0 => {
            let message = cells[at..=at + more].join(separator);
            let own = |cell: &&str| (*cell).to_owned();
            cells[..at].iter().map(own).chain([message]).chain(cells[at + more + 1..].iter().map(own)).collect()
        }
        _ => cells.iter().map(|cell| (*cell).to_owned()).collect(),
    }
}

/// Reads tables whose cells stand between bars: Markdown, and the boxes of `--output table`.
pub(super) fn boxed(mut input: impl BufRead, sink: &mut Sorted<'_>) -> Result<(), InputError> {
    sink.is_download();
    let mut columns: Option<Columns> = None;
    let mut pairs: Option<Pairs> = None;
    let mut row = String::new();
    while let Some(line) = next_line(&mut input, sink)? {
        // A message may have line breaks, and its row more lines.
        let starts = line.trim_start().starts_with('|');
        if row.is_empty() && !starts {
            continue;
        }
        // A step of the query that Insights prints above its table.
        let is_end_of_row = line.chars().all(|c| c == ' ' || c == '|');
        if starts && columns.is_none() && pairs.is_none() && !is_end_of_row {
            row.clear();
        }
        if !row.is_empty() {
            row.push('\n');
        }
        row.push_str(&line);
        if !line.trim_end().ends_with('|') && row.len() < super::text::LONGEST_EVENT_BYTES {
            continue;
        }
        let whole = std::mem::take(&mut row);
        let cells = cells_of_box(&whole);
        let bare: Vec<&str> = cells.iter().map(String::as_str).collect();
        let is_rule = |cell: &&str| cell.chars().all(|c| matches!(c, '-' | '+' | ':' | '='));
        if bare.iter().all(is_rule) {
            continue;
        }
        if let Some(pairs) = &mut pairs
            && let [name, value @ ..] = &bare[..]
            && !value.is_empty()
            && bare != ["field", "value"]
        {
            pairs.field(name, &value.join(" | ")).into_iter().for_each(|event| sink.event(event));
        } else if bare == ["field", "value"] {
            pairs.get_or_insert_default();
        } else if let Some(mut pairs) = pairs.take() {
            // The heading of the next table.
            pairs.end().into_iter().for_each(|event| sink.event(event));
        } else if let Some(columns) = &columns
            && bare.len() >= columns.count()
        {
            sink.event(columns.event(fitted(&bare, columns, " | ").iter().map(String::as_str)));
        } else if bare.len() > 1 || columns.is_none() {
            columns = Columns::of_header(&bare).or(columns).or_else(|| {
                let columns = Columns::of_cells(&bare)?;
                sink.event(columns.event(bare.iter().copied()));
                Some(columns)
            });
        }
    }
    pairs.and_then(|mut pairs| pairs.end()).into_iter().for_each(|event| sink.event(event));
    Ok(())
}

/// Returns the cells of a line; a bar within one is escaped, or is put together again by [`fitted`].
fn cells_of_box(line: &str) -> Vec<String> {
    const ESCAPED: &str = "\u{1}";
    let line = line.trim().trim_matches('|').replace("\\|", ESCAPED);
    line.split('|').map(|cell| without_entities(&cell.trim().replace(ESCAPED, "|"))).collect()
}

/// Returns whether a text begins as a table of [`boxed`] does: with a row or a rule, or as Insights heads its Markdown.
pub(super) fn is_boxed(start: &str) -> bool {
    let mut lines = start.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let is_rule = |line: &str| line.len() > 4 && line.chars().all(|c| matches!(c, '-' | '+' | '='));
    let second = lines.next().unwrap_or_default();
    let is_row = |line: &str| line.len() > 2 && line.starts_with('|') && line.ends_with('|');
    is_row(first) && second.starts_with(['|', '+'])
        || is_rule(first) && is_row(second)
        || first.contains("CloudWatch Logs Insights") && start.lines().any(is_row)
}

/// Returns whether a text begins as a web page or a table of one.
pub(super) fn is_page(start: &str) -> bool {
    const TAGS: [&str; 8] = ["<!doctype html", "<html", "<table", "<tbody", "<thead", "<tr", "<div", "<meta"];
    let begins = start.get(..start.floor_char_boundary(20)).unwrap_or_default().to_ascii_lowercase();
    TAGS.iter().any(|tag| begins.starts_with(tag))
}

/// Longest text of a cell of a web page, and most cells of one of its rows; our own bounds.
const LONGEST_CELL_BYTES: usize = 4 << 20;
const MOST_CELLS: usize = 1_000;

/// Reads the tables of a web page.
pub(super) fn page(mut input: impl BufRead, sink: &mut Sorted<'_>) -> Result<(), InputError> {
    sink.is_download();
    let mut columns: Option<Columns> = None;
    let mut cells: Vec<String> = Vec::new();
    let mut cell: Option<String> = None;
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        // A tag ends with this sign, and within text it is an entity.
        let read = input.by_ref().take(LONGEST_CELL_BYTES as u64).read_until(b'>', &mut bytes)?;
        if read == 0 {
            break;
        }
        let piece = String::from_utf8_lossy(&bytes);
        let (text, tag) = piece.rsplit_once('<').unwrap_or((&piece, ""));
        if let Some(cell) = cell.as_mut().filter(|cell| cell.len() < LONGEST_CELL_BYTES) {
            cell.push_str(text);
        }
        let name: String = tag.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '/').collect();
        match name.to_ascii_lowercase().as_str() {
            "td" | "th" => cell = Some(String::new()),
            "br" | "br/" => cell.as_mut().into_iter().for_each(|cell| cell.push('\n')),
            "/td" | "/th" if cells.len() < MOST_CELLS => {
                cells.extend(cell.take().map(|cell| without_entities(cell.trim())));
            }
            "/tr" => {
                let row = std::mem::take(&mut cells);
                let bare: Vec<&str> = row.iter().map(String::as_str).collect();
                match &columns {
                    Some(columns) if bare.len() >= columns.count() => sink.event(columns.event(bare.into_iter())),
                    _ => {
                        columns = Columns::of_header(&bare).or_else(|| {
                            let columns = Columns::of_cells(&bare)?;
                            sink.event(columns.event(bare.iter().copied()));
                            Some(columns)
                        })
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Undoes the entities that web pages and consoles put into tables.
pub(super) fn without_entities(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.as_bytes().iter().take(12).position(|byte| *byte == b';');
        let entity = end.and_then(|end| rest.get(1..end));
        match entity.and_then(character) {
            Some(character) => {
                plain.push(character);
                rest = &rest[end.unwrap_or(0) + 1..];
            }
            None => {
                plain.push('&');
                rest = &rest[1..];
            }
        }
    }
    plain.push_str(rest);
    plain
}

fn character(entity: &str) -> Option<char> {
    const NAMED: &[(&str, char)] = &[
        ("quot", '"'),
        ("amp", '&'),
        ("lt", '<'),
        ("gt", '>'),
        ("apos", '\''),
        ("nbsp", ' '),
        ("lbrace", '{'),
        ("rbrace", '}'),
        ("sol", '/'),
        ("vert", '|'),
    ];
    if let Some(number) = entity.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    NAMED.iter().find(|(name, _)| *name == entity).map(|(_, character)| *character)
}
