//! The kinds of log that show a 5xx, and what they are called.

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

/// Names of a kind of log.
struct KindNames {
    word: &'static str,
    name: &'static str,
    several: &'static str,
    parameter: &'static str,
    behind_pattern: &'static str,
}

impl LogKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Execution, Self::Access, Self::Lambda, Self::Flow];

    const fn names(self) -> KindNames {
        match self {
            Self::Execution => KindNames {
                word: "execution",
                name: "execution log",
                several: "execution logs",
                parameter: "Execution",
                behind_pattern: "lines of healthy requests, routes, and that a request with a failure line ended with a 2xx or \
                                 3xx after all",
            },
            Self::Access => KindNames {
                word: "access",
                name: "access log",
                several: "access logs",
                parameter: "Access",
                behind_pattern: "lines without a 5xx status, so that a format without a status looks healthy",
            },
            Self::Lambda => KindNames {
                word: "function",
                name: "function log",
                several: "functions",
                parameter: "Function",
                behind_pattern: "lines that are neither the platform's nor look like an error",
            },
            Self::Flow => KindNames {
                word: "flow",
                name: "VPC flow log",
                several: "flow logs",
                parameter: "Flow",
                behind_pattern: "accepted flows, and the header that names the fields of a custom format",
            },
        }
    }

    /// Parses the word of a kind, as settings, options and subscription filters write it.
    ///
    /// `function` → `Lambda`
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Returns the word that [`parse`](Self::parse) takes, and the key in JSON: `function`.
    pub const fn word(self) -> &'static str {
        self.names().word
    }

    /// Returns what people call the log: `function log`.
    pub const fn name(self) -> &'static str {
        self.names().name
    }

    /// Returns what log events are of: `functions`.
    pub const fn several(self) -> &'static str {
        self.names().several
    }

    /// Returns the beginning of the names of its parameters in the template: `Function`.
    pub const fn parameter(self) -> &'static str {
        self.names().parameter
    }

    /// Says what its default filter pattern leaves out.
    pub const fn behind_pattern(self) -> &'static str {
        self.names().behind_pattern
    }
}
