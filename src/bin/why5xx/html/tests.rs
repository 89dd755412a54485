use std::collections::VecDeque;

use jiff::tz::TimeZone;
use why5xx::failure::{Failure, RequestId};
use why5xx::metric::Subject;
use why5xx::pipeline::Exemplar;
use why5xx::record::Source;

use super::*;
use crate::totals::{NotUnderstood, Undecodable};

const NOON_MS: i64 = 1_777_896_000_000; // 2026-05-04T12:00:00Z
const HOSTILE: &str = "<script>alert(1)</script>\"' onload=x \u{1b}[2J";

fn failure(subject: Subject, cause: &str, timestamp_ms: i64) -> Failure {
    Failure {
        subject: subject.into(),
        cause: Table::default().by_id(cause).unwrap(),
        status: Some(502),
        timestamp_ms,
        number: 1,
        lane: 0,
        request_id: Some(RequestId::of(HOSTILE.as_bytes())),
        trace_id: None,
        shape: None,
    }
}

fn request(api_id: &str, route: Option<&str>) -> Subject {
    Subject::Request { api_id: api_id.into(), stage: "prod".into(), route: route.map(str::to_owned) }
}

fn totals(failures: &[Failure]) -> Totals {
    let mut totals = Totals { log_events: 12_345, ..Totals::default() };
    for failure in failures {
        totals.tally.add(failure);
    }
    totals
}

fn made(totals: &Totals) -> String {
    made_for(&View::of(TimeZone::UTC, None), totals)
}

fn made_for(view: &View, totals: &Totals) -> String {
    page(totals, &Table::default(), &[PathBuf::from("log.json")], view, "2026-05-05T00:00:00Z".parse().unwrap())
}

/// The names of all tags, those of one element in a row.
fn tags(page: &str) -> Vec<&str> {
    let body = &page[page.find("</style>").unwrap() + 8..];
    body.split('<').skip(1).map(|tag| &tag[..tag.find([' ', '>', '/']).unwrap_or(tag.len()).max(1)]).collect()
}

#[test]
fn names_from_a_log_are_text_and_nothing_else() {
    let line = Subject::AccessLine { api_id: HOSTILE.into(), stage: HOSTILE.into(), route: None };
    let mut totals = totals(&[
        failure(request(HOSTILE, Some(HOSTILE)), "lambda_timeout", NOON_MS),
        failure(line, "lambda_timeout", NOON_MS),
    ]);
    totals.in_both_logs.insert(HOSTILE.into());
    totals.shapes.insert(HOSTILE.into(), 1);
    totals.undecodable.push(Undecodable { input: HOSTILE.into(), error: HOSTILE.into() });
    totals.skipped.push(Undecodable { input: HOSTILE.into(), error: HOSTILE.into() });
    totals.not_understood.push(NotUnderstood { input: HOSTILE.into(), log_events: 1, first: 1 });
    let exemplar = Exemplar {
        failure: failure(request(HOSTILE, None), "lambda_timeout", NOON_MS),
        source: Source {
            log_group: HOSTILE.into(),
            log_stream: HOSTILE.into(),
            owner: HOSTILE.into(),
            ..Source::default()
        }
        .into(),
    };
    totals.exemplars.insert("lambda_timeout", VecDeque::from([exemplar]));
    let inputs = [PathBuf::from(HOSTILE)];
    totals.first_exemplars.insert("lambda_timeout", totals.exemplars["lambda_timeout"][0].clone());
    let view = View::of(TimeZone::UTC, Some("eu-west-1"));
    let page = page(&totals, &Table::default(), &inputs, &view, Timestamp::UNIX_EPOCH);
    assert!(page.matches("&lt;script&gt;alert(1)").count() >= 11, "it is shown");
    assert!(!page.contains("<script") && !page.contains("\"' onload") && !page.contains('\u{1b}'));
}

#[test]
fn incidents_times_positions_and_skipped_files_are_on_the_page() {
    let minutes = [0, 1, 1, 30].map(|minute| NOON_MS + minute * 60_000);
    let failures = minutes.map(|ms| failure(request("a1b2c3d4e5", None), "lambda_timeout", ms));
    let mut totals = totals(&failures);
    let of = |input: &str, error: &str| Undecodable { input: input.into(), error: error.into() };
    totals.skipped = vec![of("logs/pipe", "neither a file nor a folder")];
    totals.not_understood = vec![NotUnderstood { input: "log.json".into(), log_events: 7, first: 1_234 }];
    totals.late_events = 17;
    let page = made(&totals);
    for shown in [
        "<li>lambda_timeout: began 2026-05-04 12:00, ended 2026-05-04 12:01, 3 failed requests, 100 % of all in that time \
         (a1b2c3d4e5/prod)</li>",
        "<td data-name=\"First\">2026-05-04 12:00</td><td data-name=\"Last\">2026-05-04 12:30</td>\
         <td data-name=\"Most in a minute\">2 at 2026-05-04 12:01</td>",
        "<tr><th scope=\"row\">log.json</th><td>7 log events, the first is number 1,234</td></tr>",
        "<tr><th scope=\"row\">logs/pipe</th><td>neither a file nor a folder</td></tr>",
        "<th scope=\"row\">Late</th><td class=\"n\">17</td>",
        "<a href=\"#when\">",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let page = made(&self::totals(&[failure(request("a1b2c3d4e5", None), "lambda_timeout", 0)]));
    assert!(!page.contains("id=\"when\"") && !page.contains("#when"), "{page}");
}

#[test]
fn the_page_loads_nothing() {
    let page = made(&totals(&[failure(request("a1b2c3d4e5", None), "lambda_timeout", NOON_MS)]));
    for loads in ["src=", "<link", "@import", "url(", "<script", "<iframe", "<object"] {
        assert!(!page.contains(loads), "{loads}");
    }
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn what_is_opened_is_closed() {
    const ALONE: [&str; 3] = ["meta", "br", "!DOCTYPE"];
    let mut all = totals(&[
        failure(request("a1b2c3d4e5", Some("GET /orders")), "lambda_timeout", NOON_MS),
        failure(Subject::Invocation { function_name: "orders".into() }, "unclassified", 0),
        failure(Subject::Flow { log_group: "/vpc/flow".into() }, "network_rejected", NOON_MS + 60_000),
    ]);
    all.shapes.insert("the moon is blue".into(), 3);
    for page in [made(&all), made(&Totals::default())] {
        let mut open = Vec::new();
        for (at, tag) in page.match_indices('<').map(|(at, _)| (at, &page[at + 1..])) {
            let name = &tag[..tag.find([' ', '>', '\n']).unwrap()];
            if let Some(name) = name.strip_prefix('/') {
                assert_eq!(open.pop(), Some(name), "at {}", &page[at.saturating_sub(80)..at + 20]);
            } else if !ALONE.contains(&name) && !tag[..tag.find('>').unwrap()].ends_with('/') {
                open.push(name);
            }
        }
        assert_eq!(open, Vec::<&str>::new());
    }
}

#[test]
fn every_link_within_the_page_has_its_place_and_no_id_is_used_twice() {
    let page = made(&totals(&[
        failure(request("a1b2c3d4e5", None), "lambda_timeout", NOON_MS),
        failure(Subject::Invocation { function_name: "orders".into() }, "lambda_timeout", NOON_MS),
    ]));
    let values = |before: &str| -> Vec<String> {
        page.split(before).skip(1).map(|rest| rest[..rest.find('"').unwrap()].to_owned()).collect()
    };
    let ids = values(" id=\"");
    for link in values("href=\"#") {
        assert!(ids.contains(&link), "{link}");
    }
    for id in &ids {
        assert_eq!(ids.iter().filter(|other| *other == id).count(), 1, "{id}");
    }
}

#[test]
fn each_log_has_its_own_section_and_the_two_of_an_api_are_not_added_up() {
    let line = Subject::AccessLine { api_id: "a1b2c3d4e5".into(), stage: "prod".into(), route: None };
    let mut totals = totals(&[
        failure(request("a1b2c3d4e5", None), "lambda_timeout", NOON_MS),
        failure(line, "lambda_timeout", NOON_MS),
    ]);
    totals.in_both_logs.insert("a1b2c3d4e5".into());
    let page = made(&totals);
    assert!(page.contains("<h2 id=\"Errors\">Failed requests, from execution logs</h2>"));
    assert!(page.contains("<h2 id=\"AccessLogErrors\">Failed requests, from access logs</h2>"));
    assert!(page.contains("Never add up the two counts"));
    assert!(page.contains("1 Errors, 1 AccessLogErrors"));
}

#[test]
fn a_failure_without_a_time_is_counted_and_said_to_be_in_no_chart() {
    let page = made(&totals(&[failure(request("a1b2c3d4e5", None), "lambda_timeout", 0)]));
    assert!(page.contains("The log events have no times"));
    assert!(page.contains("1 without a time: not in the chart."));
    assert!(!page.contains("<figure"));
}

#[test]
fn a_log_without_a_failure_says_so() {
    let page = made(&Totals { log_events: 7, ..Totals::default() });
    assert!(page.contains("No failure in these 7 log events."));
    assert!(!page.contains("What to check"));
    let mut foreign = Totals { log_events: 7, ..Totals::default() };
    foreign.understood.not_understood = 7;
    for page in [made(&foreign), made(&Totals::default())] {
        assert!(page.contains("this page says nothing about failures") && !page.contains("No failure"));
    }
}

#[test]
fn charts_have_a_name_for_those_who_do_not_see_them() {
    let page = made(&totals(&[failure(request("a1b2c3d4e5", None), "lambda_timeout", NOON_MS)]));
    assert!(page.contains(
        "role=\"img\" aria-label=\"Failed requests, from execution logs by cause, in steps of one minute (UTC)."
    ));
    assert_eq!(tags(&page).iter().filter(|tag| **tag == "figure").count(), 1);
}

#[test]
fn a_day_of_many_apis_stays_a_small_page() {
    let table = Table::default();
    let ids: Vec<&str> = table.iter().map(|cause| cause.id).collect();
    let failures: Vec<Failure> = (0..30_000)
        .map(|number: usize| {
            let api = format!("api{}", number % 500);
            failure(request(&api, None), ids[number % ids.len()], NOON_MS + (number as i64 % 1_440) * 60_000)
        })
        .collect();
    let page = made(&totals(&failures));
    assert!(page.len() < 1_500_000, "{} bytes", page.len());
    assert!(page.contains("400 more rows with a count of 24,000 are not shown."), "the page says what it leaves out");
    assert!(page.contains("in steps of 15 minutes"));
}

#[test]
fn prose_shows_code_where_backticks_are_paired() {
    let mut totals = totals(&[failure(request("a1b2c3d4e5", None), "lambda_permission", NOON_MS)]);
    totals.log_events = 1;
    assert!(made(&totals).contains("<code>lambda:InvokeFunction</code>"));
}

#[test]
fn the_note_about_two_logs_stands_only_where_an_api_may_be_in_both() {
    let line = |api_id: &str| Subject::AccessLine { api_id: api_id.into(), stage: "prod".into(), route: None };
    let of = |api_id| {
        totals(&[
            failure(request("a1b2c3d4e5", None), "lambda_timeout", NOON_MS),
            failure(line(api_id), "lambda_timeout", NOON_MS),
        ])
    };
    let note = "Never add up the two counts";
    assert!(!made(&of("f6g7h8i9j0")).contains(note), "two APIs with a log each");
    assert!(made(&of("unknown")).contains(note), "an API that may be the same");

    let invocation = failure(Subject::Invocation { function_name: "orders".into() }, "lambda_timeout", NOON_MS);
    let flow = failure(Subject::Flow { log_group: "/vpc/flow".into() }, "network_rejected", NOON_MS);
    let note = "A failed invocation says why";
    assert!(!made(&totals(&[invocation.clone(), flow])).contains(note), "no log of an API");
    let of_api = failure(request("a1b2c3d4e5", None), "lambda_timeout", NOON_MS);
    assert!(made(&totals(&[invocation, of_api])).contains(note));
}

#[test]
fn the_failure_rate_is_on_the_page_where_the_log_holds_every_end() {
    let mut totals = totals(&[failure(request("a1b2c3d4e5", None), "lambda_timeout", NOON_MS)]);
    assert!(!made(&totals).contains(" %</b>"));
    totals.understood.ends = 400;
    assert!(made(&totals).contains("<b>0.25 %</b><span>of 400 requests failed</span>"), "{}", made(&totals));
}

#[test]
fn a_cause_keeps_its_colour_whatever_else_is_on_the_page() {
    let timeout = |ms| failure(request("a1b2c3d4e5", None), "lambda_timeout", ms);
    let permission = || failure(request("a1b2c3d4e5", None), "lambda_permission", NOON_MS);
    let key = |page: &str, cause: &str| {
        let at = page.find(&format!("<a href=\"#cause-{cause}\">")).unwrap();
        let before = &page[..at];
        before[before.rfind("class=\"c").unwrap() + 7..][..2].to_owned()
    };
    let alone = made(&totals(&[timeout(NOON_MS)]));
    let rare = made(&totals(&[timeout(NOON_MS), permission(), permission(), permission()]));
    assert_eq!(key(&alone, "lambda_timeout"), key(&rare, "lambda_timeout"));
    assert_ne!(key(&rare, "lambda_timeout"), key(&rare, "lambda_permission"));
}

#[test]
fn local_time_stands_beside_utc_and_the_first_request_before_the_newest() {
    let exemplar = |id: &str, minute: i64| {
        let mut failure = failure(request("a1b2c3d4e5", None), "lambda_timeout", NOON_MS + minute * 60_000);
        failure.request_id = Some(RequestId::of(id.as_bytes()));
        let source = Source { log_group: "/orders".into(), ..Source::default() };
        Exemplar { failure, source: source.into() }
    };
    let exemplars: VecDeque<Exemplar> = (0..9).map(|minute| exemplar(&format!("r-{minute}"), minute)).collect();
    let mut totals = totals(&exemplars.iter().map(|exemplar| exemplar.failure.clone()).collect::<Vec<_>>());
    totals.first_exemplars.insert("lambda_timeout", exemplars[0].clone());
    totals.exemplars.insert("lambda_timeout", exemplars);
    let page = made_for(&View::of(TimeZone::posix("CEST-2").unwrap(), Some("eu-west-1")), &totals);
    for shown in [
        "UTC<br>2026-05-04 14:00 +02:00 to 2026-05-04 14:08 +02:00<br>",
        "<br><span class=\"soft\">2026-05-04 14:00 +02:00 to 2026-05-04 14:08 +02:00</span></li>",
        "<td data-name=\"First\">2026-05-04 12:00<br><span class=\"soft\">2026-05-04 14:00 +02:00</span></td>",
        "<code>r-0</code></a><br>the first one</th>",
        "#logsV2:log-groups/log-group/$252Forders\" rel=\"noreferrer\">/orders</a>",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let places: Vec<_> = ["r-0", "r-8", "r-4"].iter().map(|id| page.find(&format!("<code>{id}</code>"))).collect();
    assert!(
        places.is_sorted() && places.iter().all(Option::is_some) && !page.contains("<code>r-3</code>"),
        "{places:?}"
    );
    assert!(!made(&totals).contains("console.aws.amazon.com") && !made(&totals).contains("+02:00"));
}
