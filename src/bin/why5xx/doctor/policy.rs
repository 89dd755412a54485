//! The least IAM policy that a survey needs.

use serde_json::{Value, json};
use why5xx::survey::read::CALLS;

/// Returns the policy, for the AWS partition that IAM puts in for the stars.
pub(super) fn least() -> String {
    let (mut everything, mut statements) = (Vec::new(), Vec::new());
    for (call, resources) in CALLS {
        if resources.is_empty() {
            everything.push(call.permission());
        } else {
            let arns: Vec<_> = resources.iter().map(|path| format!("arn:*:apigateway:*::{path}")).collect();
            statements.push(statement(&[call.permission()], json!(arns)));
        }
    }
    statements.push(statement(&everything, json!("*")));
    let policy = json!({ "Version": "2012-10-17", "Statement": statements });
    serde_json::to_string_pretty(&policy).unwrap_or_default()
}

fn statement(actions: &[String], resource: Value) -> Value {
    json!({ "Effect": "Allow", "Action": actions, "Resource": resource })
}
