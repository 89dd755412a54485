//! The answers of AWS, as far as they matter here: lists in pages, and the fields of what is in them.

use serde_json::Value;

/// A list that comes in pages.
pub(super) struct List {
    /// Names of the items in a page; a call has one of them.
    items: &'static [&'static str],
    /// Name of the token of the next page, in an answer and in a call.
    pub(super) token: &'static str,
    /// Texts that each item has.
    has: &'static [&'static str],
}

impl List {
    const fn new(items: &'static [&'static str], token: &'static str, has: &'static [&'static str]) -> Self {
        Self { items, token, has }
    }

    /// Takes the items out of a page; None if it cannot be read.
    pub(super) fn take(&self, page: &mut Value) -> Option<Vec<Value>> {
        let mut taken = Vec::new();
        for name in self.items {
            match page[*name].take() {
                Value::Null => {}
                Value::Array(items) => taken.extend(items),
                _ => return None,
            }
        }
        taken.iter().all(|item| self.has.iter().all(|name| item[*name].is_string())).then_some(taken)
    }
}

// API Gateway writes `item` where the AWS CLI shows `items`.
pub(super) const REST_APIS: List = List::new(&["item", "items"], "position", &["id"]);
pub(super) const REST_STAGES: List = List::new(&["item", "items"], "position", &["stageName"]);
pub(super) const APIS: List = List::new(&["items"], "nextToken", &["apiId"]);
pub(super) const API_STAGES: List = List::new(&["items"], "nextToken", &["stageName"]);
pub(super) const LOG_GROUPS: List = List::new(&["logGroups"], "nextToken", &["logGroupName"]);
pub(super) const FILTERS: List = List::new(&["subscriptionFilters"], "nextToken", &["filterName"]);
pub(super) const DELIVERY_SOURCES: List = List::new(&["deliverySources"], "nextToken", &["name"]);
pub(super) const DELIVERIES: List = List::new(&["deliveries"], "nextToken", &["deliverySourceName"]);
pub(super) const DELIVERY_DESTINATIONS: List = List::new(&["deliveryDestinations"], "nextToken", &[]);
pub(super) const ACCOUNT_POLICIES: List = List::new(&["accountPolicies"], "nextToken", &[]);
pub(super) const ALARMS: List = List::new(&["MetricAlarms"], "NextToken", &[]);
pub(super) const RULES: List = List::new(&["Rules"], "NextToken", &[]);
pub(super) const METRIC_DATA: List = List::new(&["MetricDataResults"], "NextToken", &["Id"]);

/// Returns a text of an item; an empty one if it has none.
#[inline(never)]
pub(super) fn text(of: &Value, name: &str) -> String {
    of[name].as_str().unwrap_or_default().to_owned()
}

/// Returns a list of an item; an empty one if it has none.
#[inline(never)]
pub(super) fn list<'v>(of: &'v Value, name: &str) -> &'v [Value] {
    of[name].as_array().map_or(&[], Vec::as_slice)
}
