//! The answers of AWS, as far as they matter here.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A page of a list.
pub(super) trait Page {
    type Item;
    /// Returns the items and the token of the next page.
    fn take(self) -> (Vec<Self::Item>, Option<String>);
}

macro_rules! pages {
    ($($page:ident { $items:ident: [$item:ident] as $name:literal $(or $other:literal)?, $token:literal })*) => {$(
        #[derive(Deserialize)]
        pub(super) struct $page {
            #[serde(rename = $name $(, alias = $other)?, default = "Vec::new")]
            $items: Vec<$item>,
            #[serde(rename = $token, default)]
            token: Option<String>,
        }

        impl Page for $page {
            type Item = $item;
            fn take(self) -> (Vec<$item>, Option<String>) {
                (self.$items, self.token.filter(|token| !token.is_empty()))
            }
        }
    )*};
}

pages! {
    // API Gateway writes `item` where the AWS CLI shows `items`.
    RestApis { items: [RestApi] as "item" or "items", "position" }
    RestStages { items: [RestStage] as "item" or "items", "position" }
    Apis { items: [Api] as "items", "nextToken" }
    ApiStages { items: [ApiStage] as "items", "nextToken" }
    LogGroups { items: [LogGroup] as "logGroups", "nextToken" }
    Filters { items: [Filter] as "subscriptionFilters", "nextToken" }
    DeliverySources { items: [DeliverySource] as "deliverySources", "nextToken" }
    Deliveries { items: [Delivery] as "deliveries", "nextToken" }
    DeliveryDestinations { items: [DeliveryDestination] as "deliveryDestinations", "nextToken" }
    AccountPolicies { items: [AccountPolicy] as "accountPolicies", "nextToken" }
    Alarms { items: [Alarm] as "MetricAlarms", "NextToken" }
    Rules { items: [Rule] as "Rules", "NextToken" }
    MetricData { items: [MetricDataResult] as "MetricDataResults", "NextToken" }
}

#[derive(Deserialize)]
pub(super) struct RestApi {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RestStage {
    pub(super) stage_name: String,
    #[serde(default)]
    pub(super) method_settings: BTreeMap<String, Setting>,
    pub(super) access_log_settings: Option<AccessLogSettings>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Setting {
    pub(super) logging_level: Option<String>,
    pub(super) data_trace_enabled: bool,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct AccessLogSettings {
    pub(super) destination_arn: Option<String>,
    pub(super) format: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Account {
    pub(super) cloudwatch_role_arn: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Api {
    pub(super) api_id: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) protocol_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ApiStage {
    pub(super) stage_name: String,
    pub(super) default_route_settings: Option<Setting>,
    #[serde(default)]
    pub(super) route_settings: BTreeMap<String, Setting>,
    pub(super) access_log_settings: Option<AccessLogSettings>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogGroup {
    pub(super) log_group_name: String,
    pub(super) log_group_class: Option<String>,
    pub(super) retention_in_days: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Filter {
    pub(super) filter_name: String,
    #[serde(default)]
    pub(super) filter_pattern: String,
    #[serde(default)]
    pub(super) destination_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeliverySource {
    pub(super) name: String,
    #[serde(default)]
    pub(super) resource_arns: Vec<String>,
    #[serde(default)]
    pub(super) log_type: String,
    pub(super) status: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Delivery {
    #[serde(default)]
    pub(super) id: String,
    pub(super) delivery_source_name: String,
    #[serde(default)]
    pub(super) delivery_destination_arn: String,
    #[serde(default)]
    pub(super) record_fields: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeliveryDestination {
    #[serde(default)]
    pub(super) arn: String,
    pub(super) delivery_destination_configuration: Option<Destination>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Destination {
    #[serde(default)]
    pub(super) destination_resource_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccountPolicy {
    #[serde(default)]
    pub(super) policy_name: String,
    #[serde(default)]
    pub(super) policy_document: String,
    pub(super) selection_criteria: Option<String>,
}

/// The document of an account policy that subscribes all log groups.
#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct AccountSubscription {
    pub(super) destination_arn: String,
    pub(super) filter_pattern: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Alarm {
    #[serde(default)]
    pub(super) alarm_name: String,
    #[serde(default)]
    pub(super) alarm_actions: Vec<String>,
    pub(super) actions_enabled: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Rule {
    #[serde(default)]
    pub(super) name: String,
    pub(super) state: Option<String>,
    pub(super) event_pattern: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct MetricDataResult {
    pub(super) id: String,
    #[serde(default)]
    pub(super) values: Vec<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Function {
    #[serde(default)]
    pub(super) function_name: String,
    pub(super) description: Option<String>,
    pub(super) environment: Option<Variables>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Variables {
    #[serde(default)]
    pub(super) variables: BTreeMap<String, String>,
}
