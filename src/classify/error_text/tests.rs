use super::*;

const UNREACHABLE: Option<&str> = Some("lambda_dependency_unreachable");
const DENIED: Option<&str> = Some("lambda_dependency_denied");
const THROTTLED: Option<&str> = Some("lambda_dependency_throttled");

fn cause(error_type: &str, message: &str, details: &[&str]) -> Option<&'static str> {
    cause_of_error(&Table::default(), error_type, message, details.iter().copied()).map(|cause| cause.id)
}

#[test]
fn the_type_decides_before_the_message() {
    for (error_type, message, expected) in [
        ("ConnectTimeoutError", "order 7", UNREACHABLE),
        ("com.acme.StockUnknown$Refused", "order 7", None),
        ("java.net.http.HttpTimeoutException", "request timed out", UNREACHABLE),
        ("RateLimitError", "Error code: 429 - {'error': {'message': 'quota'}}", THROTTLED),
        ("Function<Errno::ECONNREFUSED>", "x", UNREACHABLE),
        ("AccessDeniedException", "x", DENIED),
        ("MemoryError", "", Some("lambda_out_of_memory")),
        ("java.lang.OutOfMemoryError", "Java heap space", Some("lambda_out_of_memory")),
        ("Runtime.ImportModuleError", "x", Some("lambda_init_failure")),
        ("TypeError", "fetch failed", UNREACHABLE),
        ("TypeError", "fetch failed for order 7", None),
    ] {
        assert_eq!(cause(error_type, message, &[]), expected, "{error_type}: {message}");
    }
}

#[test]
fn words_of_a_type_are_whole_and_a_package_names_nothing() {
    for (error_type, expected) in [
        ("ImagePipelineError", None),
        ("SlowDownloadError", None),
        ("SourceNoDataError", None),
        ("LockAcquireTimeoutError", None),
        ("FontNoPermitError", None),
        ("com.acme.throttling.RuleMissingException", None),
        ("Acme.Throttling.RuleException", None),
        ("software.amazon.awssdk.services.codepipeline.model.PipelineNotFoundException", None),
        ("java.nio.file.AccessDeniedException", Some("lambda_unhandled_error")),
        ("System.UnauthorizedAccessException", Some("lambda_unhandled_error")),
        ("Function<Errno::EPIPE>", UNREACHABLE),
        ("SequelizeConnectionTimedOutError", UNREACHABLE),
        ("Function<HTTP::TimeoutError>", UNREACHABLE),
        ("ER_TABLEACCESS_DENIED_ERROR", DENIED),
        ("Function<Octokit::Forbidden>", DENIED),
        ("EC2ThrottledException", THROTTLED),
        ("Function<Init<LoadError>>", None),
        ("Init<LoadError>", Some("lambda_init_failure")),
        ("_ArrayMemoryError", Some("lambda_out_of_memory")),
    ] {
        assert_eq!(cause(error_type, "order 7", &[]), expected, "{error_type}");
    }
}

#[test]
fn the_head_of_a_message_is_the_platform_s_exact_sentence() {
    for message in [
        "Unable to find method of payment for order 7",
        "Cannot find package 4711 in depot",
        "Unable to load type of vehicle 7",
        "Bad handler for payment method",
        "Price table is undefined or not exported",
        "Class not found in timetable",
        "Class not found: yoga-7",
        "Error loading class schedule 7",
        "No public method named in the order",
        "undefined method `error_handler' for nil",
        "fork/exec /opt/bin/ffmpeg: no such file or directory",
        "EACCES: permission denied, open '/var/task/cache.db'",
        "[Errno 13] Permission denied: '/var/task/out.txt'",
        "Out of memory cards",
        "Memory allocation of project 7 exceeds budget",
        "Allowed memory size of a card",
        "MemoryErrors of last week",
        "Response payload size is odd",
        "Body size is too long for SMS",
    ] {
        assert_eq!(cause("Error", message, &[]), None, "{message}");
    }
    for (message, expected) in [
        ("Unable to load type 'Shop.Function' from assembly 'Shop'.", "lambda_init_failure"),
        ("Unable to find method 'Run' in type 'Shop.Function' from assembly 'Shop'", "lambda_init_failure"),
        ("Class not found: shop.Orders", "lambda_init_failure"),
        ("app.handler is undefined or not exported", "lambda_init_failure"),
        ("Handler 'handler' missing on module 'app'", "lambda_init_failure"),
        ("[Errno 13] Permission denied: '/var/task/app.py'", "lambda_init_failure"),
        ("fork/exec /var/task/bootstrap: permission denied", "lambda_init_failure"),
        ("memory allocation of 1073741824 bytes failed", "lambda_out_of_memory"),
        ("Out of memory", "lambda_out_of_memory"),
        (
            "Response payload size (6291557 bytes) exceeded maximum allowed payload size (6291556 bytes).",
            "payload_too_large",
        ),
    ] {
        assert_eq!(cause("", message, &[]), Some(expected), "{message}");
    }
}

#[test]
fn a_whole_sentence_of_a_library_names_a_cause_at_the_head_and_behind_a_colon() {
    for (error_type, message, expected) in [
        ("Error", "connect ECONNREFUSED 10.0.0.7:5432", UNREACHABLE),
        ("Error", "timeout exceeded when trying to connect", UNREACHABLE),
        ("OperationalError", "timeout expired", UNREACHABLE),
        ("ConnectError", "All connection attempts failed", UNREACHABLE),
        ("TimeoutError", "Timeout connecting to server", UNREACHABLE),
        ("wrapError", "load order: dial tcp 10.0.0.7:5432: connect: connection refused", UNREACHABLE),
        ("OperationError", "operation error S3: GetObject, api error AccessDenied: Access Denied", DENIED),
        (
            "ClientError",
            "An error occurred (ThrottlingException) when calling the Query operation: Rate exceeded",
            THROTTLED,
        ),
        ("Error", "no order\nconnection refused\n", UNREACHABLE),
        (
            "Aws\\DynamoDb\\Exception\\DynamoDbException",
            "Error executing \"PutItem\" on \"https://dynamodb\"; AWS HTTP error: Client error: `POST https://dynamodb` resulted in a `400 Bad Request` response:\n{\"__type\":\"x#AccessDeniedException\",\"Message\":\"User (truncated...)\n AccessDeniedException (client): User: x may not - {\"__type\":\"y\"}",
            DENIED,
        ),
        (
            "RequestException",
            "cURL error 28: Operation timed out after 1000 milliseconds with 0 bytes received",
            UNREACHABLE,
        ),
        (
            "OperationalError",
            "connection to server at \"db\" failed: FATAL: password authentication failed for user \"app\"",
            DENIED,
        ),
    ] {
        assert_eq!(cause(error_type, message, &[]), expected, "{error_type}: {message}");
    }
}

#[test]
fn a_word_quoted_text_and_errors_of_the_program_name_nothing() {
    for (error_type, message) in [
        ("Error", "order 7: connection refused by neighbour"),
        ("Error", "unknown reason \"connection refused\""),
        ("Error", "callee answered {\"errorType\":\"Runtime.OutOfMemory\",\"errorMessage\":\"Access denied\"}"),
        ("Error", "upload AccessDenied-screenshot.png has no profile"),
        ("Error", "no intent for: Cannot find module express, what now?"),
        ("Error", "the ticket says: java.lang.OutOfMemoryError"),
        ("RuntimeError", "callee: 2026-01-02T03:04:05.678Z 0c1d Task timed out after 3.00 seconds"),
        ("RuntimeError", "Task timed out after 3.00 seconds"),
        ("KeyError", "'access denied'"),
        ("ValidationError", "reason: connection refused"),
        ("com.acme.Shop$ArgumentException", "connect ECONNREFUSED 10.0.0.7:5432"),
        ("Error", "customer 7 is throttled"),
        ("Error", "it's user's 'connection refused'"),
    ] {
        assert_eq!(cause(error_type, message, &[]), None, "{error_type}: {message}");
    }
}

#[test]
fn codes_statuses_and_the_errors_behind_an_error_name_a_cause() {
    for (details, expected) in [
        (&["ECONNREFUSED"][..], UNREACHABLE),
        (&["status code: 403"], DENIED),
        (&["status code: 429"], THROTTLED),
        (&["status code: 500"], None),
        (&["java.net.UnknownHostException: db.internal"], UNREACHABLE),
        (&["java.lang.IllegalStateException: x", "java.net.ConnectException: Connection refused"], UNREACHABLE),
        (&["java.lang.IllegalArgumentException: connection refused"], None),
    ] {
        assert_eq!(cause("com.acme.OrderFailed", "order 7", details), expected, "{details:?}");
    }
}

#[test]
fn the_code_of_a_database_decides() {
    for (error_type, message, expected) in [
        ("OperationalError", "(2003, \"Can't connect to MySQL server on 'db' (111)\")", UNREACHABLE),
        ("OperationalError", "(1044, \"Access denied for user 'app'@'%' to database 'shop'\")", DENIED),
        ("OperationalError", "(1040, 'Too many connections')", UNREACHABLE),
        ("InterfaceError", "(0, '')", UNREACHABLE),
        ("IntegrityError", "(1062, \"Duplicate entry 'access denied' for key 'x'\")", None),
        (
            "OperationalError",
            "(pymysql.err.OperationalError) (2013, 'Lost connection to MySQL server during query')\n[SQL: SELECT 1]",
            UNREACHABLE,
        ),
        (
            "ProgrammingError",
            "(psycopg2.errors.InsufficientPrivilege) permission denied for table orders\n\n[SQL: SELECT 1]",
            DENIED,
        ),
        ("ProgrammingError", "(psycopg2.errors.UndefinedTable) relation \"x\" does not exist\n[SQL: timed out]", None),
        ("OperationalError", "2006 (HY000): MySQL server has gone away", UNREACHABLE),
        ("ProgrammingError", "1045 (28000): Access denied for user 'app'@'10.0.0.7' (using password: YES)", DENIED),
        ("MySQLError", "Error 1142 (42000): SELECT command denied to user 'app'@'10.0.0.7' for table 'x'", DENIED),
        ("wrapError", "save: Error 1045 (28000): Access denied for user 'app'@'10.0.0.7'", DENIED),
        ("PDOException", "SQLSTATE[HY000] [2002] Connection timed out", UNREACHABLE),
        ("PDOException", "SQLSTATE[HY000]: General error: 2006 MySQL server has gone away", UNREACHABLE),
        ("PDOException", "SQLSTATE[08006] [7] timeout expired", UNREACHABLE),
        ("PDOException", "SQLSTATE[42S02]: Base table or view not found: 1146 access denied", None),
        ("OperationalError", "('HYT00', '[HYT00] [Microsoft][ODBC Driver 18] Login timeout expired')", UNREACHABLE),
        ("InterfaceError", "('28000', \"[28000] [Microsoft] Login failed for user 'app'\")", DENIED),
        ("OperationalError", "(18456, b\"Login failed for user 'app'.\")", DENIED),
        ("OperationalError", "(20009, b'DB-Lib error message 20009, severity 9')", UNREACHABLE),
        ("PgError", "FATAL: sorry, too many clients already (SQLSTATE 53300)", UNREACHABLE),
        ("PgError", "ERROR: duplicate key (SQLSTATE 23505)", None),
        ("Npgsql.PostgresException", "28P01: password authentication failed for user \"app\"", DENIED),
        ("Npgsql.PostgresException", "57P03: the database system is starting up", UNREACHABLE),
        ("DatabaseError", "ORA-12541: TNS:no listener", UNREACHABLE),
        ("java.sql.SQLException", "ORA-01031: insufficient privileges", DENIED),
        ("java.sql.SQLException", "ORA-00001: unique constraint violated: access denied", None),
        ("DatabaseError", "DPY-4011: the database or network closed the connection", UNREACHABLE),
        (
            "MongoCommandException",
            "Command failed with error 13 (Unauthorized): 'not authorized on shop' on server db:27017.",
            DENIED,
        ),
        ("OperationFailure", "Authentication failed., full error: {'ok': 0.0, 'code': 18}", DENIED),
        ("KafkaException", "KafkaError{code=_TRANSPORT,val=-195,str=\"x\"}", UNREACHABLE),
        ("KafkaException", "KafkaError{code=TOPIC_AUTHORIZATION_FAILED,val=29,str=\"x\"}", DENIED),
        ("OrderError", "(2003, \"year of the order\")", None),
        ("Error", "1045 (last month): order not found", None),
    ] {
        assert_eq!(cause(error_type, message, &[]), expected, "{error_type}: {message}");
    }
}

#[test]
fn the_status_of_an_answer_decides() {
    for (error_type, message, expected) in [
        ("HTTPStatusError", "Client error '429 Too Many Requests' for url 'https://api.example.com'", THROTTLED),
        ("HTTPStatusError", "Client error '403 Forbidden' for url 'https://api.example.com'", DENIED),
        ("HTTPStatusError", "Server error '503 Service Unavailable' for url 'https://api.example.com'", None),
        ("HTTPError", "401 Client Error: Unauthorized for url: https://api.example.com", DENIED),
        ("HTTPError", "404 Client Error: Not Found for url: https://api.example.com: Access denied", None),
        ("HTTPError", "Request failed with status code 429 Too Many Requests: GET https://api.example.com", THROTTLED),
        ("HttpError", "<HttpError 403 when requesting https://api.example.com returned \"no\">", DENIED),
        ("retrofit2.HttpException", "HTTP 403 Forbidden", DENIED),
        ("org.springframework.web.client.HttpClientErrorException", "403 null", DENIED),
        ("org.springframework.web.client.HttpServerErrorException", "503 : \"access denied\"", None),
        (
            "org.elasticsearch.client.ResponseException",
            "method [GET], host [https://es], URI [/orders/_search], status line [HTTP/1.1 429 Too Many Requests]\n{}",
            THROTTLED,
        ),
        (
            "Flurl.Http.FlurlHttpException",
            "Call failed with status code 403 (Forbidden): GET https://x.example",
            DENIED,
        ),
        ("Error", "googleapi: Error 429: Quota exceeded, rateLimitExceeded", THROTTLED),
        ("Error", "elastic: Error 403 (Forbidden)", DENIED),
        ("wrapError", "list: googleapi: Error 403: Insufficient Permission", DENIED),
        ("Function<Excon::Error>", "Expected(200) <=> Actual(403 Forbidden)", DENIED),
        ("Function<Octokit::ClientError>", "GET https://api.example.com/x: 429 - slow", THROTTLED),
        ("Function<Elasticsearch::Error>", "[429] {\"message\":\"x\"}", THROTTLED),
        ("ClientError", "GraphQL Error (Code: 429): {\"response\":{}}", THROTTLED),
        ("TransportError", "TransportError(429, 'circuit_breaking_exception', 'too large')", THROTTLED),
        ("ApiException", "(403)\nReason: Forbidden\n", DENIED),
        ("HttpResponseError", "(TooManyRequests) slow down\nCode: TooManyRequests", THROTTLED),
        ("Azure.RequestFailedException", "no\nStatus: 403 (Forbidden)\nErrorCode: x", DENIED),
        ("ErrorResponse", "GET https://api.example.com/x: 403 Resource not accessible by integration []", DENIED),
        ("Error", "order 403 Forbidden", None),
        ("Error", "403 orders wait", None),
        ("Error", "shelf has status code 403", None),
    ] {
        assert_eq!(cause(error_type, message, &[]), expected, "{error_type}: {message}");
    }
}

#[test]
fn the_code_of_an_aws_service_or_of_grpc_decides() {
    for (error_type, message, expected) in [
        ("ClientError", "An error occurred (AuthFailure) when calling the DescribeInstances operation: no", DENIED),
        ("ClientError", "An error occurred (403) when calling the HeadObject operation: Forbidden", DENIED),
        ("ClientError", "An error occurred (503) when calling the HeadObject operation: Slow Down", THROTTLED),
        (
            "ClientError",
            "An error occurred (ValidationException) when calling the Query operation: x: access denied",
            None,
        ),
        ("requestError", "AccessDenied: Access Denied\n\tstatus code: 403, request id: ABC, host id: x", DENIED),
        (
            "com.amazonaws.AmazonServiceException",
            "no (Service: AmazonSQS; Status Code: 400; Error Code: RequestThrottled; Request ID: ABC)",
            THROTTLED,
        ),
        (
            "software.amazon.awssdk.services.kinesis.model.KinesisException",
            "Rate exceeded for shard shardId-0 in stream x under account 1. (Service: Kinesis, Status Code: 400, Request ID: A)",
            THROTTLED,
        ),
        (
            "OperationError",
            "operation error DynamoDB: PutItem, exceeded maximum number of attempts, 3, https response error StatusCode: 400, RequestID: ABC, ProvisionedThroughputExceededException: The level: access denied",
            THROTTLED,
        ),
        (
            "OperationError",
            "operation error S3: GetObject, https response error StatusCode: 404, RequestID: x, HostID: y, NoSuchKey: timed out",
            None,
        ),
        (
            "OperationError",
            "operation error SQS: SendMessage, https response error StatusCode: 0, RequestID: , canceled, context deadline exceeded",
            UNREACHABLE,
        ),
        ("Grpc.Core.RpcException", "Status(StatusCode=\"Unavailable\", Detail=\"no\")", UNREACHABLE),
        ("Grpc.Core.RpcException", "Status(StatusCode=\"PermissionDenied\", Detail=\"no\")", DENIED),
        ("Grpc.Core.RpcException", "Status(StatusCode=\"NotFound\", Detail=\"timed out\")", None),
        ("Error", "14 UNAVAILABLE: No connection established", UNREACHABLE),
        ("Error", "16 UNAUTHENTICATED: no", DENIED),
        ("io.grpc.StatusRuntimeException", "RESOURCE_EXHAUSTED: quota", THROTTLED),
        (
            "_InactiveRpcError",
            "<_InactiveRpcError of RPC that terminated with:\n\tstatus = StatusCode.DEADLINE_EXCEEDED\n",
            UNREACHABLE,
        ),
        ("Error", "rpc error: code = NotFound desc = connection refused", None),
        ("io.grpc.StatusRuntimeException", "UNAVAILABLE", UNREACHABLE),
        (
            "com.amazonaws.AmazonServiceException",
            "access denied (Service: AmazonSQS; Status Code: 400; Error Code: ValidationException; Request ID: ABC)",
            None,
        ),
        ("Error", "Unavailable: sold out", None),
    ] {
        assert_eq!(cause(error_type, message, &[]), expected, "{error_type}: {message}");
    }
}

#[test]
fn retries_that_were_answered_do_not_show_an_unreachable_service() {
    let message = |reason: &str| {
        format!(
            "HTTPSConnectionPool(host='api.example.com', port=443): Max retries exceeded with url: /v1 (Caused by {reason})"
        )
    };
    for error_type in ["RetryError", "MaxRetryError"] {
        for (reason, expected) in [
            ("ResponseError('too many 429 error responses')", THROTTLED),
            ("ResponseError('too many 503 error responses')", None),
            ("NewConnectionError('<urllib3 object>: Failed to establish a new connection')", UNREACHABLE),
        ] {
            assert_eq!(cause(error_type, &message(reason), &[]), expected, "{error_type}: {reason}");
        }
    }
}

#[test]
fn a_connection_that_was_refused_for_its_password_was_denied() {
    for (error_type, message, details, expected) in [
        ("ConnectionError", "Login failed for user 'app'.", &["ELOGIN"][..], DENIED),
        ("SequelizeConnectionError", "password authentication failed for user \"app\"", &["28P01"], DENIED),
        ("Function<PG::ConnectionBad>", "FATAL:  password authentication failed for user \"app\"", &[], DENIED),
        ("Function<Mysql2::Error::ConnectionError>", "Access denied for user 'app'@'10.0.0.7'", &[], DENIED),
        ("ConnectError", "failed to connect to `user=app`: 10.0.0.7:5432: failed SASL auth: x", &[], DENIED),
        ("ConnectionError", "Failed to connect to db.internal:1433 in 15000ms", &["ETIMEOUT"], UNREACHABLE),
        ("ConnectTimeoutError", "partner said: Access denied", &[], UNREACHABLE),
        ("HttpError", "API rate limit exceeded for installation ID 7.", &["status code: 403"], THROTTLED),
        ("HttpError", "Resource not accessible by integration", &["status code: 403"], DENIED),
        ("UnauthorizedError", "jwt malformed", &["status code: 401"], Some("lambda_unhandled_error")),
    ] {
        assert_eq!(cause(error_type, message, details), expected, "{error_type}: {message}");
    }
}

#[test]
fn a_library_names_what_it_cannot_connect_to() {
    for message in [
        "Unable to connect to db.internal:5432",
        "failed to connect to 10.0.0.7",
        "Could not connect to the endpoint URL: \"https://sqs.example.com/\"",
        "couldn't connect to server: Connection refused",
        "Cannot connect to host api.example.com:443 ssl:default [Name or service not known]",
        "Unable to connect to any of the specified MySQL hosts.",
        "Failed to connect to localhost port 80: Connection refused",
        "Get \"https://api.example.com\": net/http: request canceled (Client.Timeout exceeded while awaiting headers)",
        "Post \"https://api.example.com\": EOF",
        "('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))",
        "MySQL Connection not available.",
        "This connection has been closed.",
    ] {
        assert_eq!(cause("OperationalFailure", message, &[]), UNREACHABLE, "{message}");
    }
    for message in [
        "Unable to connect to your bank: consent expired",
        "failed to connect to customer account: not linked",
        "could not connect to two carts: merge first",
        "Cannot connect customers to more than one plan",
        "Bad auth token",
        "permission denied for customer 7",
    ] {
        assert_eq!(cause("Error", message, &[]), None, "{message}");
    }
}

#[test]
fn the_class_of_another_error_at_the_head_of_a_message_counts() {
    for (error_type, message, expected) in [
        ("Function<ActiveRecord::StatementInvalid>", "PG::ConnectionBad: PQconsumeInput() x", UNREACHABLE),
        ("java.lang.RuntimeException", "java.net.ConnectException: x", UNREACHABLE),
        ("java.lang.RuntimeException", "com.acme.throttling.Config: x", None),
        ("java.lang.IllegalArgumentException", "java.net.ConnectException: x", None),
        ("java.lang.RuntimeException", "note of java.net.ConnectException: x", None),
    ] {
        assert_eq!(cause(error_type, message, &[]), expected, "{error_type}: {message}");
    }
}

#[test]
fn quoted_text_is_left_out_in_linear_time() {
    for (message, expected) in [
        ("a 'b' c", "a ~ c"),
        ("user's `x` and \"y\"", "user's ~ and ~"),
        ("{a {b} c} d", "~ d"),
        ("'it's open", "'it's open"),
        ("\"open", "~"),
        ("{open", "~"),
        ("one\ntwo", "one; two"),
        ("é'é'é \"é\"", "é'é'é ~"),
    ] {
        assert_eq!(without_quotes(message), expected, "{message}");
    }
    for piece in [" 'a", "\"", "{", "{}", ": ", "> ", "(a.B) ", "a.B: ", "error 1 (", "(Service: "] {
        let _ = cause("Error", &piece.repeat(50_000), &[]);
    }
}
