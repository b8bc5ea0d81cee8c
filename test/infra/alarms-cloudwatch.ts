/** Alarms of CloudWatch over lines in the embedded metric format: as much of its rules as infra/aws/alarms.yml uses. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseDocument } from 'yaml'
import { root } from './service.ts'

export interface Alarm {
  readonly Namespace: string
  MetricName: string
  readonly Dimensions: readonly { Name: string; readonly Value: string }[]
  Statistic: 'Minimum' | 'Maximum' | 'Sum' | 'SampleCount'
  ComparisonOperator: 'LessThanThreshold' | 'GreaterThanOrEqualToThreshold'
  readonly Threshold: number
  readonly TreatMissingData: 'notBreaching' | 'breaching' | 'ignore'
}
export type Alarms = Record<string, Alarm>
export type Line = Readonly<Record<string, unknown>>

/** Those over our own metrics, for functions without an environment. */
export function cloudWatchAlarms(): Alarms {
  const text = readFileSync(join(root, 'infra/aws/alarms.yml'), 'utf8')
  const { Resources } = parseDocument(
    text
      .replaceAll(/\$\{env:LOCKSTEP_ENVIRONMENT, '(\w+)'\}/g, '$1')
      .replaceAll(/!(Sub|Ref|GetAtt|If|Not|Equals)/g, ''),
    { merge: true },
  ).toJS() as { Resources: Record<string, { Properties: Alarm }> }
  const own = Object.entries(Resources).filter(([, { Properties }]) => Properties.Namespace === 'SecretsRotation')
  return Object.fromEntries(own.map(([name, { Properties }]) => [name.replace(/Alarm$/, ''), Properties]))
}

/** Names of those in alarm, when these lines are all that was written within every period. */
export const firedBy = (alarms: Alarms, lines: readonly Line[]): readonly string[] =>
  Object.entries(alarms)
    .filter(([, alarm]) => breaches(alarm, samplesOf(alarm, lines)))
    .map(([name]) => name)

interface Directive {
  readonly Namespace: string
  readonly Dimensions: readonly (readonly string[])[]
  readonly Metrics: readonly { readonly Name: string }[]
}

export function samplesOf({ Namespace, MetricName, Dimensions }: Alarm, lines: readonly Line[]): readonly number[] {
  const wanted = Dimensions.map(({ Name }) => Name).toSorted()
  return lines.flatMap(line => {
    const directives = (line._aws as { CloudWatchMetrics: readonly Directive[] } | undefined)?.CloudWatchMetrics ?? []
    const counts = directives.some(
      each =>
        each.Namespace === Namespace &&
        each.Metrics.some(({ Name }) => Name === MetricName) &&
        // a metric of other dimensions is another metric, fewer or more
        each.Dimensions.some(names => String(names.toSorted()) === String(wanted)) &&
        Dimensions.every(({ Name, Value }) => line[Name] === Value),
    )
    return counts ? [Number(line[MetricName])] : []
  })
}

const statistics: Readonly<Record<Alarm['Statistic'], (samples: readonly number[]) => number>> = {
  Minimum: samples => Math.min(...samples),
  Maximum: samples => Math.max(...samples),
  Sum: samples => samples.reduce((sum, each) => sum + each, 0),
  SampleCount: samples => samples.length,
}

function breaches(alarm: Alarm, samples: readonly number[]): boolean {
  if (samples.length === 0) return alarm.TreatMissingData === 'breaching'
  const value = statistics[alarm.Statistic](samples)
  return alarm.ComparisonOperator === 'LessThanThreshold' ? value < alarm.Threshold : value >= alarm.Threshold
}
