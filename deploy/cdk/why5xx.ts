// why5xx as a construct: its stack's template, and a subscription and an alarm for each log group that it reads.
// `make package` puts the template and the programs beside this file.

import * as fs from 'fs';
import * as path from 'path';
import * as cdk from 'aws-cdk-lib';
import {CfnInclude} from 'aws-cdk-lib/cloudformation-include';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as assets from 'aws-cdk-lib/aws-s3-assets';
import {Construct} from 'constructs';

/** What a log group holds. */
export type Kind = 'execution' | 'access' | 'function' | 'flow';

export interface Why5xxProps {
  /** What to read: existing log groups of this account and Region, by kind. */
  readonly logGroups?: Partial<Record<Kind, logs.ILogGroup[]>>;
  /** Patterns by kind in place of this version's defaults. An empty text delivers everything. */
  readonly filterPatterns?: Partial<Record<Kind, string>>;
  /** An address that alarms are sent to, once it has confirmed. */
  readonly alarmEmail?: string;
  /** ARN of an existing SNS topic for alarms, whose policy admits cloudwatch.amazonaws.com. */
  readonly alarmTopicArn?: string;
  /** arm64 unless said otherwise. */
  readonly architecture?: 'arm64' | 'x86_64';
  /** Other parameters of the template, such as Namespace or QuietStages. */
  readonly parameters?: Record<string, string>;
}

/** One of them in a stack, and best in a stack of its own: filters, alarms and dashboard are named after the stack. */
export class Why5xx extends Construct {
  /** Formats for access logs that show why a request failed, for stages of each type of API. */
  static readonly accessLogFormats: Readonly<Record<'rest' | 'http' | 'websocket', string>> = JSON.parse(
    fs.readFileSync(path.join(__dirname, 'access-log-formats.json'), 'utf8'),
  );

  readonly functionArn: string;
  private readonly template: CfnInclude;
  private readonly targets: string[];

  constructor(scope: Construct, id: string, private readonly props: Why5xxProps = {}) {
    super(scope, id);
    const architecture = props.architecture ?? 'arm64';
    const code = new assets.Asset(this, 'Code', {path: path.join(__dirname, `why5xx-lambda-${architecture}.zip`)});
    this.template = new CfnInclude(this, 'Template', {
      templateFile: path.join(__dirname, 'why5xx.yaml'),
      parameters: {
        ...props.parameters,
        ...(props.alarmEmail && {AlarmEmail: props.alarmEmail}),
        ...(props.alarmTopicArn && {AlarmTopicArn: props.alarmTopicArn}),
        Architecture: architecture,
        CodeBucket: code.s3BucketName,
        CodeKey: code.s3ObjectKey,
      },
    });
    this.functionArn = this.output('FunctionArn');
    this.targets = props.alarmTopicArn ? [props.alarmTopicArn] : [];
    if (props.alarmEmail) {
      this.targets.push(this.output('AlarmTopicArn'));
    }
    for (const [kind, groups] of Object.entries(props.logGroups ?? {})) {
      groups.forEach((group) => this.subscribe(kind as Kind, group));
    }
  }

  /** Reads a log group. One that is given twice, as of two kinds, is an error: it would be counted twice. */
  subscribe(kind: Kind, group: logs.ILogGroup): void {
    const own = new Construct(this, cdk.Names.uniqueId(group));
    const name = `${cdk.Aws.STACK_NAME}/${kind}`;
    const pattern = `${kind[0].toUpperCase()}${kind.slice(1)}FilterPattern`;
    const filter = new logs.CfnSubscriptionFilter(own, 'Filter', {
      logGroupName: group.logGroupName,
      filterName: name, // It says how lines are read.
      filterPattern: this.props.filterPatterns?.[kind] ?? this.output(pattern),
      destinationArn: this.functionArn,
    });
    filter.node.addDependency(this.template.getResource('InvokePermission'));
    const metric = (metricName: string) =>
      new cloudwatch.Metric({
        namespace: 'AWS/Logs',
        metricName,
        dimensionsMap: {LogGroupName: group.logGroupName, DestinationType: 'Lambda', FilterName: name},
        statistic: 'Sum',
      });
    const alarm = new cloudwatch.Alarm(own, 'DeliveryAlarm', {
      alarmName: `${cdk.Aws.STACK_NAME}: ${kind} log not delivered, ${group.logGroupName}`,
      alarmDescription: `CloudWatch Logs could not hand log events over to the function (they are skipped), or Lambda throttled them (they come late). Check the subscription filter ${name}, the function and its concurrency.`,
      metric: new cloudwatch.MathExpression({
        expression: 'errors + throttled',
        usingMetrics: {errors: metric('DeliveryErrors'), throttled: metric('DeliveryThrottling')},
      }),
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 1,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    const actions = this.targets.map((alarmActionArn) => ({bind: () => ({alarmActionArn})}));
    alarm.addAlarmAction(...actions);
    alarm.addOkAction(...actions);
  }

  /** An output of the template, such as FunctionArn, DashboardName or ReplayCommand. */
  output(name: string): string {
    return cdk.Token.asString(this.template.getOutput(name).value);
  }
}
