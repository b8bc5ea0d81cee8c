/** docs/metrics.md: its tables are the catalogue and the rules, its options exist, its links lead somewhere. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { metricNames, metricOf } from '../../core/metrics/catalogue.ts'
import { page, root } from '../docs/blocks.ts'
import { projects } from './support.ts'

const PAGE = 'docs/metrics.md'
const project = projects()
const text = page(PAGE)

const rowsBelow = (heading: string): readonly (readonly string[])[] => {
  const [section = ''] = text.slice(text.indexOf(`## ${heading}`) + 3).split('\n## ')
  const rows = section.split('\n').filter(line => line.startsWith('| `'))
  return rows.map(row =>
    row
      .split('|')
      .slice(1, -1)
      .map(cell => cell.trim()),
  )
}

test('lists every metric, with its type, unit and labels', () => {
  const common = ['secret', 'environment', 'secret_type']
  for (const label of common) expect(text).toContain(`\`${label}\``)
  expect(rowsBelow('Names').map(([name, type, unit, labels]) => ({ name, type, unit, labels }))).toEqual(
    metricNames.map(name => {
      const { type, unit, labels } = metricOf(name)
      const further = labels.filter(label => !common.includes(label))
      return {
        ...{ name: `\`${name}\``, type, unit: unit.startsWith('{') ? '' : unit },
        labels: further.map(label => `\`${label}\``).join(', '),
      }
    }),
  )
})

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert?: string
      readonly labels?: { readonly severity: string }
      readonly annotations?: { readonly runbook: string }
    }[]
  }[]
}

test('lists every alert, with its severity and the command of its runbook', () => {
  const { groups } = parse(readFileSync(join(root, 'infra/prometheus/rules.yml'), 'utf8')) as Rules
  const alerts = groups.flatMap(({ rules }) => rules).filter(({ alert }) => alert !== undefined)
  expect(rowsBelow('Alerts').map(([alert, severity, , next]) => [alert, severity, next])).toEqual(
    alerts.map(({ alert, labels, annotations }) => {
      const [, command] = /^Run `([^`]+)`/.exec(annotations!.runbook)!
      const plain = command!.replace(/\{\{ if .*?\{\{ end \}\}/, '').replace(/\{\{ \$labels\.secret \}\}/, 'NAME')
      return [`\`${alert}\``, labels!.severity, `\`${plain}\``]
    }),
  )
})

test('names only options that there are, and pages too', async () => {
  const { stdout } = await project().ok(['help', 'metrics'])
  const options = [...text.matchAll(/lockstep metrics [^`\n]*?(--[a-z-]+)/g)].map(([, option]) => option!)
  expect(options.length).toBeGreaterThan(2)
  for (const option of options.filter(each => each !== '--json' && each !== '--env')) expect(stdout).toContain(option)
  for (const [, link] of text.matchAll(/\]\(([^)#:]+)\)/g))
    expect(existsSync(join(root, 'docs', link!)), link).toBe(true)
  for (const [, path] of text.matchAll(/`(infra\/[\w./-]+)`/g)) expect(existsSync(join(root, path!)), path).toBe(true)
})
