//! Rows of tables, objects and lists of cells to log events: which of them is the time, which the message.

use why5xx::record::access;

use super::{Event, prefix, time, wrapped};

/// Content of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Time,
    Message,
    Group,
    Stream,
    Id,
    /// Of no use here, but no part of a message either.
    Other,
}

/// Names of columns and keys, without case and joiners, in the languages of the console.
const NAMES: &[(Column, &[&str])] = &[
    (
        Column::Time,
        &[
            "@timestamp",
            "timestamp",
            "time",
            "ts",
            "date",
            "datetime",
            "eventtime",
            "logtime",
            "zeitstempel",
            "zeit",
            "horodatage",
            "heure",
            "marcadetiempo",
            "marcatemporal",
            "hora",
            "fechayhora",
            "timeunixnano",
            "realtimetimestamp",
            "timegenerated",
            "timestampevento",
            "dataora",
            "carimbodedatahora",
            "datahora",
            "タイムスタンプ",
            "时间戳",
            "時間戳記",
            "타임스탬프",
            "tidsstämpel",
        ],
    ),
    (
        Column::Message,
        &[
            "@message",
            "message",
            "msg",
            "log",
            "logmessage",
            "logevent",
            "rawmessage",
            "event",
            "line",
            "text",
            "content",
            "raw",
            "nachricht",
            "meldung",
            "mensaje",
            "messaggio",
            "mensagem",
            "メッセージ",
            "消息",
            "訊息",
            "메시지",
            "meddelande",
        ],
    ),
    (
        Column::Stream,
        &["@logstream", "logstream", "logstreamname", "stream", "streamname", "protokollstream", "ログストリーム"],
    ),
    (
        Column::Group,
        &["@log", "@loggroup", "loggroup", "loggroupname", "loggroupidentifier", "loggrouparn", "group", "groupname"],
    ),
    (Column::Id, &["eventid", "id"]),
    (
        Column::Other,
        &["@ptr", "ingestiontime", "@ingestiontime", "@entity", "owner", "accountid", "region", "@data_protected"],
    ),
];

/// Returns what the column of this name holds; None if the name is not known.
pub(super) fn column(name: &str) -> Option<Column> {
    // The keys of the AWS CLI, of which a large output has millions.
    match name {
        "timestamp" | "@timestamp" => return Some(Column::Time),
        "message" | "@message" => return Some(Column::Message),
        "logStreamName" | "@logStream" => return Some(Column::Stream),
        "eventId" => return Some(Column::Id),
        "ingestionTime" | "@ptr" => return Some(Column::Other),
        _ => {}
    }
    let name = name.strip_prefix("aws.").unwrap_or(name);
    let plain: String =
        name.chars().filter(|c| c.is_alphanumeric() || *c == '@').flat_map(char::to_lowercase).collect();
    NAMES.iter().find(|(_, names)| names.contains(&plain.as_str())).map(|(column, _)| *column)
}

/// Returns whether names are those of a row of a query that has neither the message nor a field of an access log.
pub(super) fn lacks_message<'n>(mut names: impl Iterator<Item = &'n str>) -> bool {
    !names.any(|name| column(name) == Some(Column::Message) || access::is_name(name))
}

/// Columns of a table: their names and contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns {
    names: Vec<String>,
    columns: Vec<Column>,
}

impl Columns {
    /// Creates the columns of a header: one is the message, or two and more are fields of an access log.
    pub(super) fn of_header(header: &[&str]) -> Option<Self> {
        let names: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
        let columns: Vec<Column> = names.iter().map(|name| column(name).unwrap_or(Column::Other)).collect();
        let fields = names.iter().filter(|name| access::is_name(name)).count();
        let is_header = names.iter().all(|name| is_name(name)) && (columns.contains(&Column::Message) || fields >= 2);
        is_header.then_some(Self { names, columns })
    }

    /// Creates the columns of a row, without a header: one cell is a time and nothing else, one begins as a log event does. Where the
    /// time stands first and little else is there, that may be a line of an access log of any form.
    pub(super) fn of_cells(cells: &[&str]) -> Option<Self> {
        const FEW: usize = 3;
        let time = cells.iter().position(|cell| time::of(cell).is_some())?;
        let is_record = |cell: &&str| time == 0 && cells.len() <= FEW && wrapped::is_bare_record(cell);
        let of_head = cells.iter().position(|cell| prefix::is_head(cell.trim()));
        let message = of_head.or_else(|| cells.iter().position(is_record))?;
        let mut columns: Vec<Column> = cells.iter().map(|cell| column_of_cell(cell)).collect();
        (columns[time], columns[message]) = (Column::Time, Column::Message);
        Some(Self { names: vec![String::new(); cells.len()], columns })
    }

    /// Returns their number.
    pub(super) fn count(&self) -> usize {
        self.columns.len()
    }

    /// Returns the position of the time.
    pub(super) fn time(&self) -> Option<usize> {
        self.columns.iter().position(|column| *column == Column::Time)
    }

    /// Returns the position of the message.
    pub(super) fn message(&self) -> Option<usize> {
        self.columns.iter().position(|column| *column == Column::Message)
    }

    /// Returns whether they are of a header.
    pub(super) fn have_names(&self) -> bool {
        !self.names.iter().all(String::is_empty)
    }

    /// Returns whether cells are the names of the columns.
    pub(super) fn are_named<'c>(&self, cells: impl Iterator<Item = &'c str>) -> bool {
        self.have_names() && self.names.iter().map(String::as_str).eq(cells.map(str::trim))
    }

    /// Returns the log event that a row holds.
    pub(super) fn event<'c>(&self, cells: impl Iterator<Item = &'c str>) -> Event {
        let mut event = Event::default();
        let mut fields = serde_json::Map::new();
        let mut has_message = false;
        for (cell, (name, column)) in cells.zip(self.names.iter().zip(&self.columns)) {
            match column {
                Column::Time if event.timestamp_ms == 0 => event.timestamp_ms = time::of(cell).unwrap_or(0),
                Column::Message if !has_message => {
                    has_message = true;
                    event.message = cell.to_owned();
                }
                Column::Group => event.log_group = prefix::without_account(cell).to_owned(),
                Column::Stream => event.log_stream = cell.to_owned(),
                Column::Id if prefix::is_event_id(cell) => event.id = cell.to_owned(),
                _ => {}
            }
            if *column != Column::Message && !has_message && self.message().is_none() && name != "@ptr" {
                fields.insert(name.clone(), cell.into());
            }
        }
        if self.message().is_none() {
            event.message = serde_json::Value::Object(fields).to_string();
        }
        event
    }
}

/// Longest name of a column; our own bound.
const LONGEST_NAME_BYTES: usize = 64;

/// Returns whether a cell may be the name of a column: words, or a function of a query.
pub(super) fn is_name(cell: &str) -> bool {
    let is_sign =
        |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | '@' | '*' | '(' | ')' | '/' | '#');
    cell.len() <= LONGEST_NAME_BYTES && cell.chars().all(is_sign) && !cell.starts_with(['(', '-', '/'])
}

/// Returns what a cell holds, by its content.
fn column_of_cell(cell: &str) -> Column {
    let cell = cell.trim();
    if time::of(cell).is_some() {
        Column::Other
    } else if prefix::is_stream(cell) {
        Column::Stream
    } else if prefix::is_group(cell) {
        Column::Group
    } else if prefix::is_event_id(cell) {
        Column::Id
    } else {
        Column::Other
    }
}

/// Returns whether one cell, and no more, is neither a time nor a stream, a group or an id.
pub(super) fn only_text(cells: &[&str]) -> bool {
    cells.iter().filter(|cell| time::of(cell).is_none() && column_of_cell(cell) == Column::Other).count() == 1
}

/// Returns the log event of a list of cells: its time is the first one, its message the longest cell that is neither a
/// stream nor a group nor an id. None if no cell is a time: then each may be a message.
pub(super) fn event_of_cells(cells: &[&str]) -> Option<Event> {
    let is_plain = |cell: &str| time::of(cell).is_none() && column_of_cell(cell) == Column::Other;
    let time = cells.iter().position(|cell| time::of(cell).is_some())?;
    let message = (0..cells.len()).filter(|at| is_plain(cells[*at])).max_by_key(|at| cells[*at].len())?;
    let mut columns: Vec<Column> = cells.iter().map(|cell| column_of_cell(cell)).collect();
    (columns[time], columns[message]) = (Column::Time, Column::Message);
    let columns = Columns { names: vec![String::new(); cells.len()], columns };
    Some(columns.event(cells.iter().copied()))
}

/// Rows of which each field comes separately, as name and value: the results of a query.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    row: Vec<(String, String)>,
}

impl Pairs {
    /// Takes a field. Where the row has it already, the row is done and another one begins.
    pub(super) fn field(&mut self, name: &str, value: &str) -> Option<Event> {
        let done = self.row.iter().any(|(known, _)| known == name).then(|| self.end()).flatten();
        self.row.push((name.to_owned(), value.to_owned()));
        // Each row has the place of its log event, as its last field.
        if name == "@ptr" { self.end() } else { done }
    }

    /// Continues the value of the last field with a line of its own.
    pub(super) fn continue_with(&mut self, line: &str) {
        if let Some((_, value)) = self.row.last_mut() {
            value.push('\n');
            value.push_str(line);
        }
    }

    /// Returns the row that is left.
    pub(super) fn end(&mut self) -> Option<Event> {
        let row = std::mem::take(&mut self.row);
        let names: Vec<&str> = row.iter().map(|(name, _)| name.as_str()).collect();
        if names.is_empty() {
            return None;
        }
        let columns = names.iter().map(|name| column(name).unwrap_or(Column::Other)).collect();
        let columns = Columns { names: names.iter().map(|name| (*name).to_owned()).collect(), columns };
        Some(columns.event(row.iter().map(|(_, value)| value.as_str())))
    }
}
