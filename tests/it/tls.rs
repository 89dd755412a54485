//! The real program and a CloudWatch behind TLS, with a certificate authority of the test's own.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::support::cloudwatch::{CloudWatch, now_ms};
use crate::support::events::{self, LOG_GROUP};
use crate::support::function::Function;
use crate::support::http;

/// An authority, and a server's side of TLS that it vouches for.
struct Authority {
    root: PathBuf,
    server: Arc<rustls::ServerConfig>,
}

/// Makes an authority whose certificate is in a file of this name, and a certificate of `localhost`.
fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.pem"));
    let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines(authority.der()));
    std::fs::write(&root, pem).unwrap();

    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned(), "cloudwatch.test".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let server = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    Authority { root, server: Arc::new(server) }
}

/// Base64 in lines of 64, as PEM has it.
fn lines(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect::<Vec<_>>().join("\n")
}

fn one_failure() -> Vec<u8> {
    events::payload(&events::batch(LOG_GROUP, "a", now_ms(), &events::timed_out_request("1f2e3d4c")))
}

#[test]
fn counts_go_out_over_tls() {
    let authority = authority("known");
    let endpoint = CloudWatch::start_with_tls(Arc::clone(&authority.server));
    let url = format!("https://localhost:{}", endpoint.address.port());
    let mut function = Function::start_with(&[
        ("AWS_ENDPOINT_URL_CLOUDWATCH", &url),
        ("SSL_CERT_FILE", authority.root.to_str().unwrap()),
    ]);
    let outcome = function.invoke(&one_failure());
    assert!(outcome.is_success(), "{outcome:?}");
    assert_eq!((endpoint.sum("Errors"), function.own("UncertainPublishes")), (1.0, 0.0));
}

#[test]
fn counts_go_through_a_proxy_except_to_the_hosts_that_need_none() {
    let authority = authority("proxied");
    let endpoint = CloudWatch::start_with_tls(Arc::clone(&authority.server));
    let (proxy, tunnels) = http::proxy(endpoint.address);
    // Only the proxy knows the first host; the second one is this machine.
    for (host, tunnelled) in [("cloudwatch.test", 1), ("localhost", 1)] {
        let url = format!("https://{host}:{}", endpoint.address.port());
        let mut function = Function::start_with(&[
            ("AWS_ENDPOINT_URL_CLOUDWATCH", &url),
            ("SSL_CERT_FILE", authority.root.to_str().unwrap()),
            ("HTTPS_PROXY", &format!("http://{proxy}")),
            ("NO_PROXY", "example.com"),
        ]);
        assert!(function.invoke(&one_failure()).is_success());
        assert_eq!(tunnels.load(Ordering::Relaxed), tunnelled, "{host}");
    }
    assert_eq!(endpoint.sum("Errors"), 2.0);
}

#[test]
fn a_server_that_no_known_authority_vouches_for_gets_nothing() {
    let (known, stranger) = (authority("other"), authority("stranger"));
    let endpoint = CloudWatch::start_with_tls(Arc::clone(&stranger.server));
    let url = format!("https://localhost:{}", endpoint.address.port());
    let mut function =
        Function::start_with(&[("AWS_ENDPOINT_URL_CLOUDWATCH", &url), ("SSL_CERT_FILE", known.root.to_str().unwrap())]);
    let outcome = function.invoke_within(&one_failure(), Duration::from_secs(4));
    assert_eq!(outcome.error_type(), "PublishUnreachable", "{outcome:?}");
    assert_eq!(endpoint.requests(), 0);
}
