//! Turns the pairs of a line into fields, and decides whether the status can be trusted.

use super::vocabulary::{Variable, is_of_an_application, is_written_by_client, variable, weight};
use super::{AccessLine, MOST_PAIRS, Pair, Pairs, json, set_value, shape};

/// Fields of a request that ended in a server error. Unset variables are None.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields {
    /// Status of the answer to the client, 500 to 599; 0 where [`telling_fields`] finds none.
    pub status: u16,
    /// The gateway response type. Set only if the gateway itself made the answer.
    pub response_type: Option<String>,
    /// The gateway's own error message, usually the public text only.
    pub error_message: Option<String>,
    /// The error of the integration.
    pub integration_error: Option<String>,
    /// The error of the WAF phase.
    pub waf_error: Option<String>,
    /// The error of the phase that checks signatures.
    pub authenticate_error: Option<String>,
    /// The error of the authorizer.
    pub authorizer_error: Option<String>,
    /// The error of the phase that evaluates the policy.
    pub authorize_error: Option<String>,
    /// Status from the function or the backend. Some formats fill this key from the variable of the next field.
    pub integration_status: Option<u16>,
    /// Status of the Lambda service's answer to the invocation.
    pub service_status: Option<u16>,
    /// The API's id.
    pub api_id: Option<String>,
    /// The stage.
    pub stage: Option<String>,
    /// The resource or the route as configured, never a client's path.
    pub route: Option<String>,
    /// The request id.
    pub request_id: Option<String>,
    /// The X-Ray trace id.
    pub trace_id: Option<String>,
}

/// Least [`weight`] of a line: a quoted status (1) and two common names (1 each), or one name of API Gateway's own (2).
const LEAST_WEIGHT: u32 = 3;

/// Least weight of a line with a name that loggers of applications write.
const LEAST_WEIGHT_BESIDE_APPLICATION: u32 = 10;

/// Least weight of a line without a status.
const LEAST_WEIGHT_WITHOUT_STATUS: u32 = 7;

/// Longest value to keep, in bytes; our own limit. Patterns are compared with no more.
const LONGEST_VALUE_BYTES: usize = 4_096;

/// Returns the line for a status. `fields` is called for a failure only.
pub(super) fn judge(status: u16, fields: impl FnOnce() -> Fields) -> AccessLine {
    if status < 500 { AccessLine::Healthy } else { AccessLine::Failed(Box::new(fields())) }
}

/// Interprets the pairs of one line; None if it is not a line of an access log.
pub(super) fn line(pairs: &Pairs<'_>) -> Option<AccessLine> {
    let variables: Vec<Option<Variable>> = pairs.pairs.iter().map(|pair| variable(&pair.path)).collect();
    let read = ReadPairs { pairs, variables };
    let weight = read.weight();
    let application = if weight < LEAST_WEIGHT_BESIDE_APPLICATION { read.application() } else { Application::No };
    if weight < LEAST_WEIGHT || application == Application::Yes {
        return None;
    }
    if pairs.pairs.len() > MOST_PAIRS {
        // The status may be among the pairs beyond the limit.
        return Some(AccessLine::Ambiguous);
    }
    match read.status() {
        StatusPair::Ambiguous => Some(AccessLine::Ambiguous),
        StatusPair::None => {
            (weight >= LEAST_WEIGHT_WITHOUT_STATUS && application == Application::No).then_some(AccessLine::NoStatus)
        }
        StatusPair::Found(pair) => match set_value(&pair.value) {
            None => Some(AccessLine::Healthy),
            Some(value) => {
                let status = shape::status(value)?;
                if !pair.quoted && !read.has_name_of_its_own() {
                    return None;
                }
                if status >= 500 && (read.contradicts_itself() || application == Application::Perhaps) {
                    return Some(AccessLine::Ambiguous);
                }
                Some(judge(status, || read.fields(status)))
            }
        },
    }
}

/// Returns the fields of a JSON object, with or without a status; None if no name is one of an access log.
pub fn telling_fields(object: &str) -> Option<Fields> {
    let pairs = &json::pairs(object);
    let variables: Vec<_> = pairs.pairs.iter().map(|pair| variable(&pair.path)).collect();
    variables.iter().any(Option::is_some).then(|| ReadPairs { pairs, variables }.fields(0))
}

/// Whether an application wrote the line instead of API Gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Application {
    No,
    Yes,
    /// An application, or a client that forged one of its names.
    Perhaps,
}

/// The pair with the status.
enum StatusPair<'p, 'a> {
    None,
    Found(&'p Pair<'a>),
    Ambiguous,
}

/// Pairs of a line and the variable of each.
struct ReadPairs<'p, 'a> {
    pairs: &'p Pairs<'a>,
    variables: Vec<Option<Variable>>,
}

impl<'p, 'a> ReadPairs<'p, 'a> {
    fn of_variable(&self, wanted: Variable) -> impl Iterator<Item = &'p Pair<'a>> {
        self.pairs
            .pairs
            .iter()
            .zip(&self.variables)
            .filter(move |(_, variable)| **variable == Some(wanted))
            .map(|(pair, _)| pair)
    }

    /// Returns how certainly the line belongs to an access log: the sum of the weights of its names.
    fn weight(&self) -> u32 {
        let of_time = |pair: &Pair<'_>| shape::starts_with_request_time(set_value(&pair.value).unwrap_or(""));
        // API Gateway's formats write numbers as strings; applications rarely do.
        let quoted = self.of_variable(Variable::Status).any(|pair| pair.quoted);
        let with_variables = self.pairs.pairs.iter().zip(&self.variables);
        let of_names: u32 =
            with_variables.map(|(pair, variable)| weight(&pair.path, *variable) + u32::from(of_time(pair))).sum();
        of_names + u32::from(quoted)
    }

    /// Returns whether an application wrote the line. A name behind client text may be forged.
    fn application(&self) -> Application {
        let first = |is: fn(&[String]) -> bool| self.pairs.pairs.iter().position(|pair| is(&pair.path));
        let by_client = |path: &[String]| path.last().is_some_and(|leaf| is_written_by_client(leaf));
        match (first(is_of_an_application), first(by_client)) {
            (None, _) => Application::No,
            (Some(name), Some(text)) if text < name => Application::Perhaps,
            (Some(_), _) => Application::Yes,
        }
    }

    fn has_name_of_its_own(&self) -> bool {
        self.pairs.pairs.iter().zip(&self.variables).any(|(pair, variable)| weight(&pair.path, *variable) > 1)
    }

    /// Finds the status. The top-level key `status` wins over nested keys and other spellings.
    fn status(&self) -> StatusPair<'p, 'a> {
        if self.pairs.broken && self.pairs.pairs.iter().any(|pair| holds_a_status_key(&pair.value)) {
            return StatusPair::Ambiguous;
        }
        // Client text may have opened the object, so nested keys may really be top-level ones.
        if self.pairs.misnested && self.pairs.pairs.iter().any(|pair| pair.path.len() > 1) {
            return StatusPair::Ambiguous;
        }
        let (top, others): (Vec<_>, Vec<_>) =
            self.of_variable(Variable::Status).partition(|pair| matches!(&pair.path[..], [name] if name == "status"));
        let found = match top[..] {
            [pair] => StatusPair::Found(pair),
            [] => self.status_of_other_names(&others),
            _ => StatusPair::Ambiguous,
        };
        match found {
            StatusPair::Found(pair) if self.is_displaced(pair) => StatusPair::Ambiguous,
            found => found,
        }
    }

    fn status_of_other_names(&self, others: &[&'p Pair<'a>]) -> StatusPair<'p, 'a> {
        let Some(first) = others.first() else {
            let hidden = self.nested_statuses().any(|pair| self.pairs.broken || self.stands_beside_client_text(pair));
            return if hidden { StatusPair::Ambiguous } else { StatusPair::None };
        };
        let twice =
            others[1..].iter().any(|pair| pair.path == first.path || set_value(&pair.value) != set_value(&first.value));
        if twice { StatusPair::Ambiguous } else { StatusPair::Found(first) }
    }

    /// Returns whether client text may have replaced the real status by this one, by opening an object around the real
    /// one. A sign of it is a nested status with another value beside client text, which could have closed the object.
    fn is_displaced(&self, found: &Pair<'_>) -> bool {
        self.nested_statuses()
            .any(|nested| set_value(&nested.value) != set_value(&found.value) && self.stands_beside_client_text(nested))
    }

    fn nested_statuses(&self) -> impl Iterator<Item = &'p Pair<'a>> {
        self.pairs
            .pairs
            .iter()
            .filter(|pair| pair.path.len() > 1 && pair.path.last().is_some_and(|name| name == "status"))
    }

    fn stands_beside_client_text(&self, pair: &Pair<'_>) -> bool {
        let object = &pair.path[..pair.path.len() - 1];
        self.pairs.pairs.iter().any(|other| match other.path.split_last() {
            Some((leaf, outer)) => outer.starts_with(object) && is_written_by_client(leaf),
            None => false,
        })
    }

    /// Returns whether a field that decides cause or dimensions occurs twice, at any depth, with different values.
    fn contradicts_itself(&self) -> bool {
        let deciding = |variable: &Variable| {
            // Public formats fill the integration's status twice, from two variables.
            !matches!(variable, Variable::Status | Variable::IntegrationStatus | Variable::ServiceStatus)
        };
        let mut seen: Vec<(Variable, Option<&String>, Option<&str>)> = self
            .pairs
            .pairs
            .iter()
            .zip(&self.variables)
            .filter_map(|(pair, variable)| {
                Some(((*variable).filter(deciding)?, pair.path.last(), set_value(&pair.value)))
            })
            .collect();
        seen.sort_unstable();
        seen.windows(2).any(|two| (two[0].0, two[0].1) == (two[1].0, two[1].1) && two[0].2 != two[1].2)
    }

    fn fields(&self, status: u16) -> Fields {
        Fields {
            status,
            response_type: self.text(Variable::ResponseType),
            error_message: self.text(Variable::ErrorMessage),
            integration_error: self.text(Variable::IntegrationError),
            waf_error: self.text(Variable::WafError),
            authenticate_error: self.text(Variable::AuthenticateError),
            authorizer_error: self.text(Variable::AuthorizerError),
            authorize_error: self.text(Variable::AuthorizeError),
            integration_status: self.number(Variable::IntegrationStatus),
            service_status: self.number(Variable::ServiceStatus),
            api_id: self.text(Variable::ApiId),
            stage: self.text(Variable::Stage),
            route: self.text(Variable::ResourcePath).or_else(|| self.text(Variable::RouteKey)),
            request_id: self.text(Variable::RequestId).or_else(|| self.text(Variable::ExtendedRequestId)),
            trace_id: self.text(Variable::TraceId),
        }
    }

    /// Returns the first set value of a variable. Keys named only `error` or `message` come last.
    fn text(&self, variable: Variable) -> Option<String> {
        let rank = |pair: &Pair<'_>| u8::from(matches!(&pair.path[..], [name] if name == "error" || name == "message"));
        let pair =
            self.of_variable(variable).filter(|pair| set_value(&pair.value).is_some()).min_by_key(|pair| rank(pair))?;
        let value = set_value(&pair.value)?;
        Some(value[..value.floor_char_boundary(LONGEST_VALUE_BYTES)].to_owned())
    }

    /// Returns a status of the integration. Of two a server error wins.
    fn number(&self, variable: Variable) -> Option<u16> {
        self.of_variable(variable)
            .filter_map(|pair| shape::status(set_value(&pair.value)?))
            .max_by_key(|status| *status >= 500)
    }
}

/// Returns whether a value contains a key like `"status":`. In a broken line it may be the real one.
fn holds_a_status_key(value: &str) -> bool {
    const WORD: &[u8] = b"tatus";
    let bytes = value.as_bytes();
    memchr::memchr2_iter(b't', b'T', bytes).any(|at| {
        let Some(word) = bytes.get(at..at + WORD.len()) else { return false };
        if !word.eq_ignore_ascii_case(WORD) {
            return false;
        }
        let rest = &bytes[at + WORD.len()..];
        // `statusCode` is the longest name of a status.
        let rest = &rest[rest.iter().take("Code".len()).take_while(|b| b.is_ascii_alphabetic()).count()..];
        match rest {
            [b'>', ..] => true,
            [b'"', rest @ ..] | [b'\\', b'"', rest @ ..] => {
                rest.iter().find(|b| !b.is_ascii_whitespace()).is_some_and(|b| *b == b':')
            }
            _ => false,
        }
    })
}
