use std::path::Path;

use super::*;

const WIDTH: usize = 100;

fn cause(id: &str) -> &'static Cause {
    Table::default().by_id(id).unwrap()
}

/// Compares a generated file with what is checked in, or writes it.
#[expect(clippy::disallowed_methods, reason = "a test asks whether to write; the program never does")]
fn compare(path: &str, generated: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&file, generated).unwrap();
        return;
    }
    let checked_in = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(checked_in == generated, "{path} is stale: run `BLESS=1 cargo test`");
}

#[test]
fn docs_causes_md_is_generated_from_the_table() {
    compare("docs/causes.md", &markdown(&Table::default()));
}

#[test]
fn explain_reads_like_a_runbook() {
    insta::assert_snapshot!(text(cause("vpc_link_transient"), &Known::default(), WIDTH), @r#"
    A passing fault of the VPC link
    vpc_link_transient (vpc_link, load, usually 500)

    What it means
      A connection between API Gateway and something that the VPC link depends on failed for a moment. A
      few of these are normal; many are not.

    Confirm
       1. Which API is it, how often, and since when? Count it in the execution log (the last hour):
            aws logs filter-log-events --log-group-name API-Gateway-Execution-Logs_API_ID/STAGE --start-time $(($(date +%s) - 3600))000 --filter-pattern '?"VPC link error" ?"vpc link error"' --query 'events[].[timestamp,message]' --output text
          A few lines that pass are normal; many, or many since a change, are not. No output: none in
          this hour, or another stage or Region.
       2. Often, or since a change: is the link AVAILABLE and are the targets healthy? The commands are
          those of vpc_link_internal_error.
       3. Compare with the metrics of the load balancer at the same minute: no new flows and no resets
          there mean that the fault was before it.

    Fix
       1. Rare: let clients retry with exponential backoff and jitter, and make the operation idempotent
          first, since the first try may have reached the backend.
       2. Often with a healthy link: open a case with AWS Support and attach the execution-log lines
          with request ids, extended request ids and times.

    Prevent
       1. Retry with backoff in every client, and alarm on the rate, not on a single failure.

    The log must hold one of these
      - an execution log at ERROR level or above (REST and WebSocket APIs)
      - an access log whose format has $context.integration.error (HTTP APIs: or
        $context.integrationErrorMessage)

    Read more
      - https://docs.aws.amazon.com/apigateway/latest/developerguide/private-integration.html
      - https://docs.aws.amazon.com/apigateway/latest/developerguide/vpc-links-v1.html
    "#);
}

#[test]
fn no_line_of_prose_is_longer_than_the_width() {
    let mut remedies: Vec<&str> = Vec::new();
    for cause in Table::default().iter() {
        remedies.extend(cause.remedy.steps());
        let copied: Vec<&str> = remedies.iter().flat_map(|step| RemedyStep::new(step).code.lines()).collect();
        for line in text(cause, &Known::default(), WIDTH).lines().skip(2) {
            let is_copied = copied.contains(&line.trim_start());
            let is_one_word = line.trim_start().trim_start_matches("- ").split(' ').count() == 1;
            assert!(line.chars().count() <= WIDTH || is_copied || is_one_word, "{}: {line}", cause.id);
        }
    }
}

#[test]
fn lines_to_copy_are_not_wrapped() {
    let page = text(cause("reason_not_logged"), &Known::default(), NARROWEST_COLUMNS);
    assert!(page.lines().any(|line| line.trim_start().starts_with("{\"status\"") && line.ends_with("\"}")), "{page}");
}

#[test]
fn a_width_of_nothing_still_gives_a_page() {
    assert!(text(cause("integration_timeout"), &Known::default(), 0).contains("integration_timeout"));
}

#[test]
fn the_overview_has_a_row_for_each_cause() {
    let table = Table::default();
    let rows = overview(&table);
    assert_eq!(rows.lines().count(), 2 + table.iter().count());
    assert!(rows.lines().all(|row| row.matches(" | ").count() == 4 || row.starts_with("|---")), "{rows}");
}

#[test]
fn json_holds_what_the_page_holds() {
    let value = json(cause("integration_timeout"));
    assert_eq!(value["id"], "integration_timeout");
    assert_eq!(value["kind"], "load");
    assert_eq!(value["statuses"], serde_json::json!([504, 503]));
    assert_eq!(value["needs"][0], "ERROR level");
    assert_eq!(value["fix"].as_array().unwrap().len(), cause("integration_timeout").remedy.fix.len());
}
