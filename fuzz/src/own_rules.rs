//! A file of own rules of any content: it loads, or the error names a line. What loads reads lines, the file's own text
//! among them.

use std::path::Path;
use std::sync::Arc;

use why5xx::decode::Message;
use why5xx::pipeline::Pipeline;
use why5xx::settings::{Rules, Settings, SettingsError};

/// A line for each voice of an execution log.
const LINES: &[&str] = &[
    "(1f2e3d4c) Execution failed due to a timeout error",
    "(2a3b4c5d) Execution failed due to an authorizer error: the token service is away",
    "(3b4c5d6e) Lambda execution failed with status 200 due to customer function error: coupon service 7 unavailable",
    "(4c5d6e7f) Gateway response type: INTEGRATION_FAILURE with status code: 504",
    "(5d6e7f8a) Method completed with status: 502",
];

/// Reads one input.
pub fn own_rules(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    match Rules::parse(Path::new("fuzz.toml"), text) {
        Ok(rules) => read(&rules, text),
        Err(SettingsError::File { line, .. }) => assert!((1..=text.lines().count() + 1).contains(&line)),
        Err(error) => panic!("an error of another kind: {error}"),
    }
}

fn read(rules: &Rules, text: &str) {
    let pipeline = Pipeline::new(Arc::new(Settings::default()), rules.table());
    // The gateway says what the patterns are made of, so that those of this voice match as well.
    let failure = format!("(6e7f8a9b) Execution failed due to configuration error: {text}");
    let lines = LINES.iter().copied().chain([failure.as_str()]);
    let messages = lines.map(|line| Message::plain(line.as_bytes()));
    super::count_messages(&pipeline, "API-Gateway-Execution-Logs_a1b2c3d4e5/prod", messages);
    let own = [Message::plain(text.as_bytes())];
    super::count_messages(&pipeline, "/aws/lambda/orders", own.into_iter());
}
