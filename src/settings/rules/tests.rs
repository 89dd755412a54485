use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::cause::{Author, normalise};

fn rules(text: &str) -> Result<Rules, SettingsError> {
    Rules::parse(Path::new("rules.toml"), text)
}

fn rule(id: &str, more: &str, says: &str) -> String {
    format!("[[rule]]\nid = \"{id}\"\ntitle = \"A title\"\nkind = \"load\"\n{more}[rule.match]\n{says}\n")
}

const EXAMPLE: &str = r#"
[[rule]]
id = "coupon_service_down"
title = "The coupon service did not answer"
family = "backend"
kind = "broken"
placed = "before"

[rule.match]
function = ["^The coupon service {} unavailable."]
invocation_status = [418]

[rule.remedy]
means = "The shop function could not reach the coupon service."
confirm = ["Is it up?", "Who deployed last?"]
fix = ["Restart it:\nsystemctl restart coupons\n\nIt changes nothing else."]
prevent = ["A timeout of a second."]
docs = ["https://example.com/coupons"]
"#;

#[test]
fn a_rule_becomes_a_cause_of_the_same_shape() {
    let table = rules(EXAMPLE).unwrap().table();
    let cause = table.by_id("coupon_service_down").unwrap();
    assert!(cause.is_own_rule());
    assert_eq!((cause.family, cause.kind, cause.rank), (Family::Backend, Kind::Broken, Rank::Named));
    assert_eq!(
        cause.patterns,
        [Pattern::Function("^coupon service {} unavailable"), Pattern::InvocationStatus(418, 418)]
    );
    assert_eq!(cause.needs, [Need::ErrorLevel, Need::AccessField("integration.error")]);
    assert_eq!(cause.remedy.confirm, ["Is it up?", "Who deployed last?"]);
    assert_eq!(cause.remedy.fix.len(), 1);
    assert_eq!(cause.remedy.prevent, ["A timeout of a second."]);
    assert_eq!(cause.docs, ["https://example.com/coupons"]);
    let first = table.iter().next().map(|cause| cause.id);
    assert_eq!(first, Some("coupon_service_down"));
}

#[test]
fn a_remedy_in_the_words_of_an_earlier_version_is_confirmed_first() {
    let remedy = "[rule.remedy]\nsee = [\"Its graph.\"]\nchecks = [\"Is it up?\"]\nconfirm = [\"Which one?\"]\n";
    let table = rules(&(rule("own", "", "gateway = [\"^no coupon\"]") + remedy)).unwrap().table();
    let remedy = &table.by_id("own").unwrap().remedy;
    assert_eq!(remedy.confirm, ["Which one?", "Is it up?", "Its graph."]);
    assert!(remedy.fix.is_empty() && remedy.prevent.is_empty());
}

#[test]
fn a_rule_before_wins_over_a_built_in_cause_and_one_after_does_not() {
    let text = "Execution failed due to a timeout error";
    let says = "gateway = [\"^execution failed due to timeout\"]";
    for (placed, expected) in [("before", "our_timeout"), ("after", "integration_timeout")] {
        let table = rules(&rule("our_timeout", &format!("placed = \"{placed}\"\n"), says)).unwrap().table();
        assert_eq!(table.find(Author::Gateway, &normalise(text)).map(|cause| cause.id), Some(expected));
    }
}

#[test]
fn every_author_is_matched() {
    let rows = [
        ("gateway", Author::Gateway),
        ("authorizer", Author::Authorizer),
        ("function", Author::Function),
        ("service", Author::Service),
        ("lambda_service", Author::LambdaService),
        ("function_log", Author::FunctionLog),
    ];
    for (name, author) in rows {
        let table = rules(&rule("own", "", &format!("{name} = [\"Planted {{}} words\"]"))).unwrap().table();
        let found = table.find(author, &normalise("some planted and other words."));
        assert_eq!(found.map(|cause| cause.id), Some("own"), "{name}");
    }
    let table = rules(&rule("own", "", "response_type = [\"OUR_TYPE\"]")).unwrap().table();
    assert_eq!(table.find(Author::ResponseType, "OUR_TYPE").map(|cause| cause.id), Some("own"));
    let table = rules(&rule("own", "placed = \"before\"\n", "invocation_status = [403]")).unwrap().table();
    assert_eq!(table.find_invocation_status(403).map(|cause| cause.id), Some("own"));
}

#[test]
fn what_matches_is_written_as_people_write_it() {
    for pattern in ["^The Coupon  Service", "^coupon service", "^Coupon service."] {
        let table = rules(&rule("own", "", &format!("gateway = [\"{pattern}\"]"))).unwrap().table();
        assert_eq!(table.by_id("own").unwrap().patterns, [Pattern::Gateway("^coupon service")], "{pattern}");
    }
}

#[test]
fn an_error_names_file_line_and_field() {
    let gateway = "gateway = [\"x\"]";
    let rows = [
        (
            rule("Own", "", gateway),
            "rules.toml:2: id: allowed: 1 to 64 characters in snake case, such as coupon_service_down",
        ),
        (rule("integration_timeout", "", gateway), "rules.toml:2: id: another cause has this id"),
        (rule("own", "", gateway) + &rule("own", "", gateway), "rules.toml:8: id: another cause has this id"),
        (
            rule("own", "family = \"moon\"\n", gateway),
            "rules.toml:5: family: allowed: vpc_link, tls, backend, lambda, iam, aws_service, integration, mapping, \
             authorizer, gateway, network, none",
        ),
        (
            rule("own", "placed = \"first\"\n", gateway),
            "rules.toml:5: placed: unknown variant `first`, expected `before` or `after`",
        ),
        (rule("own", "", "gateway = [\"\"]"), "rules.toml:6: gateway: a pattern must hold a letter or a digit"),
        (rule("own", "", "function = [\n\"^{} \"]"), "rules.toml:7: function: a pattern must hold a letter or a digit"),
        (
            rule("own", "", "response_type = [\"default 5xx\"]"),
            "rules.toml:6: response_type: allowed: a gateway response type, such as INTEGRATION_FAILURE",
        ),
        (
            rule("own", "", "invocation_status = [200]"),
            "rules.toml:6: invocation_status: allowed: HTTP statuses from 300 to 599",
        ),
        (
            rule("own", "", "backend = [\"x\"]"),
            "rules.toml:6: backend: unknown field `backend`, expected one of `gateway`, `authorizer`, `function`, \
             `service`, `lambda_service`, `response_type`, `invocation_status`, `function_log`",
        ),
        (rule("own", "", ""), "rules.toml:5: match: a rule must have 1 to 100 patterns"),
        (
            rule("own", "", gateway) + "[rule.remedy]\ndocs = [\"wiki\"]\n",
            "rules.toml:8: docs: allowed: URLs that begin with https:// or http://",
        ),
        (
            rule("own", "colour = 1\n", gateway),
            "rules.toml:5: colour: unknown field `colour`, expected one of `id`, `title`, `family`, `kind`, `placed`, \
             `match`, `remedy`",
        ),
        ("[[rule]]\nid = \"own\"\n".to_owned(), "rules.toml:1: [[rule]]: missing field `title`"),
    ];
    for (text, message) in rows {
        assert_eq!(rules(&text).map(|_| ()).unwrap_err().to_string(), message, "{text}");
    }
}

#[test]
fn there_is_an_end_to_what_a_file_may_hold() {
    let mut many = String::new();
    for n in 0..=MOST_RULES {
        let _ = write!(many, "{}", rule(&format!("own_{n}"), "", "gateway = [\"x\"]"));
    }
    assert!(rules(&many).unwrap_err().to_string().ends_with("at most 500 rules are allowed"));
    let long = rule("own", "", &format!("gateway = [\"{}\"]", "x".repeat(PATTERN_BYTES_LIMIT + 1)));
    assert!(rules(&long).unwrap_err().to_string().ends_with("gateway: 1025 bytes; at most 1024 are allowed"));
}

#[test]
fn an_empty_file_adds_nothing() {
    let rules = rules("# nothing yet\n").unwrap();
    assert!(rules.is_empty());
    assert_eq!(rules.table().iter().count(), cause::built_in().count());
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC*") {
        let _ = rules(&text);
    }

    #[test]
    fn no_values_make_the_reader_panic(
        id in "[a-zA-Z_\\PC]{0,80}", pattern in "[\\^{}a-z. \\PC]{0,60}", author in "gateway|function|service|x",
        status in any::<u32>(),
    ) {
        let quoted = |text: &str| format!("{text:?}");
        let says = format!("{author} = [{}]\ninvocation_status = [{status}]", quoted(&pattern));
        let text = format!("[[rule]]\nid = {}\ntitle = {}\nkind = \"load\"\n[rule.match]\n{says}\n", quoted(&id), quoted(&pattern));
        let _ = rules(&text);
    }
}
