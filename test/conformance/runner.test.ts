/**
 * `npm run conformance`: rows say what was had on what, planted faults are found, a closed gap is told, nothing is left behind,
 * and no real project is touched unasked.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { chanceCases, gaps, knownGaps } from '../../conformance/gaps.ts'
import { runSite } from '../../conformance/run.ts'
import type { Site } from '../../conformance/site.ts'
import { sitesHere } from '../../conformance/sites-here.ts'
import { storeConformance } from '../../core/testing/store-conformance.ts'
import { REGION, secretsManager } from '../cli/aws.ts'
import { CONTAINER, fakeAzure } from '../cli/azure.ts'
import { secretManager, surroundings } from '../cli/gcp.ts'

const gcp = secretManager()
const secrets = secretsManager()
const azure = fakeAzure()
const PROGRAM = resolve(import.meta.dirname, '../../scripts/conformance.ts')

async function conformance(...args: readonly string[]) {
  const child = spawn(process.execPath, [PROGRAM, ...args], { env: { ...process.env, ...surroundings } })
  const printed = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) child[name].on('data', chunk => (printed[name] += chunk))
  const [code] = await once(child, 'close')
  return { code, ...printed }
}

const site = (store: string, mode?: string): Site => sitesHere.find(each => each.store === store && each.mode === mode)!

async function ran(at: Site) {
  const opened = await at.open()
  if ('unavailable' in opened) throw new Error(opened.unavailable)
  return runSite(at, opened, () => {})
}

/** The same site with a store that does one thing wrong. */
const broken = (at: Site, change: (store: object) => void): Site => ({
  ...at,
  async open() {
    const opened = await at.open()
    if ('unavailable' in opened) return opened
    return {
      ...opened,
      async make() {
        const fixture = await opened.make()
        change(fixture.store)
        return fixture
      },
    }
  },
})

describe('a run at one site', () => {
  test('counts what is kept, and each known gap that is open', async () => {
    const { row, failures } = await ran(site('gcp', 'latest'))
    expect(failures).toEqual([])
    expect(row).toMatchObject({ store: 'gcp', server: 'our fake, latest', label: 'fake', failed: 0, knownGaps: 1 })
    expect(row.passed).toBeGreaterThan(100)
  })

  test('finds a store that reports nothing as already promoted', async () => {
    const wrong = broken(site('memory'), store => {
      const { promote } = store as { promote: (...args: unknown[]) => Promise<object> }
      Object.assign(store, {
        promote: async (...args: unknown[]) => ({ ...(await promote.apply(store, args)), already: false }),
      })
    })
    const { row, failures } = await ran(wrong)
    expect(row.failed).toBe(failures.length)
    expect(failures.length).toBeGreaterThan(0)
    expect(failures[0]).toMatchObject({
      store: 'memory',
      case: expect.stringContaining('promote'),
      says: expect.any(String),
    })
  })

  test('a gap that has closed is a failure until it is struck off', async () => {
    const closed: Site = { ...site('memory'), store: 'gcp' }
    const { row, failures } = await ran(closed)
    expect(row).toMatchObject({ failed: 1, knownGaps: 0 })
    expect(failures[0]?.says).toContain('strike it off')
  })
})

test('the table of gaps names cases that there are, once, with a reason', () => {
  const names = storeConformance(async () => ({}) as never).map(({ name }) => name)
  for (const { store, server = '', cases, reason } of gaps) {
    expect(reason).toMatch(/\.$/)
    for (const name of cases) expect(names).toContain(name)
    expect(new Set(knownGaps(store, server)).size).toBe(knownGaps(store, server).length)
    expect(chanceCases(store, server).filter(name => knownGaps(store, server).includes(name))).toEqual([])
  }
})

describe('the command', () => {
  test('at a server that is named: rows of both modes, and nothing is left behind', async () => {
    const at = ['--project', gcp().projectId, '--endpoint', `${gcp().host}:${gcp().port}`]
    const { code, stdout, stderr } = await conformance('--store', 'gcp', ...at, '--json')
    expect(code, stderr).toBe(0)
    const { rows, failures } = JSON.parse(stdout)
    expect(failures).toEqual([])
    expect(rows).toHaveLength(2)
    for (const row of rows) {
      expect(Object.keys(row)).toEqual(['store', 'server', 'label', 'passed', 'failed', 'knownGaps'])
      expect(row).toMatchObject({ store: 'gcp', label: 'emulator', failed: 0, knownGaps: 1 })
    }
    const client = gcp().client()
    const [left] = await client.listSecrets({ parent: `projects/${gcp().projectId}` })
    await client.close()
    expect(left).toEqual([])
    expect(gcp().calls.count('CreateSecret')).toBeGreaterThan(100)
  })

  test('at a server that is named, of the other clouds too', async () => {
    const aws = await conformance('--store', 'aws', '--endpoint', secrets().endpoint, '--region', REGION, '--json')
    const { vault, blobs } = azure()
    const at = ['--vault', vault.vaultUrl, '--endpoint', vault.endpoint, '--journal', `${blobs.endpoint}/${CONTAINER}`]
    const onAzure = await conformance('--store', 'azure', ...at, '--json')
    for (const { code, stdout, stderr } of [aws, onAzure]) {
      expect(code, stderr).toBe(0)
      const { rows, failures } = JSON.parse(stdout)
      expect(failures).toEqual([])
      expect(rows).toMatchObject([{ label: 'emulator', failed: 0, passed: expect.any(Number) }])
      expect(rows[0].passed).toBeGreaterThan(90)
    }
    expect(blobs.service.names(CONTAINER)).toEqual([])
  }, 120_000)

  test('in a report for people: labels, and the known gaps', async () => {
    const { code, stdout } = await conformance('--store', 'memory')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^STORE +SERVER +LABEL +PASSED +FAILED +KNOWN GAPS\nmemory +memory +memory +\d+ +0 +0\n/)
    const aws = await conformance('--store', 'local')
    expect(aws.stdout).toMatch(/local +file +real/)
  })

  test.each([
    [['--store', 'gcp', '--project', 'a-real-project'], 'say --yes'],
    [['--store', 'aws', '--region', 'eu-central-1'], 'say --yes'],
    [['--store', 'azure', '--vault', 'https://localhost.example', '--journal', 'https://a/b'], 'say --yes'],
    [['--store', 'gcp', '--endpoint', '127.evil.example:1', '--project', 'p'], 'say --yes'],
    [['--project', 'p'], 'needs --store'],
    [['--store', 'gpc'], 'expected one of'],
  ])('%j is refused before anything is asked', async (args, says) => {
    const { code, stdout, stderr } = await conformance(...args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(says)
  })
})
