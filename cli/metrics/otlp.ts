/**
 * Samples pushed to a collector over OTLP. The libraries of OpenTelemetry are loaded here only, when somebody pushes. What is counted is
 * counted from the trail, so its start is the oldest event's time, and not that of this process.
 * @module
 */
import type { Attributes, HrTime } from '@opentelemetry/api'
import type { DataPoint, Histogram, MetricData } from '@opentelemetry/sdk-metrics'
import { RotationError } from '../../core/errors.ts'
import { durationBuckets, type MetricName, metricNames, metricOf } from '../../core/metrics/catalogue.ts'
import type { Sample } from '../../core/metrics/samples.ts'
import type { Instant } from '../../core/ports/clock.ts'
import { version } from '../version.ts'

export interface Push {
  readonly url: string
  readonly now: Instant
  readonly timeout: number
}

/** Packages missing: `driver-missing`. Not taken: `target-unreachable`, naming the address. */
export async function pushOtlp(samples: readonly Sample[], { url, now, timeout }: Push): Promise<void> {
  const otel = await libraries()
  const exporter = new otel.OTLPMetricExporter({ url, timeoutMillis: timeout })
  const metrics = metricNames.flatMap(name => {
    const ours = samples.filter(sample => sample.name === name)
    return ours.length === 0 ? [] : [dataOf(otel, name, ours, now)]
  })
  const resource = otel.resourceFromAttributes({ 'service.name': 'lockstep', 'service.version': version })
  const scopeMetrics = [{ scope: { name: 'lockstep', version }, metrics }]
  const { code, error } = await new Promise<{ code: number; error?: Error }>(resolve =>
    exporter.export({ resource, scopeMetrics }, resolve),
  )
  await exporter.shutdown()
  if (code !== 0) throw notTaken(url, error)
}

/** Of what the collector or the network says, the code alone. */
function notTaken(url: string, error: (Error & { readonly code?: unknown }) | undefined): RotationError {
  const foreign = error?.code === undefined ? undefined : String(error.code)
  return new RotationError('target-unreachable', 'The collector did not take the metrics.', {
    at: shownUrl(url),
    foreign,
    next: 'Check the address (--otlp URL or OTEL_EXPORTER_OTLP_ENDPOINT) and that the collector receives OTLP over HTTP.',
  })
}

/** Without a login that it may hold. */
export function shownUrl(url: string): string {
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname}`
}

async function libraries() {
  try {
    const [api, exporter, resources, sdk] = await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/exporter-metrics-otlp-http'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/sdk-metrics'),
    ])
    return { ...api, ...exporter, ...resources, ...sdk }
  } catch {
    const names = ['api', 'exporter-metrics-otlp-http', 'resources', 'sdk-metrics'].map(
      name => `@opentelemetry/${name}`,
    )
    throw new RotationError('driver-missing', 'A push over OTLP needs the packages of OpenTelemetry.', {
      next: `Run \`npm install ${names.join(' ')}\`.`,
    })
  }
}

type Libraries = Awaited<ReturnType<typeof libraries>>

function dataOf(otel: Libraries, name: MetricName, samples: readonly Sample[], now: Instant): MetricData {
  const { type, unit, help } = metricOf(name)
  const base = {
    descriptor: { name, unit, description: help, valueType: otel.ValueType.DOUBLE },
    aggregationTemporality: otel.AggregationTemporality.CUMULATIVE,
  }
  const points = <T>(measured: (sample: Sample) => T): DataPoint<T>[] =>
    samples.map(sample => ({
      startTime: hrTime(sample.since ?? now),
      endTime: hrTime(now),
      attributes: { ...sample.labels } satisfies Attributes,
      value: measured(sample),
    }))
  const number = ({ value }: Sample): number => Number(value)
  if (type === 'histogram')
    return { ...base, dataPointType: otel.DataPointType.HISTOGRAM, dataPoints: points(histogramOf) }
  if (type === 'counter')
    return { ...base, dataPointType: otel.DataPointType.SUM, isMonotonic: true, dataPoints: points(number) }
  return { ...base, dataPointType: otel.DataPointType.GAUGE, dataPoints: points(number) }
}

const hrTime = (ms: Instant): HrTime => [Math.floor(ms / 1000), (Math.floor(ms) % 1000) * 1_000_000]

/** The last bucket has no upper bound; a bound belongs to the bucket below it. */
function histogramOf({ value }: Sample): Histogram {
  const seen = [value].flat()
  const boundaries = [...durationBuckets]
  const counts = [...boundaries, Number.POSITIVE_INFINITY].map((bound, at) => {
    const below = boundaries[at - 1] ?? Number.NEGATIVE_INFINITY
    return seen.filter(each => each > below && each <= bound).length
  })
  return { buckets: { boundaries, counts }, sum: seen.reduce((sum, each) => sum + each, 0), count: seen.length }
}
