//! Questions of a few words: the id of a cause, a status, or words to search for.

use why5xx::cause::{Cause, Role, Table};

/// Most words of a question. A longer text is log text.
const MOST_WORDS: usize = 4;

/// Subject of a question.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// A 5xx.
    Status(u16),
    /// Another status, for which nothing is counted.
    OtherStatus(u16),
    /// All statuses from 500 on.
    AnyFailure,
    /// Words in lower case.
    Words(Vec<String>),
}

impl Question {
    /// Returns the question that a text is; None if it is a sentence or log text.
    ///
    /// `HTTP 502` → `Status(502)`, `lambda permission` → `Words(["lambda", "permission"])`
    pub(super) fn of(text: &str) -> Option<Self> {
        if text.trim().contains('\n') {
            return None;
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        // A dash alone is the standard input.
        if words.is_empty() || words.len() > MOST_WORDS || words == ["-"] {
            return None;
        }
        let lower: Vec<String> = words.iter().map(|word| word.to_ascii_lowercase()).collect();
        if lower.iter().any(|word| word == "5xx")
            && lower.iter().all(|word| word == "5xx" || BESIDE_STATUS.contains(&word.as_str()))
        {
            return Some(Self::AnyFailure);
        }
        let statuses: Vec<u16> = lower.iter().filter_map(|word| status(word)).collect();
        if let [status] = statuses[..]
            && lower.iter().all(|word| self::status(word).is_some() || BESIDE_STATUS.contains(&word.as_str()))
        {
            return Some(if status >= 500 { Self::Status(status) } else { Self::OtherStatus(status) });
        }
        // The platform's sentences begin with a capital letter and have more signs than these.
        let is_word =
            |word: &str| word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-'));
        let is_name = |word: &str| NAMES.contains(&word.to_ascii_lowercase().as_str());
        // A name such as INTEGRATION_FAILURE, or one word with a capital letter.
        let is_capital = |word: &str| {
            let is_letter = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
            word.contains('_') && word.bytes().all(is_letter)
                || words.len() == 1 && word.bytes().all(|b| b.is_ascii_alphabetic())
        };
        words.iter().all(|word| is_word(word) || is_name(word) || is_capital(word)).then_some(Self::Words(lower))
    }
}

fn status(word: &str) -> Option<u16> {
    (word.len() == 3).then(|| word.parse().ok()).flatten().filter(|status| (100..600).contains(status))
}

/// Words that stand beside a status and mean nothing else.
const BESIDE_STATUS: &[&str] = &[
    "http",
    "http/1.0",
    "http/1.1",
    "http/2",
    "http/3",
    "status",
    "code",
    "error",
    "errors",
    "bad",
    "gateway",
    "timeout",
    "service",
    "unavailable",
    "internal",
    "server",
    "too",
    "many",
    "requests",
    "forbidden",
    "not",
    "found",
    "ok",
];

/// Names that people write in capitals.
const NAMES: &[&str] =
    &["api", "aws", "cors", "dns", "http", "https", "iam", "lambda", "mtls", "sqs", "ssl", "tls", "vpc", "waf", "xml"];

/// Returns the cause whose id a word is in another spelling.
///
/// `LambdaTimeout`, `lambda.timeout`, `"LAMBDA_TIMEOUT".` → `lambda_timeout`
pub(super) fn respelt(word: &str, table: &Table) -> Option<&'static Cause> {
    let word = word.trim();
    let is_of_a_word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'"' | b'\'' | b'`');
    let letters =
        |id: &str| id.bytes().filter(u8::is_ascii_alphanumeric).map(|b| b.to_ascii_lowercase()).collect::<Vec<_>>();
    let of_word = if word.bytes().all(is_of_a_word) { letters(word) } else { return None };
    table.iter().find(|cause| letters(cause.id) == of_word)
}

/// Returns the id nearest to a misspelt word, of which no more than a few letters differ; None if none is near.
///
/// `throtled` → `throttled`
pub(super) fn nearest_word(word: &str, table: &Table) -> Option<&'static Cause> {
    const SHORTEST: usize = 7;
    let word = word.trim().to_ascii_lowercase().replace(['.', '-'], "_");
    let is_word = word.len() >= SHORTEST && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    nearest(&word, table).filter(|cause| is_word && strsim::damerau_levenshtein(&word, cause.id) <= 2)
}

/// Returns the id nearest to a misspelt one; None if none is near.
///
/// `lamda_timeout` → `lambda_timeout`
pub(super) fn nearest(id: &str, table: &Table) -> Option<&'static Cause> {
    let distance = |cause: &Cause| strsim::damerau_levenshtein(id, cause.id);
    // A third of the letters, so that a word is not taken for another one.
    table.iter().min_by_key(|cause| distance(cause)).filter(|cause| distance(cause) * 3 <= id.chars().count())
}

/// Words that people shorten.
const SHORT: [(&str, &str); 3] = [("oom", "out of memory"), ("timedout", "timeout"), ("perms", "permission")];

/// Returns the causes that have all of the words: in id or title, or else in the text of the remedy. The one whose id has
/// all words, and no others, comes alone.
pub(super) fn search(words: &[String], table: &Table) -> Vec<&'static Cause> {
    let whole = |word: &String| {
        SHORT.iter().find(|(short, _)| short == word).map_or(word.clone(), |(_, whole)| (*whole).to_owned())
    };
    let words: Vec<String> = words.iter().map(whole).collect();
    let stems: Vec<String> = words.iter().flat_map(|word| word.split(['_', '-', ' '])).map(stem).collect();
    let has = |text: &str| {
        let of_text: Vec<String> = text.split(|c: char| !c.is_alphanumeric()).map(stem).collect();
        stems.iter().all(|stem| of_text.iter().any(|other| other == stem))
    };
    let found = |text: &dyn Fn(&Cause) -> String| -> Vec<&'static Cause> {
        table.iter().filter(|cause| has(&text(cause))).collect()
    };
    let whole = |cause: &&Cause| cause.id.split('_').count() == stems.len() && has(cause.id);
    if stems.len() > 1
        && let Some(cause) = table.iter().find(|cause| whole(cause))
    {
        return vec![cause];
    }
    let named = found(&|cause| format!("{} {}", cause.id, cause.title));
    if !named.is_empty() {
        return named;
    }
    // The steps for a failure of no known cause name what any may have.
    let is_known = |cause: &&Cause| !cause.is(Role::Unclassified);
    let mut found =
        found(&|cause| cause.remedy.steps().fold(cause.remedy.means.to_owned(), |text, step| text + " " + step));
    found.retain(is_known);
    found
}

/// Returns a word without the endings in which its forms differ.
///
/// `Throttling`, `throttled` → `throttl`
fn stem(word: &str) -> String {
    let word = word.to_lowercase();
    let endings = ["ations", "ation", "ings", "ing", "ies", "ed", "es", "s", "e", "y"];
    let stem = endings.iter().find_map(|ending| word.strip_suffix(ending).filter(|stem| stem.len() >= 3));
    stem.unwrap_or(&word).to_owned()
}

/// A topic of docs/no-log.md: words that ask for it, and what it says.
#[derive(Debug)]
pub(super) struct Topic {
    words: &'static [&'static str],
    pub(super) says: &'static str,
}

/// Topics: failures without a line in the log, and what looks like a 5xx but is not.
const TOPICS: &[Topic] = &[
    Topic {
        words: &["domain", "mapping", "base", "path", "custom", "edge", "optimized", "regional"],
        says: "Custom domain: a wrong or missing mapping fails before the API is reached, and no log shows it. \
               `aws apigateway get-base-path-mappings --domain-name DOMAIN` must name the API and the stage.",
    },
    Topic {
        words: &["certificate", "cert", "tls", "ssl", "mtls", "handshake", "expired"],
        says: "Certificate of a custom domain: an expired or wrong one fails before the API is reached, and no log shows \
               it. `aws apigateway get-domain-name --domain-name DOMAIN` names it; `aws acm describe-certificate` shows \
               its status and end. The certificate of a backend is another matter: see the causes that begin with tls_.",
    },
    Topic {
        words: &["dns", "cname", "record", "route53", "resolve"],
        says: "DNS of a custom domain: the record must point to the name that API Gateway shows as regionalDomainName or \
               distributionDomainName. No log shows a request that went elsewhere. `dig +short DOMAIN`",
    },
    Topic {
        words: &["cold", "start", "warm", "init"],
        says: "Cold start: alone it is no failure. It fails a request if the start of the function and its work take longer \
               than the timeout of the function or of the integration: `why5xx explain 504` lists both causes.",
    },
    Topic {
        words: &["quota", "limit", "plan", "rate", "burst"],
        says: "Quota and limits: a request over a usage plan or over the account's rate gets 429, which is a 4xx and not \
               counted here. It is in 4XXError of AWS/ApiGateway.",
    },
    Topic {
        words: &["throttling", "429"],
        says: "Throttling by API Gateway gets 429, which is a 4xx and not counted here, unless a gateway response changes \
               it to a 5xx. Throttling behind the API gets a 5xx.",
    },
    Topic {
        words: &["cloudfront", "proxy", "cdn"],
        says: "Something before the API, such as CloudFront or a proxy, may answer for it. Such an answer lacks the header \
               x-amzn-requestid (HTTP APIs: apigw-requestid).",
    },
    Topic {
        words: &["streaming"],
        says: "Streamed responses: the status is sent before the stream breaks, so the request counts as a success.",
    },
    Topic {
        words: &["logging", "missing"],
        says: "No logs: `aws apigateway get-account --query cloudwatchRoleArn` must show a role, and the stage a log level.",
    },
];

/// Returns the topics that one of the words asks for.
pub(super) fn topics(words: &[String]) -> Vec<&'static Topic> {
    let stems: Vec<String> = words.iter().map(|word| stem(word)).collect();
    TOPICS.iter().filter(|topic| topic.words.iter().any(|word| stems.contains(&stem(word)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(words: &[&str]) -> Vec<&'static str> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        search(&words, &Table::default()).iter().map(|cause| cause.id).collect()
    }

    #[test]
    fn a_status_is_asked_for_in_many_words() {
        for text in ["502", "HTTP 502", "502 Bad Gateway", "HTTP/1.1 502 Bad Gateway", "status code 502"] {
            assert_eq!(Question::of(text), Some(Question::Status(502)), "{text}");
        }
        assert_eq!(Question::of("429 Too Many Requests"), Some(Question::OtherStatus(429)));
        assert_eq!(Question::of("200 OK"), Some(Question::OtherStatus(200)));
        assert_eq!(Question::of("HTTP 5XX"), Some(Question::AnyFailure));
        for text in ["", "502 in my log", "Execution failed due to", "Method completed with status: 502", "a\n502"] {
            assert!(!matches!(Question::of(text), Some(Question::Status(_))), "{text}");
        }
    }

    #[test]
    fn a_misspelt_id_is_the_nearest_one_and_other_words_are_no_id() {
        for (text, id) in [
            ("lambda_permision", "lambda_permission"),
            ("integration_timout", "integration_timeout"),
            ("lamda_timeout", "lambda_timeout"),
            ("backend_unresolveable", "backend_unresolvable"),
            ("tls_hostname_missmatch", "tls_hostname_mismatch"),
            ("waf_eror", "waf_error"),
        ] {
            assert_eq!(nearest(text, &Table::default()).map(|cause| cause.id), Some(id), "{text}");
        }
        for text in ["my_orders_table", "x_y", "request_id"] {
            assert!(nearest(text, &Table::default()).is_none(), "{text}");
        }
    }

    #[test]
    fn an_id_is_known_in_every_spelling_and_a_word_near_to_one_is_it() {
        for word in [
            "LAMBDA_TIMEOUT",
            "lambdatimeout",
            "lambda.timeout",
            "LambdaTimeout",
            " lambda_timeout.",
            "'lambda-timeout'",
        ] {
            assert_eq!(respelt(word, &Table::default()).map(|cause| cause.id), Some("lambda_timeout"), "{word}");
        }
        assert!(respelt("lambda timeout", &Table::default()).is_none());
        for (word, id) in [("throtled", "throttled"), ("hrottled", "throttled"), ("unclasified", "unclassified")] {
            assert_eq!(nearest_word(word, &Table::default()).map(|cause| cause.id), Some(id), "{word}");
        }
        for word in ["orders", "unicorn", "thriller", "a sentence", "authority"] {
            assert!(nearest_word(word, &Table::default()).is_none(), "{word}");
        }
    }

    #[test]
    fn words_find_causes_by_id_title_and_text() {
        assert_eq!(ids(&["lambda", "permission"]), ["lambda_permission"]);
        assert_eq!(ids(&["permissions", "lambda"]), ["lambda_permission"]);
        assert_eq!(ids(&["out", "of", "memory"]), ["lambda_out_of_memory"]);
        assert!(ids(&["malformed", "response"]).contains(&"lambda_malformed_response"));
        for id in ["throttled", "lambda_throttled", "aws_service_throttled"] {
            assert!(ids(&["throttling"]).contains(&id), "{id}");
        }
        assert_eq!(ids(&["unicorn"]), Vec::<&str>::new());
        assert_eq!(ids(&["oom"]), ["lambda_out_of_memory"]);
        assert_eq!(Question::of("Certificates"), Some(Question::Words(vec!["certificates".to_owned()])));
        assert_eq!(Question::of("DEFAULT_5XX"), Some(Question::Words(vec!["default_5xx".to_owned()])));
        assert!(Question::of("Endpoint request timed out").is_none());
        assert!(!ids(&["custom", "domain"]).contains(&"unclassified"));
    }

    #[test]
    fn topics_without_a_log_are_found() {
        for word in ["domain", "certificate", "dns", "cold", "quota", "throttling"] {
            assert_eq!(topics(&[word.to_owned()]).len(), 1, "{word}");
        }
        assert!(topics(&["orders".to_owned()]).is_empty());
    }
}
