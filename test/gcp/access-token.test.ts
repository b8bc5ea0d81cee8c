/**
 * The sign-in of the client of Secret Manager, asked for a token of another scope: the real SDK, a token endpoint of ours.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, it, vi } from 'vitest'
import { accessTokens } from '../../gcp/access-token.ts'
import { cloudSqlIam } from '../../gcp/admin-token.ts'
import { type Reply, startFake } from '../core/hooks/server.ts'

const folder = mkdtempSync(join(tmpdir(), 'lockstep-gcp-token-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
afterEach(() => vi.unstubAllEnvs())

/** A workload of another cloud: the only sign-in whose token endpoint can be said. */
async function account(reply: Reply) {
  const fake = await startFake(() => reply)
  writeFileSync(join(folder, 'subject'), 'a-subject-token')
  const key = {
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: fake.url,
    credential_source: { file: join(folder, 'subject') },
  }
  const file = join(folder, 'account.json')
  writeFileSync(file, JSON.stringify(key))
  vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', file)
  return fake
}

const scopeOf = (body: string) => new URLSearchParams(body).get('scope')

it('asks for the scope that is needed, and no other', async () => {
  const { received } = await account({
    json: { access_token: 'a-token', expires_in: 3600, token_type: 'Bearer', issued_token_type: 'x' },
  })
  const fetch = await cloudSqlIam()
  const token = await fetch({ user: 'rotator@shop.iam', host: 'db', port: 5432, region: undefined })
  expect(token.reveal()).toBe('a-token')
  expect(received.map(({ body }) => scopeOf(body))).toEqual(['https://www.googleapis.com/auth/sqlservice.login'])
})

it('without a sign-in says what to do, and nothing of the answer', async () => {
  await account({ status: 400, json: { error: 'invalid_grant', error_description: 'hunter2' } })
  const token = await accessTokens('https://www.googleapis.com/auth/cloud-platform')
  const error = await token().catch(thrown => thrown)
  expect(error).toMatchObject({ code: 'access-denied' })
  expect(JSON.stringify([error, error.message])).not.toContain('hunter2')
})
