//! Settings of the AWS client: the variables of the AWS SDKs.

use std::fmt;
use std::net::Ipv6Addr;
use std::path::Path;

use memchr::memmem;

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
const SSL_CERT_FILE: &str = "SSL_CERT_FILE";
const SSL_CERT_DIR: &str = "SSL_CERT_DIR";
const IGNORE_CONFIGURED_ENDPOINT_URLS: &str = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";

/// Variables of proxies by the scheme of the endpoint; the first one that is set holds. Both cases are usual.
const HTTP_PROXIES: [&str; 4] = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
const HTTPS_PROXIES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
const NO_PROXY: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// Hosts that no proxy can reach for us.
const THIS_MACHINE: &str = "localhost,127.0.0.0/8,::1";

/// Variables of the AWS SDKs about requests that are not honoured. We retry ourselves, so that we know the outcome of
/// each attempt. Of certificates the client reads what SSL_CERT_FILE and SSL_CERT_DIR name.
const NOT_HONOURED: [&str; 6] = [
    "AWS_CA_BUNDLE",
    "AWS_MAX_ATTEMPTS",
    "AWS_RETRY_MODE",
    "AWS_NEW_RETRIES_2026",
    "AWS_DEFAULTS_MODE",
    "AWS_SDK_UA_APP_ID",
];

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
    /// The proxies.
    pub proxies: Proxies,
    /// Names of variables that are set but not honoured.
    pub not_honoured: Vec<&'static str>,
    /// Whether to use the FIPS endpoint.
    pub use_fips: bool,
    /// Whether to use the dual-stack endpoint.
    pub use_dual_stack: bool,
    /// Whether request bodies are sent uncompressed.
    pub disable_request_compression: bool,
    /// Smallest request body to compress, in bytes; None for the SDK's default.
    pub request_min_compression_size_bytes: Option<u32>,
}

/// Settings of the proxies on the way to the endpoint. Their URLs may contain passwords.
#[derive(Clone, Default)]
pub struct Proxies {
    /// URL of the proxy to endpoints of the scheme `http`.
    pub http: Option<String>,
    /// URL of the proxy to endpoints of the scheme `https`.
    pub https: Option<String>,
    /// Hosts to reach without a proxy, separated by commas.
    pub except: String,
}

impl Aws {
    /// Reads the variables.
    ///
    /// # Errors
    ///
    /// If credentials or region are missing or contain a character that none has, a switch is neither `true` nor `false`,
    /// or the variables of certificates name none. A retry does not help.
    pub fn load(environment: &Environment) -> Result<Self, SettingsError> {
        let required =
            |variable, purpose| key(environment, variable)?.ok_or(SettingsError::Missing { variable, purpose });
        let switch = |variable| Ok(environment.parsed(variable, "true or false", parse_bool)?.unwrap_or(false));
        let region = |variable| environment.parsed(variable, "a region, such as eu-west-1", region);
        let region = match region(REGION)? {
            Some(region) => region,
            None => region(DEFAULT_REGION)?
                .ok_or(SettingsError::Missing { variable: REGION, purpose: "the region that the metrics go to" })?,
        };
        let endpoint_url = Self::endpoint_of(environment, ENDPOINT_URL_CLOUDWATCH)?;
        let mut not_honoured: Vec<_> = NOT_HONOURED.into_iter().filter(|name| environment.has(name)).collect();
        let proxies = proxies(environment, &mut not_honoured)?;
        check_certificates(environment)?;
        Ok(Self {
            access_key_id: required(ACCESS_KEY_ID, "the id of the access key that sends the metrics")?,
            secret_access_key: required(SECRET_ACCESS_KEY, "the key that signs requests")?,
            session_token: key(environment, SESSION_TOKEN)?,
            region,
            endpoint_url,
            proxies,
            not_honoured,
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
    /// Returns the endpoint that `variable` names for one service, or another variable for all; None for the Region's own.
    pub(super) fn endpoint_of(
        environment: &Environment,
        variable: &'static str,
    ) -> Result<Option<String>, SettingsError> {
        let url = |variable| environment.parsed(variable, URL_RULE, url);
        if environment.parsed(IGNORE_CONFIGURED_ENDPOINT_URLS, "true or false", parse_bool)?.unwrap_or(false) {
            return Ok(None);
        }
        match url(variable)? {
            Some(url) => Ok(Some(url)),
            None => url(ENDPOINT_URL),
        }
    }

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

/// Returns a part of the credentials. No error shows its value.
fn key(environment: &Environment, variable: &'static str) -> Result<Option<String>, SettingsError> {
    match environment.value(variable) {
        Ok(value) if value.as_ref().is_none_or(|value| value.bytes().all(|b| b.is_ascii_graphic())) => Ok(value),
        _ => Err(SettingsError::Key { variable }),
    }
}

fn region(value: &str) -> Option<String> {
    value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-').then(|| value.to_owned())
}

/// Checks that the variables of certificates name at least one. Without any, the TLS library ends the process.
fn check_certificates(environment: &Environment) -> Result<(), SettingsError> {
    let mut unusable = Ok(());
    for variable in [SSL_CERT_FILE, SSL_CERT_DIR] {
        let Some(value) = environment.value(variable)? else { continue };
        if std::env::split_paths(&value).any(|path| has_certificate(&path, true)) {
            return Ok(());
        }
        unusable = Err(wrong(variable, &value, "a file, or a folder of files, with certificates in PEM"));
    }
    unusable
}

/// Returns whether a file, or a file of a folder, has a certificate. Folders in it are not looked at.
fn has_certificate(path: &Path, may_be_folder: bool) -> bool {
    match path.read_dir() {
        Ok(files) => may_be_folder && files.flatten().any(|file| has_certificate(&file.path(), false)),
        Err(_) => std::fs::read(path).is_ok_and(|text| memmem::find(&text, b"-----BEGIN CERTIFICATE-----").is_some()),
    }
}

/// Returns the proxies. The variable of one that cannot be used, such as one for SOCKS, joins those that are not honoured.
fn proxies(environment: &Environment, not_honoured: &mut Vec<&'static str>) -> Result<Proxies, SettingsError> {
    let mut proxy = |names: [&'static str; 4]| {
        let variable = names.into_iter().find(|name| environment.has(name))?;
        let value = environment.value(variable).ok().flatten().unwrap_or_default();
        // `proxy.example:3128` is usual too.
        let url = url(&if value.contains("://") { value } else { format!("http://{value}") });
        let url = url.filter(|url| has_host_and_port(url));
        if url.is_none() && !not_honoured.contains(&variable) {
            not_honoured.push(variable);
        }
        url
    };
    let (http, https) = (proxy(HTTP_PROXIES), proxy(HTTPS_PROXIES));
    let except = NO_PROXY.into_iter().find(|name| environment.has(name)).map(|name| environment.value(name));
    let except =
        except.transpose()?.flatten().map_or(THIS_MACHINE.to_owned(), |hosts| format!("{hosts},{THIS_MACHINE}"));
    Ok(Proxies { http, https, except })
}

/// Returns whether a URL has a host, and a port or none. The proxy of any other URL would be passed over.
///
/// `http://user:password@proxy.example:3128/` → true; `http://[::1` → false
fn has_host_and_port(url: &str) -> bool {
    let authority = url.split("://").nth(1).unwrap_or_default().split(['/', '?', '#']).next().unwrap_or_default();
    let place = authority.rsplit('@').next().unwrap_or_default();
    let (host, port) = match place.strip_prefix('[').map(|rest| rest.split_once(']')) {
        Some(Some((address, rest))) if address.parse::<Ipv6Addr>().is_ok() => {
            (address, rest.strip_prefix(':').or(rest.is_empty().then_some("0")))
        }
        Some(_) => return false,
        None => place.split_once(':').map_or((place, Some("0")), |(host, port)| (host, Some(port))),
    };
    let is_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':');
    !host.is_empty() && host.bytes().all(is_name) && port.is_some_and(|port| port.parse::<u16>().is_ok())
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
    fn variables_that_name_no_certificate_are_an_error_that_names_them() {
        let folder = std::env::temp_dir().join(format!("why5xx-certificates-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.join(name);
            std::fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let (empty, other) = (file("empty.pem", ""), file("other.pem", "no certificate"));
        let nothing = folder.join("nothing").to_str().unwrap().to_owned();
        for (variable, value) in
            [(SSL_CERT_FILE, &nothing), (SSL_CERT_FILE, &empty), (SSL_CERT_FILE, &other), (SSL_CERT_DIR, &nothing)]
        {
            let error = load(&[(REGION, "eu-central-1"), (variable, value)]).unwrap_err().to_string();
            assert!(error.contains(variable), "{error}");
        }
        let own = file("own.pem", "-----BEGIN CERTIFICATE-----\n");
        let folder_of_own = folder.to_str().unwrap();
        for (variable, value) in [(SSL_CERT_FILE, own.as_str()), (SSL_CERT_DIR, folder_of_own)] {
            assert!(load(&[(REGION, "eu-central-1"), (variable, value)]).is_ok(), "{variable}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
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
    fn configured_endpoints_can_be_ignored() {
        for url in ["http://a", "not a url"] {
            for variable in [ENDPOINT_URL, ENDPOINT_URL_CLOUDWATCH] {
                let all = [(REGION, "eu-west-1"), (variable, url), (IGNORE_CONFIGURED_ENDPOINT_URLS, "TRUE")];
                assert_eq!(load(&all).unwrap().endpoint_url, None);
            }
        }
    }

    #[test]
    fn what_cannot_be_part_of_a_request_is_an_error_that_shows_no_key() {
        for (variable, value) in [(SESSION_TOKEN, "planted\ntoken"), (SECRET_ACCESS_KEY, "planted-key\n")] {
            let error = load(&[(REGION, "eu-west-1"), (variable, value)]).unwrap_err();
            assert_eq!(error, SettingsError::Key { variable });
        }
        let error = load(&[(REGION, "eu-west-1\n")]).unwrap_err().to_string();
        assert_eq!(error, r#"AWS_REGION is "eu-west-1\n"; allowed: a region, such as eu-west-1"#);
    }

    #[test]
    fn proxies_are_chosen_by_scheme_and_those_that_cannot_be_used_are_not_honoured() {
        let proxies = |variables: &[(&str, &str)]| {
            let aws = load(&[&[(REGION, "eu-west-1")], variables].concat()).unwrap();
            (aws.proxies.http, aws.proxies.https, aws.not_honoured)
        };
        let url = |url: &str| Some(url.to_owned());
        let variables = [("https_proxy", "http://a:1"), ("ALL_PROXY", "b:2"), ("HTTP_PROXY", "")];
        assert_eq!(proxies(&variables), (url("http://b:2"), url("http://a:1"), vec![]));
        for bad in [
            "socks5://c:3",
            "http://[::1",
            "http://[::1]x",
            "http://[c]",
            "http://c:x",
            "c:70000",
            "http://:1",
            "a b",
            "http://u:p@",
        ] {
            assert_eq!(proxies(&[("ALL_PROXY", bad)]), (None, None, vec!["ALL_PROXY"]), "{bad}");
        }
        for good in ["http://[::1]:8080", "http://u:p%40@c.example:3128/", "https://c"] {
            assert_eq!(proxies(&[("ALL_PROXY", good)]), (url(good), url(good), vec![]));
        }
        assert_eq!(proxies(&[("AWS_MAX_ATTEMPTS", "9")]), (None, None, vec!["AWS_MAX_ATTEMPTS"]));
    }

    #[test]
    fn keys_do_not_show_when_printed_for_debugging() {
        let aws = load(&[(REGION, "eu-west-1"), (SESSION_TOKEN, "planted-token")]).unwrap();
        assert!(!format!("{aws:?}").contains("planted"));
    }
}
