/**
 * Samples in the text format of Prometheus.
 * @module
 */
import { durationBuckets, metricNames, metricOf } from '../../core/metrics/catalogue.ts'
import type { Sample } from '../../core/metrics/samples.ts'

/** Metrics of which there is no sample are left out. */
export async function prometheusText(samples: readonly Sample[]): Promise<string> {
  const { Counter, Gauge, Histogram, Registry } = await import('prom-client')
  const registry = new Registry()
  for (const name of metricNames) {
    const ours = samples.filter(sample => sample.name === name)
    if (ours.length === 0) continue
    const { type, help, labels } = metricOf(name)
    const settings = { name, help, labelNames: labels, registers: [registry] }
    if (type === 'histogram') {
      const histogram = new Histogram({ ...settings, buckets: [...durationBuckets] })
      for (const sample of ours) {
        histogram.zero(sample.labels)
        for (const each of [sample.value].flat()) histogram.observe(sample.labels, each)
      }
    } else if (type === 'counter') {
      const counter = new Counter(settings)
      for (const { labels: of, value } of ours) counter.inc(of, Number(value))
    } else {
      const gauge = new Gauge(settings)
      for (const { labels: of, value } of ours) gauge.set(of, Number(value))
    }
  }
  return registry.metrics()
}
