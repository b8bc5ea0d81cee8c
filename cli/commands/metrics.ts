/**
 * `lockstep metrics`: how every secret is, for Prometheus and OpenTelemetry. Looks only.
 * @module
 */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { RotationError } from '../../core/errors.ts'
import { metricNames, metricOf } from '../../core/metrics/catalogue.ts'
import type { Sample } from '../../core/metrics/samples.ts'
import type { Answer } from '../answer.ts'
import { collect } from '../metrics/collect.ts'
import { pushOtlp, shownUrl } from '../metrics/otlp.ts'
import { prometheusText } from '../metrics/prometheus.ts'
import { writeWhole } from '../metrics/write-file.ts'
import { counted, stacked } from '../render/block.ts'
import type { Run, Session } from '../session.ts'

interface MetricsOptions {
  readonly out?: string
  /** True: where OTEL_EXPORTER_OTLP_ENDPOINT says. */
  readonly otlp?: string | true
  /** False with `--no-followers`. */
  readonly followers: boolean
}

/** A collector that hangs must not hold a scheduled run for long. */
const LONGEST_PUSH_MS = 10_000

export function addMetrics(program: Command, run: Run): void {
  program
    .command('metrics')
    .summary('all of them in numbers, for Prometheus and OpenTelemetry')
    .description(
      'How every secret is, as metrics: on stdout in the text format of Prometheus, into a file, or pushed to a collector. Looks at stores, followers and audit trails; never at a value.',
    )
    .option('--out <file>', 'replace this file at once, such as one that node_exporter reads')
    .option('--otlp [url]', 'push over OTLP/HTTP; without URL to OTEL_EXPORTER_OTLP_ENDPOINT')
    .option('--no-followers', 'visit none')
    .addHelpText(
      'after',
      `
Examples:
  lockstep metrics
  lockstep metrics --out /var/lib/node_exporter/lockstep.prom
  lockstep metrics --otlp http://127.0.0.1:4318

A secret that cannot be read has secret_readable 0; the others are measured all the same, and the exit
code is that of its error. Names, labels and alerts: docs/metrics.md.`,
    )
    .action((options: MetricsOptions) => run(session => metricsCommand(session, options)))
}

async function metricsCommand(session: Session, { out, otlp, followers }: MetricsOptions): Promise<Answer> {
  const url = otlp === undefined ? undefined : endpointOf(otlp, session.io.env)
  const { samples, secrets, exit } = await collect(session, followers)
  const done: string[] = []
  const amount = `${counted(samples.length, 'sample')} of ${counted(secrets, 'secret')}`
  if (out !== undefined) {
    await writeWhole(resolve(session.io.cwd, out), await prometheusText(samples))
    done.push(`${amount} written to ${out}.`)
  }
  if (url !== undefined) {
    const now = session.io.clock.now()
    await pushOtlp(samples, { url, now, timeout: Math.min(LONGEST_PUSH_MS, session.call.deadline - now) })
    done.push(`${amount} pushed to ${shownUrl(url)}.`)
  }
  const quiet = session.json || done.length > 0
  return {
    data: { metrics: dataOf(samples) },
    text: quiet ? stacked(...done) : (await prometheusText(samples)).trimEnd(),
    exit,
  }
}

const dataOf = (samples: readonly Sample[]): Answer['data'][] =>
  metricNames.map(name => {
    const { type, unit, help } = metricOf(name)
    const ours = samples.filter(sample => sample.name === name)
    return { name, type, unit, help, samples: ours.map(({ labels, value }) => ({ labels, value: summed(value) })) }
  })

/** Of a histogram: not each observation of years. */
const summed = (value: Sample['value']) =>
  typeof value === 'number' ? value : { count: value.length, sum: value.reduce((sum, each) => sum + each, 0) }

/** The variable of metrics alone is a whole address; the other, and URL, are the collector's. */
function endpointOf(otlp: string | true, env: Session['io']['env']): string {
  const whole = otlp === true ? env.OTEL_EXPORTER_OTLP_METRICS_ENDPOINT : undefined
  const base = otlp === true ? env.OTEL_EXPORTER_OTLP_ENDPOINT : otlp
  if (!whole && !base)
    throw new RotationError('usage', '--otlp needs an address.', {
      next: 'Give it, as in `--otlp http://127.0.0.1:4318`, or set OTEL_EXPORTER_OTLP_ENDPOINT.',
    })
  const text = whole || `${base!.replace(/\/+$/, '')}/v1/metrics`
  if (URL.canParse(text) && /^https?:/.test(text)) return text
  throw new RotationError('usage', 'The address of --otlp is no URL of http or https.', {
    next: 'Give one such as http://127.0.0.1:4318.',
  })
}
