// The thin client of the simulator beside the official one, over the same fake: the adapter is told the same by both, in success and in
// failure.

import { expect, it } from 'vitest'
import type { RotationError } from '../../core/errors.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { Requests } from '../../gcp/requests.ts'
import { createSecretManager, type SecretManagerCore } from '../fakes/gcp/secret-manager.ts'
import { undisturbed } from './common/ask.ts'
import { clientOf } from './gcp/wire.ts'

const NOW = Date.UTC(2030, 0, 1)
const value = SecretValue.of

/** The same secrets for each. */
function prepared(): SecretManagerCore {
  const fake = createSecretManager({ now: () => NOW, sleep: async () => {} })
  fake.service.createSecret({ id: 'app', value: 'one', aliases: ['current'], annotations: { team: 'a' } })
  fake.service.createSecret({ id: 'sql', value: 'x', managed: 'ACTIVE' })
  return fake
}

type Asked = (requests: Requests, call: { signal: AbortSignal; deadline: number }) => Promise<unknown>

const asked: Readonly<Record<string, Asked>> = {
  'a secret': (on, call) => on.secret('app', call),
  'one that Google Cloud rotates': (on, call) => on.secret('sql', call),
  'one that is absent': (on, call) => on.secret('none', call),
  'a version by number': (on, call) => on.version('app', 1, call),
  'a version by alias': (on, call) => on.version('app', 'current', call),
  'a value': async (on, call) => ((await on.access('app', 1, call)) as SecretValue).reveal(),
  'a value that is absent': (on, call) => on.access('app', 2, call),
  'a value that is disabled': async (on, call) => {
    await on.disable('app', 1, call)
    return on.access('app', 1, call)
  },
  'a version added': (on, call) => on.add('app', value('two'), call),
  'a version added to nothing': (on, call) => on.add('none', value('two'), call),
  'an empty value': (on, call) => on.add('app', value(''), call),
  versions: (on, call) => on.versions('app', 3, call),
  'versions of nothing': (on, call) => on.versions('none', 3, call),
  'an update': async (on, call) => {
    const seen = (await on.secret('app', call))!
    const { etag: _, ...updated } = await on.update('app', seen, { annotations: { mine: 'b' }, aliases: {} }, call)
    return updated
  },
  'an update under an etag that has moved': async (on, call) => {
    const seen = (await on.secret('app', call))!
    await on.update('app', seen, { annotations: {} }, call)
    return on.update('app', seen, { annotations: {} }, call)
  },
  'a secret created, twice': async (on, call) => {
    await on.create('new', call)
    await on.create('new', call)
    return on.versions('new', 1, call)
  },
  'a version destroyed': async (on, call) => {
    await on.destroy('app', 1, call)
    return on.access('app', 1, call)
  },
  'a listing': async (on, call) => {
    const names: string[] = []
    for await (const { name } of on.list(call)) names.push(name)
    return names
  },
}

/** What its etag is, chance decides. */
const plain = (answer: unknown): unknown =>
  JSON.parse(JSON.stringify(answer ?? null, (key, held) => (key === 'etag' ? '…' : held)))

async function outcome(ask: Asked, requests: Requests): Promise<unknown> {
  const call = { signal: new AbortController().signal, deadline: NOW + 60_000 }
  return ask(requests, call).then(
    answer => ({ answer: plain(answer) }),
    ({ code, message, foreign }: RotationError) => ({ code, message, foreign }),
  )
}

async function both(ask: Asked, prepare: (fake: SecretManagerCore) => void = () => {}): Promise<[unknown, unknown]> {
  const [official, thin] = [prepared(), prepared()]
  for (const fake of [official, thin]) prepare(fake)
  const parent = { project: official.projectId }
  const clock = { now: () => NOW }
  return [
    await outcome(ask, new Requests(official.inProcessClient(), clock, parent)),
    await outcome(ask, new Requests(clientOf({ fake: thin, ask: undisturbed }), clock, parent)),
  ]
}

it.each(Object.entries(asked))('%s', async (_, ask) => {
  const [official, thin] = await both(ask)
  expect(thin).toEqual(official)
})

it.each(['reset', 'lost-answer', 'unavailable', 'deadline', 'throttle', 'expired-token'] as const)(
  'a read and a write with %s',
  async fault => {
    for (const [op, ask] of [
      ['GetSecret', asked['a secret']!],
      ['AddSecretVersion', asked['a version added']!],
    ] as const) {
      const [official, thin] = await both(ask, fake => fake.faults.next(op, fault))
      expect(official).toHaveProperty('code')
      expect(thin).toEqual(official)
    }
  },
)

it('without a permission', async () => {
  const [official, thin] = await both(asked['a secret']!, fake =>
    fake.permissions.denyAction('test', 'secretmanager.secrets.get'),
  )
  expect(official).toMatchObject({ code: 'access-denied' })
  expect(thin).toEqual(official)
})
