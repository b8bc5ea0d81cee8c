/** The support of the runtimes, at days that are given: no clock is read here, so that no day can break it. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findingsAt, support, usedRuntimes } from '../../scripts/runtimes.ts'
import { page, root } from '../docs/blocks.ts'

const { checked, runtimes } = support()

test('every runtime that a service may name is in the data, and in the table as in the data', () => {
  const allowed = { gcp: /'nodejs\d+'/g, azure: /'node\d+'/g }
  for (const [cloud, names] of Object.entries(allowed)) {
    const [, list] = /runtime: \{ enum: \[(.*?)\]/.exec(page(`infra/serverless/${cloud}.ts`))!
    const known = runtimes.filter(each => each.cloud === cloud).map(({ id }) => `'${id}'`)
    expect(known).toEqual(list!.match(names))
  }
  const rows = [...page('docs/runtimes/support.md').matchAll(/^\| (\w+) \| `([\w.]+)` \| (\S+) \|/gm)]
  expect(rows.map(([, cloud, id, supportEnds]) => ({ cloud, id, supportEnds }))).toEqual(runtimes)
})

test('when the dates were last checked, what the services use was supported', () => {
  expect(usedRuntimes().map(({ cloud }) => cloud)).toEqual(['aws', 'gcp', 'azure'])
  expect(findingsAt(checked, usedRuntimes(), runtimes).map(({ level }) => level)).toEqual(['ok', 'ok', 'ok'])
})

describe('aged', () => {
  const used = [{ cloud: 'aws', id: 'nodejs24.x' }]
  const known = [{ cloud: 'aws', id: 'nodejs24.x', supportEnds: '2028-04-30' }]
  test.each([
    ['2027-11-01', 'ok', 'in 181 days'],
    ['2027-11-02', 'warning', 'in 180 days'],
    ['2028-04-30', 'warning', 'in 0 days'],
    ['2028-05-01', 'error', '1 days ago: choose a newer runtime in aws/service.yml'],
  ])('%s: %s', (date, level, says) => {
    const [finding] = findingsAt(date, used, known)
    expect(finding).toMatchObject({ level, text: expect.stringContaining(says) })
  })

  test('a runtime of another cloud, or of nobody, is not known', () => {
    expect(findingsAt('2026-01-01', [{ cloud: 'gcp', id: 'nodejs24.x' }], known)[0]).toMatchObject({ level: 'error' })
  })
})

describe('node scripts/runtimes.ts', () => {
  const at = (date: string) =>
    spawnSync(process.execPath, [join(root, 'scripts/runtimes.ts'), '--date', date], { encoding: 'utf8' })
  test('ends with 0 while all are supported, with a line for each', () => {
    const { status, stdout } = at(checked)
    expect(status).toBe(0)
    expect(stdout.match(/^(aws|gcp|azure) node\S+: support ends \S+, in \d+ days$/gm)).toHaveLength(3)
  }, 60_000)
  test('ends with 1 when the support of one has ended, and with 2 for what is no day', () => {
    expect(at('2099-01-01')).toMatchObject({ status: 1, stdout: expect.stringMatching(/^::error::aws/) })
    expect(at('2027-02-31x')).toMatchObject({ status: 2, stdout: '' })
  }, 60_000)
})
