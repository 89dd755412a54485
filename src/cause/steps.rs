//! Steps that several remedies have in common.

/// Deploys a REST API, without which a changed integration is not in force.
pub(super) const DEPLOY: &str = "Deploy the API (REST and WebSocket): the stage runs what was deployed, not what is configured. Note the \
     deployment that it has:\n\
     aws apigateway get-stage --rest-api-id API_ID --stage-name STAGE --query deploymentId --output text\n\
     aws apigateway create-deployment --rest-api-id API_ID --stage-name STAGE\n\n\
     It puts every other change of the API since the last deployment into force as well. To undo, point the stage back: \
     `aws apigateway update-stage --rest-api-id API_ID --stage-name STAGE --patch-operations \
     op=replace,path=/deploymentId,value=FORMER_DEPLOYMENT_ID`.";

/// Sends a request through what is configured.
pub(super) const TEST: &str = "Then try it without a client. It sends a real request to the backend, so only where that may be repeated:\n\
     aws apigateway test-invoke-method --rest-api-id API_ID --resource-id RESOURCE_ID --http-method METHOD --query \
     '[status,log]' --output text\n\n\
     A status below 500: fixed. It runs what is configured, deployed or not, and skips authorizers; stage variables are \
     given with `--stage-variables NAME=VALUE`, a path with its parameters with `--path-with-query-string`.";
