//! Commands of remedies, with what is known of a failure in place of the words in capitals.

use crate::partition::partition_of;
use crate::placeholder::{OTHER, UNKNOWN};

/// Names and ids of the failures that a remedy is for; None where they are unknown or differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Known<'k> {
    /// Id of the API. A name from the settings is not one, and stays out.
    pub api_id: Option<&'k str>,
    /// Stage of the API.
    pub stage: Option<&'k str>,
    /// Name of the function.
    pub function: Option<&'k str>,
    /// Region of the API. Commands are then for it, and ARNs of its partition.
    pub region: Option<&'k str>,
    /// Account of the API.
    pub account: Option<&'k str>,
}

impl Known<'_> {
    /// Fills in lines to copy. What a shell would read in another way is left as a word in capitals.
    ///
    /// `--rest-api-id API_ID` → `--rest-api-id a1b2c3d4e5`
    pub fn filled(&self, code: &str) -> String {
        let api_id = self.api_id.filter(|id| is_api_id(id));
        let known = [
            ("API_ID", api_id),
            ("STAGE", self.stage),
            ("FUNCTION", self.function),
            ("REGION", self.region),
            ("ACCOUNT", self.account),
        ];
        let mut filled = code.to_owned();
        for (name, value) in known {
            if let Some(value) = value.filter(|value| is_word(value)) {
                filled = replaced(&filled, name, value);
            }
        }
        match self.region.filter(|region| is_word(region)) {
            Some(region) => in_region(&filled, region),
            None => filled,
        }
    }
}

/// Whether it is an id as API Gateway makes them.
fn is_api_id(id: &str) -> bool {
    id.len() == 10 && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

/// Whether it is a name that needs no quoting.
fn is_word(text: &str) -> bool {
    let is_plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    is_plain && !text.starts_with('-') && ![UNKNOWN, OTHER, ""].contains(&text)
}

/// Has each command ask this Region, and not the one that a shell happens to be set to.
///
/// `aws lambda get-policy --function-name FUNCTION` → `aws lambda get-policy --region eu-west-1 --function-name FUNCTION`
fn in_region(code: &str, region: &str) -> String {
    let code = code.replace("arn:aws:", &format!("arn:{}:", partition_of(region).name));
    let lines = code.split('\n').map(|line| {
        let end_of_operation = line.match_indices(' ').map(|(at, _)| at).nth(2).unwrap_or(line.len());
        if line.starts_with("aws ") && !line.contains("--region ") {
            let (command, options) = line.split_at(end_of_operation);
            format!("{command} --region {region}{options}")
        } else {
            line.to_owned()
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Replaces a name where it stands alone: in `Logs_API_ID`, not in `REST_API_ID`.
fn replaced(code: &str, name: &str, value: &str) -> String {
    let mut text = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(at) = rest.find(name) {
        let behind = &rest[at + name.len()..];
        text.push_str(&rest[..at]);
        let before = text.trim_end_matches('_');
        let is_begun = match text.len() - before.len() {
            0 => before.ends_with(|c: char| c.is_ascii_alphanumeric()),
            _ => before.ends_with(|c: char| c.is_ascii_uppercase()),
        };
        let goes_on = behind.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        text.push_str(if is_begun || goes_on { name } else { value });
        rest = behind;
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_asks_the_region_of_the_api_and_arns_are_of_its_partition() {
        let of = |region| Known { region: Some(region), ..Known::default() };
        let code = "aws lambda get-policy --function-name FUNCTION\naws sts get-caller-identity\naws logs tail G --region REGION";
        assert_eq!(
            of("eu-west-1").filled(code),
            "aws lambda get-policy --region eu-west-1 --function-name FUNCTION\n\
             aws sts get-caller-identity --region eu-west-1\naws logs tail G --region eu-west-1"
        );
        let arn = "aws wafv2 get --resource-arn arn:aws:apigateway:REGION::/restapis/API_ID";
        for (region, partition) in [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("eu-west-1", "aws")] {
            let filled = format!(
                "aws wafv2 get --region {region} --resource-arn arn:{partition}:apigateway:{region}::/restapis/API_ID"
            );
            assert_eq!(of(region).filled(arn), filled);
        }
        assert_eq!(Known::default().filled(arn), arn);
        assert_eq!(of("x;y").filled(arn), arn);
    }

    #[test]
    fn whole_words_are_filled_in_and_nothing_that_a_shell_would_read() {
        let known = Known {
            api_id: Some("a1b2c3d4e5"),
            stage: Some("prod"),
            function: Some("orders"),
            region: Some("eu-west-1"),
            account: None,
        };
        for (code, filled) in [
            (
                "get-stage --rest-api-id API_ID --stage-name STAGE",
                "get-stage --rest-api-id a1b2c3d4e5 --stage-name prod",
            ),
            (
                "API-Gateway-Execution-Logs_API_ID/STAGE REST_API_ID",
                "API-Gateway-Execution-Logs_a1b2c3d4e5/prod REST_API_ID",
            ),
            (
                "/aws/lambda/FUNCTION AUTHORIZER_FUNCTION FUNCTION_ARN",
                "/aws/lambda/orders AUTHORIZER_FUNCTION FUNCTION_ARN",
            ),
            ("STAGES arn:REGION:ACCOUNT:API_ID/STAGE", "STAGES arn:eu-west-1:ACCOUNT:a1b2c3d4e5/prod"),
        ] {
            assert_eq!(known.filled(code), filled);
        }
        for stage in ["$default", "a b", "x;rm", "-x", "unknown", "other", ""] {
            assert_eq!(Known { stage: Some(stage), ..Known::default() }.filled("STAGE"), "STAGE", "{stage}");
        }
        for api_id in ["orders", "A1B2C3D4E5", "unknown"] {
            assert_eq!(Known { api_id: Some(api_id), ..Known::default() }.filled("API_ID"), "API_ID", "{api_id}");
        }
    }
}
