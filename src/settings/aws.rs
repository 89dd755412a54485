//! Settings of the AWS client: the variables of the AWS SDKs.

use std::fmt;

use super::environment::wrong;
use super::{Environment, REGION, SettingsError, parse_bool, within};

const ACCESS_KEY_ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET_ACCESS_KEY: &str = "AWS_SECRET_ACCESS_KEY";
const SESSION_TOKEN: &str = "AWS_SESSION_TOKEN";
const DEFAULT_REGION: &str = "AWS_DEFAULT_REGION";
const ENDPOINT_URL_CLOUDWATCH: &str = "AWS_ENDPOINT_URL_CLOUDWATCH";
const ENDPOINT_URL: &str = "AWS_ENDPOINT_URL";
const USE_FIPS_ENDPOINT: &str = "AWS_USE_FIPS_ENDPOINT";
const USE_DUALSTACK_ENDPOINT: &str = "AWS_USE_DUALSTACK_ENDPOINT";
const DISABLE_REQUEST_COMPRESSION: &str = "AWS_DISABLE_REQUEST_COMPRESSION";
const REQUEST_MIN_COMPRESSION_SIZE_BYTES: &str = "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES";

/// Settings of the AWS client.
///
/// They are read here because the SDK's own loader links three more SDK clients. The environment of a function contains
/// its credentials, and ends before they expire.
#[derive(Clone)]
pub struct Aws {
    /// Id of the access key.
    pub access_key_id: String,
    /// The access key.
    pub secret_access_key: String,
    /// The token of temporary credentials.
    pub session_token: Option<String>,
    /// The region.
    pub region: String,
    /// Endpoint of CloudWatch, instead of the region's own.
    pub endpoint_url: Option<String>,
    /// Whether to use the FIPS endpoint.
    pub use_fips: bool,
    /// Whether to use the dual-stack endpoint.
    pub use_dual_stack: bool,
    /// Whether request bodies are sent uncompressed.
    pub disable_request_compression: bool,
    /// Smallest request body to compress, in bytes; None for the SDK's default.
    pub request_min_compression_size_bytes: Option<u32>,
}

impl Aws {
    /// Reads the variables.
    ///
    /// # Errors
    ///
    /// If credentials or region are missing, or a switch is neither `true` nor `false`. A retry does not help.
    pub fn load(environment: &Environment) -> Result<Self, SettingsError> {
        let required =
            |variable, purpose| environment.value(variable)?.ok_or(SettingsError::Missing { variable, purpose });
        let switch = |variable| Ok(environment.parsed(variable, "true or false", parse_bool)?.unwrap_or(false));
        let region = match environment.value(REGION)? {
            Some(region) => region,
            None => environment
                .value(DEFAULT_REGION)?
                .ok_or(SettingsError::Missing { variable: REGION, purpose: "the region that the metrics go to" })?,
        };
        let url = |variable| environment.parsed(variable, URL_RULE, url);
        let endpoint_url = match url(ENDPOINT_URL_CLOUDWATCH)? {
            Some(url) => Some(url),
            None => url(ENDPOINT_URL)?,
        };
        Ok(Self {
            access_key_id: required(ACCESS_KEY_ID, "the id of the access key that sends the metrics")?,
            secret_access_key: required(SECRET_ACCESS_KEY, "the key that signs requests")?,
            session_token: environment.value(SESSION_TOKEN)?,
            region,
            endpoint_url,
            use_fips: switch(USE_FIPS_ENDPOINT)?,
            use_dual_stack: switch(USE_DUALSTACK_ENDPOINT)?,
            disable_request_compression: switch(DISABLE_REQUEST_COMPRESSION)?,
            request_min_compression_size_bytes: environment.parsed(
                REQUEST_MIN_COMPRESSION_SIZE_BYTES,
                "a whole number from 0 to 10485760",
                |value| within(value, 0..=10_485_760),
            )?,
        })
    }
}

impl Aws {
    /// Sets the endpoint, from the option `--endpoint-url`.
    ///
    /// # Errors
    ///
    /// If `value` is not a URL.
    pub fn with_endpoint_url(self, value: &str) -> Result<Self, SettingsError> {
        let url = url(value).ok_or_else(|| wrong("--endpoint-url", value, URL_RULE))?;
        Ok(Self { endpoint_url: Some(url), ..self })
    }
}

const URL_RULE: &str = "a URL that begins with http:// or https://";

fn url(value: &str) -> Option<String> {
    let host = value.strip_prefix("http://").or_else(|| value.strip_prefix("https://"))?;
    let plain = value.bytes().all(|b| b.is_ascii_graphic());
    (plain && !host.is_empty() && !host.starts_with('/')).then(|| value.to_owned())
}

// Written by hand, so that keys are never printed.
impl fmt::Debug for Aws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Aws")
            .field("region", &self.region)
            .field("endpoint_url", &self.endpoint_url)
            .field("use_fips", &self.use_fips)
            .field("use_dual_stack", &self.use_dual_stack)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [(&str, &str); 2] = [(ACCESS_KEY_ID, "AKIDEXAMPLE"), (SECRET_ACCESS_KEY, "planted-key")];

    fn load(more: &[(&str, &str)]) -> Result<Aws, SettingsError> {
        Aws::load(&Environment::of(KEYS.iter().chain(more).copied()))
    }

    #[test]
    fn the_endpoint_of_cloudwatch_alone_wins_over_that_of_all_services() {
        let all = [(REGION, "eu-central-1"), (ENDPOINT_URL, "http://a"), (ENDPOINT_URL_CLOUDWATCH, "http://b")];
        assert_eq!(load(&all).unwrap().endpoint_url.as_deref(), Some("http://b"));
        assert_eq!(load(&all[..2]).unwrap().endpoint_url.as_deref(), Some("http://a"));
    }

    #[test]
    fn an_endpoint_that_is_no_url_is_an_error() {
        for url in ["cloudwatch.example", "http://", "http:///x", "https://a b", "ftp://a"] {
            let error = load(&[(REGION, "eu-west-1"), (ENDPOINT_URL, url)]).unwrap_err().to_string();
            assert!(error.ends_with("allowed: a URL that begins with http:// or https://"), "{error}");
        }
    }

    #[test]
    fn either_variable_of_the_region_will_do() {
        assert_eq!(load(&[(DEFAULT_REGION, "eu-west-1")]).unwrap().region, "eu-west-1");
        assert_eq!(
            load(&[]).unwrap_err().to_string(),
            "AWS_REGION is not set; it must hold the region that the metrics go to"
        );
    }

    #[test]
    fn a_switch_that_is_neither_on_nor_off_is_an_error() {
        let error = load(&[(REGION, "eu-west-1"), (USE_FIPS_ENDPOINT, "1")]).unwrap_err().to_string();
        assert_eq!(error, "AWS_USE_FIPS_ENDPOINT is \"1\"; allowed: true or false");
    }

    #[test]
    fn keys_do_not_show_when_printed_for_debugging() {
        let aws = load(&[(REGION, "eu-west-1"), (SESSION_TOKEN, "planted-token")]).unwrap();
        assert!(!format!("{aws:?}").contains("planted"));
    }
}
