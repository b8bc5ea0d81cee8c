import { CreateSecretCommand, ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeEach, expect, test } from 'vitest'
import type { Check } from './emulated.ts'
import { startMoto } from './moto.ts'
import { behaviours } from './moto-deviations.ts'
import { requireServer } from './stand.ts'

const moto = requireServer(await startMoto())
const clients = new Map<string, SecretsManagerClient>()

function clientIn(region: string): SecretsManagerClient {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const made = clients.get(region) ?? new SecretsManagerClient({ endpoint: moto!.endpoint, region, credentials })
  clients.set(region, made)
  return made
}

beforeEach(() => moto?.reset())
afterAll(() => {
  for (const client of clients.values()) client.destroy()
  return moto?.stop()
})

test.skipIf(!moto)('reset forgets every secret', async () => {
  const client = clientIn('us-east-1')
  await client.send(new CreateSecretCommand({ Name: 'kept', SecretString: 'value' }))
  await moto!.reset()
  expect((await client.send(new ListSecretsCommand({}))).SecretList).toEqual([])
})

const outcome = async (check: Check): Promise<'holds' | string> => {
  try {
    await check({ client: clientIn('us-east-1'), elsewhere: clientIn })
    return 'holds'
  } catch (error) {
    return (error as Error).message
  }
}

// Both directions: a deviation that went away is a failure too, so the table cannot become a lie.
for (const { behaviour, aws, moto: instead } of behaviours)
  if (instead === undefined)
    test.skipIf(!moto)(`moto does as AWS documents: ${behaviour}`, async () => {
      expect(await outcome(aws)).toBe('holds')
    })
  else
    test.skipIf(!moto)(`moto deviates: ${behaviour}`, async () => {
      expect(await outcome(aws)).not.toBe('holds')
      await moto!.reset()
      expect(await outcome(instead)).toBe('holds')
    })
