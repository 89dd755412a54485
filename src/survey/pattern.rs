//! The default filter patterns, which CloudWatch Logs applies before it sends anything, and what they leave out.

use crate::log_kind::LogKind;

/// The template declares the patterns; there is no second copy of them in the source.
const TEMPLATE: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/template.yaml"));

/// Begin and end of the mapping with the patterns.
const BEGIN: usize = behind(b"\n  FilterPatterns:\n", 0);
const END: usize = behind(b"\n  Consoles:\n", BEGIN);

/// That part of the template alone: a program holds what a static holds, and not what a constant was made of.
static DECLARED: [u8; END - BEGIN] = {
    let mut part = [0; END - BEGIN];
    let mut at = 0;
    while at < part.len() {
        part[at] = TEMPLATE[BEGIN + at];
        at += 1;
    }
    part
};

/// Returns where the template goes on behind these bytes. The compiler runs it.
const fn behind(mark: &[u8], from: usize) -> usize {
    let mut at = from;
    loop {
        let mut same = 0;
        while same < mark.len() && TEMPLATE[at + same] == mark[same] {
            same += 1;
        }
        if same == mark.len() {
            return at + same;
        }
        at += 1;
    }
}

/// Returns the default pattern of a kind of log, as the subscription filters of the template have it.
pub fn default_pattern(kind: LogKind) -> Option<String> {
    patterns(kind).into_iter().next()
}

/// Returns the patterns that were the default of a kind in an earlier version, and are not now.
pub fn earlier_patterns(kind: LogKind) -> Vec<String> {
    let all = patterns(kind);
    all.iter().skip(1).filter(|pattern| **pattern != all[0]).cloned().collect()
}

/// Returns the default pattern of a kind and those before it.
fn patterns(kind: LogKind) -> Vec<String> {
    let declared = str::from_utf8(&DECLARED).unwrap_or_default();
    let declared = declared.split_once(&format!("\n    {}:\n", kind.parameter())).map_or("", |(_, of_kind)| of_kind);
    let lines = declared.lines().take_while(|line| line.starts_with("      "));
    let quoted = lines.filter_map(|line| line.split_once(": '")?.1.strip_suffix('\''));
    quoted.map(|pattern| pattern.replace("''", "'")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn earlier_patterns_are_known() {
        assert!(earlier_patterns(LogKind::Execution)[0].contains("amazonaws"));
        assert_ne!(earlier_patterns(LogKind::Lambda)[0], default_pattern(LogKind::Lambda).unwrap());
        assert!(earlier_patterns(LogKind::Flow).is_empty());
    }

    #[test]
    fn the_template_declares_a_pattern_for_each_kind() {
        for (kind, word) in [
            (LogKind::Execution, "Exception"),
            (LogKind::Access, "5[0-9][0-9]"),
            (LogKind::Lambda, "LAMBDA_RUNTIME"),
            (LogKind::Flow, "REJECT"),
        ] {
            let pattern = default_pattern(kind).unwrap_or_default();
            assert!(pattern.contains(word) && pattern.len() <= 1_024, "{kind:?}: {pattern}");
        }
    }
}
