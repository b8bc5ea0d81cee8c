/**
 * The caller of hooks and tokens on AWS: the credentials that the real SDK finds, without a network.
 */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { rdsIam } from '../../aws/admin-token.ts'
import { callerOf } from '../../aws/hooks-call.ts'
import { identity } from './signer.ts'

afterEach(() => vi.unstubAllEnvs())

function surroundings(env: Record<string, string>) {
  for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE', 'AWS_SESSION_TOKEN'])
    vi.stubEnv(name, undefined)
  vi.stubEnv('AWS_CONFIG_FILE', '/nowhere')
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere')
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
}

const login = { user: 'rotator', host: 'a.abc.eu-central-1.rds.amazonaws.com', port: 5432, region: undefined }

describe('the caller', () => {
  it('is who the SDK finds, in the region that is said or found', async () => {
    const { accessKeyId, secretAccessKey } = identity
    surroundings({
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_REGION: 'us-east-1',
    })
    const caller = await callerOf(undefined)
    expect(await caller.identity()).toMatchObject(identity)
    expect(await caller.region()).toBe('us-east-1')
    expect(await (await callerOf('eu-west-1')).region()).toBe('eu-west-1')
    const token = await rdsIam({ now: () => Date.UTC(2026, 10, 29) })(login)
    expect(token.reveal()).toContain(`${accessKeyId}%2F20261129%2Feu-central-1%2Frds-db%2Faws4_request`)
  })

  it('without credentials or a region says so', async () => {
    surroundings({ AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' })
    await expect(rdsIam({ now: () => 0 })(login)).rejects.toMatchObject({ code: 'access-denied' })
    await expect((await callerOf(undefined)).region()).rejects.toMatchObject({ code: 'config-invalid' })
  })
})
