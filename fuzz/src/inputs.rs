//! An input of `why5xx replay` or `why5xx explain`, of any bytes: it is read, or the error says why not.

use std::io::Cursor;
use std::sync::LazyLock;

use why5xx::decode::{EventCallback, Limits};
use why5xx::settings::Settings;

/// The readers belong to the command's program, which is no library.
#[path = "../../src/bin/why5xx"]
#[allow(dead_code, unreachable_pub, reason = "the command uses what a target does not")]
mod command {
    pub(crate) mod file_identity;
    pub(crate) mod input;
}

use command::input::{self, Part, Reader, sentence};

/// Reads one input. One of eight is read twice; reading each twice would halve the number of inputs that are tried.
pub fn inputs(bytes: &[u8]) {
    let first = read_input(bytes);
    if bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)) % 8 == 0 {
        assert_eq!(first, read_input(bytes), "an input is read the same each time");
    }
    let text = String::from_utf8_lossy(bytes);
    let table = super::pipeline().table();
    let _ = (sentence::cause(&text, table), sentence::surest(&text, table), sentence::within(&text, table));
    let _ = input::unquoted(&text);
}

/// Returns the messages of an input, and counts them as `replay` does.
pub fn read_input(bytes: &[u8]) -> Vec<String> {
    static SETTINGS: LazyLock<Settings> = LazyLock::new(Settings::default);
    let mut reader = Reader::of_text(&SETTINGS, super::pipeline().table(), &String::from_utf8_lossy(bytes));
    let mut messages = Vec::new();
    let _ = input::read(Cursor::new(bytes), |part| {
        if let Part::Events { events, .. } = &part {
            assert!(events.iter().all(|event| event.number > 0), "each log event has its number");
        }
        let decode = |limits: &Limits, each: &mut EventCallback<'_>| {
            part.decode("", limits, &mut |header, event| {
                messages.push(event.message.text().into_owned());
                each(header, event);
            })
        };
        if let Ok(counted) = super::pipeline().count_read_by(decode, |source, event| reader.read(source, event)) {
            assert!(counted.understood.not_understood <= counted.decoded.log_events);
        }
    });
    messages
}
