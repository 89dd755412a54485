//! Causes in mapping templates and status mappings.

use super::Need::{AccessField, ErrorLevel};
use super::Pattern::{Gateway, InvocationStatus};
use super::{Cause, Family, Kind, Rank, Remedy, Role, access, documented, execution, steps};

pub(super) const CAUSES: &[Cause] = &[
    Cause {
        id: "response_status_mapping",
        formerly: &[],
        role: Some(Role::StatusNotMapped),
        title: "The backend's status has no mapping",
        family: Family::Mapping,
        kind: Kind::Broken,
        rank: Rank::Concluded,
        statuses: &[500],
        needs: &[ErrorLevel, AccessField("integration.error")],
        patterns: &[
            Gateway("output mapping refers to invalid method response"),
            Gateway("no match for output mapping"),
        ],
        remedy: Remedy {
            means: "The backend answered, and the integration response that is to translate the answer is missing, \
                or names a status for which the method has no method response.",
            confirm: &[
                "Which method is it, and which status did the backend answer? Look at both sides of the mapping:\n\
                 aws apigateway get-resources --rest-api-id API_ID --query 'items[].[path,id]' --output text\n\
                 aws apigateway get-method --rest-api-id API_ID --resource-id RESOURCE_ID --http-method METHOD \
                 --query '{methodResponses: methodResponses, integrationResponses: \
                 methodIntegration.integrationResponses}'\n\n\
                 \"Output mapping refers to an invalid method response: N\" in the log: an integration response names \
                 status N, and methodResponses lacks it. \"No match for output mapping\": no selectionPattern matches \
                 the status of the backend (or, with Lambda, the error message), and none is empty, which is the \
                 default. null: there are no responses at all.",
                "Why did the backend answer that status? A wrong method or path in the integration request often gets \
                 403, 404 or 405: compare \"HTTP method\" and \"Endpoint URL\" with what it serves.",
                "An AWS service that answers an error is counted as aws_service_access_denied, aws_service_throttled \
                 or aws_service_error where the log shows the answer. Where it does not, look there first: a role \
                 without permission is the commonest reason. The output of the method's Test button shows the answer \
                 (it sends a real request); leave data trace off in production.",
                "Mock integration: the statusCode of the request template must have its integration response and \
                 method response.",
            ],
            fix: &[
                "Add the method response and the default integration response that are missing:\n\
                 aws apigateway put-method-response --rest-api-id API_ID --resource-id RESOURCE_ID --http-method \
                 METHOD --status-code 500\n\
                 aws apigateway put-integration-response --rest-api-id API_ID --resource-id RESOURCE_ID --http-method \
                 METHOD --status-code 500 --selection-pattern ''\n\n\
                 The first adds a response, or answers ConflictException where it is there. The second adds one, or \
                 replaces the whole of the one that is there, templates included: look at the check's output first. \
                 Both work once the API is deployed. To undo: `aws apigateway delete-integration-response` and `aws \
                 apigateway delete-method-response` with the same ids.",
                "Correct method or path of the integration request, where that was the reason.",
                "Consider proxy integration: it needs none of these mappings.",
                steps::DEPLOY,
                steps::TEST,
            ],
            prevent: &[
                "Give each method a default integration response, and one for each status that matters.",
                "Contract tests: each status of the backend, sent through the deployed API.",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-integration-settings-integration-response.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-response.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html",
        ],
        since: "0.1.0",
        examples: &[
            execution(&[
                "(19d8c61e-3bf7-48da-a62c-c73be659daed) Execution failed due to configuration error: Output mapping refers to an invalid method response: 200",
                "(19d8c61e-3bf7-48da-a62c-c73be659daed) Method completed with status: 500",
            ]),
            execution(&[
                "(d5fe8ee8-12f5-49b8-81cb-3ece621c7fae) Execution failed due to configuration error: No match for output mapping and no default output mapping configured. Endpoint Response Status Code: 403",
                "(d5fe8ee8-12f5-49b8-81cb-3ece621c7fae) Method completed with status: 500",
            ]),
        ],
        near_misses: &[
            // The AWS service's error is the reason.
            execution(&[
                "(b7ff3394-9c62-43fe-a9a5-633282f45ca8) Sending request to https://sqs.eu-west-1.amazonaws.com/111122223333/orders",
                "(b7ff3394-9c62-43fe-a9a5-633282f45ca8) Endpoint response body before transformations: {\"Error\":{\"Code\":\"AccessDenied\",\"Message\":\"Access to the resource is denied.\",\"Type\":\"Sender\"},\"RequestId\":\"a59958d1-c068-4087-85d0-8ee34b43123d\"}",
                "(b7ff3394-9c62-43fe-a9a5-633282f45ca8) Execution failed due to configuration error: No match for output mapping and no default output mapping configured. Endpoint Response Status Code: 403",
                "(b7ff3394-9c62-43fe-a9a5-633282f45ca8) Method completed with status: 500",
            ]),
        ],
    },
    Cause {
        id: "response_mapping",
        formerly: &[],
        role: None,
        title: "The response mapping template failed",
        family: Family::Mapping,
        kind: Kind::Broken,
        rank: Rank::Concluded,
        statuses: &[500],
        needs: &[ErrorLevel, AccessField("integration.error")],
        patterns: &[Gateway("unable to transform response")],
        remedy: Remedy {
            means: "The template of the integration response could not make the answer for the client out of what \
                the backend sent.",
            confirm: &[
                "Which method is it, and did the answer of the backend or the template change? Read the templates in \
                 force:\n\
                 aws apigateway get-resources --rest-api-id API_ID --query 'items[].[path,id]' --output text\n\
                 aws apigateway get-integration-response --rest-api-id API_ID --resource-id RESOURCE_ID --http-method \
                 METHOD --status-code 200 --query '[selectionPattern,responseTemplates,contentHandling]'\n\n\
                 null in the second place: no template, so the answer passes as it is. NotFoundException: no \
                 integration response for this status.",
                "What does the backend send now? The template was written for a JSON body, and an error page, an \
                 empty body or a renamed field breaks it. The Test page of the method shows the body before and after \
                 transformation; it sends a real request.",
                "Check each JSONPath (`$input.path('$.field')`) against a real body: a null has no fields.",
                "Binary: a binary body cannot go through a template without CONVERT_TO_TEXT. Look at \
                 binaryMediaTypes:\n\
                 aws apigateway get-rest-api --rest-api-id API_ID --query binaryMediaTypes\n\n\
                 null: none, so every body is text.",
            ],
            fix: &[
                "Guard what may be missing with `#if`, and use `$util.escapeJavaScript(...)` for values with quotes \
                 and backslashes; a list needs its commas.",
                "Binary: set contentHandling of the integration response, or leave the template out.",
                "Build the template up step by step in the Test page of the method, with sample answers for success, \
                 error and empty, then deploy the API.",
                steps::DEPLOY,
                steps::TEST,
            ],
            prevent: &[
                "Contract tests: success, error, empty body and missing fields of the backend, through the deployed \
                 API.",
                "Or use proxy integration, which has no templates.",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings-workflow.html",
        ],
        since: "0.1.0",
        examples: &[documented(execution(&[
            "(2ae9d72f-4c08-49eb-973d-d84cf76aebfe) Execution failed due to configuration error: Unable to transform response",
            "(2ae9d72f-4c08-49eb-973d-d84cf76aebfe) Method completed with status: 500",
        ]))],
        near_misses: &[execution(&[
            "(5fa51010-50f4-40f5-96f0-649e879fdf13) Execution failed due to configuration error: Unable to transform request",
            "(5fa51010-50f4-40f5-96f0-649e879fdf13) Method completed with status: 500",
        ])],
    },
    Cause {
        id: "request_mapping",
        formerly: &[],
        role: Some(Role::InvocationRejected),
        title: "The request mapping template failed",
        family: Family::Mapping,
        kind: Kind::Broken,
        rank: Rank::Concluded,
        statuses: &[500],
        needs: &[ErrorLevel, AccessField("integration.error")],
        patterns: &[
            Gateway("unable to transform request"),
            Gateway("statuscode should be integer"),
            Gateway("unable to parse statuscode"),
            Gateway("could not parse request body"),
            Gateway("could not parse payload into json"),
            InvocationStatus(400, 400),
        ],
        remedy: Remedy {
            means: "The template of the integration request could not make the backend's request out of the \
                client's, or what it made was refused: no JSON for Lambda, no statusCode for a mock integration.",
            confirm: &[
                "Which method is it, and did its template, its clients or the type of its integration change? Read \
                 the templates in force:\n\
                 aws apigateway get-resources --rest-api-id API_ID --query 'items[].[path,id]' --output text\n\
                 aws apigateway get-integration --rest-api-id API_ID --resource-id RESOURCE_ID --http-method METHOD \
                 --query '[type,passthroughBehavior,contentHandling,requestTemplates]'\n\n\
                 AWS_PROXY or HTTP_PROXY: no template is used. MOCK: the template must give `{\"statusCode\": 200}`, \
                 a number under exactly that name. null as templates: the body passes as it is, or is refused, as \
                 passthroughBehavior says. A content type without a template is treated in the same way.",
                "Check each JSONPath (`$input.path('$.field')`) against a real request body: a null has no fields. \
                 The Test page of the method shows the endpoint request body after transformation; it sends a real \
                 request.",
                "Check the result for valid JSON: quoted strings, no comma behind the last field.",
                "The function expects the proxy event and gets a transformed one (or the reverse)? Compare the type \
                 above with what it reads.",
            ],
            fix: &[
                "Guard what clients may leave out with `#if`, and wrap values in `$util.escapeJavaScript(...)`.",
                "Mock integration for OPTIONS with binaryMediaTypes `*/*`: without CONVERT_TO_TEXT the template is \
                 never run.\n\
                 aws apigateway update-integration --rest-api-id API_ID --resource-id RESOURCE_ID --http-method \
                 OPTIONS --patch-operations op=replace,path=/contentHandling,value=CONVERT_TO_TEXT\n\n\
                 It changes this one setting, once the API is deployed. To undo, send the former value, or \
                 `op=remove,path=/contentHandling` if it had no value, and deploy.",
                "Decide for one integration type: AWS_PROXY sends the whole request and needs no template.",
                steps::DEPLOY,
                steps::TEST,
            ],
            prevent: &[
                "Validate requests at the method (model and request validator), so that a malformed body is a 400 \
                 before any template sees it.",
                "Build templates up step by step in the Test page, with sample bodies; keep the samples as tests.",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html",
        ],
        since: "0.1.0",
        examples: &[
            // The body that it quotes is a client's.
            execution(&[
                "(3c8d000a-2e4f-4061-8b72-c3d4e5f6070a) Execution failed due to configuration error: Could not parse request body into json: Unrecognized token 'Connection': was expecting ('true', 'false' or 'null') at [Source: (byte[])\"Connection refused. Rate Exceeded\"; line: 1, column: 11]",
                "(3c8d000a-2e4f-4061-8b72-c3d4e5f6070a) Method completed with status: 500",
            ]),
            execution(&[
                "(3bfae840-5d19-4afc-884e-e95d087bfc0f) Execution failed due to configuration error: Unable to transform request",
                "(3bfae840-5d19-4afc-884e-e95d087bfc0f) Method completed with status: 500",
            ]),
            execution(&[
                "(392ae7ab-2a78-4206-a015-b670c1101280) Execution failed due to configuration error: statusCode should be an integer which defined in request template",
                "(392ae7ab-2a78-4206-a015-b670c1101280) Method completed with status: 500",
            ]),
            access(&[
                r#"{"requestId":"97720066-3a11-4829-a71f-ec65b16dab81","apiId":"a1b2c3d4e5","stage":"prod","resourcePath":"/orders","status":"500","errorResponseType":"API_CONFIGURATION_ERROR","integrationError":"Execution failed due to configuration error: Unable to transform request"}"#,
            ]),
        ],
        near_misses: &[
            execution(&[
                "(a70b5603-32c5-46dc-ac8e-f0813a6db333) Execution failed due to configuration error: Unable to transform response",
                "(a70b5603-32c5-46dc-ac8e-f0813a6db333) Method completed with status: 500",
            ]),
            // Request validation refused it: the client's fault.
            execution(&[
                "(74748a4b-b002-4815-a2e8-64acc1eec473) Request body does not match model schema for content type application/json: [object has missing required properties ([\"name\"])]",
                "(74748a4b-b002-4815-a2e8-64acc1eec473) Method completed with status: 400",
            ]),
        ],
    },
];
