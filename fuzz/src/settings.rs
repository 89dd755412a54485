//! A settings file of any content: it loads, or the error names a line.

use std::path::Path;

use why5xx::settings::{Settings, SettingsError};

/// Reads one input.
pub fn settings(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    match Settings::default().with_file_text(Path::new("fuzz.toml"), text) {
        Ok(settings) => drop(settings.fold_stage("pr-17").to_owned()),
        Err(SettingsError::File { line, .. }) => assert!((1..=text.lines().count() + 1).contains(&line)),
        Err(error) => panic!("an error of another kind: {error}"),
    }
}
