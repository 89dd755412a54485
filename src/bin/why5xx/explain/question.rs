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
    /// A number that is no status of HTTP.
    NoStatus(u16),
    /// All statuses from 500 on.
    AnyFailure,
    /// All statuses from 400 to 499.
    AnyRejection,
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
        let is_beside = |word: &String| BESIDE_STATUS.contains(&word.trim_matches([':', ',', '.']));
        for (class, question) in [("5xx", Self::AnyFailure), ("4xx", Self::AnyRejection)] {
            if lower.iter().any(|word| word == class) && lower.iter().all(|word| word == class || is_beside(word)) {
                return Some(question);
            }
        }
        let statuses: Vec<u16> = lower.iter().filter_map(|word| status(word)).collect();
        if let [status] = statuses[..]
            && lower.iter().all(|word| self::status(word).is_some() || is_beside(word))
        {
            return Some(match status {
                500..600 => Self::Status(status),
                100..500 => Self::OtherStatus(status),
                _ => Self::NoStatus(status),
            });
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

/// Returns the words, in lower case, of a text that may be a question in any spelling.
pub(super) fn words(text: &str) -> Option<Vec<String>> {
    let is_word = |word: &&str| word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_question = (1..=MOST_WORDS).contains(&words.len())
        && !text.trim().contains('\n')
        && words.iter().all(is_word)
        && text.bytes().any(|b| b.is_ascii_alphabetic());
    is_question.then(|| words.iter().map(|word| word.to_ascii_lowercase()).collect())
}

fn status(word: &str) -> Option<u16> {
    (word.len() == 3).then(|| word.parse().ok()).flatten()
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
    "time-out",
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
    "unauthorized",
    "request",
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

/// Ids that are near to a question, the nearest first.
const MOST_NEAR: usize = 4;

/// Returns the causes whose ids are nearest to a question: by its words, in any order, spelling and abbreviation, or by its letters.
/// Several where they are as near; nothing where none is near.
///
/// `tls_cert_expired` → `tls_certificate_expired`, `throtled` → `throttled`
pub(super) fn nearest(question: &str, table: &Table) -> Vec<&'static Cause> {
    /// Fewest letters of a word that is looked for by its letters, and most bytes of a question.
    const SHORTEST: usize = 4;
    const LONGEST: usize = 80;
    /// Of ten: an id must have more than half of the words, and of the words the id more than half.
    const NEAR: f64 = 0.6;
    const AS_NEAR: f64 = 0.05;
    let words = words_of(question);
    if question.len() > LONGEST || words.iter().map(String::len).sum::<usize>() < SHORTEST {
        return Vec::new();
    }
    let letters = words.concat();
    let nearness = |cause: &Cause| {
        let of_id: Vec<String> = cause.id.split('_').map(str::to_owned).collect();
        nearness_of_words(&words, &of_id).max(nearness_of_letters(&letters, &of_id.concat()))
    };
    let mut near: Vec<(f64, &'static Cause)> = table.iter().map(|cause| (nearness(cause), cause)).collect();
    let best = near.iter().map(|(nearness, _)| *nearness).fold(0.0, f64::max);
    if best < NEAR {
        return misspelt(question, &words, table);
    }
    near.retain(|(nearness, _)| *nearness >= NEAR && best - *nearness <= AS_NEAR);
    // A stable sort: among equals in the order of the table.
    near.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    near.into_iter().take(MOST_NEAR).map(|(_, cause)| cause).collect()
}

/// Returns the causes whose id a question is with a letter or two in each word wrong: in a short word, that is a large part of it. Only what is
/// written as an id: of ordinary words, some word is near to one of an id.
///
/// `wf_erro` → `waf_error`
fn misspelt(question: &str, words: &[String], table: &Table) -> Vec<&'static Cause> {
    if words.len() < 2 || question.trim().contains(char::is_whitespace) {
        return Vec::new();
    }
    let is_like = |(word, of_id): (&String, &str)| {
        let common = in_common(word.as_bytes(), of_id.as_bytes());
        common * 3 >= word.len().max(of_id.len()) * 2
    };
    let is_near = |cause: &&'static Cause| {
        cause.id.split('_').count() == words.len() && words.iter().zip(cause.id.split('_')).all(is_like)
    };
    table.iter().filter(is_near).take(MOST_NEAR).collect()
}

/// Returns how many letters two words have in common, in the same order.
fn in_common(one: &[u8], other: &[u8]) -> usize {
    let mut row = vec![0; other.len() + 1];
    for letter in one {
        let mut diagonal = 0;
        for (at, of_other) in other.iter().enumerate() {
            let above = row[at + 1];
            row[at + 1] = if letter == of_other { diagonal + 1 } else { above.max(row[at]) };
            diagonal = above;
        }
    }
    row[other.len()]
}

/// Splits a question into words in lower case, in the spelling and without the abbreviations of ids.
///
/// `LambdaTimeOut`, `lambda time-out` → `lambda`, `timeout`
pub(super) fn words_of(question: &str) -> Vec<String> {
    let mut spaced = String::with_capacity(question.len() + 8);
    let mut before = ' ';
    for c in question.chars() {
        if c.is_uppercase() && before.is_lowercase() {
            spaced.push(' ');
        }
        spaced.push(if c.is_alphanumeric() { c.to_ascii_lowercase() } else { ' ' });
        before = c;
    }
    let mut whole = format!(" {} ", spaced.split_whitespace().collect::<Vec<_>>().join(" "));
    for (short, long) in SHORT {
        whole = whole.replace(&format!(" {short} "), &format!(" {long} "));
    }
    whole.split_whitespace().map(str::to_owned).collect()
}

/// Least share of the words of a question that an id must have.
const FEWEST_OF_QUESTION: f64 = 0.55;

/// Share of the words of a question that an id has, and of the words of the id that the question has (harmonic mean).
fn nearness_of_words(words: &[String], of_id: &[String]) -> f64 {
    let best = |word: &String, others: &[String]| others.iter().map(|other| likeness(word, other)).fold(0.0, f64::max);
    let share = |some: &[String], others: &[String]| {
        some.iter().map(|word| best(word, others)).sum::<f64>() / some.len().max(1) as f64
    };
    let (of_question, of_id) = (share(words, of_id), share(of_id, words));
    // Of a sentence, one word in two may be one of an id.
    if of_question < FEWEST_OF_QUESTION { 0.0 } else { 2.0 * of_question * of_id / (of_question + of_id) }
}

/// Likeness of two words, from 0 to 1: the beginning of a word is nearer than one with other letters.
fn likeness(word: &str, other: &str) -> f64 {
    const FEWEST_LETTERS: usize = 3;
    if word == other || stem(word) == stem(other) {
        return 1.0;
    }
    let shorter = word.len().min(other.len());
    if shorter >= FEWEST_LETTERS && (word.starts_with(other) || other.starts_with(word)) {
        return 0.9;
    }
    if ALIKE.iter().any(|alike| alike.contains(&word) && alike.contains(&other)) {
        return 0.7;
    }
    // One letter in four.
    let distance = strsim::damerau_levenshtein(word, other);
    if distance * 4 <= shorter { 0.8 } else { 0.0 }
}

/// Nearness of two ids by their letters, where no more than one in six differs.
fn nearness_of_letters(letters: &str, of_id: &str) -> f64 {
    let distance = strsim::damerau_levenshtein(letters, of_id);
    let longest = letters.len().max(of_id.len());
    if distance * 6 <= longest { 1.0 - distance as f64 / longest as f64 } else { 0.0 }
}

/// Words that people take for one another.
const ALIKE: &[&[&str]] = &[
    &["error", "failure", "failed", "fault"],
    &["backend", "integration", "endpoint"],
    &["mismatch", "wrong", "invalid"],
];

/// Words that people shorten, write apart, or spell in another way, between blanks. Words apart come first.
const SHORT: &[(&str, &str)] = &[
    ("time out", "timeout"),
    ("timed out", "timeout"),
    ("permission denied", "denied"),
    ("module not found", "init failure"),
    ("handler not found", "init failure"),
    ("import error", "init failure"),
    ("network error", "connection failed"),
    ("unknown host", "unresolvable"),
    ("timedout", "timeout"),
    ("timeouts", "timeout"),
    ("oom", "out of memory"),
    ("perms", "permission"),
    ("perm", "permission"),
    ("permissions", "permission"),
    ("cert", "certificate"),
    ("certs", "certificate"),
    ("ssl", "tls"),
    ("authoriser", "authorizer"),
    ("auth", "authorizer"),
    ("authz", "authorizer"),
    ("vpclink", "vpc link"),
    ("notfound", "not found"),
    ("conn", "connection"),
    ("resp", "response"),
    ("req", "request"),
    ("configuration", "config"),
    ("function", "lambda"),
    ("functions", "lambda"),
    ("func", "lambda"),
    ("fn", "lambda"),
    ("err", "error"),
    ("fail", "failure"),
    ("host name", "hostname"),
    ("dep", "dependency"),
    ("throttle", "throttled"),
    ("throttling", "throttled"),
    ("svc", "service"),
];

/// Returns the causes that have all of the words in id or title. The one whose id has all words, and no others, comes alone.
pub(super) fn search_names(words: &[String], table: &Table) -> Vec<&'static Cause> {
    let stems = stems_of(words);
    let whole = |cause: &&Cause| cause.id.split('_').count() == stems.len() && has_all(cause.id, &stems);
    if stems.len() > 1
        && let Some(cause) = table.iter().find(|cause| whole(cause))
    {
        return vec![cause];
    }
    table.iter().filter(|cause| has_all(&format!("{} {}", cause.id, cause.title), &stems)).collect()
}

/// Returns the causes that have all of the words in the text of the remedy.
pub(super) fn search_texts(words: &[String], table: &Table) -> Vec<&'static Cause> {
    let stems = stems_of(words);
    let text = |cause: &Cause| cause.remedy.steps().fold(cause.remedy.means.to_owned(), |text, step| text + " " + step);
    let otherwise: Vec<String> = stems.iter().flat_map(|word| otherwise(word)).collect();
    // The steps for a failure of no known cause name what any may have.
    (table.iter().filter(|cause| !cause.is(Role::Unclassified)))
        .filter(|cause| has_all(&text(cause), &stems) || has_all(&text(cause), &otherwise))
        .collect()
}

/// Returns the causes that have all of the words in id, title or text, those with them in id or title first.
pub(super) fn search(words: &[String], table: &Table) -> Vec<&'static Cause> {
    let mut found = search_names(words, table);
    let of_texts = search_texts(words, table);
    found.extend(
        of_texts.into_iter().filter(|cause| found.iter().all(|other| other.id != cause.id)).collect::<Vec<_>>(),
    );
    found
}

fn stems_of(words: &[String]) -> Vec<String> {
    /// Words that no text of a cause has.
    const UNWRITTEN: [(&str, &str); 7] = [
        ("oom", "out of memory"),
        ("timedout", "timeout"),
        ("perms", "permission"),
        // Codes of errors of sockets.
        ("econnrefused", "unreachable"),
        ("econnreset", "unreachable"),
        ("etimedout", "unreachable"),
        ("enotfound", "unreachable"),
    ];
    let written = |word: &str| {
        UNWRITTEN.iter().find(|(short, _)| *short == word).map_or(word.to_owned(), |(_, word)| (*word).to_owned())
    };
    let words = words.iter().flat_map(|word| word.split(['_', '-'])).filter(|word| !word.is_empty());
    let words = words.flat_map(number_and_unit).filter(|word| !word.is_empty()).map(written);
    words.flat_map(|word| word.split(' ').map(stem).collect::<Vec<_>>()).collect()
}

/// Splits a number from its unit: `6mb` → `6`, `mb`
fn number_and_unit(word: &str) -> [&str; 2] {
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = word.split_at(digits);
    if unit.bytes().all(|b| b.is_ascii_lowercase()) { [number, unit] } else { [word, ""] }
}

/// Returns the words for one that the texts may have in place of it, each without its ending.
fn otherwise(stem: &str) -> Vec<String> {
    match stem {
        "eni" => vec!["network".to_owned(), "interfac".to_owned()],
        "second" => vec!["s".to_owned()],
        "minut" => vec!["min".to_owned()],
        word => vec![word.to_owned()],
    }
}

fn has_all(text: &str, stems: &[String]) -> bool {
    let of_text: Vec<String> = text.split(|c: char| !c.is_alphanumeric()).map(stem).collect();
    !stems.is_empty() && stems.iter().all(|stem| of_text.iter().any(|other| other == stem))
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
        words: &["domain", "mapping", "base", "path", "edge", "optimized", "regional"],
        says: "Custom domain: a wrong or missing mapping fails before the API is reached, and no log shows it. \
               `aws apigateway get-base-path-mappings --domain-name DOMAIN` must name the API and the stage.",
    },
    Topic {
        words: &["certificate", "cert", "tls", "ssl", "handshake", "expired"],
        says: "Certificate of a custom domain: an expired or wrong one fails before the API is reached, and no log shows \
               it. `aws apigateway get-domain-name --domain-name DOMAIN` names it; `aws acm describe-certificate` shows \
               its status and end. The certificate of a backend is another matter: see the causes that begin with tls_.",
    },
    Topic {
        words: &["mutual", "mtls", "tls", "handshake"],
        says: "Mutual TLS and the security policy of a custom domain: a handshake that is refused never reaches the API, and no log \
               shows it. `aws apigateway get-domain-name --domain-name DOMAIN` shows both.",
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
        words: &["cors", "origin", "preflight"],
        says: "CORS: API Gateway's own answers, of a 5xx too, lack the header Access-Control-Allow-Origin unless a gateway response \
               adds it. The browser then shows an error of CORS in place of the status, which is in the log.",
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
        words: &["route", "413", "early"],
        says: "Rejected early: a host that is no API, a 413, a 429 and some internal 500s may leave no line. An HTTP API logs \
               nothing for a route that does not exist.",
    },
    Topic {
        words: &["subscription", "filter", "pattern"],
        says: "Subscription filter: a pattern that is too narrow loses lines before why5xx sees them.",
    },
    Topic {
        words: &["delivery", "deleted"],
        says: "Execution-log delivery replaces the group API-Gateway-Execution-Logs_API_ID/STAGE: subscribe the group that it \
               writes to. A group that somebody deleted by hand may stay away until the next deployment.",
    },
    Topic {
        words: &["truncated", "1024"],
        says: "Messages of standard execution logs are cut at 1,024 bytes: a reason at the end of a long line is lost.",
    },
    Topic {
        words: &["logging", "missing"],
        says: "No logs: `aws apigateway get-account --query cloudwatchRoleArn` must show a role, and the stage a log level.",
    },
];

/// Returns the topics that all words ask for; without such, those that any word asks for.
pub(super) fn topics(words: &[String]) -> Vec<&'static Topic> {
    let stems: Vec<String> = words.iter().map(|word| stem(word)).collect();
    let asks = |topic: &Topic, asked: &String| topic.words.iter().any(|word| stem(word) == *asked);
    let by_all: Vec<_> = TOPICS.iter().filter(|topic| stems.iter().all(|asked| asks(topic, asked))).collect();
    if !by_all.is_empty() {
        return by_all;
    }
    TOPICS.iter().filter(|topic| stems.iter().any(|asked| asks(topic, asked))).collect()
}

/// Returns the topics that words ask for which somebody joined: `coldstart`, `custom-domain`
pub(super) fn topics_of_joined(words: &[String]) -> Vec<&'static Topic> {
    let parts = words.iter().flat_map(|word| word.split(['_', '-'])).filter(|word| !word.is_empty()).flat_map(apart);
    topics(&parts.map(str::to_owned).collect::<Vec<_>>())
}

/// Returns the word of a topic or of an id that a word is with a letter wrong, or two in a long one.
///
/// `throtling` → `throttling`
pub(super) fn respelt_word(word: &str, table: &Table) -> Option<String> {
    const SHORTEST: usize = 5;
    const LONG: usize = 9;
    let most = 1 + usize::from(word.len() >= LONG);
    let of_topics = TOPICS.iter().flat_map(|topic| topic.words).map(|word| (*word).to_owned());
    let of_ids = table.iter().flat_map(|cause| cause.id.split('_')).map(str::to_owned);
    let near = of_topics
        .chain(of_ids)
        .filter(|known| known.len() >= SHORTEST)
        .map(|known| (strsim::damerau_levenshtein(word, &known), known));
    let near = near.filter(|(distance, _)| (1..=most).contains(distance) && word.len() >= SHORTEST);
    near.min_by_key(|(distance, _)| *distance).map(|(_, known)| known)
}

/// Splits two words of a topic that somebody joined: `coldstart` → `cold`, `start`
fn apart(word: &str) -> Vec<&str> {
    let is_of = |topic: &Topic, part: &str| {
        let title = topic.says.split(':').next().unwrap_or_default();
        topic.words.contains(&part) || title.split(' ').any(|of_title| of_title.eq_ignore_ascii_case(part))
    };
    let parts = |topic: &Topic| {
        let cut = |at: usize| word.split_at_checked(at);
        (1..word.len()).filter_map(cut).find(|(one, other)| is_of(topic, one) && is_of(topic, other))
    };
    TOPICS.iter().find_map(parts).map_or(vec![word], |(one, other)| vec![one, other])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(words: &[&str]) -> Vec<&'static str> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let (names, texts) = (search_names(&words, &Table::default()), search_texts(&words, &Table::default()));
        if names.is_empty() { texts } else { names }.iter().map(|cause| cause.id).collect()
    }

    #[test]
    fn a_status_is_asked_for_in_many_words() {
        for text in ["502", "HTTP 502", "502 Bad Gateway", "HTTP/1.1 502 Bad Gateway", "status code 502"] {
            assert_eq!(Question::of(text), Some(Question::Status(502)), "{text}");
        }
        assert_eq!(Question::of("429 Too Many Requests"), Some(Question::OtherStatus(429)));
        assert_eq!(Question::of("200 OK"), Some(Question::OtherStatus(200)));
        assert_eq!(Question::of("600"), Some(Question::NoStatus(600)));
        assert_eq!(Question::of("4xx errors"), Some(Question::AnyRejection));
        assert_eq!(Question::of("HTTP 5XX"), Some(Question::AnyFailure));
        for text in ["", "502 in my log", "Execution failed due to", "Method completed with status: 502", "a\n502"] {
            assert!(!matches!(Question::of(text), Some(Question::Status(_))), "{text}");
        }
    }

    #[test]
    fn a_misspelt_id_is_the_nearest_one_and_other_words_are_no_id() {
        let near = |text: &str| nearest(text, &Table::default()).iter().map(|cause| cause.id).collect::<Vec<_>>();
        for (text, id) in [
            ("lambda_permision", "lambda_permission"),
            ("integration_timout", "integration_timeout"),
            ("lamda_timeout", "lambda_timeout"),
            ("backend_unresolveable", "backend_unresolvable"),
            ("tls_hostname_missmatch", "tls_hostname_mismatch"),
            ("waf_eror", "waf_error"),
            ("throtled", "throttled"),
            ("hrottled", "throttled"),
            // A letter or two of each word.
            ("af_eror", "waf_error"),
            ("lanbda-tineut", "lambda_timeout"),
            ("unclasified", "unclassified"),
            // In other words.
            ("tls_cert_expired", "tls_certificate_expired"),
            ("ssl_certificate_expired", "tls_certificate_expired"),
            ("lambda_perms", "lambda_permission"),
            ("function permissions", "lambda_permission"),
            ("lambda_permissions_missing", "lambda_permission"),
            ("authoriser_fault", "authorizer_error"),
            ("Authoriser Timeout", "authorizer_timeout"),
            ("lambda_time_out", "lambda_timeout"),
            ("LambdaOom", "lambda_out_of_memory"),
            ("integration-time-outs", "integration_timeout"),
            ("integration_time", "integration_timeout"),
            ("timeout_integration", "integration_timeout"),
            ("INTEGRATION TIMEOUT", "integration_timeout"),
            ("aws_service_denied", "aws_service_access_denied"),
            ("cert_expired", "tls_certificate_expired"),
            ("dependency_unreachable", "lambda_dependency_unreachable"),
            ("backend_conn_fail", "backend_connection_failed"),
            ("config integration", "integration_config"),
            ("custom authorizer failed", "authorizer_error"),
            ("module not found", "lambda_init_failure"),
            ("network error", "backend_connection_failed"),
        ] {
            assert_eq!(near(text), [id], "{text}");
        }
        let tls = near("tls_cert_mismatch");
        assert!(tls.len() > 1 && tls.iter().all(|id| id.starts_with("tls_")), "{tls:?}");
        for text in [
            "my_orders_table",
            "pdf_error",
            "job_timeout",
            "af eror",
            "x_y",
            "request_id",
            "orders",
            "unicorn",
            "thriller",
            "a sentence",
            "authority",
            "the printer is empty",
            "lambda throttled the deploy",
            "see below",
            "7",
            "",
        ] {
            assert!(near(text).is_empty(), "{text}: {:?}", near(text));
        }
    }

    #[test]
    fn an_id_is_known_in_every_spelling() {
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
        let says = |words: &[&str]| -> Vec<&str> {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            topics(&words).iter().map(|topic| topic.says.split(':').next().unwrap_or_default()).collect()
        };
        assert_eq!(says(&["mutual", "tls"]), ["Mutual TLS and the security policy of a custom domain"]);
        assert_eq!(says(&["filter", "pattern"]), ["Subscription filter"]);
        let says = |words: &[&str]| -> Vec<&str> {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            topics_of_joined(&words).iter().map(|topic| topic.says.split(':').next().unwrap_or_default()).collect()
        };
        for joined in ["customdomain", "custom-domain", "custom_domain"] {
            assert_eq!(says(&[joined]), ["Custom domain"]);
        }
        assert_eq!(says(&["coldstart"]), ["Cold start"]);
        assert_eq!(says(&["ratelimit"]), ["Quota and limits"]);
        assert!(says(&["restart"]).is_empty());
    }

    #[test]
    fn a_misspelt_word_of_a_topic_or_an_id_is_known() {
        let respelt = |word: &str| respelt_word(word, &Table::default());
        for (word, known) in [
            ("throtling", "throttling"),
            ("domian", "domain"),
            ("certifcate", "certificate"),
            ("quotta", "quota"),
            ("timeot", "timeout"),
        ] {
            assert_eq!(respelt(word).as_deref(), Some(known), "{word}");
        }
        for word in ["throttling", "orders", "unicorn", "printer", "dn", "restart", "authority"] {
            assert_eq!(respelt(word), None, "{word}");
        }
    }

    #[test]
    fn words_are_found_in_the_spelling_of_the_texts() {
        assert!(ids(&["6mb"]).contains(&"payload_too_large"));
        assert!(ids(&["econnrefused"]).contains(&"lambda_dependency_unreachable"));
        assert_eq!(words_of("permission denied"), ["denied"]);
        assert!(ids(&["29", "seconds"]).contains(&"integration_timeout"));
        assert!(ids(&["eni"]).contains(&"lambda_service_error"));
        assert_eq!(words("6 MB"), Some(vec!["6".to_owned(), "mb".to_owned()]));
        assert_eq!((words("17"), words("a b c d e")), (None, None));
    }
}
