//! A settings file of any content: it loads, or the error names a line.

use why5xx::settings::SettingsError;

use super::settings_file::load;

/// Reads one input.
pub fn settings(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    match load(text) {
        Ok(settings) => drop(settings.stage_name("pr-17").to_owned()),
        Err(SettingsError::File { line, .. }) => assert!((1..=text.lines().count() + 1).contains(&line)),
        Err(error) => panic!("an error of another kind: {error}"),
    }
}
