//! Tables: CSV and its kin, Markdown, `--output table`, tables of web pages.

use std::io::{BufRead, Read};

use super::order::Sorted;
use super::row::{self, Columns, Pairs};
use super::spelling::{is_escaped_frame, unescaped};
use super::terminal::is_of_terminal;
use super::text::next_line;
use super::{Event, InputError, frame, prefix, time};

/// Signs between the cells of a line, each tried.
const SEPARATORS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// How a table of separated values is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Separated {
    separator: u8,
    /// A backslash stands before each quote in a cell, in place of another quote.
    has_backslashes: bool,
    columns: Columns,
    /// Lines before the first row.
    header_rows: usize,
    dates: Dates,
    /// None of the first rows has a time that is read, though each has one.
    lacks_times: bool,
    /// A row has more lines than its first, without quotes around them, as a copied table has.
    has_bare_lines: bool,
    /// Line breaks, tabs and backslashes are written with a backslash, as `mysql -B` does.
    are_escaped: bool,
}

/// Order of dates with slashes: the part that stands first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dates {
    Month,
    Day,
    /// Nothing has shown it so far.
    Unknown,
}

impl Dates {
    /// As one time shows it, or as was known before.
    fn and(self, time: &str) -> Self {
        match self {
            Self::Unknown if time::is_day_first(time) => Self::Day,
            Self::Unknown if time::is_month_first(time) => Self::Month,
            known => known,
        }
    }
}

/// Rows that wait until one shows what stands first in their dates.
struct Rows {
    dates: Dates,
    /// Log events whose month is first, and their time if the day is.
    waiting: Vec<(Event, i64)>,
    bytes: usize,
}

impl Rows {
    /// Takes a log event and what stands in its column of times.
    fn event(&mut self, event: Event, time: &str, sink: &mut Sorted<'_>) {
        /// Most bytes of text that wait; our own bound.
        const MOST_BYTES: usize = 256 << 20;
        let swapped = time::month_first(time);
        if swapped.is_none() && self.waiting.is_empty() {
            return sink.shown(event);
        }
        self.dates = self.dates.and(time);
        if self.dates != Dates::Unknown {
            self.flush(sink);
        }
        let day_first_ms = swapped.and_then(|time| time::of(&time)).unwrap_or(event.timestamp_ms);
        match self.dates {
            Dates::Month => sink.shown(event),
            Dates::Day => sink.shown(Event { timestamp_ms: day_first_ms, ..event }),
            Dates::Unknown => {
                self.bytes += event.message.len();
                self.waiting.push((event, day_first_ms));
                if self.bytes > MOST_BYTES {
                    self.end(sink);
                }
            }
        }
    }

    fn flush(&mut self, sink: &mut Sorted<'_>) {
        for (event, day_first_ms) in self.waiting.drain(..) {
            let timestamp_ms = if self.dates == Dates::Day { day_first_ms } else { event.timestamp_ms };
            sink.shown(Event { timestamp_ms, ..event });
        }
    }

    /// Hands on what waits. A time within a message shows what its row means; without any, the month is taken to be first.
    fn end(&mut self, sink: &mut Sorted<'_>) {
        if self.waiting.is_empty() {
            return;
        }
        let (mut month, mut day) = (0_u64, 0_u64);
        for (event, day_first_ms) in self.waiting.iter().filter(|(event, day)| event.timestamp_ms != *day) {
            let Some(own) = time::within(&event.message) else { continue };
            let is_day = own.abs_diff(*day_first_ms) < own.abs_diff(event.timestamp_ms);
            *(if is_day { &mut day } else { &mut month }) += 1;
        }
        self.dates = if day > month { Dates::Day } else { Dates::Month };
        if day == 0 && month == 0 && self.waiting.iter().any(|(event, day)| event.timestamp_ms != *day) {
            sink.summary.assumed =
                Some("dates such as 5/4/2026 were taken for month/day/year: nothing in the input shows which is first");
        }
        self.flush(sink);
    }
}

/// Recognises a table of separated values by its first rows.
pub(super) fn separated(start: &str) -> Option<Separated> {
    SEPARATORS.into_iter().find_map(|separator| {
        let table = separated_by(separator, start)?;
        let mut rows = reader(separator, table.has_backslashes, start.as_bytes());
        let rows: Vec<csv::StringRecord> = rows.records().map_while(Result::ok).skip(table.header_rows).collect();
        let times = || rows.iter().filter_map(|row| row.get(table.columns.time()?));
        let dates = times().fold(Dates::Unknown, Dates::and);
        let is_time = |cell: &str| cell.trim().is_empty() || time::is_any(cell);
        let has_bare_lines = times().next().is_some_and(|first| time::of(first).is_some())
            && rows.iter().filter(|row| !table.columns.are_named(row.iter())).any(|row| {
                let time = row.get(table.columns.time().unwrap_or(0));
                let message = table.columns.message().and_then(|at| row.get(at)).unwrap_or_default();
                let is_object = message.starts_with("{\"") && !message.ends_with('}');
                time.is_none_or(|cell| !is_time(cell)) || is_object && row.len() > table.columns.count()
            });
        // The last row may be cut off.
        let mut whole = times().take(rows.len().max(2) - 1).peekable();
        let has_message = table.columns.message().is_some();
        let lacks_times = has_message
            && whole.peek().is_some()
            && whole.all(|time| !time.trim().is_empty() && time::of(time).is_none());
        let messages = || rows.iter().filter_map(|row| row.get(table.columns.message()?));
        let are_escaped = messages().any(is_escaped_frame);
        Some(Separated { dates, lacks_times, has_bare_lines, are_escaped, ..table })
    })
}

fn separated_by(separator: u8, start: &str) -> Option<Separated> {
    // Rows of one cell are a table only where the separator is the usual one. To make a reader of rows takes longer than
    // to read a short text by it.
    if separator != b',' && !start.as_bytes().contains(&separator) {
        return None;
    }
    {
        let has_backslashes = has_backslashes(start, separator);
        let of = |columns, header_rows| Separated {
            separator,
            has_backslashes,
            columns,
            header_rows,
            dates: Dates::Unknown,
            lacks_times: false,
            has_bare_lines: false,
            are_escaped: false,
        };
        let mut rows = reader(separator, has_backslashes, start.as_bytes());
        let mut records = rows.records().map_while(Result::ok);
        let mut first = records.next()?;
        let mut header_rows = 1;
        // What Excel writes to say which sign is between the cells.
        if start.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("sep=")) {
            first = records.next()?;
            header_rows = 2;
        } else if let Some(titles) = rows_above_header(separator, has_backslashes, start) {
            first = records.nth(titles - 1)?;
            header_rows = titles + 1;
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

/// Returns how many rows stand above the header of a table, such as a title or a word of who sends it; None for none or without a header.
fn rows_above_header(separator: u8, has_backslashes: bool, start: &str) -> Option<usize> {
    /// Our own bound.
    const MOST_ROWS: usize = 4;
    let is_header = |row: &csv::StringRecord| {
        Columns::of_header(&row.iter().collect::<Vec<_>>())
            .is_some_and(|columns| columns.time().is_some() && columns.message().is_some())
    };
    let is_of_log = |row: &csv::StringRecord| {
        row.iter().any(|cell| time::of(cell).is_some())
            || row.get(0).is_some_and(|cell| prefix::is_head(cell) || prefix::strip(cell).has_prefix())
    };
    let mut rows = reader(separator, has_backslashes, start.as_bytes());
    let rows: Vec<_> = rows.records().map_while(Result::ok).take(MOST_ROWS + 1).collect();
    let titles = rows.iter().position(is_header).filter(|titles| *titles > 0)?;
    (!rows[..titles].iter().any(is_of_log)).then_some(titles)
}

/// Bytes of a table on their way to its reader, and whether they end within quotes.
struct Quotes<R> {
    input: R,
    are_open: bool,
    /// A backslash before a quote makes it a part of the cell.
    has_backslashes: bool,
    /// Such a backslash stands before the next byte.
    is_escaped: bool,
    /// The last byte that is no blank.
    last: u8,
}

impl<R: Read> Read for Quotes<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.input.read(buffer)?;
        for byte in &buffer[..read] {
            self.are_open ^= *byte == b'"' && !self.is_escaped;
            self.is_escaped = self.has_backslashes && *byte == b'\\' && !self.is_escaped;
            if !byte.is_ascii_whitespace() {
                self.last = *byte;
            }
        }
        Ok(read)
    }
}

/// Returns whether a line stands below the first one of the report of an invocation.
fn is_of_report(line: &str) -> bool {
    line.trim_matches('"').trim().is_empty() || line.starts_with("XRAY TraceId: ")
}

fn reader<R: Read>(separator: u8, has_backslashes: bool, input: R) -> csv::Reader<R> {
    let mut reader = csv::ReaderBuilder::new();
    reader.delimiter(separator).has_headers(false).flexible(true);
    if has_backslashes {
        reader.double_quote(false).escape(Some(b'\\'));
    }
    reader.from_reader(input)
}

/// Returns whether a table has a backslash before each quote in a cell. Where quotes are doubled, a cell ends behind a single one.
fn has_backslashes(start: &str, separator: u8) -> bool {
    let bytes = start.as_bytes();
    let is_within = |at: usize| bytes.get(at + 2).is_some_and(|next| ![separator, b'\r', b'\n'].contains(next));
    memchr::memmem::find_iter(bytes, b"\\\"").any(is_within) && memchr::memmem::find(bytes, b"\"\"").is_none()
}

impl Separated {
    /// Returns whether its first row has names that are known.
    pub(super) fn is_headed(&self) -> bool {
        self.columns.have_names()
    }

    /// Returns whether the order of its rows cannot be known.
    pub(super) fn lacks_times(&self) -> bool {
        self.lacks_times
    }

    /// Reads the rows.
    pub(super) fn read(&self, input: impl Read, sink: &mut Sorted<'_>) -> Result<(), InputError> {
        sink.is_download();
        let mut events = Rows { dates: self.dates, waiting: Vec::new(), bytes: 0 };
        if self.has_bare_lines {
            self.read_lines(std::io::BufReader::new(input), &mut events, sink)?;
        } else {
            self.read_rows(input, &mut events, sink)?;
        }
        events.end(sink);
        Ok(())
    }

    fn read_rows(&self, input: impl Read, events: &mut Rows, sink: &mut Sorted<'_>) -> Result<(), InputError> {
        let mut quotes =
            Quotes { input, are_open: false, has_backslashes: self.has_backslashes, is_escaped: false, last: 0 };
        let mut rows = reader(self.separator, self.has_backslashes, &mut quotes);
        let mut row = csv::StringRecord::new();
        let mut skipped = 0;
        while rows.read_record(&mut row).map_err(|error| InputError::Read(error.into()))? {
            if skipped < self.header_rows {
                skipped += 1;
            } else if row.iter().any(|cell| !cell.trim().is_empty()) {
                let cells: Vec<&str> = row.iter().collect();
                self.row(&cells, events, sink);
            }
        }
        drop(rows);
        if quotes.are_open && quotes.last != b'"' {
            sink.summary.incomplete = Some("the last row breaks off within quotes");
        }
        Ok(())
    }

    /// Reads rows of which each goes on until the next one that has a time.
    fn read_lines(&self, mut input: impl BufRead, events: &mut Rows, sink: &mut Sorted<'_>) -> Result<(), InputError> {
        let mut row = String::new();
        // Lines of a terminal or a page, which may stand behind the last row.
        let mut behind: Vec<String> = Vec::new();
        let mut skipped = 0;
        let begins = |line: &str| {
            let mut cells = line.split(char::from(self.separator));
            self.columns.time().and_then(|at| cells.nth(at)).is_some_and(time::is_any)
        };
        while let Some(line) = next_line(&mut input, sink)? {
            if skipped < self.header_rows {
                // A reader of rows counts no blank lines.
                skipped += usize::from(!line.trim().is_empty());
            } else if row.is_empty() || begins(&line) || self.is_header(&line) {
                behind.drain(..).for_each(|line| row = std::mem::take(&mut row) + "\n" + &line);
                self.row_of_lines(&std::mem::replace(&mut row, line), events, sink);
            } else if (!behind.is_empty() || is_of_terminal(&line) || self.is_whole(&row) && !is_of_report(&line))
                && behind.len() < 1_000
            {
                behind.push(line);
            } else if row.len() + line.len() < super::text::LONGEST_EVENT_BYTES {
                row.push('\n');
                row.push_str(&line);
            }
        }
        sink.summary.lines_behind += behind.iter().filter(|line| !line.trim().is_empty()).count() as u64;
        self.row_of_lines(&row, events, sink);
        Ok(())
    }

    /// Returns whether a row has all its lines: Lambda writes none below its own about an invocation.
    fn is_whole(&self, row: &str) -> bool {
        let message = self.columns.message().and_then(|at| row.split(char::from(self.separator)).nth(at));
        message.is_some_and(|message| frame::is_framed(message.trim_start_matches('"')))
            && row.bytes().filter(|byte| *byte == b'"').count() % 2 == 0
    }

    /// Returns whether a line is the heading again, as where two downloads stand in one file.
    fn is_header(&self, line: &str) -> bool {
        self.columns.are_named(line.split(char::from(self.separator)))
    }

    /// Reads a row that may have quotes around its cells.
    fn row_of_lines(&self, row: &str, events: &mut Rows, sink: &mut Sorted<'_>) {
        let row = row.trim_end();
        if row.is_empty() {
            return;
        }
        let mut records =
            reader(self.separator, self.has_backslashes, row.as_bytes()).into_records().map_while(Result::ok);
        match (records.next(), records.next()) {
            (Some(record), None) if record.len() == self.columns.count() => {
                self.row(&record.iter().collect::<Vec<_>>(), events, sink);
            }
            _ => self.row(&row.split(char::from(self.separator)).collect::<Vec<_>>(), events, sink),
        }
    }

    fn row(&self, cells: &[&str], events: &mut Rows, sink: &mut Sorted<'_>) {
        let separator = char::from(self.separator).to_string();
        if self.columns.are_named(cells.iter().copied()) {
            return;
        }
        let cells = fitted(cells, &self.columns, &separator);
        let time = self.columns.time().and_then(|at| cells.get(at)).map_or("", String::as_str);
        let mut event = self.columns.event(cells.iter().map(String::as_str));
        if self.are_escaped {
            event.message = unescaped(&event.message);
        }
        events.event(event, time, sink);
    }
}

/// Returns whether a text begins with the heading of a query's results that has no message, such as `@timestamp,@duration`.
pub(super) fn lacks_message(start: &str) -> bool {
    let Some((heading, _)) = start.split_once('\n') else { return false };
    SEPARATORS.into_iter().any(|separator| {
        let names: Vec<&str> = heading.trim().split(char::from(separator)).map(|name| name.trim_matches('"')).collect();
        let is_of_query =
            |name: &&str| name.starts_with('@') || ["bin(", "count("].iter().any(|start| name.starts_with(start));
        names.len() > 1
            && names.iter().any(is_of_query)
            && names.iter().all(|name| row::is_name(name))
            && row::lacks_message(names.into_iter())
    })
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
            pairs.field(name, &value.join(" | ")).into_iter().for_each(|event| sink.shown(event));
        } else if bare == ["field", "value"] {
            pairs.get_or_insert_default();
        } else if let Some(mut pairs) = pairs.take() {
            // The heading of the next table.
            pairs.end().into_iter().for_each(|event| sink.shown(event));
        } else if let Some(columns) = &columns
            && bare.len() >= columns.count()
        {
            sink.shown(columns.event(fitted(&bare, columns, " | ").iter().map(String::as_str)));
        } else if bare.len() > 1 || columns.is_none() {
            columns = Columns::of_header(&bare).or(columns).or_else(|| {
                let columns = Columns::of_cells(&bare)?;
                sink.shown(columns.event(bare.iter().copied()));
                Some(columns)
            });
        }
    }
    pairs.and_then(|mut pairs| pairs.end()).into_iter().for_each(|event| sink.shown(event));
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
                    Some(columns) if bare.len() >= columns.count() => sink.shown(columns.event(bare.into_iter())),
                    _ => {
                        columns = Columns::of_header(&bare).or_else(|| {
                            let columns = Columns::of_cells(&bare)?;
                            sink.shown(columns.event(bare.iter().copied()));
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
