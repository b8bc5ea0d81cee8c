/**
 * Rules, their tests and the dashboard, checked by Prometheus's own tool; and that they name the metrics that there are. Planted: every
 * mutant of `prometheus-mutants.ts`, on each run.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { metricNames, metricOf } from '../../core/metrics/catalogue.ts'
import { rotating } from '../cli/metrics-project.ts'
import { projects } from '../cli/support.ts'
import { findPromtool } from '../stand/promtool.ts'
import { requireServer } from '../stand/stand.ts'
import { mutantsOf, nameOf, type Rule } from './prometheus-mutants.ts'

const promtool = requireServer(await findPromtool())
const project = projects()
const rulesFolder = join(import.meta.dirname, '../../infra/prometheus')
const rulesText = readFileSync(join(rulesFolder, 'rules.yml'), 'utf8')
const dashboardText = readFileSync(join(import.meta.dirname, '../../infra/grafana/lockstep.json'), 'utf8')
const testFiles = ['rules.test.yml', 'success-rate.test.yml']
const SLOW = 240_000

interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[]
}
const { groups } = parse(rulesText) as RuleFile
const rules = groups.flatMap(group => group.rules)
const recorded = rules.flatMap(({ record }) => record ?? [])

const folder = mkdtempSync(join(tmpdir(), 'lockstep-prometheus-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface RuleTests {
  readonly tests: readonly { readonly alert_rule_test: readonly { readonly alertname: string }[] }[]
}

/** Only the tests of these alerts: a mutant is run many times. */
function testsOf(alerts: readonly string[]): readonly string[] {
  return testFiles.flatMap(name => {
    const file = parse(readFileSync(join(rulesFolder, name), 'utf8')) as RuleTests
    const tests = file.tests
      .map(one => ({ ...one, alert_rule_test: one.alert_rule_test.filter(each => alerts.includes(each.alertname)) }))
      .filter(one => one.alert_rule_test.length > 0)
    if (tests.length === 0) return []
    writeFileSync(join(folder, name), stringify({ ...file, tests }))
    return [name]
  })
}

/** The alerts that say what a rule says: itself, or those that read what it records. */
const alertsOf = (name: string): readonly string[] =>
  rules.flatMap(rule => {
    if (rule.alert === undefined) return rule.expr.includes(name) && nameOf(rule) !== name ? alertsOf(nameOf(rule)) : []
    return rule.alert === name || rule.expr.includes(name) ? [rule.alert] : []
  })

const runWith = (rule: Rule): number => {
  const alerts = alertsOf(nameOf(rule))
  const changed = groups.map(group => ({
    ...group,
    rules: group.rules
      .filter(({ alert }) => alert === undefined || alerts.includes(alert))
      .map(each => (nameOf(each) === nameOf(rule) ? rule : each)),
  }))
  writeFileSync(join(folder, 'rules.yml'), stringify({ groups: changed }))
  return promtool!.run(['test', 'rules', ...testsOf(alerts)], { cwd: folder }).code
}

describe.skipIf(promtool === undefined)('rules', () => {
  test('are valid, and hold what their tests say', { timeout: SLOW }, () => {
    const checked = promtool!.run(['check', 'rules', 'rules.yml'], { cwd: rulesFolder })
    expect(checked.said).toContain(`SUCCESS: ${rules.length} rules found`)
    for (const name of testFiles) cpSync(join(rulesFolder, name), join(folder, name))
    writeFileSync(join(folder, 'rules.yml'), rulesText)
    const tested = promtool!.run(['test', 'rules', ...testFiles], { cwd: folder })
    expect(tested.code, tested.said).toBe(0)
  })

  test.each(rules.map(rule => [nameOf(rule), rule] as const))(
    '%s: broken in any way, its tests fail',
    { timeout: SLOW },
    (_, rule) => {
      expect(runWith(rule)).toBe(0)
      const mutants = mutantsOf(rule)
      expect(mutants.length).toBeGreaterThan(0)
      const survivors = mutants.filter(mutant => runWith(mutant) === 0)
      expect(survivors.map(({ expr, for: patience }) => ({ expr, for: patience }))).toEqual([])
    },
  )
})

describe('alerts', () => {
  const alerts = rules.filter(({ alert }) => alert !== undefined)

  test('have a severity, and a runbook that begins with a command that there is', async () => {
    const here = project()
    for (const { alert, labels, annotations } of alerts) {
      expect(['info', 'warning', 'critical'], alert).toContain(labels?.severity)
      expect(annotations!.summary.length, alert).toBeGreaterThan(10)
      const commands = [...annotations!.runbook.matchAll(/`lockstep ([a-z-]+)/g)].map(([, name]) => name!)
      expect(annotations!.runbook, alert).toMatch(/^Run `lockstep /)
      for (const name of commands) expect((await here.ok(['help', name])).stdout).toContain(`Usage: lockstep ${name}`)
    }
  })
})

const namesIn = (text: string): readonly string[] => [
  ...new Set([...text.matchAll(/\bsecret[a-z_:0-9]*[_:][a-z_:0-9]+/g)].map(([name]) => name)),
]
/** As in the catalogue: a histogram is read by its parts. */
const inCatalogue = (name: string): string => {
  const whole = name.replace(/_(bucket|sum|count)$/, '')
  return metricNames.some(known => known === whole && metricOf(known).type === 'histogram') ? whole : name
}

interface Panel {
  readonly id: number
  readonly title: string
  readonly description: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets: readonly { readonly refId: string; readonly expr: string }[]
}
const { panels, templating } = JSON.parse(dashboardText) as {
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] }
}
const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))

describe('names', () => {
  const labels: readonly string[] = metricNames.flatMap(name => metricOf(name).labels)
  const known = new Set<string>([...metricNames, ...labels, ...recorded])
  const used = [...rules.map(({ expr }) => expr), ...queries, ...templating.list.map(one => one.definition ?? '')]
    .flatMap(namesIn)
    .map(inCatalogue)

  test('rules and dashboard use metrics of the catalogue only, and all of them', () => {
    expect(used.filter(name => !known.has(name))).toEqual([])
    expect(metricNames.filter(name => !used.includes(name))).toEqual([])
  })

  test('what is recorded is read', () => {
    expect(recorded.filter(name => !rules.some(rule => rule.expr.includes(name)))).toEqual([])
  })
})

describe('the dashboard', () => {
  test('shows what a person on call asks for', () => {
    const titles = panels.map(({ title }) => title)
    for (const asked of [
      'Success rate',
      'Last and next rotation',
      'Errors',
      'Overdue',
      'Stuck',
      'Duration',
      'Expiring',
    ])
      expect(
        titles.filter(title => title.startsWith(asked)),
        asked,
      ).toHaveLength(1)
  })

  test('every panel has a number, a place and a description of its own', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
    for (const { title, description, gridPos, targets } of panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24)
      expect(description.length, title).toBeGreaterThan(10)
      expect(new Set(targets.map(({ refId }) => refId)).size, title).toBe(targets.length)
    }
    expect(new Set(panels.map(({ description }) => description)).size).toBe(panels.length)
  })

  test('names only variables that it has', () => {
    const variables = templating.list.map(({ name }) => name)
    const named = [...dashboardText.matchAll(/\$\{?(\w+)/g)].map(([, name]) => name!)
    expect(named.filter(name => !name.startsWith('__') && !variables.includes(name))).toEqual([])
  })

  test.skipIf(promtool === undefined)('every query is one', () => {
    const asRules = queries.map((expr, n) => ({
      record: `query:${n}`,
      expr: expr.replaceAll('$__rate_interval', '5m').replaceAll(/\$(environment|secret)\b/g, '.*'),
    }))
    writeFileSync(join(folder, 'queries.yml'), stringify({ groups: [{ name: 'queries', rules: asRules }] }))
    const checked = promtool!.run(['check', 'rules', 'queries.yml'], { cwd: folder })
    expect(checked.said).toContain(`SUCCESS: ${queries.length} rules found`)
  })
})

describe.skipIf(promtool === undefined)('lockstep metrics', () => {
  test('is what Prometheus reads: nothing to remark but the days, which are meant', async () => {
    const here = await rotating(project())
    await here.ok(['rotate', 'app', '--force'])
    const { stdout } = await here.main(['metrics'])
    expect(stdout).toContain('secret_rotation_total{')
    const { said } = promtool!.run(['check', 'metrics'], { input: stdout })
    expect(said.trim().split('\n').sort()).toEqual(
      ['secret_age_days', 'secret_expiration_days'].map(name => `${name} use base unit "seconds" instead of "days"`),
    )
    const broken = promtool!.run(['check', 'metrics'], {
      input: stdout.replace('# HELP secret_readable', '# HELPLESS'),
    })
    expect(broken.said).not.toBe(said)
  })
})
