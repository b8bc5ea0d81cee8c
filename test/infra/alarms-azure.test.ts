/** Faults run through the functions of Azure on its fakes; the lines that come out are put to the rules of infra/azure/alarms.json. */
import { describe, expect, test } from 'vitest'
import { openFunctionStore } from '../../azure/function-store.ts'
import { toContext } from '../../azure/log.ts'
import { FunctionLog } from '../../core/functions/log.ts'
import { DAY, FunctionPlace } from '../azure/function-place.ts'
import { CONTAINER } from '../azure/support.ts'
import { about } from './alarms-events.ts'
import { counts, type Rule, rulesFired, rulesOf, template } from './alarms-kql.ts'

const INTERVAL = 365 * DAY
const MINUTES = 10 * 60_000

async function swept(fault: (place: FunctionPlace) => unknown = () => {}, age = INTERVAL + MINUTES) {
  const place = new FunctionPlace()
  place.clock.time += age
  await fault(place)
  place.lines.length = 0
  await place.functions.sweep({ isPastDue: false }, place.context).catch(() => {})
  return place
}

const denied = ({ vault }: FunctionPlace) =>
  vault.permissions.denyAction('test', 'Microsoft.KeyVault/vaults/secrets/setSecret/action')

async function halted({ vault, blobs, clock }: FunctionPlace): Promise<void> {
  const secrets = vault.inProcessClient({ retryOptions: { maxRetries: 0 } })
  const container = blobs.inProcessClient().getContainerClient(CONTAINER)
  const config = { kind: 'azure', vault: vault.vaultUrl, journal: { url: blobs.url, container: CONTAINER } }
  const store = await openFunctionStore(config as never, clock, async () => ({ secrets, container }))
  const call = { signal: new AbortController().signal, deadline: clock.time + DAY, run: {} }
  await store.describe('App-DB', call)
  await store.note('App-DB', { halted: 'auth-failed' }, call)
}

async function event(...[type, result]: Parameters<typeof about>) {
  const place = await swept()
  await new FunctionLog(toContext(place.context, place.clock), 'test').audit().write(about(type, result))
  return place
}

const runs: readonly [string, () => Promise<Pick<FunctionPlace, 'lines'>>, readonly string[]][] = [
  ['a good run', () => swept(), []],
  ['nothing due', () => swept(undefined, DAY), []],
  ['a rotation that is denied', () => swept(denied), ['rotation-failed']],
  ['one that has been denied for a day', () => swept(denied, INTERVAL + DAY), ['rotation-failed', 'rotation-overdue']],
  ['one that is halted', () => swept(halted), ['rotation-halted']],
  ['a follower that is up', () => event('follower_updated', 'success'), []],
  ['a follower that is behind', () => event('follower_updated', 'failure'), ['follower-behind']],
  ['an end that followers hold', () => event('rotation_waiting', 'waiting'), ['retirement-held']],
  ['no sweep', async () => ({ lines: [] }), ['sweep-silent']],
]

const allLines = async () => (await Promise.all(runs.map(([, run]) => run()))).flatMap(place => place.lines)

describe('Azure', () => {
  test.each(runs)('%s', async (_, run, rules) => {
    expect(rulesFired(rulesOf(), (await run()).lines)).toEqual(rules)
  })

  const mutants: readonly [string, string, (rule: Rule) => void][] = [
    ['a field that no function writes', 'rotation-overdue', rule => (rule.query = rule.query.replace('Secrets)', ')'))],
    ['another comparison in the query', 'rotation-failed', rule => (rule.query = rule.query.replace('== 0', '> 0'))],
    ['another operator', 'sweep-silent', rule => (rule.operator = 'GreaterThan')],
    ['another name of them all', 'rotation-halted', rule => (rule.query = rule.query.replace('SecretsR', 'SecretR'))],
  ]
  test.each(mutants)('mutated, it is seen: %s', async (_, name, change) => {
    const rules = rulesOf()
    change(rules.find(rule => rule.name === name)!)
    expect(rules).not.toEqual(rulesOf())
    const fired = await Promise.all(runs.map(async ([, run]) => rulesFired(rules, (await run()).lines)))
    expect(fired).not.toEqual(runs.map(([, , expected]) => expected))
  })

  test('each rule counts a line that functions write, and the workbook shows fields of such lines', async () => {
    const lines = await allLines()
    for (const { name, query } of rulesOf())
      expect(lines.filter(line => counts(query, line)).length, name).toBeGreaterThan(0)
    const { workbook } = template('dashboard').variables
    const shown = [...JSON.stringify(workbook).matchAll(/line\.(\w+)/g)].map(([, field]) => field!)
    const written = new Set([...lines.flatMap(line => Object.keys(line)), 'FollowerLag'])
    expect(shown.filter(field => !written.has(field))).toEqual([])
  })
})
