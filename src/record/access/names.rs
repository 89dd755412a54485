//! API, stage and route of a failed request, as far as no client can have written them.
//!
//! A client may add keys to a line, so a name counts only if it is the only one of its kind and stands before all client
//! text. Everything is client text from the first key on that is not certainly the server's.

use super::vocabulary::{self, LONGEST_KEY_BYTES, Variable, plain_in};
use super::{LineForm, set_value};

/// API, stage and route of a line.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct LineNames {
    pub(super) api_id: Option<String>,
    pub(super) stage: Option<String>,
    pub(super) route: Option<String>,
    /// Whether the line has a name that a client may have written.
    pub(super) doubtful: bool,
}

/// Value of one variable.
#[derive(Debug, Default)]
struct NameValue<'a> {
    text: Option<&'a str>,
    /// Whether there is another value, or client text in front of one.
    doubtful: bool,
}

impl<'a> NameValue<'a> {
    fn add(&mut self, text: &'a str, doubtful: bool) {
        let first = *self.text.get_or_insert(text);
        self.doubtful |= doubtful || first != text;
    }

    fn certain(&self) -> Option<String> {
        set_value(self.text.filter(|_| !self.doubtful)?).map(str::to_owned)
    }
}

/// Finds the names in a line, at any depth and escaping.
pub(super) fn names(text: &str, form: LineForm) -> LineNames {
    let [mut api_id, mut stage, mut resource_path, mut route_key] = <[NameValue<'_>; 4]>::default();
    let mut client_text = false;
    let mut buffer = [0; LONGEST_KEY_BYTES];
    for key in form.keys(text.as_bytes()) {
        let name = plain_in(&mut buffer, key.name());
        let name = vocabulary::without_context(name);
        let value = match vocabulary::variable_of_name(name) {
            Some(Variable::ApiId) => &mut api_id,
            Some(Variable::Stage) => &mut stage,
            Some(Variable::ResourcePath) => &mut resource_path,
            Some(Variable::RouteKey) => &mut route_key,
            _ => {
                client_text |= !vocabulary::is_written_by_the_server(name, key);
                continue;
            }
        };
        value.add(key.value(), client_text);
    }
    LineNames {
        api_id: api_id.certain(),
        stage: stage.certain(),
        route: resource_path.certain().or_else(|| route_key.certain()),
        doubtful: [&api_id, &stage, &resource_path, &route_key].iter().any(|value| value.doubtful),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (Option<String>, Option<String>, Option<String>, bool) {
        let found = names(text, LineForm::detect(text).expect("a form"));
        (found.api_id, found.stage, found.route, found.doubtful)
    }

    fn expected(api_id: &str, stage: &str, route: &str) -> (Option<String>, Option<String>, Option<String>, bool) {
        let name = |name: &str| (!name.is_empty()).then(|| name.to_owned());
        (name(api_id), name(stage), name(route), false)
    }

    #[test]
    fn names_before_all_client_text_count() {
        for (text, expected) in [
            (
                r#"{"status":"502","apiId":"a1","stage":"prod","routeKey":"GET /x","path":"/y"}"#,
                expected("a1", "prod", "GET /x"),
            ),
            (
                r#"{"context":{"apiId":"a1","stage":"$default","integrationErrorMessage":"-","routeKey":"-"}}"#,
                expected("a1", "$default", ""),
            ),
            (r#"{"requestId":"\"r\"","apiId":"\"a1\"","stage":""}"#, expected("a1", "", "")),
            (
                r#"{"requestId":"r","resourcePath":"/x/{id}","routeKey":"ANY /x","path":"/x/1"}"#,
                expected("", "", "/x/{id}"),
            ),
            (
                "<request id=\"r\"> <ip>192.0.2.1</ip> <stage>prod</stage> <path>/x</path> </request>",
                expected("", "prod", ""),
            ),
            ("requestId: r, ip: 192.0.2.1, httpMethod: GET, resourcePath: /x, status: 502", expected("", "", "/x")),
        ] {
            assert_eq!(of(text), expected, "{text}");
        }
    }

    #[test]
    fn names_behind_client_text_and_second_names_do_not_count() {
        for text in [
            r#"{"status":"502","path":"/x","apiId":"a1"}"#,
            r#"{"status":"502","anything":"/x","stage":"prod"}"#,
            r#"{"status":"502","integrationErrorMessage":"no","stage":"prod"}"#,
            r#"{"status":"502","stage":"prod","path":"x","stage":"other"}"#,
            r#"{"status":"502","stage":"prod","path":"{\"Stage\":\"other\"}"}"#,
            "<request id=\"r\"> <path>/x</path> <stage>prod</stage> </request>",
            "requestId: r, path: /x, httpMethod: GET, resourcePath: /x, status: 502",
        ] {
            assert_eq!(of(text), (None, None, None, true), "{text}");
        }
        let repeated = r#"{"status":"502","stage":"prod","path":"x","stage":"prod"}"#;
        assert_eq!(of(repeated), (None, None, None, true), "the second stands behind client text");
    }
}
