//! What goes wrong in mapping templates and status mappings.

use super::Need::{AccessField, ErrorLevel};
use super::Pattern::{Gateway, InvocationStatus};
use super::{Cause, Family, Kind, Rank, Remedy, Role, access, documented, execution};

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
            checks: &[
                "\"Output mapping refers to an invalid method response: N\": create the method response for status \
                 N, or let the integration response name a status that exists.",
                "\"No match for output mapping\": no integration response pattern matches the backend's status (or, \
                 with Lambda, the error message), and there is no default. Add a default integration response (an \
                 empty selection pattern), and one for each status that matters.",
                "Ask why the backend answered that status at all. A wrong method or path in the integration request \
                 often gets 403, 404 or 405 from the backend: compare \"HTTP method\" and \"Endpoint URL\" with what \
                 it serves.",
                "An AWS service that answers an error is counted as aws_service_access_denied, aws_service_throttled \
                 or aws_service_error where the log shows the answer. Where it does not, look there first: a role \
                 without permission is the commonest reason.",
                "Mock integration: the statusCode of the request template must have its integration response and \
                 method response.",
                "Consider proxy integration: it needs none of these mappings.",
                "Deploy the API after the change.",
            ],
            see: &[
                "Both sides of the mapping:\n\
                 aws apigateway get-method --rest-api-id API_ID --resource-id RESOURCE_ID --http-method GET --query \
                 '{methodResponses: methodResponses, integrationResponses: methodIntegration.integrationResponses}'",
                "The backend's answer is in the output of the method's Test button, which is the place to see it; \
                 leave data trace off in production.",
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
            checks: &[
                "Look at what the backend sends now: the template was written for a JSON body, and an error page, an \
                 empty body or a renamed field breaks it.",
                "Check each JSONPath (`$input.path('$.field')`) against a real body, and guard what may be missing \
                 with `#if`, for a null has no fields.",
                "Check the result for valid JSON: quotes and backslashes in values need \
                 `$util.escapeJavaScript(...)`, and a list needs its commas.",
                "Binary: verify binaryMediaTypes and contentHandling. A binary body cannot go through a template \
                 without CONVERT_TO_TEXT.",
                "Build the template up step by step in the method's Test page, with sample answers for success, \
                 error and empty, then deploy the API.",
            ],
            see: &[
                "The Test page shows the body before and after transformation. From the command line:\n\
                 aws apigateway test-invoke-method --rest-api-id API_ID --resource-id RESOURCE_ID --http-method GET \
                 --query log --output text",
                "The templates in force:\n\
                 aws apigateway get-integration-response --rest-api-id API_ID --resource-id RESOURCE_ID \
                 --http-method GET --status-code 200",
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
            checks: &[
                "Mock integration: the request template must give `{\"statusCode\": 200}`, a number under exactly \
                 that name. For OPTIONS with binaryMediaTypes `*/*`, set contentHandling to CONVERT_TO_TEXT, or the \
                 template is never run.",
                "Check each JSONPath (`$input.path('$.field')`) against a real request body, and guard what clients \
                 may leave out with `#if`, for a null has no fields.",
                "Check the result for valid JSON: wrap values in `$util.escapeJavaScript(...)`, quote strings, and \
                 leave no comma behind the last field.",
                "Look at passthrough behaviour and content types: a content type without a template may pass the \
                 body on as it is, or be refused.",
                "Where the function expects the proxy event and gets a transformed one (or the reverse), decide for \
                 one integration type: AWS_PROXY sends the whole request and needs no template.",
                "Validate requests at the method (model and request validator), so that a malformed body is a 400 \
                 before any template sees it.",
                "Build the template up step by step in the method's Test page, with sample bodies, then deploy the \
                 API.",
            ],
            see: &[
                "The Test page shows the endpoint request body after transformation. From the command line:\n\
                 aws apigateway test-invoke-method --rest-api-id API_ID --resource-id RESOURCE_ID --http-method POST \
                 --body file://sample.json --query log --output text",
                "The templates in force:\n\
                 aws apigateway get-integration --rest-api-id API_ID --resource-id RESOURCE_ID --http-method POST \
                 --query requestTemplates",
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
