/** The demo on AWS: as another program calls it, and with what it must not let pass. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { awsCounts } from '../../bench/aws/counts.ts'
import { rotations } from '../../demo/aws/scenes.ts'
import { AwsStage } from '../../demo/aws/stage.ts'
import { Template } from '../../demo/aws/template.ts'
import { brokenByRotations, brokenPromises, type Shown } from '../../demo/aws/verdict.ts'
import { runtimeClient } from '../stand/ric.ts'
import { requireServer, standRoot, until } from '../stand/stand.ts'

const root = path.resolve(import.meta.dirname, '../..')
const here = requireServer(await runtimeClient())

// a stand of its own, so that what the demo leaves behind is the demo's; but the runtime client need not be compiled again
const stand = mkdtempSync(path.join(tmpdir(), 'lockstep-demo-'))
chmodSync(stand, 0o755) // as root, the servers run as somebody else
mkdirSync(path.join(standRoot(), 'npm'), { recursive: true })
symlinkSync(path.join(standRoot(), 'npm'), path.join(stand, 'npm'))
afterAll(() => rmSync(stand, { recursive: true, force: true }))
const nothingLeft = () => until(() => expect(readdirSync(path.join(stand, 'run'))).toEqual([]), 5_000)

const start = (...args: string[]) =>
  spawn(process.execPath, ['--disable-warning=ExperimentalWarning', path.join(root, 'demo/main.ts'), ...args], {
    env: { ...process.env, LOCKSTEP_STAND: stand },
  })

test('demo --cloud elsewhere: usage, exit code 2', async () => {
  const child = start('--cloud', 'elsewhere')
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  expect({ out, code }).toEqual({ out: '', code: 2 })
  expect(err).toContain('usage: demo [--cloud local|aws|gcp|azure]')
})

describe.skipIf(!here)('demo --cloud aws --json', () => {
  let ran: { readonly out: string; readonly err: string; readonly code: unknown }
  let shown: Shown
  beforeAll(async () => {
    const child = start('--cloud', 'aws', '--json')
    const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
    ran = { out, err, code }
    shown = JSON.parse(out || '{}')
  }, 120_000)

  test('one object, every promise kept, below a minute and a half, labelled fake', () => {
    expect(ran.code, ran.err).toBe(0)
    expect(ran.out.trimEnd()).not.toContain('\n')
    expect(shown.service).toBe('fake')
    expect(shown.seconds).toBeLessThan(90)
    const [single, , alternating] = shown.strategies
    expect(single!.failedQueries).toBeGreaterThan(0)
    expect(alternating).toMatchObject({ rotations: 2, failedQueries: 0 })
    expect(single!.calls).toEqual({
      DescribeSecret: 1,
      GetSecretValue: 5,
      PutSecretValue: 1,
      UpdateSecretVersionStage: 1,
    })
    expect(shown.killedRuntime).toMatchObject({ errorType: 'Runtime.ExitError', sameValue: true, failedQueries: 0 })
    expect(shown.leftByTemplate).toMatchObject({ before: 'refused', after: 'accepted', sameValue: true })
    expect(shown.editAtPromotion).toMatchObject({ putLogin: 'refused', editKept: true, currentLogin: 'accepted' })
    expect(shown.personsPut).toMatchObject({ outcomes: ['abandoned', 'succeeded'], editKept: true })
  })

  test('nothing is left, after Ctrl-C neither', async () => {
    await nothingLeft()
    const child = start('--cloud', 'aws')
    await once(child.stdout, 'data') // it has started
    child.kill('SIGINT')
    expect((await once(child, 'exit'))[0]).toBe(130)
    await nothingLeft()
  })

  const changes: Readonly<Record<string, (shown: Shown) => object>> = {
    'a gap of two pauses': ({ strategies: [one, ...more] }) => ({
      strategies: [{ ...one, longestGapMs: 2_100 }, ...more],
    }),
    'a client locked out for good': ({ strategies: [one, ...more] }) => ({
      strategies: [{ ...one, leftFailing: 1 }, ...more],
    }),
    'every client failing in spite of a re-read': ({ strategies: [one, two, three] }) => ({
      strategies: [one, { ...two, failedQueries: 20 }, three],
    }),
    'one failed query of alternating users': ({ strategies: [one, two, three] }) => ({
      strategies: [one, two, { ...three, failedQueries: 1 }],
    }),
    'clients that did nothing': ({ strategies: [one, ...more] }) => ({ strategies: [{ ...one, queries: 0 }, ...more] }),
    ...planted('killedRuntime', [
      { failedQueries: 1 },
      { newPasswordAtServer: false },
      { promotedAtDeath: true },
      { attempts: 3 },
      { sameToken: false },
      { sameValue: false },
    ]),
    ...planted('leftByTemplate', [
      { before: 'accepted' },
      { after: 'refused' },
      { sameToken: false },
      { sameValue: false },
      { leftFailing: 1 },
    ]),
    ...planted('personsPut', [
      { failedQueries: 1 },
      { outcomes: ['succeeded', 'succeeded'] },
      { outcomes: ['abandoned', 'failed'] },
      { putIsCurrent: false },
      { editKept: false },
      { rotatedSince: false },
    ]),
    ...planted('editAtPromotion', [
      { putLogin: 'accepted' },
      { editKept: false },
      { currentLogin: 'refused' },
      { leftFailing: 1 },
    ]),
  }
  test.each(Object.entries(changes))('would not let pass: %s', (_, change) => {
    expect(brokenPromises({ ...shown, ...change(shown) })).toHaveLength(1)
  })
})

function planted(scene: 'killedRuntime' | 'leftByTemplate' | 'personsPut' | 'editAtPromotion', all: readonly object[]) {
  return Object.fromEntries(
    all.map(change => [
      `${scene} ${JSON.stringify(change)}`,
      (shown: Shown) => ({ [scene]: { ...shown[scene], ...change } }),
    ]),
  )
}

test('planted: the template in our place is seen to break the promise', { timeout: 60_000 }, async ({ skip }) => {
  const stage = await AwsStage.open()
  if (!stage) return skip('no PostgreSQL or no runtime client on this machine')
  onTestFinished(() => stage.close())
  const client = stage.cloud.fake.client()
  stage.invoke = new Template(client).invoke
  const secret = await stage.cloud.makeSecret('demo/planted', 'single-user')
  const shown = await rotations(stage, { name: 'single-user', secret, count: 1 })
  client.destroy()
  expect(shown.longestGapMs).toBeGreaterThan(1_900)
  expect(shown.leftFailing).toBe(0)
  expect(brokenByRotations(shown)[0]).toContain('a gap of')
})

test('bench: calls and logins per rotation, as the fake and the server have them', { timeout: 60_000 }, async ({
  skip,
}) => {
  if (!here) return skip('no runtime client on this machine')
  const results = await awsCounts()
  const counts = results.filter(({ name }) => name.startsWith('aws (fake)'))
  expect(counts.map(({ name, value }) => [name.replace('aws (fake), ', ''), value])).toEqual([
    ['single-user: calls per rotation', 8],
    ['single-user: logins per rotation', 2],
    ['alternating-users: calls per rotation', 9],
    ['alternating-users: logins per rotation', 3],
    ['aws (fake): logins that a rotation makes to see them fail', 0],
    ["AWS's template, single-user: calls per rotation", 14],
    ["AWS's template, single-user: logins per rotation", 3],
    ['single-user, without a function: calls per rotation', 9],
    ['alternating-users, without a function: calls per rotation', 10],
    ['alternating-users, without a function: calls per retirement', 12],
  ])
})
