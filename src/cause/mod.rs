//! The table of causes: everything that is known of each, declared once.
//!
//! Matching, metrics, `explain`, the dashboard and the documentation are loops over [`built_in`]. One file per phase of
//! a request holds one array; this file chains them and finds the first cause that a text names. Which lines are asked,
//! and what follows from several of them, is left to [`crate::classify`].

mod access_format;
mod authorizer;
mod aws_service;
mod backend;
mod function;
mod gateway;
mod index;
mod invocation;
mod lambda;
mod mapping;
mod network;
mod pattern;
mod role;
mod tls;
mod vpc_link;

#[cfg(test)]
mod tests;

use std::num::NonZeroU16;

use index::Index;
pub use pattern::normalise;
pub(crate) use pattern::own_words;
pub use role::Role;

/// The published name of a cause, its evidence and its remedy.
#[derive(Debug)]
pub struct Cause {
    /// The dimension value. Alarms and dashboards hold it, so it never changes; see `formerly`.
    pub id: &'static str,
    /// Ids it once had; [`Table::by_id`] still finds them.
    pub formerly: &'static [&'static str],
    /// What it stands for in rules that no text decides; missing for most causes.
    pub role: Option<Role>,
    /// What went wrong, in one line.
    pub title: &'static str,
    /// The part of the chain that failed.
    pub family: Family,
    /// Whether somebody must mend something or whether it is a matter of load.
    pub kind: Kind,
    /// How much the text tells: within a request the higher rank wins.
    pub rank: Rank,
    /// HTTP statuses it usually comes with. They never choose a cause: gateway responses are customisable.
    pub statuses: &'static [u16],
    /// What the log must hold for the cause to be told.
    pub needs: &'static [Need],
    /// What the log pattern. Empty where a rule of [`crate::classify`] decides instead of a text.
    pub patterns: &'static [Pattern],
    /// What to do about it.
    pub remedy: Remedy,
    /// Pages to read further.
    pub docs: &'static [&'static str],
    /// The version that first published the id; [`OWN_RULE`] for a cause that the owner added.
    pub since: &'static str,
    /// Whole log texts that name this cause: the platform's own words with made-up ids.
    pub examples: &'static [Example],
    /// Log texts that look alike and name another cause, or none.
    pub near_misses: &'static [Example],
}

/// What [`Cause::since`] says of an owner's own rule.
pub const OWN_RULE: &str = "own rule";

impl Cause {
    /// Whether the owner added it.
    pub fn is_own_rule(&self) -> bool {
        self.since == OWN_RULE
    }
}

/// What to do about a cause, in the order in which to do it.
#[derive(Debug)]
pub struct Remedy {
    /// What the cause means, in a sentence or two.
    pub means: &'static str,
    /// What to check, the likeliest first.
    pub checks: &'static [&'static str],
    /// How to see it and how to reproduce it: commands and metrics.
    pub see: &'static [&'static str],
}

/// A log text, and whether such a line was seen.
#[derive(Debug)]
pub struct Example {
    /// Where the text stands.
    pub log: Log,
    /// The lines of the log, in order.
    pub lines: &'static [&'static str],
    /// True where the text comes from documentation alone and no published log with it was found.
    pub documented_only: bool,
}

/// The kind of log that an example stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Log {
    /// Execution log of a REST or WebSocket API.
    Execution,
    /// Access log of any API.
    Access,
    /// Log of a Lambda function.
    Lambda,
    /// VPC flow log.
    Flow,
}

/// An example from an execution log.
pub(crate) const fn execution(lines: &'static [&'static str]) -> Example {
    Example { log: Log::Execution, lines, documented_only: false }
}

/// An example from an access log.
pub(crate) const fn access(lines: &'static [&'static str]) -> Example {
    Example { log: Log::Access, lines, documented_only: false }
}

/// An example from the log of a function.
pub(crate) const fn function_log(lines: &'static [&'static str]) -> Example {
    Example { log: Log::Lambda, lines, documented_only: false }
}

/// An example from a VPC flow log.
pub(crate) const fn flow(lines: &'static [&'static str]) -> Example {
    Example { log: Log::Flow, lines, documented_only: false }
}

/// Marks an example whose text no published log was found for.
pub(crate) const fn documented(example: Example) -> Example {
    Example { documented_only: true, ..example }
}

/// The part of the chain that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// The private link between API Gateway and a load balancer.
    VpcLink,
    /// TLS between API Gateway and the backend.
    Tls,
    /// The HTTP backend.
    Backend,
    /// The Lambda function behind the API, or the call of it.
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
    /// No part is known.
    None,
}

impl Family {
    /// All of them, in the order in which they are listed.
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

    /// The name as published.
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

/// Whether somebody must mend something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Somebody must mend a configuration or code.
    Broken,
    /// Time-outs, throttles, connections, answers of the backend.
    Load,
}

impl Kind {
    /// The name as published.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::Load => "load",
        }
    }
}

/// How much a cause's text tells. Within a request the higher rank wins, among equals the earlier line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rank {
    /// No text names it.
    Unnamed,
    /// Only the gateway response type names it.
    Typed,
    /// "An internal error", which says nothing of where.
    Vague,
    /// A generic sentence.
    Generic,
    /// What the gateway concluded from an answer.
    Concluded,
    /// The part that failed is named.
    Named,
}

/// What a log must hold for a cause to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Execution logs at ERROR level or above.
    ErrorLevel,
    /// Execution logs at INFO level.
    InfoLevel,
    /// Data trace (headers and bodies); for debugging only.
    DataTrace,
    /// An access-log format with this variable.
    AccessField(&'static str),
    /// The function's own log.
    LambdaLog,
    /// A VPC flow log.
    FlowLog,
}

/// Evidence: whose words, and which.
///
/// A pattern is compared with [`normalise`]d text: lower case, single blanks, no articles. `{}` stands for any text,
/// `^` at the start binds it to the start of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// The gateway's own sentence about an integration, in an execution log or in an access log's error field.
    Gateway(&'static str),
    /// The gateway's own sentence, or the authorizer function's error, in the authorizer's phase.
    Authorizer(&'static str),
    /// What the function answered: the error type and text behind a Lambda frame.
    Function(&'static str),
    /// What an AWS service answered: its error code, or its message.
    Service(&'static str),
    /// What the Lambda service answered to an invocation: its error code, or its message.
    LambdaService(&'static str),
    /// Exactly this gateway response type.
    ResponseType(&'static str),
    /// The Lambda service answered the invocation with a status in this range (both ends included).
    InvocationStatus(u16, u16),
    /// A line in the function's own log.
    FunctionLog(&'static str),
}

/// Whose words a text is; see [`Pattern`].
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
}

impl Author {
    /// How many there are.
    const COUNT: usize = Self::FunctionLog as usize + 1;
}

impl Pattern {
    /// Whose words it is about; none where it is about a number.
    const fn author(&self) -> Option<Author> {
        Some(match self {
            Self::Gateway(_) => Author::Gateway,
            Self::Authorizer(_) => Author::Authorizer,
            Self::Function(_) => Author::Function,
            Self::Service(_) => Author::Service,
            Self::LambdaService(_) => Author::LambdaService,
            Self::ResponseType(_) => Author::ResponseType,
            Self::FunctionLog(_) => Author::FunctionLog,
            Self::InvocationStatus(..) => return None,
        })
    }

    /// Whether the pattern is empty, and so matches every text of its author.
    const fn is_catch_all(&self) -> bool {
        match self {
            Self::Gateway(p)
            | Self::Authorizer(p)
            | Self::Function(p)
            | Self::Service(p)
            | Self::LambdaService(p)
            | Self::FunctionLog(p) => p.is_empty(),
            Self::ResponseType(_) | Self::InvocationStatus(..) => false,
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
            (Self::ResponseType(t), Author::ResponseType) => t.eq_ignore_ascii_case(normalised),
            _ => false,
        }
    }
}

/// All causes that come with the program, in the order of precedence for one text: the first that matches wins.
///
/// (Within a request [`Rank`] decides between several lines.)
pub fn built_in() -> impl Iterator<Item = &'static Cause> {
    [
        authorizer::CAUSES,
        lambda::CAUSES,
        invocation::CAUSES,
        aws_service::CAUSES,
        tls::CAUSES,
        vpc_link::CAUSES,
        backend::CAUSES,
        mapping::CAUSES,
        gateway::CAUSES,
        function::CAUSES,
        network::CAUSES,
    ]
    .into_iter()
    .flatten()
}

/// The place of a cause in a [`Table`], for state that is kept for every open request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CauseIndex(NonZeroU16);

/// The causes in force: the built-in ones, with own rules before and after them.
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
    /// The built-in causes with own ones before and after them.
    pub fn with_rules(
        before: impl IntoIterator<Item = &'static Cause>,
        after: impl IntoIterator<Item = &'static Cause>,
    ) -> Self {
        let causes: Vec<_> = before.into_iter().chain(built_in()).chain(after).collect();
        Self { index: Index::of(&causes), causes }
    }

    /// The causes, in the order of precedence.
    pub fn iter(&self) -> impl Iterator<Item = &'static Cause> + '_ {
        self.causes.iter().copied()
    }

    /// The first cause that `text`, written by `author`, names. `text` is as [`normalise`] gives it.
    ///
    /// An empty pattern is asked only when no other one matches: it takes what is left of an author.
    pub fn find(&self, author: Author, text: &str) -> Option<&'static Cause> {
        let text = if author == Author::Gateway { pattern::own_words(text) } else { text };
        self.index.find(author, text).map(|place| self.causes[place])
    }

    /// The first cause that an answer of the Lambda service with this status names.
    pub fn find_invocation_status(&self, status: u16) -> Option<&'static Cause> {
        self.iter().find(|cause| {
            cause.patterns.iter().any(
                |pattern| matches!(pattern, Pattern::InvocationStatus(low, high) if (*low..=*high).contains(&status)),
            )
        })
    }

    /// The cause at this place.
    pub fn at(&self, index: CauseIndex) -> &'static Cause {
        self.causes[usize::from(index.0.get()) - 1]
    }

    /// The place of a cause of this table.
    pub fn index_of(&self, cause: &'static Cause) -> Option<CauseIndex> {
        let place = self.causes.iter().position(|other| std::ptr::eq(*other, cause))?;
        u16::try_from(place + 1).ok().and_then(NonZeroU16::new).map(CauseIndex)
    }

    /// The cause with this id, or which once had it.
    pub fn by_id(&self, id: &str) -> Option<&'static Cause> {
        self.iter().find(|cause| cause.id == id).or_else(|| self.iter().find(|cause| cause.formerly.contains(&id)))
    }
}

/// The id of failures whose lines no cause matches.
pub const UNCLASSIFIED: &str = "unclassified";

/// The id of failures for which an access log gives no reason.
pub const REASON_NOT_LOGGED: &str = "reason_not_logged";
