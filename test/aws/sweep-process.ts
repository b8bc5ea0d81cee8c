/**
 * A sweep over 10,000 secrets with nothing due, in a process of its own, so that its memory is its own. The service is a page of
 * ListSecrets, a hundred times. Prints one JSON object.
 * @module
 */
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { openAwsStore } from '../../aws/index.ts'
import { createSweep } from '../../aws/sweep.ts'
import { loadConfig } from '../../core/config/load.ts'
import type { Config } from '../../core/config/types.ts'
import { systemClock } from '../../core/ports/clock.ts'
import type { Handle } from '../fakes/aws/secrets-manager/handle.ts'
import { requestHandler } from '../fakes/aws/secrets-manager/in-process.ts'
import { configText } from './fleet-support.ts'

const [SECRETS, PAGE] = [10_000, 100]
const nameOf = (n: number): string => `app/database-${String(n).padStart(5, '0')}`
const calls: Record<string, number> = {}

/** One secret resolved, and the others like it: the text of so many is read by another test's process. */
function config(): Config {
  const one = loadConfig(configText([nameOf(0)]), { fileName: '/lockstep.yml' })
  const [secret] = one.secrets.values()
  const all = Array.from({ length: SECRETS }, (_, n) => ({ ...secret!, name: nameOf(n), id: nameOf(n) }))
  return { ...one, secrets: new Map(all.map(each => [each.name, each])) }
}

function page(body: string): object {
  const from = Number((JSON.parse(body) as { NextToken?: string }).NextToken ?? 0)
  const at = Date.now() / 1000 - 86_400
  const SecretList = Array.from({ length: PAGE }, (_, n) => ({
    Name: nameOf(from + n),
    ARN: `arn:aws:secretsmanager:us-east-1:123456789012:secret:${nameOf(from + n)}-a1b2c3`,
    CreatedDate: at,
    LastChangedDate: at,
    Tags: [],
    SecretVersionsToStages: { '5b1e3f0c-8a55-4d0e-9c41-2f6f7a9d1c11': ['AWSCURRENT'] },
  }))
  return { SecretList, ...(from + PAGE < SECRETS && { NextToken: String(from + PAGE) }) }
}

const handle: Handle = async ({ target, body }) => {
  const operation = target.replace(/^.*\./, '')
  calls[operation] = (calls[operation] ?? 0) + 1
  return { status: 200, headers: { 'content-type': 'application/x-amz-json-1.1' }, body: JSON.stringify(page(body)) }
}

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
const region = 'us-east-1'
const client = new SecretsManagerClient({ region, credentials, requestHandler: requestHandler(handle, region) })
const handler = createSweep({
  env: {},
  clock: systemClock,
  write: async () => {},
  folder: '/',
  config: async () => config(),
  open: ({ clock }) => openAwsStore({ clock, client }),
  queue: () => Promise.reject(new Error('there is none')),
})
const answer = await handler({}, { awsRequestId: 'r', getRemainingTimeInMillis: () => 60_000 })
const peakMiB = process.resourceUsage().maxRSS / 1024
process.stdout.write(JSON.stringify({ calls, answer, peakMiB }))
