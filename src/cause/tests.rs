//! Walks over the whole table: what every cause must have.

use std::collections::HashSet;

use super::*;

/// Every id that a release published as the value of the dimension `Cause`. Alarms hold them: add, never remove.
const PUBLISHED: &[&str] = &[
    "authorizer_error",
    "authorizer_invalid_response",
    "authorizer_timeout",
    "aws_service_access_denied",
    "aws_service_error",
    "aws_service_throttled",
    "backend_connection_failed",
    "backend_error_response",
    "backend_invalid_http",
    "backend_unresolvable",
    "integration_config",
    "integration_internal_error",
    "integration_method",
    "integration_role",
    "integration_timeout",
    "lambda_dependency_denied",
    "lambda_dependency_throttled",
    "lambda_dependency_unreachable",
    "lambda_init_failure",
    "lambda_malformed_response",
    "lambda_not_found",
    "lambda_out_of_memory",
    "lambda_permission",
    "lambda_runtime_exit",
    "lambda_service_error",
    "lambda_throttled",
    "lambda_timeout",
    "lambda_unhandled_error",
    "network_rejected",
    "payload_too_large",
    "reason_not_logged",
    "request_mapping",
    "response_mapping",
    "response_status_mapping",
    "stage_variable",
    "throttled",
    "tls_certificate_expired",
    "tls_handshake_failure",
    "tls_hostname_mismatch",
    "tls_key_mismatch",
    "tls_untrusted_chain",
    "unclassified",
    "vpc_link_internal_error",
    "vpc_link_transient",
    "waf_error",
];

/// Account ids that AWS's documentation uses: nobody's.
const NOBODYS_ACCOUNTS: &[&str] = &["111122223333", "123456789012"];

fn texts(cause: &Cause) -> Vec<&'static str> {
    let lines = cause.examples().iter().chain(cause.near_misses()).flat_map(|example| example.lines);
    [cause.title, cause.remedy.means].into_iter().chain(cause.remedy.steps()).chain(lines.copied()).collect()
}

#[test]
fn ids_are_unique_snake_case() {
    let mut seen = HashSet::new();
    for cause in built_in() {
        for id in [&cause.id].into_iter().chain(cause.formerly) {
            assert!(seen.insert(*id), "{id} is there twice");
            assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{id}");
            assert!(!id.starts_with('_') && !id.ends_with('_') && !id.contains("__"), "{id}");
        }
    }
}

#[test]
fn a_role_belongs_to_one_cause_and_its_name_is_the_tables_word() {
    let mut seen = Vec::new();
    for cause in built_in() {
        if let Some(role) = cause.role {
            assert!(!seen.contains(&role), "{}: {role:?} is another cause's too", cause.id);
            assert!(std::ptr::eq(role.cause(), cause), "{role:?}");
            seen.push(role);
        }
    }
    assert_eq!(seen.len(), Role::ALL.len(), "roles that no cause has: of {:?} there are {seen:?}", Role::ALL);
}

/// Words of our own that are an id, too: file and word.
const OWN_WORDS: &[(&str, &str)] = &[
    // The message of the function's log line about a shape, a key of `replay --json`, a heading.
    ("function/mod.rs", "unclassified"),
    ("bin/why5xx/report/json.rs", "unclassified"),
    ("bin/why5xx/explain.rs", "unclassified"),
    ("bin/why5xx/html.rs", "unclassified"),
    ("bin/why5xx/html/rest.rs", "unclassified"),
    // A spelling that a person types, and a sentence.
    ("bin/why5xx/explain/question.rs", "throttled"),
    ("bin/why5xx/explain/answer.rs", "throttled"),
    // Code of a fault, closures and fields.
    ("publish/fault.rs", "throttled"),
    ("classify/access.rs", "unclassified"),
    ("classify/access.rs", "waf_error"),
    ("classify/access.rs", "authorizer_error"),
    ("record/access/fields.rs", "waf_error"),
    ("record/access/fields.rs", "authorizer_error"),
];

#[test]
fn ids_stand_in_the_table_alone() {
    let ids: Vec<&str> = built_in().flat_map(|cause| cause.formerly.iter().chain([&cause.id])).copied().collect();
    let is_of_a_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut wrong = Vec::new();
    for (name, code) in crate::own_code::files().iter().filter(|(name, _)| !name.starts_with("cause/")) {
        for word in code.split(|c| !is_of_a_word(c)) {
            if ids.contains(&word) && !OWN_WORDS.contains(&(name.as_str(), word)) {
                wrong.push(format!("src/{name}: {word}"));
            }
        }
    }
    assert!(wrong.is_empty(), "refer to these by a role of the table (src/cause/role.rs):\n{}", wrong.join("\n"));
}

#[test]
fn published_ids_still_resolve() {
    let table = Table::default();
    for id in PUBLISHED {
        assert!(table.by_id(id).is_some(), "{id} is in alarms and dashboards: list it under `formerly`");
    }
    let numbers = |version: &str| version.split('.').map(|number| number.parse().unwrap()).collect::<Vec<u32>>();
    let present = numbers(env!("CARGO_PKG_VERSION"));
    for cause in built_in().filter(|cause| numbers(cause.since) <= present) {
        assert!(PUBLISHED.contains(&cause.id), "this version publishes {}: add it to PUBLISHED", cause.id);
    }
}

#[test]
fn every_cause_says_what_to_do_and_where_to_read_more() {
    for cause in built_in() {
        let id = cause.id;
        assert!(!cause.title.is_empty() && !cause.title.ends_with('.'), "{id}: title");
        assert!(cause.remedy.means.ends_with('.'), "{id}: means");
        assert!(cause.remedy.confirm.len() >= 2, "{id}: confirm");
        assert!(!cause.remedy.fix.is_empty(), "{id}: fix");
        assert!(!cause.remedy.prevent.is_empty(), "{id}: prevent");
        assert!(!cause.docs.is_empty(), "{id}: docs");
        assert!(cause.docs.iter().all(|url| url.starts_with("https://docs.aws.amazon.com/")), "{id}: docs");
        assert!(!cause.needs.is_empty(), "{id}: needs");
        assert_eq!(cause.since.split('.').count(), 3, "{id}: since");
        assert!(cause.statuses.iter().all(|status| (500..600).contains(status)), "{id}: statuses");
    }
}

#[test]
fn every_cause_has_an_example_and_a_near_miss() {
    for cause in built_in() {
        assert!(!cause.examples().is_empty(), "{}", cause.id);
        assert!(!cause.near_misses().is_empty(), "{}", cause.id);
        let all = cause.examples().iter().chain(cause.near_misses());
        assert!(all.into_iter().all(|example| !example.lines.is_empty()), "{}", cause.id);
    }
}

#[test]
fn a_cause_that_a_function_log_shows_has_an_example_from_one() {
    for cause in built_in() {
        for need in cause.needs {
            if let Need::SeparateLog(log) = need {
                assert!(cause.examples().iter().any(|example| example.log == *log), "{}", cause.id);
            }
        }
    }
}

#[test]
fn no_remedy_asks_for_data_trace_in_production() {
    for cause in built_in() {
        for text in cause.remedy.steps() {
            let text = text.to_lowercase();
            for wish in ["dataTraceEnabled", "enable data trace", "turn on data trace", "switch on data trace"] {
                assert!(!text.contains(&wish.to_lowercase()), "{}: {text}", cause.id);
            }
        }
    }
}

#[test]
fn names_in_texts_are_nobodys() {
    for cause in built_in() {
        for text in texts(cause) {
            for digits in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-') {
                let is_account = digits.len() == 12 && digits.bytes().all(|b| b.is_ascii_digit());
                assert!(!is_account || NOBODYS_ACCOUNTS.contains(&digits), "{}: account {digits}", cause.id);
            }
            for (at, _) in text.match_indices(".com") {
                let host = text[..at].rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '-').next();
                let ends_here = !text[at + 4..].starts_with(|c: char| c.is_ascii_alphanumeric());
                assert!(!ends_here || matches!(host, Some("example" | "amazonaws" | "amazon")), "{}: {text}", cause.id);
            }
        }
    }
}

#[test]
fn patterns_are_in_the_form_that_texts_are_compared_in() {
    for cause in built_in() {
        for pattern in cause.patterns {
            let pattern = match pattern {
                Pattern::Gateway(p)
                | Pattern::Authorizer(p)
                | Pattern::Function(p)
                | Pattern::Service(p)
                | Pattern::LambdaService(p)
                | Pattern::FunctionLog(p)
                | Pattern::ErrorType(p)
                | Pattern::Library(p) => p,
                Pattern::ResponseType(_) | Pattern::InvocationStatus(..) | Pattern::Code(..) => continue,
            };
            for piece in pieces(pattern) {
                // A pattern may end where a word of the text does not, so only what normalising removes is looked for.
                assert_eq!(piece, piece.to_ascii_lowercase(), "{}: {pattern}", cause.id);
                for word in piece.split(' ') {
                    assert!(!matches!(word, "a" | "an" | "the"), "{}: {pattern}: articles are dropped", cause.id);
                }
                assert!(!piece.contains("  "), "{}: {pattern}", cause.id);
            }
        }
    }
}

#[test]
fn one_cause_at_most_takes_the_rest_of_an_author() {
    let mut seen = HashSet::new();
    for (cause, pattern) in built_in().flat_map(|cause| cause.patterns.iter().map(move |pattern| (cause, pattern))) {
        if pattern.is_catch_all() {
            assert!(seen.insert(std::mem::discriminant(pattern)), "{}: another cause takes what is left", cause.id);
        }
    }
}

#[test]
fn an_empty_pattern_is_asked_last() {
    let like = Role::FunctionFailed.cause();
    let rule = Cause {
        id: "coupon_expired",
        patterns: &[Pattern::Function("^coupon expired")],
        remedy: Remedy { means: "", confirm: &[], fix: &[], prevent: &[] },
        ..*like
    };
    let table = Table::with_rules([], [&*Box::leak(Box::new(rule))]);
    let find = |text: &str| table.find(Author::Function, text).map(|cause| cause.id);
    assert_eq!(find("coupon expired in may"), Some("coupon_expired"));
    assert_eq!(find("something else"), Some("lambda_unhandled_error"));
}

#[test]
fn a_crash_of_an_authorizer_is_no_bad_policy() {
    let table = Table::default();
    let find = |text: &str| table.find(Author::Authorizer, &normalise(text)).map(|cause| cause.id);
    assert_eq!(find("Could not parse policy"), Some("authorizer_invalid_response"));
    assert_eq!(find("Invalid JSON in response: Unrecognized field \"errorType\""), Some("authorizer_error"));
    // Without a line that shows the phase.
    let sentence = "Execution failed due to configuration error: Could not parse policy: Unrecognized field \"errorMessage\", not marked as ignorable";
    let found = table.find(Author::Gateway, &normalise(sentence)).map(|cause| cause.id);
    assert_eq!(found, Some("authorizer_error"));
}

/// The gateway's sentences in an execution log, without the request id; none where other lines of the request decide.
fn gateway_sentences(example: &Example) -> Vec<String> {
    let text_of = |line: &str| line.split_once(") ").map_or(line, |(_, text)| text).to_owned();
    let others = ["Starting authorizer", "Authorizer", "Endpoint response", "Lambda ", "Could not parse policy"];
    if example.log != LogKind::Execution || example.lines.iter().any(|line| others.iter().any(|o| line.contains(o))) {
        return Vec::new();
    }
    example.lines.iter().map(|line| text_of(line)).filter(|text| text.starts_with("Execution failed")).collect()
}

#[test]
fn a_sentence_of_the_gateway_finds_its_own_cause() {
    let table = Table::default();
    for cause in built_in().filter(|cause| cause.patterns.iter().any(|pattern| matches!(pattern, Pattern::Gateway(_))))
    {
        for sentence in cause.examples().iter().flat_map(gateway_sentences) {
            let found = table.find(Author::Gateway, &normalise(&sentence)).map(|found| found.id);
            assert_eq!(found, Some(cause.id), "{sentence}");
        }
    }
}

#[test]
fn a_near_miss_of_the_gateway_finds_another_cause() {
    let table = Table::default();
    for cause in built_in() {
        for example in
            cause.near_misses().iter().filter(|example| !example.lines.iter().any(|l| l.contains("status: 2")))
        {
            let sentences = gateway_sentences(example);
            // Where a request has several sentences, ranks decide.
            if let [sentence] = sentences.as_slice() {
                let found = table.find(Author::Gateway, &normalise(sentence)).map(|found| found.id);
                assert_ne!(found, Some(cause.id), "{sentence}");
            }
        }
    }
}
