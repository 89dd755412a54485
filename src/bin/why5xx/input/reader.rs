//! A log event of which no log group tells what it is, since a person pasted it.

use why5xx::decode::LogEvent;
use why5xx::record::flow::Formats;
use why5xx::record::{self, Record, Source, access, execution, lambda};
use why5xx::settings::Settings;

/// Reads pasted text: any line of any log, and also one that lacks what surrounds it there.
pub(crate) struct Reader<'s> {
    settings: &'s Settings,
    formats: Formats,
}

impl<'s> Reader<'s> {
    /// A reader that has seen no header line of a flow log yet.
    pub(crate) fn new(settings: &'s Settings) -> Self {
        Self { settings, formats: Formats::default() }
    }

    /// Reads a log event. With a log group it is read as the function does.
    pub(crate) fn read<'a>(&mut self, source: &Source, event: &LogEvent<'a>) -> Record<'a> {
        if !source.log_group.is_empty() {
            return record::read(source, self.settings, &mut self.formats, event);
        }
        execution::read(event)
            .or_else(|| self.formats.read("", None, event))
            .or_else(|| access::is_healthy(event).then_some(Record::Nothing))
            .or_else(|| access::read(event))
            .or_else(|| lambda::read_pasted(event).map(Record::Lambda))
            .unwrap_or(Record::Unknown)
    }
}
