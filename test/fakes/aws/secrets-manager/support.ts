import { createHash } from 'node:crypto'
import { SecretsManager, type SecretsManagerServiceException } from '@aws-sdk/client-secrets-manager'
import { expect } from 'vitest'
import { type FakeSecretsManager, startSecretsManager } from '../secrets-manager.ts'

export const DAY = 86_400_000

/** A fake on its own clock, and the real SDK over HTTP that tries once. */
export interface Stage extends AsyncDisposable {
  readonly fake: FakeSecretsManager
  readonly sdk: SecretsManager
  /** The SDK with another access key, region or number of attempts. */
  open(options?: { key?: string; endpoint?: string; region?: string; attempts?: number }): SecretsManager
  pass(ms: number): void
}

export async function stage(): Promise<Stage> {
  let time = Date.UTC(2026, 0, 5, 10)
  const fake = await startSecretsManager({ now: () => time })
  const clients: SecretsManager[] = []
  const open: Stage['open'] = ({ key = 'test', endpoint = fake.endpoint, region = fake.region, attempts = 1 } = {}) => {
    const credentials = { accessKeyId: key, secretAccessKey: 'test' }
    const client = new SecretsManager({ endpoint, region, credentials, maxAttempts: attempts })
    clients.push(client)
    return client
  }
  return {
    fake,
    sdk: open(),
    open,
    pass: ms => {
      time += ms
    },
    [Symbol.asyncDispose]: async () => {
      for (const client of clients) client.destroy()
      await fake.close()
    },
  }
}

/** A token of 32 characters that a short name stands for. */
export const token = (name: string): string => createHash('sha256').update(name).digest('hex').slice(0, 32)

/** The call fails with that error of the service; HTTP 400 unless said otherwise. Answers the error. */
export async function refused(
  call: Promise<unknown>,
  name: string,
  status = 400,
): Promise<SecretsManagerServiceException> {
  const error: unknown = await call.then(
    () => undefined,
    reason => reason,
  )
  expect(error).toMatchObject({ name, $metadata: { httpStatusCode: status, requestId: expect.any(String) } })
  return error as SecretsManagerServiceException
}

/** `AWSCURRENT` etc. by the version that holds it, as DescribeSecret shows them. */
export async function labels(sdk: SecretsManager, SecretId: string): Promise<Record<string, string>> {
  const { VersionIdsToStages = {} } = await sdk.describeSecret({ SecretId })
  return Object.fromEntries(
    Object.entries(VersionIdsToStages).flatMap(([id, stages]) => stages.map(each => [each, id])),
  )
}
