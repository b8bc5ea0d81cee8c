/**
 * CloudWatch's embedded metric format, written down from its specification:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
import { expect } from 'vitest'
import { z } from 'zod'

const UNITS = ['Seconds', 'Microseconds', 'Milliseconds', 'Bytes', 'Percent', 'Count', 'Count/Second', 'None'] as const
const directive = z.strictObject({
  Namespace: z.string().min(1).max(256),
  Dimensions: z.array(z.array(z.string().min(1).max(250)).max(30)).min(1),
  Metrics: z
    .array(z.strictObject({ Name: z.string().min(1), Unit: z.enum(UNITS), StorageResolution: z.literal(1).optional() }))
    .max(100),
})
const root = z.looseObject({
  _aws: z.strictObject({ Timestamp: z.int().positive(), CloudWatchMetrics: z.array(directive) }),
})

/** What the specification asks beyond the shape: every target of a reference is there, with the right type. */
export function checkEmf(line: unknown) {
  const document = root.parse(line)
  for (const { Dimensions, Metrics } of document._aws.CloudWatchMetrics) {
    for (const name of Dimensions.flat())
      expect(document[name], name).toEqual(expect.stringMatching(/^[\x20-\x7e]{1,1024}$/))
    for (const { Name } of Metrics) expect(document[Name], Name).toEqual(expect.any(Number))
    const named = new Set([...Dimensions.flat(), ...Metrics.map(({ Name }) => Name), '_aws'])
    expect(Object.keys(document).filter(key => !named.has(key))).toEqual([])
  }
  return document
}
