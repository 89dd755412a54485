//! The services of AWS that are asked, and how they are called.

/// A service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// CloudWatch Logs.
    Logs,
    /// STS.
    Sts,
    /// CloudWatch.
    CloudWatch,
    /// EventBridge.
    Events,
    /// API Gateway.
    ApiGateway,
    /// Lambda.
    Lambda,
}

impl Service {
    /// All services.
    pub const ALL: [Self; 6] = [Self::Logs, Self::Sts, Self::CloudWatch, Self::Events, Self::ApiGateway, Self::Lambda];

    /// Returns its name, for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Logs => "CloudWatch Logs",
            Self::Sts => "STS",
            Self::CloudWatch => "CloudWatch",
            Self::Events => "EventBridge",
            Self::ApiGateway => "API Gateway",
            Self::Lambda => "Lambda",
        }
    }

    /// Returns the first label of its endpoint, which is also its name in signatures.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Logs => "logs",
            Self::Sts => "sts",
            Self::CloudWatch => "monitoring",
            Self::Events => "events",
            Self::ApiGateway => "apigateway",
            Self::Lambda => "lambda",
        }
    }

    /// Returns its name in permissions.
    pub const fn permission_prefix(self) -> &'static str {
        match self {
            Self::CloudWatch => "cloudwatch",
            other => other.prefix(),
        }
    }

    /// Returns the variable that names its endpoint, as the AWS SDKs have it.
    pub const fn endpoint_variable(self) -> &'static str {
        match self {
            Self::Logs => "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS",
            Self::Sts => "AWS_ENDPOINT_URL_STS",
            Self::CloudWatch => "AWS_ENDPOINT_URL_CLOUDWATCH",
            Self::Events => "AWS_ENDPOINT_URL_EVENTBRIDGE",
            Self::ApiGateway => "AWS_ENDPOINT_URL_API_GATEWAY",
            Self::Lambda => "AWS_ENDPOINT_URL_LAMBDA",
        }
    }

    /// Returns the headers of an action of its JSON protocol.
    ///
    /// Source: `jsonVersion` and `targetPrefix` of the service models of botocore 1.44.
    pub(crate) fn json_headers(self, action: &str) -> Vec<(&'static str, String)> {
        let (version, target) = match self {
            Self::CloudWatch => ("1.0", "GraniteServiceVersion20100801"),
            Self::Events => ("1.1", "AWSEvents"),
            Self::Logs | Self::Sts | Self::ApiGateway | Self::Lambda => ("1.1", "Logs_20140328"),
        };
        vec![
            ("content-type", format!("application/x-amz-json-{version}")),
            ("x-amz-target", format!("{target}.{action}")),
        ]
    }
}
