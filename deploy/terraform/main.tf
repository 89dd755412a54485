# The stack of why5xx, and a subscription and an alarm for each log group that it reads. `make package` puts the template
# and the programs into this folder.
terraform {
  required_version = ">= 1.3"
  required_providers { aws = { source = "hashicorp/aws", version = ">= 4.0" } }
}

variable "name" {
  description = "Name of the stack. Its alarms, filters and dashboard begin with it."
  type        = string
  default     = "why5xx"
}

variable "bucket" {
  description = "Name of a bucket of this Region, for the template and the function's code."
  type        = string
}

variable "log_groups" {
  description = "What to read: existing log groups by a key of yours. kind is the kind of log, such as access or execution."
  type        = map(object({ name = string, kind = string }))
  default     = {}
  validation {
    condition     = alltrue([for each in values(var.log_groups) : !startswith(each.name, "/why5xx/")]) && length(distinct(values(var.log_groups)[*].name)) == length(var.log_groups)
    error_message = "Each log group once, and none of why5xx itself (/why5xx/...)."
  }
}

variable "filter_patterns" {
  description = "Patterns by kind in place of this version's defaults. An empty text delivers everything."
  type        = map(string)
  default     = {}
}

variable "alarm_email" {
  description = "An address that alarms are sent to, once it has confirmed. Empty: no topic is made."
  type        = string
  default     = ""
}

variable "alarm_topic_arn" {
  description = "An existing SNS topic for alarms. Its policy must admit cloudwatch.amazonaws.com."
  type        = string
  default     = ""
}

variable "architecture" {
  description = "arm64 or x86_64."
  type        = string
  default     = "arm64"
}

variable "parameters" {
  description = "Other parameters of the template, such as Namespace or QuietStages."
  type        = map(string)
  default     = {}
}

data "aws_s3_bucket" "code" {
  bucket = var.bucket
}

# A key says what is in the object, so that a new version is an update. The old objects stay until the update has succeeded,
# for a rollback reads them.
resource "aws_s3_object" "release" {
  for_each = { template = "why5xx.yaml", code = "why5xx-lambda-${var.architecture}.zip" }
  bucket   = var.bucket
  key      = "why5xx/${filesha256("${path.module}/${each.value}")}/${each.value}"
  source   = "${path.module}/${each.value}"
  lifecycle { create_before_destroy = true }
}

locals {
  kinds    = [for kind in keys(yamldecode(file("${path.module}/why5xx.yaml")).Mappings.FilterPatterns) : lower(kind)]
  endpoint = trimprefix(data.aws_s3_bucket.code.bucket_regional_domain_name, "${var.bucket}.")
  outputs  = aws_cloudformation_stack.why5xx.outputs
  targets  = compact([lookup(local.outputs, "AlarmTopicArn", ""), var.alarm_topic_arn])
}

resource "aws_cloudformation_stack" "why5xx" {
  name         = var.name
  template_url = "https://${local.endpoint}/${var.bucket}/${aws_s3_object.release["template"].key}"
  capabilities = ["CAPABILITY_IAM"]
  parameters = merge(var.parameters, {
    AlarmEmail    = var.alarm_email
    AlarmTopicArn = var.alarm_topic_arn
    Architecture  = var.architecture
    CodeBucket    = var.bucket
    CodeKey       = aws_s3_object.release["code"].key
  })
}

# The name says how lines are read. The ARN never changes; but the provider calls all outputs unknown in every update of the
# stack, and would make each filter again: log events of the meantime would be lost.
resource "aws_cloudwatch_log_subscription_filter" "why5xx" {
  for_each        = var.log_groups
  name            = "${var.name}/${each.value.kind}"
  log_group_name  = each.value.name
  filter_pattern  = lookup(var.filter_patterns, each.value.kind, local.outputs["${title(each.value.kind)}FilterPattern"])
  destination_arn = local.outputs["FunctionArn"]
  lifecycle {
    ignore_changes       = [destination_arn]
    replace_triggered_by = [aws_cloudformation_stack.why5xx.id]
    precondition {
      condition     = contains(local.kinds, each.value.kind)
      error_message = "The kind of ${each.key} must be one of ${join(", ", local.kinds)}."
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "delivery" {
  for_each            = var.log_groups
  alarm_name          = "${var.name}: ${each.value.kind} log not delivered, ${each.value.name}"
  alarm_description   = "CloudWatch Logs could not hand log events over to the function (they are skipped), or Lambda throttled them (they come late). Check the subscription filter ${var.name}/${each.value.kind}, the function and its concurrency."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.targets
  ok_actions          = local.targets
  metric_query {
    id          = "undelivered"
    expression  = "errors + throttled"
    return_data = true
  }
  dynamic "metric_query" {
    for_each = { errors = "DeliveryErrors", throttled = "DeliveryThrottling" }
    content {
      id = metric_query.key
      metric {
        namespace   = "AWS/Logs"
        metric_name = metric_query.value
        dimensions  = { LogGroupName = each.value.name, DestinationType = "Lambda", FilterName = "${var.name}/${each.value.kind}" }
        period      = 300
        stat        = "Sum"
      }
    }
  }
}

output "outputs" {
  description = "Outputs of the stack: FunctionArn, DashboardName, ReplayCommand and others."
  value       = local.outputs
}

output "access_log_formats" {
  description = "Formats for access logs that show why a request failed: of stages of a rest, http or websocket API."
  value       = jsondecode(file("${path.module}/access-log-formats.json"))
}
