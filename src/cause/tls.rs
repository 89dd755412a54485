//! What goes wrong in the TLS handshake with a backend.

use super::Need::{AccessField, ErrorLevel};
use super::Pattern::Gateway;
use super::{Cause, Family, Kind, Rank, Remedy, access, documented, execution};

pub(super) const CAUSES: &[Cause] = &[
    Cause {
        id: "tls_certificate_expired",
        formerly: &[],
        role: None,
        title: "The backend's certificate has expired or is not valid yet",
        family: Family::Tls,
        kind: Kind::Broken,
        rank: Rank::Named,
        statuses: &[500],
        needs: &[ErrorLevel, AccessField("integration.error")],
        patterns: &[
            Gateway("validity check failed"),
            Gateway("timestamp check failed"),
            Gateway("certificateexpiredexception"),
            Gateway("certificatenotyetvalid"),
            Gateway("certificate{}expired"),
            Gateway("notafter:"),
        ],
        remedy: Remedy {
            means: "A certificate in the chain that the backend presents is outside its validity dates: the server's \
                own, or an intermediate one.",
            checks: &[
                "Print the dates of every certificate that the backend sends, not of the first alone, and renew the \
                 one that has run out. The chain must be complete, from the leaf to the root: host name and root \
                 authority are checked in the same step. An expired intermediate fails just as the leaf does.",
                "Verify that the renewed certificate is in use: the listener of the load balancer names the new ACM \
                 certificate, or the server process was reloaded on every target. One forgotten target fails a share \
                 of the requests.",
                "Certificates of ACM: look at `aws acm describe-certificate --certificate-arn CERTIFICATE_ARN` for \
                 RenewalStatus. Imported certificates are never renewed by ACM.",
                "Do not reach for insecureSkipVerification: the validity dates are checked with it as well.",
            ],
            see: &[
                "Subject and dates of every certificate that the server sends, its own first (from inside the VPC \
                 for a private backend):\n\
                 openssl s_client -connect HOST:443 -servername HOST -showcerts </dev/null | awk -v x='openssl x509 \
                 -noout -subject -dates' '/BEGIN CERTIFICATE/{on=1} on{print | x} /END CERTIFICATE/{on=0; close(x)}'",
                "Before the next time, alarm on the metric DaysToExpiry of AWS/CertificateManager.",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-extensions-integration-tls-config.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-supported-certificate-authorities-for-http-endpoints.html",
        ],
        since: "0.1.0",
        examples: &[
            execution(&[
                "(7f3e2c74-915d-4e30-8c82-2d914dbf3043) Execution failed due to configuration error: PKIX path validation failed: java.security.cert.CertPathValidatorException: validity check failed",
                "(7f3e2c74-915d-4e30-8c82-2d914dbf3043) Method completed with status: 500",
            ]),
            access(&[
                r#"{"requestId":"e1dfa71b-b629-4a82-9905-dff3d43cdfb1","apiId":"a1b2c3d4e5","stage":"prod","resourcePath":"/orders","status":"500","errorResponseType":"DEFAULT_5XX","integrationError":"Execution failed due to configuration error: PKIX path validation failed: java.security.cert.CertPathValidatorException: validity check failed"}"#,
            ]),
        ],
        near_misses: &[
            // PKIX without validity: the chain is not trusted.
            execution(&[
                "(62c90d4b-ed5a-4bce-b895-e9bd5ade8672) Execution failed due to configuration error: PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target",
                "(62c90d4b-ed5a-4bce-b895-e9bd5ade8672) Method completed with status: 500",
            ]),
            // The backend says so of its own backend, and the gateway passes that on.
            execution(&[
                "(6e70e138-5919-42bf-b918-c85abb8f8ede) Endpoint response body before transformations: {\"message\":\"certificate has expired\"}",
                "(6e70e138-5919-42bf-b918-c85abb8f8ede) Method completed with status: 502",
            ]),
        ],
    },
    Cause {
        id: "tls_hostname_mismatch",
        formerly: &[],
        role: None,
        title: "The backend's certificate is for another host name",
        family: Family::Tls,
        kind: Kind::Broken,
        rank: Rank::Named,
        statuses: &[500],
        needs: &[ErrorLevel, AccessField("integration.error")],
        patterns: &[
            Gateway("^execution failed due to configuration error: host name '"),
            Gateway("does not match certificate subject"),
            Gateway("no subject alternative"),
            Gateway("no name matching"),
            Gateway("doesn't match any of subject alternative names"),
            Gateway("doesn't match common name of certificate subject"),
        ],
        remedy: Remedy {
            means: "API Gateway connected with TLS to the host of the integration URI, and none of the names in the \
                certificate that came back is that host.",
            checks: &[
                "Compare the host of the integration URI with the subject alternative names of the certificate. One \
                 of the two must change: usually the URI, to the domain name that the certificate is for.",
                "Over a VPC link the URI's host is only a name for TLS and the Host header; the link decides where \
                 the traffic goes. So write there the name that the certificate of the load balancer (or, behind a \
                 TCP listener, of the target) carries, not the load balancer's own DNS name. On a VPC link V2 give \
                 that name as the server name to verify.",
                "Where the server has several certificates on one address, verify that it picks by SNI and that the \
                 default certificate is the right one: ask once with and once without the server name.",
                "Verify that the certificate comes from a public authority on API Gateway's list. For a private one, \
                 the flag insecureSkipVerification exists, but expiry, host name and the presence of a root are \
                 checked even then, so it does not fix this.",
                "After a change of the integration, deploy the API.",
            ],
            see: &[
                "The names in the certificate, as SNI selects it:\n\
                 openssl s_client -connect HOST:443 -servername NAME_IN_INTEGRATION_URI </dev/null | openssl x509 \
                 -noout -ext subjectAltName",
                "The URI in force:\n\
                 aws apigateway get-integration --rest-api-id API_ID --resource-id RESOURCE_ID --http-method GET",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-extensions-integration-tls-config.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/private-integration.html",
            "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/tls-listener-certificates.html",
        ],
        since: "0.1.0",
        examples: &[
            execution(&[
                "(804f3d85-a26e-4f41-9d93-3ea25ec04154) Execution failed due to configuration error: Host name 'orders.example.com' does not match the certificate subject provided by the peer (CN=internal.example.com)",
                "(804f3d85-a26e-4f41-9d93-3ea25ec04154) Method completed with status: 500",
            ]),
            execution(&[
                "(f28f8a42-7137-4e26-a75a-9fcd72fb4532) Execution failed due to configuration error: No subject alternative DNS name matching orders.example.com found.",
                "(f28f8a42-7137-4e26-a75a-9fcd72fb4532) Method completed with status: 500",
            ]),
        ],
        near_misses: &[
            execution(&[
                "(deda392a-3bf0-4b66-a0c3-119e7769e13e) Execution failed due to configuration error: PKIX path validation failed: java.security.cert.CertPathValidatorException: validity check failed",
                "(deda392a-3bf0-4b66-a0c3-119e7769e13e) Method completed with status: 500",
            ]),
            // A body that a client sent, on a request that failed otherwise.
            execution(&[
                "(85c8e3df-2910-4b96-a52a-d865f1606e64) Method request body before transformations: {\"note\":\"Host name 'a' does not match the certificate subject provided by the peer (CN=b)\"}",
                "(85c8e3df-2910-4b96-a52a-d865f1606e64) Execution failed due to a timeout error",
                "(85c8e3df-2910-4b96-a52a-d865f1606e64) Method completed with status: 504",
            ]),
        ],
    },
    Cause {
        id: "tls_key_mismatch",
        formerly: &[],
        role: None,
        title: "The backend's private key does not belong to its certificate",
        family: Family::Tls,
        kind: Kind::Broken,
        rank: Rank::Named,
        statuses: &[500],
        needs: &[ErrorLevel, AccessField("integration.error")],
        patterns: &[
            Gateway("serverkeyexchange signature"),
            Gateway("signature{}serverkeyexchange"),
            Gateway("server key exchange{}signature"),
            Gateway("invalid certificateverify"),
        ],
        remedy: Remedy {
            means: "The backend signed its part of the handshake with a key that does not fit the certificate it \
                presents.",
            checks: &[
                "Compare the public keys of the key file and of the certificate file that the server is configured \
                 with. They must be equal; if not, one file is from before a renewal.",
                "Check the contents of each file the server is given, for certificate authorities, certificate and \
                 key: the leaf must stand first in a bundle, for the key is taken to belong to the first \
                 certificate.",
                "Do the same on every target and reload the server. One target with the old key fails a share of the \
                 requests.",
            ],
            see: &[
                "The two lines must be the same:\n\
                 openssl x509 -in CERTIFICATE.pem -noout -pubkey | openssl sha256\n\
                 openssl pkey -in KEY.pem -pubout | openssl sha256",
                "Reproduce the handshake against one target:\n\
                 openssl s_client -connect TARGET_ADDRESS:PORT -servername HOST -tls1_2 </dev/null",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-extensions-integration-tls-config.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/private-integration.html",
        ],
        since: "0.1.0",
        examples: &[documented(execution(&[
            "(91504e96-b37f-4052-8ea4-4fb36ed15265) Execution failed due to configuration error: Cannot verify ECDH ServerKeyExchange signature",
            "(91504e96-b37f-4052-8ea4-4fb36ed15265) Method completed with status: 500",
        ]))],
        near_misses: &[execution(&[
            "(b62d46be-c490-4859-a603-c61995390a3f) Execution failed due to configuration error: Received fatal alert: handshake_failure",
            "(b62d46be-c490-4859-a603-c61995390a3f) Method completed with status: 500",
        ])],
    },
    Cause {
        id: "tls_untrusted_chain",
        formerly: &[],
        role: None,
        title: "The backend's certificate chain is not trusted",
        family: Family::Tls,
        kind: Kind::Broken,
        rank: Rank::Named,
        statuses: &[500],
        needs: &[ErrorLevel, AccessField("integration.error")],
        patterns: &[
            Gateway("pkix path"),
            Gateway("unable to find valid certification path"),
            Gateway("certpathbuilderexception"),
            Gateway("certpathvalidatorexception"),
            Gateway("no trusted certificate found"),
            Gateway("trustanchors parameter must be non-empty"),
            Gateway("extended key usage does not permit use for tls server"),
            Gateway("self signed certificate"),
            Gateway("self-signed certificate"),
        ],
        remedy: Remedy {
            means: "API Gateway could not build a chain from the backend's certificate to a root that it trusts. \
                Mostly the server does not send its intermediate certificates; else the issuer is private or the \
                certificate is self-signed.",
            checks: &[
                "Look at what the server sends: it must be the complete chain, the leaf first, then every \
                 intermediate up to the root. Browsers fetch missing intermediates, API Gateway does not.",
                "Compare the root with the certificate authorities that API Gateway supports for HTTP integrations. \
                 The list is AWS's: there is no trust store of your own to add to.",
                "Private or self-signed: put a certificate from a public authority on the backend or on the load \
                 balancer before it (ACM issues them without charge for listeners).",
                "Only if that cannot be done, and only for a private or self-signed authority on a REST API with \
                 HTTP or HTTP_PROXY integration: tlsConfig.insecureSkipVerification. It is not advised, for whoever \
                 stands in the middle can then pose as the backend. Expiry, host name and the presence of a root \
                 authority are still checked.",
                "Verify expiry and host name too: the same check of the gateway covers them.",
                "After a change of the integration, deploy the API.",
            ],
            see: &[
                "The chain as sent; depth 0 alone means that intermediates are missing:\n\
                 openssl s_client -connect HOST:443 -servername HOST -showcerts </dev/null",
                "The flag in force:\n\
                 aws apigateway get-integration --rest-api-id API_ID --resource-id RESOURCE_ID --http-method GET \
                 --query tlsConfig",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-supported-certificate-authorities-for-http-endpoints.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-extensions-integration-tls-config.html",
        ],
        since: "0.1.0",
        examples: &[
            execution(&[
                "(a2615fa7-c480-4163-9fb5-50c46fe26376) Execution failed due to configuration error: PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target",
                "(a2615fa7-c480-4163-9fb5-50c46fe26376) Method completed with status: 500",
            ]),
            access(&[
                r#"{"requestId":"02e97d55-6565-4829-8de8-66cec0d1433f","apiId":"a1b2c3d4e5","stage":"prod","resourcePath":"/orders","status":"500","errorMessage":"Internal server error","errorResponseType":"DEFAULT_5XX","integrationError":"Execution failed due to configuration error: PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target"}"#,
            ]),
        ],
        near_misses: &[
            execution(&[
                "(9046a41f-b273-48b0-a72f-87a045eedbe3) Execution failed due to configuration error: PKIX path validation failed: java.security.cert.CertPathValidatorException: validity check failed",
                "(9046a41f-b273-48b0-a72f-87a045eedbe3) Method completed with status: 500",
            ]),
            // The function met it with a host of its own.
            execution(&[
                "(cb6613ad-3a1e-422a-b3b2-a37f0ab7d19c) Lambda execution failed with status 200 due to customer function error: PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target. Lambda request id: 7ed35791-d3e0-401c-a977-60563592011b",
                "(cb6613ad-3a1e-422a-b3b2-a37f0ab7d19c) Method completed with status: 502",
            ]),
        ],
    },
    Cause {
        id: "tls_handshake_failure",
        formerly: &[],
        role: None,
        title: "The TLS handshake with the backend failed",
        family: Family::Tls,
        kind: Kind::Broken,
        rank: Rank::Named,
        statuses: &[500],
        needs: &[ErrorLevel, AccessField("integration.error")],
        patterns: &[
            Gateway("handshake"),
            Gateway("received fatal alert"),
            Gateway("cipher suites"),
            Gateway("no negotiable cipher suite"),
            Gateway("protocol version is not enabled or not supported"),
            Gateway("server selected protocol version"),
            Gateway("algorithm constraints"),
            Gateway("protocol_version"),
            Gateway("sslexception"),
            Gateway("sslengine"),
            Gateway("unrecognized ssl message"),
            Gateway("ssl peer"),
            Gateway("unrecognized_name"),
            Gateway("ssl error"),
            Gateway("tls error"),
        ],
        remedy: Remedy {
            means: "API Gateway and the backend could not agree on a TLS connection: no common version or cipher, a \
                refused server name, a client certificate that the backend wants, or a port that speaks no TLS.",
            checks: &[
                "Verify that the port of the integration URI speaks TLS, and that an http:// listener is not \
                 addressed as https://.",
                "Compare versions and ciphers: the backend's policy must offer TLS 1.2 with a common cipher suite. A \
                 policy that was made stricter, or one left at TLS 1.0, breaks the handshake.",
                "An alert about the name (unrecognized_name), or a failure only with a server name: the backend \
                 chooses its certificate by SNI and has none for the host of the integration URI. Add the \
                 certificate for that name or correct the URI.",
                "Where the backend asks for client certificates, give the stage one and let the backend trust it: \
                 `aws apigateway generate-client-certificate`. An expired one fails as well.",
                "Check the certificate of the backend itself: expired, incomplete or not trusted, as for \
                 tls_certificate_expired and tls_untrusted_chain.",
            ],
            see: &[
                "Reproduce it from a place with the same network path:\n\
                 openssl s_client -connect HOST:443 -servername HOST -tls1_2 </dev/null",
                "The policy of a load balancer's listener:\n\
                 aws elbv2 describe-listeners --load-balancer-arn LOAD_BALANCER_ARN --query \
                 'Listeners[].[Port,Protocol,SslPolicy]'",
                "Failed handshakes at a Network Load Balancer's TLS listener: metrics ClientTLSNegotiationErrorCount \
                 and TargetTLSNegotiationErrorCount of AWS/NetworkELB.",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-extensions-integration-tls-config.html",
            "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/describe-ssl-policies.html",
        ],
        since: "0.1.0",
        examples: &[
            execution(&[
                "(b37260b8-d591-4274-80c6-61d580f37487) Execution failed due to configuration error: Received fatal alert: handshake_failure",
                "(b37260b8-d591-4274-80c6-61d580f37487) Method completed with status: 500",
            ]),
            documented(execution(&[
                "(d2075a38-8ba8-497d-b061-fee7c8283567) Execution failed due to configuration error: no cipher suites in common",
                "(d2075a38-8ba8-497d-b061-fee7c8283567) Method completed with status: 500",
            ])),
        ],
        near_misses: &[
            execution(&[
                "(675222f7-c246-4d2a-9f55-31a947317be6) Execution failed due to configuration error: Cannot verify ECDH ServerKeyExchange signature",
                "(675222f7-c246-4d2a-9f55-31a947317be6) Method completed with status: 500",
            ]),
            // The gateway quotes what the backend sent.
            execution(&[
                "(5e4d2081-ab3c-4f66-9d72-80f13e2cab45) Execution failed due to configuration error: Not a valid protocol version: handshake please",
                "(5e4d2081-ab3c-4f66-9d72-80f13e2cab45) Method completed with status: 500",
            ]),
            // The client's own words, on a request that succeeded.
            execution(&[
                "(79ac06dc-0c41-4395-86cd-76255e1da01d) Method request headers: {X-Note=Received fatal alert: handshake_failure}",
                "(79ac06dc-0c41-4395-86cd-76255e1da01d) Method completed with status: 200",
            ]),
        ],
    },
];
