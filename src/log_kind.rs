//! The kinds of log that show a 5xx, and their names.

/// Kind of log that shows 5xx failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LogKind {
    /// Execution log of a REST or WebSocket API.
    Execution,
    /// Access log of any API.
    Access,
    /// Log of a Lambda function.
    Lambda,
    /// VPC flow log.
    Flow,
}

impl LogKind {
    /// What [`parse`](Self::parse) takes.
    pub const NAMES: [&str; 4] = ["execution", "access", "function", "flow"];

    /// Parses the name of a kind, as settings, options and subscription filters write it.
    ///
    /// `function` → `Lambda`
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "execution" => Some(Self::Execution),
            "access" => Some(Self::Access),
            "function" => Some(Self::Lambda),
            "flow" => Some(Self::Flow),
            _ => None,
        }
    }

    /// Returns what people call the log: `function log`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Execution => "execution log",
            Self::Access => "access log",
            Self::Lambda => "function log",
            Self::Flow => "VPC flow log",
        }
    }
}
