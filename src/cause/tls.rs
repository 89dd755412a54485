//! Causes in the TLS handshake with a backend.

use super::Need::{AccessField, ErrorLevel};
use super::Pattern::Gateway;
use super::{Cause, Family, Kind, Rank, Remedy, access, documented, execution, steps};

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
            confirm: &[
                "Which host is it, and which certificate ran out? `Sending request to` in the execution log, or the URI \
                 of the integration, names the host. Print subject and dates of every certificate that the server sends, \
                 its own first (from inside the VPC for a private backend):\n\
                 timeout 20 openssl s_client -connect HOST:443 -servername HOST -showcerts </dev/null | awk -v \
                 x='openssl x509 -noout -subject -dates' '/BEGIN CERTIFICATE/{on=1} on{print | x} /END \
                 CERTIFICATE/{on=0; close(x)}'\n\n\
                 A notAfter in the past, or a notBefore in the future, is the finding; an expired intermediate fails \
                 just as the leaf does. All valid: ask each target by its own address, for one forgotten target fails \
                 a share of the requests. No certificate at all: nothing listens there, or it speaks no TLS \
                 (tls_handshake_failure).",
                "The chain must be complete, from the leaf to the root: host name and root authority are checked in \
                 the same step.",
                "Certificates of ACM: why was it not renewed?\n\
                 aws acm describe-certificate --certificate-arn CERTIFICATE_ARN --query \
                 'Certificate.[Status,Type,NotAfter,RenewalSummary.RenewalStatus,InUseBy]'\n\n\
                 IMPORTED: ACM never renews it. PENDING_VALIDATION: the DNS record that proves the domain is gone. An \
                 empty InUseBy: no listener uses it. ResourceNotFoundException: another Region.",
            ],
            fix: &[
                "Renew the certificate that has run out, and take it into use on every target: reload the server \
                 process, or name the new certificate in the listener of the load balancer.\n\
                 aws elbv2 modify-listener --listener-arn LISTENER_ARN --certificates CertificateArn=CERTIFICATE_ARN\n\n\
                 It replaces the default certificate of the listener, for all that it serves, at once; those added \
                 for SNI stay. To undo, send the former ARN (`aws elbv2 describe-listener-certificates --listener-arn \
                 LISTENER_ARN`). API Gateway needs no deployment.",
                "Do not reach for insecureSkipVerification: the validity dates are checked with it as well.",
            ],
            prevent: &[
                "Alarm on the metric DaysToExpiry of AWS/CertificateManager, and on the date that the first command \
                 prints for backends outside ACM.",
                "Let ACM issue the certificate where a load balancer serves it, and keep the DNS record of its \
                 validation.",
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
            confirm: &[
                "Which host does the integration URI name, and did the certificate, the load balancer or the URI \
                 change?\n\
                 aws apigateway get-resources --rest-api-id API_ID --query 'items[].[path,id]' --output text\n\
                 aws apigateway get-integration --rest-api-id API_ID --resource-id RESOURCE_ID --http-method METHOD \
                 --query '[uri,connectionType,connectionId]'\n\n\
                 The host in the URI is HOST below. Over a VPC link (VPC_LINK) it is only a name for TLS and the Host \
                 header; the link decides where the traffic goes.",
                "Print the names in the certificate, once as SNI selects it and once without:\n\
                 timeout 20 openssl s_client -connect HOST:443 -servername HOST </dev/null | openssl x509 -noout -ext \
                 subjectAltName\n\
                 timeout 20 openssl s_client -connect HOST:443 -noservername </dev/null | openssl x509 -noout -ext \
                 subjectAltName\n\n\
                 HOST, or a wildcard for its last label, must be among the first names. It is only among the second: \
                 the server picks wrongly by SNI. In neither: certificate or URI is wrong. \"Could not read \
                 certificate\": nothing listens there, or it speaks no TLS.",
                "Verify that the certificate comes from a public authority on API Gateway's list \
                 (tls_untrusted_chain).",
            ],
            fix: &[
                "Change one of the two so that they agree: usually the URI, to the domain name that the certificate \
                 is for. Behind a VPC link write the name that the certificate of the load balancer (or, behind a TCP \
                 listener, of the target) carries, not the load balancer's own DNS name:\n\
                 aws apigateway update-integration --rest-api-id API_ID --resource-id RESOURCE_ID --http-method \
                 METHOD --patch-operations op=replace,path=/uri,value=https://NAME_IN_CERTIFICATE/PATH\n\n\
                 It changes this one setting, once the API is deployed. To undo, send the former URI and deploy.",
                "HTTP APIs over a VPC link V2: give that name as the server name to verify.\n\
                 aws apigatewayv2 update-integration --api-id API_ID --integration-id INTEGRATION_ID --tls-config \
                 ServerNameToVerify=NAME_IN_CERTIFICATE\n\n\
                 It replaces the TLS settings of this integration; a stage with automatic deployment has it at once. \
                 To undo, send the former name (`aws apigatewayv2 get-integrations --api-id API_ID`).",
                "The flag insecureSkipVerification does not help: expiry, host name and the presence of a root are \
                 checked with it as well.",
                steps::DEPLOY,
            ],
            prevent: &[
                "Let the certificate cover the name that clients and the integration use, and keep that name in one \
                 place of the template.",
                "Before a certificate is renewed, compare its names with those of the old one.",
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
            confirm: &[
                "Which server is it, and was its certificate or key renewed when it began? Compare the public keys of \
                 the two files that it is configured with:\n\
                 openssl x509 -in CERTIFICATE.pem -noout -pubkey | openssl sha256\n\
                 openssl pkey -in KEY.pem -pubout | openssl sha256\n\n\
                 The two lines must be the same. They differ: one file is from before a renewal. \"Could not read\": \
                 the file holds something else.",
                "Check the contents of each file the server is given, for certificate authorities, certificate and \
                 key: the leaf must stand first in a bundle, for the key is taken to belong to the first certificate.",
                "Reproduce the handshake against each target:\n\
                 timeout 20 openssl s_client -connect TARGET_ADDRESS:PORT -servername HOST -tls1_2 </dev/null\n\n\
                 \"bad signature\" or another alert: this target has the wrong pair. A certificate and \"Cipher is \
                 …\": this one is right. One target in the wrong fails a share of the requests.",
            ],
            fix: &["Put key and certificate of the same renewal on every target, the leaf first in the bundle, and \
                 reload the server. To undo, put the former pair back. API Gateway needs no deployment."],
            prevent: &[
                "Install certificate and key in one step, compare them as above before the reload, and reload every \
                 target.",
                "Or let ACM keep both: end TLS at the load balancer.",
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
            confirm: &[
                "Which host is it, and did its certificate or its issuer change? Print subject and issuer of every \
                 certificate that the server sends:\n\
                 timeout 20 openssl s_client -connect HOST:443 -servername HOST -showcerts </dev/null | awk -v \
                 x='openssl x509 -noout -subject -issuer' '/BEGIN CERTIFICATE/{on=1} on{print | x} /END \
                 CERTIFICATE/{on=0; close(x)}'\n\n\
                 It must be the complete chain, the leaf first, each issuer the subject of the next. One certificate \
                 alone: the intermediates are missing (browsers fetch them, API Gateway does not). Subject equal to \
                 issuer in the first: self-signed.",
                "Compare the last issuer with the certificate authorities that API Gateway supports for HTTP \
                 integrations. The list is AWS's: there is no trust store of your own to add to.",
                "Verify expiry and host name too: the same check of the gateway covers them (tls_certificate_expired, \
                 tls_hostname_mismatch).",
                "Is the flag that skips a part of the check set?\n\
                 aws apigateway get-resources --rest-api-id API_ID --query 'items[].[path,id]' --output text\n\
                 aws apigateway get-integration --rest-api-id API_ID --resource-id RESOURCE_ID --http-method METHOD \
                 --query tlsConfig\n\n\
                 null: it is not set, which is the default.",
            ],
            fix: &[
                "Let the server send its intermediate certificates: the leaf first, then every intermediate up to the \
                 root. Reload every target. API Gateway needs no deployment.",
                "Private or self-signed: put a certificate from a public authority on the backend or on the load \
                 balancer before it (ACM issues them without charge for listeners).",
                "Only if that cannot be done, and only for a private or self-signed authority on a REST API with HTTP \
                 or HTTP_PROXY integration: skip a part of the check. It is not advised, for whoever stands in the \
                 middle can then pose as the backend. Expiry, host name and the presence of a root authority are \
                 still checked:\n\
                 aws apigateway update-integration --rest-api-id API_ID --resource-id RESOURCE_ID --http-method \
                 METHOD --patch-operations op=replace,path=/tlsConfig/insecureSkipVerification,value=true\n\n\
                 It changes this one setting, once the API is deployed. To undo, send `false` and deploy.",
                steps::DEPLOY,
            ],
            prevent: &[
                "Check the chain as above after each renewal, from a machine that has not seen the intermediates.",
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
            confirm: &[
                "Which host and port is it, and did the TLS policy of the backend change? Try the handshake from a \
                 place with the same network path:\n\
                 timeout 20 openssl s_client -connect HOST:443 -servername HOST -tls1_2 </dev/null\n\n\
                 \"Cipher is (NONE)\" with \"wrong version number\": the port speaks no TLS. \"handshake failure\" or \
                 \"protocol version\": no common version or cipher. \"unrecognized name\": the server knows no \
                 certificate for this name. A cipher and \"Acceptable client certificate CA names\": it wants a \
                 client certificate. Nothing for 20 s: packets are dropped (network_rejected).",
                "The policy of a listener of the load balancer:\n\
                 aws elbv2 describe-listeners --load-balancer-arn LOAD_BALANCER_ARN --query \
                 'Listeners[].[Port,Protocol,SslPolicy]'\n\n\
                 It must offer TLS 1.2 with a common cipher suite; a policy made stricter, or one left at TLS 1.0, \
                 breaks the handshake. HTTP or TCP on that port: the load balancer does not end TLS. An empty list: \
                 it has no listener.",
                "Does the backend ask for a client certificate? Which one does the stage have?\n\
                 aws apigateway get-stage --rest-api-id API_ID --stage-name STAGE --query clientCertificateId \
                 --output text\n\n\
                 None: the stage sends no certificate. An id: `aws apigateway get-client-certificate \
                 --client-certificate-id ID` prints its expirationDate.",
                "Metrics of a TLS listener (NLB): ClientTLSNegotiationErrorCount and TargetTLSNegotiationErrorCount \
                 of AWS/NetworkELB.",
                "Check the certificate of the backend itself: expired, incomplete or not trusted \
                 (tls_certificate_expired, tls_untrusted_chain).",
            ],
            fix: &[
                "Correct scheme or port of the integration URI: https:// only where the port speaks TLS. Then deploy \
                 the API.",
                "Let the backend offer TLS 1.2 with common ciphers:\n\
                 aws elbv2 modify-listener --listener-arn LISTENER_ARN --ssl-policy \
                 ELBSecurityPolicy-TLS13-1-2-2021-06\n\n\
                 It changes the policy of this listener for all its clients, at once. To undo, send the former \
                 policy, which the second check prints.",
                "An alert about the name: add the certificate for the host of the integration URI to the server, or \
                 correct the URI.",
                "Client certificates: give the stage one and let the backend trust it.\n\
                 aws apigateway generate-client-certificate --query '[clientCertificateId,expirationDate]'\n\
                 aws apigateway update-stage --rest-api-id API_ID --stage-name STAGE --patch-operations \
                 op=replace,path=/clientCertificateId,value=CLIENT_CERTIFICATE_ID\n\n\
                 The first makes a certificate, the second replaces the one that the stage sends, at once: let the \
                 backend trust the new one before. To undo, send the former id.",
            ],
            prevent: &[
                "Before a TLS policy is made stricter, try the handshake that API Gateway makes, with TLS 1.2 and the \
                 name in the URI.",
                "Alarm on the client certificate of the stage before it expires (a year after it was made).",
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
