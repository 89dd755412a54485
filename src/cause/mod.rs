//! The table of causes: each is declared once, with its patterns, its remedy and its examples.
//!
//! Matching, metrics, `explain`, the dashboard and the documentation are loops over [`built_in`]. One file per phase of
//! a request holds one array. This file chains them and finds the first cause whose pattern matches a text.
//! [`crate::classify`] chooses the texts and combines the causes of several lines.

pub mod access_format;
mod authorizer;
mod aws_service;
mod backend;
mod dependency;
mod function;
mod gateway;
mod index;
mod invocation;
mod known;
mod lambda;
mod mapping;
mod network;
mod pattern;
mod role;
mod steps;
mod tls;
mod vpc_link;

#[cfg(test)]
mod tests;

use std::num::NonZeroU16;

use index::Index;

use crate::log_kind::LogKind;
pub use known::Known;
pub use pattern::{code_in, normalise, own_words, pieces, spaced, words_of_type};
pub use role::Role;

/// A cause: its published id, its patterns and its remedy.
#[derive(Debug, Clone, Copy)]
pub struct Cause {
    /// Dimension value. Alarms and dashboards hold it, so it never changes; see `formerly`.
    pub id: &'static str,
    /// Earlier ids. [`Table::by_id`] still finds them.
    pub formerly: &'static [&'static str],
    /// Its role in rules that no text decides. None for most causes.
    pub role: Option<Role>,
    /// One line: what went wrong.
    pub title: &'static str,
    /// The part of the chain that failed.
    pub family: Family,
    /// Whether configuration or code must be fixed, or load is the reason.
    pub kind: Kind,
    /// How specific the text is. Within a request the higher rank wins.
    pub rank: Rank,
    /// HTTP statuses that usually accompany it. They never choose a cause: gateway responses are customisable.
    pub statuses: &'static [u16],
    /// Log settings that make the cause visible. One of them is enough.
    pub needs: &'static [Need],
    /// Patterns that name the cause. Empty if a rule of [`crate::classify`] decides instead of a text.
    pub patterns: &'static [Pattern],
    /// Its remedy.
    pub remedy: Remedy,
    /// Pages to read further.
    pub docs: &'static [&'static str],
    /// The version that first published the id; [`OWN_RULE`] for a cause that the owner added.
    pub since: &'static str,
    /// Whole log texts that name this cause: the platform's own words with made-up ids. Empty in a [`Table`]: see
    /// [`examples`](Self::examples).
    pub(crate) examples: &'static [Example],
    /// Log texts that look similar but name another cause, or no cause. Empty in a [`Table`].
    pub(crate) near_misses: &'static [Example],
}

/// Value of [`Cause::since`] for a rule of the owner's.
pub const OWN_RULE: &str = "own rule";

impl Cause {
    /// Returns whether the cause is a rule of the owner's.
    pub fn is_own_rule(&self) -> bool {
        self.since == OWN_RULE
    }

    /// Returns whole log texts that name this cause.
    pub fn examples(&self) -> &'static [Example] {
        self.declared().map_or(&[], |cause| cause.examples)
    }

    /// Returns log texts that look similar but name another cause, or no cause.
    pub fn near_misses(&self) -> &'static [Example] {
        self.declared().map_or(&[], |cause| cause.near_misses)
    }

    fn declared(&self) -> Option<&'static Self> {
        DECLARED.iter().copied().flatten().find(|cause| cause.id == self.id)
    }
}

/// Remedy of a cause, in the order in which to work through it.
///
/// A step is prose up to its first line break. Behind it stand lines to copy, up to a blank line; behind that the reading of
/// what they print.
#[derive(Debug, Clone, Copy)]
pub struct Remedy {
    /// Meaning of the cause, in a sentence or two.
    pub means: &'static str,
    /// Steps that show whether and where it is, the likeliest first. Their commands only read.
    pub confirm: &'static [&'static str],
    /// Changes that fix it, the likeliest first: the only place for a command that changes something.
    pub fix: &'static [&'static str],
    /// Measures that keep it from coming back.
    pub prevent: &'static [&'static str],
}

impl Remedy {
    /// Returns the parts with their headings, in order; without those that are empty.
    pub fn parts(&self) -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
        [("Confirm", self.confirm), ("Fix", self.fix), ("Prevent", self.prevent)]
            .into_iter()
            .filter(|(_, steps)| !steps.is_empty())
    }

    /// Returns all steps, in order.
    pub fn steps(&self) -> impl Iterator<Item = &'static str> {
        self.parts().flat_map(|(_, steps)| steps).copied()
    }
}

/// A step of a remedy, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RemedyStep<'t> {
    /// Instruction, up to the first line break.
    pub prose: &'t str,
    /// Commands or formats to copy; may be empty.
    pub code: &'t str,
    /// How to read what the commands print. Empty if that goes without saying.
    pub reading: &'t str,
}

impl<'t> RemedyStep<'t> {
    /// Takes a step apart.
    ///
    /// `"Ask:\naws sts get-caller-identity\n\nIt prints who you are."` → prose `Ask:`, the command, and the reading
    pub fn new(text: &'t str) -> Self {
        let (prose, rest) = text.split_once('\n').unwrap_or((text, ""));
        let (code, reading) = rest.split_once("\n\n").unwrap_or((rest, ""));
        Self { prose, code: code.trim_end_matches('\n'), reading: reading.trim_end_matches('\n') }
    }

    /// Returns the prose for a place where the code does not follow: `Ask:` → `Ask.`
    pub fn alone(&self) -> String {
        self.prose.strip_suffix(':').map_or_else(|| self.prose.to_owned(), |prose| format!("{prose}."))
    }
}

/// Example of a log text.
#[derive(Debug)]
pub struct Example {
    /// The kind of log.
    pub log: LogKind,
    /// The lines of the log, in order.
    pub lines: &'static [&'static str],
    /// Whether the text comes from documentation alone: no published log with it was found.
    pub documented_only: bool,
}

impl Example {
    /// Returns an example from a log of this kind.
    pub(crate) const fn of(log: LogKind, lines: &'static [&'static str]) -> Self {
        Self { log, lines, documented_only: false }
    }
}

/// Returns an example from an execution log.
pub(crate) const fn execution(lines: &'static [&'static str]) -> Example {
    Example::of(LogKind::Execution, lines)
}

/// Returns an example from an access log.
pub(crate) const fn access(lines: &'static [&'static str]) -> Example {
    Example::of(LogKind::Access, lines)
}

/// Returns an example from the log of a function.
pub(crate) const fn function_log(lines: &'static [&'static str]) -> Example {
    Example::of(LogKind::Lambda, lines)
}

/// Marks an example as known from documentation alone.
pub(crate) const fn documented(example: Example) -> Example {
    Example { documented_only: true, ..example }
}

/// Part of the chain that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// The private link between API Gateway and a load balancer.
    VpcLink,
    /// TLS between API Gateway and the backend.
    Tls,
    /// The HTTP backend.
    Backend,
    /// The Lambda function behind the API, or its invocation.
    Lambda,
    /// A role that API Gateway uses.
    Iam,
    /// An AWS service that is integrated directly.
    AwsService,
    /// The integration's configuration.
    Integration,
    /// Mapping templates and status mappings.
    Mapping,
    /// The authorizer.
    Authorizer,
    /// API Gateway itself.
    Gateway,
    /// The network that flow logs watch.
    Network,
    /// Unknown part.
    None,
}

impl Family {
    /// All families, in the order of listings.
    pub const ALL: &[Self] = &[
        Self::VpcLink,
        Self::Tls,
        Self::Backend,
        Self::Lambda,
        Self::Iam,
        Self::AwsService,
        Self::Integration,
        Self::Mapping,
        Self::Authorizer,
        Self::Gateway,
        Self::Network,
        Self::None,
    ];

    /// Returns the published name: `vpc_link`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::VpcLink => "vpc_link",
            Self::Tls => "tls",
            Self::Backend => "backend",
            Self::Lambda => "lambda",
            Self::Iam => "iam",
            Self::AwsService => "aws_service",
            Self::Integration => "integration",
            Self::Mapping => "mapping",
            Self::Authorizer => "authorizer",
            Self::Gateway => "gateway",
            Self::Network => "network",
            Self::None => "none",
        }
    }
}

/// Whether configuration or code must be fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A fault of configuration or code. Requests fail until somebody fixes it.
    Broken,
    /// Time-outs, throttles, connections, answers of the backend.
    Load,
}

impl Kind {
    /// Returns the published name: `broken` or `load`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::Load => "load",
        }
    }
}

/// How specific the text of a cause is. Within a request the higher rank wins, among equals the earlier line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rank {
    /// No text names it.
    Unnamed,
    /// Only the gateway response type names it.
    Typed,
    /// "An internal error": the place is unknown.
    Vague,
    /// A generic sentence.
    Generic,
    /// The gateway's conclusion from an answer.
    Concluded,
    /// The text names the part that failed.
    Named,
}

/// Log setting that makes a cause visible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Execution logs at ERROR level or above.
    ErrorLevel,
    /// Execution logs at INFO level.
    InfoLevel,
    /// Data trace (headers and bodies), for debugging only.
    DataTrace,
    /// An access-log format with this variable.
    AccessField(&'static str),
    /// A log of this kind, which API Gateway does not write.
    SeparateLog(LogKind),
}

/// Pattern for the words of one author.
///
/// A pattern is compared with [`normalise`]d text: lower case, single blanks, no articles. `{}` stands for any text,
/// `{word}` for text without a blank, `{host}` for a word that names a host. `^` at the start and `$` at the end bind the
/// pattern to the start and the end of the text. An empty pattern matches every text of its author, but only if no other
/// pattern does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// The gateway's own sentence about an integration, in an execution log or in an access log's error field.
    Gateway(&'static str),
    /// The gateway's own sentence, or the authorizer function's error, in the authorizer's phase.
    Authorizer(&'static str),
    /// The function's error answer: the error type and text behind a Lambda frame.
    Function(&'static str),
    /// The answer of an AWS service: its error code or its message.
    Service(&'static str),
    /// The answer of the Lambda service to an invocation: its error code or its message.
    LambdaService(&'static str),
    /// Exactly this gateway response type.
    ResponseType(&'static str),
    /// Status of the Lambda service's answer to an invocation: a range with both ends included.
    InvocationStatus(u16, u16),
    /// A line in the function's own log, or the head of an error's message there.
    FunctionLog(&'static str),
    /// Whole words of the type or of the code of an error in the function's own log, in its last part: `connect exception` is
    /// in `java.net.ConnectException`. `^` and `$` bind the pattern to the start and the end of the whole name, whose parts
    /// are joined by periods: `^java.nio.file.access denied exception$`.
    ErrorType(&'static str),
    /// A whole sentence of a library in an error's message in the function's own log. The text must begin with the pattern
    /// and the sentence must end with it, unless the pattern ends in `{}`. `~` stands for quoted text.
    Library(&'static str),
    /// Codes in the text of an error in the function's own log, in lower case. `*` stands for the rest of a code.
    Code(Codes, &'static [&'static str]),
}

/// Who gives a code to an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codes {
    /// The status of an answer by HTTP.
    Http,
    /// The status of a call by gRPC, without joiners: `permissiondenied`.
    Grpc,
    /// SQLSTATE, as databases and ODBC have it.
    Sqlstate,
    /// The number of an error of MySQL, of SQL Server or of their clients.
    Sql,
    /// The code of an error of Oracle Database or of its clients: `ora-12541`.
    Oracle,
    /// The number or the name of an error of MongoDB.
    Mongo,
    /// The name of an error of librdkafka.
    Kafka,
}

/// Author of a text; see [`Pattern`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    /// See [`Pattern::Gateway`].
    Gateway,
    /// See [`Pattern::Authorizer`].
    Authorizer,
    /// See [`Pattern::Function`].
    Function,
    /// See [`Pattern::Service`].
    Service,
    /// See [`Pattern::LambdaService`].
    LambdaService,
    /// See [`Pattern::ResponseType`].
    ResponseType,
    /// See [`Pattern::FunctionLog`].
    FunctionLog,
    /// See [`Pattern::ErrorType`].
    ErrorType,
    /// See [`Pattern::Library`].
    Library,
}

impl Author {
    /// Number of authors.
    const COUNT: usize = Self::Library as usize + 1;
}

impl Pattern {
    /// Returns the author whose texts the pattern matches; None if it matches a status.
    const fn author(&self) -> Option<Author> {
        Some(match self {
            Self::Gateway(_) => Author::Gateway,
            Self::Authorizer(_) => Author::Authorizer,
            Self::Function(_) => Author::Function,
            Self::Service(_) => Author::Service,
            Self::LambdaService(_) => Author::LambdaService,
            Self::ResponseType(_) => Author::ResponseType,
            Self::FunctionLog(_) => Author::FunctionLog,
            Self::ErrorType(_) => Author::ErrorType,
            Self::Library(_) => Author::Library,
            Self::InvocationStatus(..) | Self::Code(..) => return None,
        })
    }

    /// Returns whether the pattern is empty: it matches every text of its author.
    const fn is_catch_all(&self) -> bool {
        match self {
            Self::Gateway(p)
            | Self::Authorizer(p)
            | Self::Function(p)
            | Self::Service(p)
            | Self::LambdaService(p)
            | Self::FunctionLog(p) => p.is_empty(),
            Self::ErrorType(_)
            | Self::Library(_)
            | Self::ResponseType(_)
            | Self::InvocationStatus(..)
            | Self::Code(..) => false,
        }
    }

    fn matches(&self, author: Author, normalised: &str) -> bool {
        match (self, author) {
            (Self::Gateway(p), Author::Gateway)
            | (Self::Authorizer(p), Author::Authorizer)
            | (Self::Function(p), Author::Function)
            | (Self::Service(p), Author::Service)
            | (Self::LambdaService(p), Author::LambdaService)
            | (Self::FunctionLog(p), Author::FunctionLog) => pattern::matches(p, normalised),
            (Self::ErrorType(p), Author::ErrorType) => pattern::matches_type(p, normalised),
            (Self::Library(p), Author::Library) => pattern::matches_sentence(p, normalised),
            (Self::ResponseType(t), Author::ResponseType) => t.eq_ignore_ascii_case(normalised),
            _ => false,
        }
    }
}

/// Returns the causes of the program in the order of precedence: the first that matches a text wins.
///
/// Between several lines of a request [`Rank`] decides.
pub fn built_in() -> impl Iterator<Item = &'static Cause> {
    BUILT_IN.iter()
}

/// The causes as they are declared, with their examples.
const DECLARED: [&[Cause]; 12] = [
    authorizer::CAUSES,
    lambda::CAUSES,
    invocation::CAUSES,
    aws_service::CAUSES,
    tls::CAUSES,
    // What failed behind a VPC link is a reason of its own.
    backend::CAUSES,
    vpc_link::CAUSES,
    mapping::CAUSES,
    gateway::CAUSES,
    function::CAUSES,
    dependency::CAUSES,
    network::CAUSES,
];

/// The causes without their examples, which would be a sixtieth of the function's program: only tests read them.
static BUILT_IN: [Cause; COUNT] = {
    let mut causes = [DECLARED[0][0]; COUNT];
    let (mut at, mut part) = (0, 0);
    while part < DECLARED.len() {
        let mut place = 0;
        while place < DECLARED[part].len() {
            causes[at] = Cause { examples: &[], near_misses: &[], ..DECLARED[part][place] };
            (at, place) = (at + 1, place + 1);
        }
        part += 1;
    }
    causes
};

/// Number of causes.
const COUNT: usize = {
    let (mut count, mut part) = (0, 0);
    while part < DECLARED.len() {
        (count, part) = (count + DECLARED[part].len(), part + 1);
    }
    count
};

/// Position of a cause in a [`Table`]: two bytes for the state of each open request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CauseIndex(NonZeroU16);

/// Causes in force: the built-in ones, with own rules before and after them.
#[derive(Debug, Clone)]
pub struct Table {
    causes: Vec<&'static Cause>,
    index: Index,
}

impl Default for Table {
    fn default() -> Self {
        Self::with_rules([], [])
    }
}

impl Table {
    /// Creates a table of the built-in causes with own rules before and after them.
    pub fn with_rules(
        before: impl IntoIterator<Item = &'static Cause>,
        after: impl IntoIterator<Item = &'static Cause>,
    ) -> Self {
        let causes: Vec<_> = before.into_iter().chain(built_in()).chain(after).collect();
        Self { index: Index::new(&causes), causes }
    }

    /// Returns the causes in the order of precedence.
    pub fn iter(&self) -> impl Iterator<Item = &'static Cause> + '_ {
        self.causes.iter().copied()
    }

    /// Returns the first cause with a pattern that matches `text`, written by `author` and [`normalise`]d.
    pub fn find(&self, author: Author, text: &str) -> Option<&'static Cause> {
        let text = if author == Author::Gateway { pattern::own_words(text) } else { text };
        self.index.find(author, text).map(|place| self.causes[place])
    }

    /// Returns the first cause whose [`Pattern::InvocationStatus`] includes `status`.
    pub fn find_invocation_status(&self, status: u16) -> Option<&'static Cause> {
        self.iter().find(|cause| {
            cause.patterns.iter().any(
                |pattern| matches!(pattern, Pattern::InvocationStatus(low, high) if (*low..=*high).contains(&status)),
            )
        })
    }

    /// Returns the first cause that a code names, in lower case.
    pub fn find_code(&self, codes: Codes, code: &str) -> Option<&'static Cause> {
        let is_it = |listed: &str| listed.strip_suffix('*').map_or(listed == code, |start| code.starts_with(start));
        self.iter().find(|cause| {
            cause.patterns.iter().any(
                |pattern| matches!(pattern, Pattern::Code(of, list) if *of == codes && list.iter().any(|one| is_it(one))),
            )
        })
    }

    /// Returns the cause at `index`.
    pub fn at(&self, index: CauseIndex) -> &'static Cause {
        self.causes[usize::from(index.0.get()) - 1]
    }

    /// Returns the position of `cause`; None if it is not in this table.
    pub fn index_of(&self, cause: &'static Cause) -> Option<CauseIndex> {
        let place = self.causes.iter().position(|other| std::ptr::eq(*other, cause))?;
        u16::try_from(place + 1).ok().and_then(NonZeroU16::new).map(CauseIndex)
    }

    /// Returns the cause with this id, or with this former id.
    pub fn by_id(&self, id: &str) -> Option<&'static Cause> {
        self.iter().find(|cause| cause.id == id).or_else(|| self.iter().find(|cause| cause.formerly.contains(&id)))
    }
}
