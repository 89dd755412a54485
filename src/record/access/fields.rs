//! Fields of a failed request, and how surely the line belongs to an access log.

use super::form::Key;
use super::last_names::{LastNames, MOST_KEYS};
use super::names::LineNames;
use super::vocabulary::{
    LONGEST_KEY_BYTES, Variable, is_of_an_application, is_plain_label, plain_in, variable, weight, without_context,
};
use super::{LineForm, Pair, json, set_value, token};

/// Fields of a request that ended in a server error. Unset variables are None.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessFields {
    /// Status of the answer to the client, 500 to 599; None if the line has several.
    pub status: Option<u16>,
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
    /// Whether the line names an API, a stage or a route that a client may have written.
    pub has_doubtful_names: bool,
    /// The request id.
    pub request_id: Option<String>,
    /// The X-Ray trace id.
    pub trace_id: Option<String>,
}

/// How surely a line belongs to an access log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Likelihood {
    /// It may be any log's.
    None,
    /// An application may have written it, or a client added the names of one.
    Doubtful,
    /// It has names of an access log.
    Names,
    /// It has many names that only API Gateway's formats use.
    Certain,
}

/// Least [`weight`] of a line: a quoted status (1) and two common names (1 each), or one name of API Gateway's own (2).
const LEAST_WEIGHT: u32 = 3;

/// Least weight of a line that is certainly of an access log.
const CERTAIN_WEIGHT: u32 = 7;

/// Least weight of a line with a name that loggers of applications write.
const LEAST_WEIGHT_BESIDE_APPLICATION: u32 = 10;

/// Longest value to keep, in bytes; our own limit. Patterns are compared with no more.
const LONGEST_VALUE_BYTES: usize = 4_096;

/// Weight of the names in a line, and whose they are.
struct Weighed {
    /// The sum of their weights.
    weight: u32,
    has_name_of_its_own: bool,
    has_name_of_an_application: bool,
}

/// Weighs the names in a line until they weigh enough. Client text can add names, but cannot remove those of the format.
/// `each` gets each key with a weight, and that weight as far as the key alone gives it.
fn weigh<'a>(line: &'a [u8], form: LineForm, enough: u32, mut each: impl FnMut(Key<'a>, u32)) -> Weighed {
    let mut names = Weighed { weight: 0, has_name_of_its_own: false, has_name_of_an_application: false };
    let mut buffer = [0; LONGEST_KEY_BYTES];
    for key in form.keys(line) {
        let name = plain_in(&mut buffer, key.name());
        let name = without_context(name);
        let weight = weight(name);
        // API Gateway's formats write numbers as strings; applications rarely do.
        let is_quoted_status = is_plain_label(name) && (form != LineForm::Json || key.is_quoted());
        let of_key = weight + u32::from(is_quoted_status);
        if of_key > 0 {
            each(key, of_key);
        }
        names.weight += of_key + u32::from(key.has_request_time());
        names.has_name_of_its_own |= is_quoted_status || weight > 1;
        if names.weight >= enough && names.has_name_of_its_own {
            break;
        }
        names.has_name_of_an_application |= is_of_an_application(name);
    }
    names
}

/// Returns whether the names in a line in JSON may be those of an access log. It is asked about nearly every line of a log of
/// unknown kind, so no more names are weighed than it takes, and none if those of the line before stand in it as well.
pub(super) fn may_be_of_access_log(line: &[u8], before: &mut LastNames) -> bool {
    if before.are_in(line) {
        return true;
    }
    let mut keys = Vec::new();
    let mut weight_of_keys = 0;
    let names = weigh(line, LineForm::Json, LEAST_WEIGHT, |key, weight| {
        if keys.len() <= MOST_KEYS {
            keys.push(key);
        }
        weight_of_keys += weight;
    });
    let is_enough = names.weight >= LEAST_WEIGHT && names.has_name_of_its_own;
    if is_enough && weight_of_keys >= LEAST_WEIGHT {
        before.replace(&keys);
    }
    is_enough
}

/// Returns how surely the names in a line are those of an access log.
pub(super) fn likelihood(text: &str, form: LineForm) -> Likelihood {
    let names = weigh(text.as_bytes(), form, LEAST_WEIGHT_BESIDE_APPLICATION, |_, _| {});
    if names.weight < LEAST_WEIGHT || !names.has_name_of_its_own {
        Likelihood::None
    } else if names.weight < LEAST_WEIGHT_BESIDE_APPLICATION && names.has_name_of_an_application {
        Likelihood::Doubtful
    } else if names.weight < CERTAIN_WEIGHT {
        Likelihood::Names
    } else {
        Likelihood::Certain
    }
}

/// Names that the configuration of a gateway response has beside its type, in plain form.
const OF_CONFIGURATION: &str = "statuscode defaultresponse responseparameters responsetemplates restapiid";

/// Names that CloudFormation and Terraform write around it.
const AROUND_CONFIGURATION: &str = "type properties ref metadata condition dependson deletionpolicy updatereplacepolicy id region \
     address mode index name providername schemaversion values sensitivevalues";

/// Returns whether these are the pairs of the configuration of a gateway response, and of nothing else. Nothing that a client adds to
/// the line of a request takes the other names from it.
///
/// `{"responseType":"THROTTLED","statusCode":"503","defaultResponse":false}` → true; with a request id false
pub(super) fn is_configuration(pairs: &[Pair<'_>]) -> bool {
    let is_of = |names: &str, name: &String| names.split(' ').any(|known| known == name);
    let is_type = |name: &String| name == "responsetype";
    let is_own = |name: &String| is_of(OF_CONFIGURATION, name);
    // Below the names of its own stand those of headers and templates.
    let is_known = |pair: &Pair<'_>| {
        let mut around = pair.path.iter().take_while(|name| !is_own(name));
        around.all(|name| is_type(name) || is_of(AROUND_CONFIGURATION, name))
    };
    let has = |is_such: &dyn Fn(&String) -> bool| pairs.iter().any(|pair| pair.path.iter().any(is_such));
    has(&is_type) && has(&is_own) && pairs.iter().all(is_known)
}

/// Returns the fields of a JSON object, with or without a status; None if no name is one of an access log, or the object configures
/// a gateway response.
///
/// `{"responseType":"INTEGRATION_TIMEOUT"}` → fields with this response type; `{"user":"ann"}` → None
pub fn telling_fields(object: &str) -> Option<AccessFields> {
    let pairs = json::pairs(object);
    let is_known = !is_configuration(&pairs) && pairs.iter().any(|pair| variable(&pair.path).is_some());
    is_known.then(|| AccessFields::from_pairs(&pairs, None))
}

impl AccessFields {
    /// Collects the fields of the pairs, except API, stage and route.
    pub(super) fn from_pairs(pairs: &[Pair<'_>], status: Option<u16>) -> Self {
        let mut fields = Self { status, ..Self::default() };
        // Keys named only `error` or `message` come last, and the second id.
        let comes_last = |pair: &&Pair<'_>| matches!(&pair.path[..], [name] if ["error", "message", "extendedrequestid"].contains(&name.as_str()));
        let (last, first): (Vec<_>, Vec<_>) = pairs.iter().partition(comes_last);
        for pair in first.into_iter().chain(last) {
            if let Some(variable) = variable(&pair.path)
                && let Some(value) = set_value(&pair.value)
            {
                fields.set(variable, value);
            }
        }
        fields
    }

    /// Sets the field of a variable, unless it has a value. Of two statuses of the integration a server error wins.
    pub(super) fn set(&mut self, variable: Variable, value: &str) {
        let slot = match variable {
            Variable::ResponseType => &mut self.response_type,
            Variable::ErrorMessage => &mut self.error_message,
            Variable::IntegrationError => &mut self.integration_error,
            Variable::WafError => &mut self.waf_error,
            Variable::AuthenticateError => &mut self.authenticate_error,
            Variable::AuthorizerError => &mut self.authorizer_error,
            Variable::AuthorizeError => &mut self.authorize_error,
            Variable::RequestId => &mut self.request_id,
            Variable::ExtendedRequestId if self.request_id.is_none() => &mut self.request_id,
            Variable::TraceId => &mut self.trace_id,
            Variable::IntegrationStatus => return set_status(&mut self.integration_status, value),
            Variable::ServiceStatus => return set_status(&mut self.service_status, value),
            Variable::ExtendedRequestId
            | Variable::Status
            | Variable::ApiId
            | Variable::Stage
            | Variable::ResourcePath
            | Variable::RouteKey => return,
        };
        slot.get_or_insert_with(|| value[..value.floor_char_boundary(LONGEST_VALUE_BYTES)].to_owned());
    }

    /// Sets the field of a variable if it has a value.
    pub(super) fn set_some(&mut self, variable: Variable, value: Option<&str>) {
        if let Some(value) = value {
            self.set(variable, value);
        }
    }

    /// Sets API, stage and route.
    pub(super) fn set_names(&mut self, names: LineNames) {
        (self.api_id, self.stage, self.route) = (names.api_id, names.stage, names.route);
        self.has_doubtful_names = names.doubtful;
    }
}

fn set_status(slot: &mut Option<u16>, value: &str) {
    if slot.is_none_or(|status| status < 500) {
        *slot = token::status(value).or(*slot);
    }
}
