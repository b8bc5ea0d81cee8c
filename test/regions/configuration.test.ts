/**
 * Which stores a bundle has to reach, told at the start. Planted, and each failed here: stores of followers not looked at, the register's
 * forgotten, secrets of other members looked at, a bundle named that does not help.
 */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { readConfig } from '../../core/functions/configuration.ts'

const AWS = '{ kind: aws, region: eu-central-1 }'
const US = '{ kind: aws, region: us-east-1 }'
const REG = '{ kind: aws, region: eu-west-1 }'
const GCP = '{ kind: gcp, project: my-project, readBy: { alias: current, previous: previous } }'
const LOCAL = '{ kind: local, file: x.db, key: { env: KEY } }'

interface Given {
  readonly us?: string
  readonly epochs?: string
  readonly more?: string
}

function written({ us = US, epochs = '{ store: reg }', more = '' }: Given): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-configuration-'))
  const text = `version: 1
stores: { eu: ${AWS}, us: ${us}, reg: ${REG}, other: ${GCP} }
epochs: ${epochs}
audit: [{ kind: stdout }]
defaults: { grace: 4h }
secrets:
  app: { store: eu, strategy: alternating-users, users: [a, b], target: { kind: module, module: ./t.mjs }, followers: [{ store: us }] }
${more}`
  writeFileSync(path.join(folder, 'lockstep.yml'), text)
  return folder
}

describe('a bundle of one cloud', () => {
  test('reaches leader, followers and register of its own', async () => {
    const config = await readConfig('aws', written({}), {})
    expect([...config.secrets.keys()]).toEqual(['app'])
  })

  test.each([
    ['a follower on another cloud', { us: GCP }, 'us', 'is a member of app'],
    ['the register on another cloud', { epochs: '{ store: other }' }, 'other', 'says who leads'],
    [
      'the register in a container',
      { epochs: "{ blob: { url: 'https://acct.blob.core.windows.net', container: leaders } }" },
      'leaders',
      'says who leads',
    ],
  ])('%s: the error says which bundle to deploy', async (_, given, at, why) => {
    await expect(readConfig('aws', written(given), {})).rejects.toMatchObject({
      code: 'config-invalid',
      at,
      message: expect.stringContaining(why),
      next: expect.stringContaining('dist/multi/aws'),
    })
    await expect(readConfig('aws', written(given), {}, 'every')).resolves.toBeDefined()
  })

  test('what another member of the configuration is for is none of its business', async () => {
    const more = '  far: { store: other, strategy: single-user, target: { kind: module, module: ./t.mjs } }\n'
    await expect(readConfig('aws', written({ more }), {})).rejects.toMatchObject({ at: 'other' })
    await expect(readConfig('aws', written({ more }), { LOCKSTEP_MEMBER: 'us' })).resolves.toBeDefined()
  })

  test('a member that nobody has', async () => {
    await expect(readConfig('aws', written({}), { LOCKSTEP_MEMBER: 'use' })).rejects.toMatchObject({
      code: 'config-invalid',
      at: 'LOCKSTEP_MEMBER',
    })
  })
})

test('a file of one machine is reached by no function', async () => {
  for (const reach of ['own', 'every'] as const)
    await expect(readConfig('gcp', written({ us: LOCAL }), {}, reach)).rejects.toMatchObject({
      code: 'config-invalid',
      ...(reach === 'every' && { at: 'us', next: expect.not.stringContaining('dist/multi') }),
    })
})
