//! Credentials, Region and endpoints, found as the AWS CLI finds them.
//!
//! Keys of the environment are used as they are. Profiles, single sign-on and roles are left to the AWS CLI, which is
//! asked for the keys: it knows more ways to get them than we should write again.

use std::process::{Command, Stdio};

use aws_sdk_cloudwatch::config::Credentials;
use serde::Deserialize;
use why5xx::partition::is_region;
use why5xx::settings::Environment;
use why5xx::signed::client::{Renew, Session};
use why5xx::signed::endpoint;
use why5xx::signed::service::Service;

use crate::Failed;
use crate::terminal::printable;

/// Error where nothing gives credentials.
const NO_CREDENTIALS: &str = "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile of the AWS \
                              CLI with --profile";

/// Finds credentials, Region and endpoints.
pub(crate) fn session(
    environment: &Environment,
    profile: Option<&str>,
    region: Option<&str>,
) -> Result<Session, Failed> {
    let value = |name| environment.value(name);
    let first = |names: &[&'static str]| -> Result<Option<String>, Failed> {
        for name in names {
            if let Some(value) = value(name)? {
                return Ok(Some(value));
            }
        }
        Ok(None)
    };
    let region = match region.map(str::to_owned) {
        Some(region) => region,
        None => match first(&["AWS_REGION", "AWS_DEFAULT_REGION"])? {
            Some(region) => region,
            None => region_of_profile(profile)?,
        },
    };
    if !is_region(&region) {
        return Err(Failed(format!("{:?} is not a Region; they are named like eu-west-1", printable(&region))));
    }
    let keys = (value("AWS_ACCESS_KEY_ID")?, value("AWS_SECRET_ACCESS_KEY")?);
    let (credentials, is_from_cli) = match (keys, profile) {
        ((Some(id), Some(secret)), None) => {
            (Credentials::new(id, secret, value("AWS_SESSION_TOKEN")?, None, "environment"), false)
        }
        _ => (exported(profile)?, true),
    };
    let parts = [
        ("access key id", credentials.access_key_id()),
        ("secret access key", credentials.secret_access_key()),
        ("session token", credentials.session_token().unwrap_or_default()),
    ];
    if let Some((name, _)) = parts.iter().find(|(_, part)| part.contains(|c: char| c.is_whitespace() || c.is_control()))
    {
        return Err(Failed(format!("the {name} has a line break or a blank in it: copy it again, as one word")));
    }
    let fips = value("AWS_USE_FIPS_ENDPOINT")?.as_deref() == Some("true");
    let mut urls = Vec::new();
    for service in Service::ALL {
        let named = first(&[service.endpoint_variable(), "AWS_ENDPOINT_URL"])?;
        if let Some(url) = named.as_deref().filter(|url| !is_address(url)) {
            let url = printable(url);
            return Err(Failed(format!(
                "AWS_ENDPOINT_URL: {url:?} is no address; they are like http://127.0.0.1:4566"
            )));
        }
        urls.push((service, named.unwrap_or_else(|| endpoint(service.prefix(), &region, fips))));
    }
    let profile = profile.map(str::to_owned);
    let renew = is_from_cli.then(|| -> Renew { Box::new(move || exported(profile.as_deref()).ok()) });
    Ok(Session { credentials, region, urls, renew })
}

/// Returns whether calls can be sent to a text.
fn is_address(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")) else { return false };
    let host = rest.split('/').next().unwrap_or_default();
    let port = host.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')).map_or("0", |(_, port)| port);
    let begins = host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[');
    begins && port.parse::<u16>().is_ok() && url.bytes().all(|b| b.is_ascii_graphic())
}

/// Returns an environment with the keys and the Region of a session.
pub(crate) fn in_environment(session: &Session, environment: Environment) -> Environment {
    let keys = &session.credentials;
    environment
        .with("AWS_ACCESS_KEY_ID", keys.access_key_id())
        .with("AWS_SECRET_ACCESS_KEY", keys.secret_access_key())
        .with("AWS_SESSION_TOKEN", keys.session_token().unwrap_or_default())
        .with("AWS_REGION", &session.region)
}

/// Keys as the AWS CLI exports them.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Exported {
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
}

/// Has the AWS CLI export the keys of a profile.
fn exported(profile: Option<&str>) -> Result<Credentials, Failed> {
    let written = aws_cli(&["configure", "export-credentials", "--format", "process"], profile)
        .map_err(|why| Failed(clear(&why, profile).unwrap_or_else(|| format!("{NO_CREDENTIALS} ({why})"))))?;
    let keys: Exported = serde_json::from_slice(&written).map_err(|_| {
        Failed(format!("{NO_CREDENTIALS} (what `aws configure export-credentials` wrote holds no keys)"))
    })?;
    Ok(Credentials::new(keys.access_key_id, keys.secret_access_key, keys.session_token, None, "aws-cli"))
}

fn region_of_profile(profile: Option<&str>) -> Result<String, Failed> {
    let written = match aws_cli(&["configure", "get", "region"], profile) {
        Ok(written) => written,
        Err(why) => clear(&why, profile).map_or_else(|| Ok(Vec::new()), |why| Err(Failed(why)))?,
    };
    Some(String::from_utf8_lossy(&written).trim().to_owned())
        .filter(|region| !region.is_empty())
        .ok_or_else(|| Failed("no Region: add --region, or set AWS_REGION".to_owned()))
}

/// Returns what to do about what the AWS CLI said; None where its own words have to do.
fn clear(said: &str, profile: Option<&str>) -> Option<String> {
    let option = profile.map_or(String::new(), |name| format!(" --profile {}", printable(name)));
    let said = said.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|words| said.contains(words));
    if has(&["could not be found"]) && has(&["config profile"]) {
        let name = profile.map_or("of AWS_PROFILE".to_owned(), printable);
        return Some(format!(
            "the AWS CLI knows no profile {name}; `aws configure list-profiles` prints those that it knows"
        ));
    }
    if has(&["sso"]) && has(&["expired", "invalid", "does not exist", "refresh"]) {
        return Some(format!("the session of single sign-on has ended: run `aws sso login{option}`"));
    }
    has(&["invalid choice"]).then(|| {
        "this AWS CLI cannot export credentials: install version 2, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            .to_owned()
    })
}

/// Runs the AWS CLI; an error is what it said. It may ask the user for a code, so it keeps the standard input.
fn aws_cli(arguments: &[&str], profile: Option<&str>) -> Result<Vec<u8>, String> {
    let mut command = Command::new("aws");
    command.args(arguments).args(profile.map(|profile| ["--profile", profile]).into_iter().flatten());
    let output = command
        .stdin(Stdio::inherit())
        .output()
        .map_err(|error| format!("the AWS CLI, which knows profiles, cannot be run: {error}"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let mut lines = said.lines().rev().filter(|line| !line.trim().is_empty());
    // Behind this line, version 1 lists what it knows.
    let choice = lines.clone().find(|line| line.contains("Invalid choice"));
    let last = choice.or_else(|| lines.next()).unwrap_or("it gave no reason");
    Err(format!("the AWS CLI says: {}", printable(last.trim())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_that_would_change_the_host_is_refused() {
        let keys = [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "planted-access-key")];
        for region in ["eu-west-1.example.com/", "EU (Ireland)", "a/b"] {
            assert!(session(&Environment::of(keys), None, Some(region)).is_err(), "{region}");
        }
        assert!(session(&Environment::of(keys), None, Some("eu-west-1")).is_ok());
    }
}
