//! A sentence that a person pasted without the line it stood in: which cause it names.
//!
//! Only `explain` asks this. Nothing says that such a text is the platform's, so it never makes a count.

use super::{endpoint, frame};
use crate::cause::{Cause, Table, Voice, normalise};

/// The cause that a pasted text names: the columns of a table row are asked one by one.
pub fn cause(text: &str, table: &Table) -> Option<&'static Cause> {
    if let Some(answer) = endpoint::body_text(text.trim(), table) {
        let index = answer.lambda_service.or(answer.function).or(answer.service);
        return index.map(|index| table.at(index));
    }
    text.split(['\t', '|', '\u{2502}'])
        .map(str::trim)
        .filter(|column| !column.is_empty())
        .find_map(|column| named(column, table))
}

/// The cause that one sentence names.
fn named(sentence: &str, table: &Table) -> Option<&'static Cause> {
    if let Some(said) = frame::function_error(sentence) {
        return table.find(Voice::Function, &normalise(said));
    }
    let text = normalise(sentence);
    if text.contains("authorizer") {
        return Some(super::execution::authorizer(&text, table).cause);
    }
    table
        .find(Voice::Gateway, &text)
        .or_else(|| table.find(Voice::LambdaService, &text))
        .or_else(|| response_type(sentence, table))
}

/// A gateway response type that stands alone.
fn response_type(sentence: &str, table: &Table) -> Option<&'static Cause> {
    table.find(Voice::ResponseType, sentence.trim_matches(['"', '\'', ' ']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_sentence_names_its_cause() {
        let rows = [
            ("Endpoint request timed out", "integration_timeout"),
            ("Invalid permissions on Lambda function", "lambda_permission"),
            ("There was an error evaluating the AWS WAF rules associated with this API", "waf_error"),
            (
                "2024-06-04 18:49:48\t/orders\tINTEGRATION_FAILURE\tLambda Customer Function Error:'TABLE'",
                "lambda_unhandled_error",
            ),
            (
                r#"{"message": "1 validation error detected: Value 'arn:aws:lambda:eu-west-1:111122223333:function:orders:' at 'functionName' failed to satisfy constraint: x"}"#,
                "stage_variable",
            ),
            ("INTEGRATION_NETWORK_FAILURE", "backend_connection_failed"),
        ];
        for (text, id) in rows {
            assert_eq!(cause(text, &Table::default()).map(|cause| cause.id), Some(id), "{text}");
        }
    }

    #[test]
    fn healthy_text_names_none() {
        for text in ["GET /orders 200", "all is well", r#"{"message":"ok"}"#, ""] {
            assert!(cause(text, &Table::default()).is_none(), "{text}");
        }
    }
}
