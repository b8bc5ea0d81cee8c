// What holds after any sequence of calls: versions are for ever, values never change, the latest is what was set last.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createKeyVault, type KeyVaultCore, type Peeked } from './key-vault.ts'

const calls = fc.array(
  fc.oneof(
    fc.record({ method: fc.constant('PUT'), value: fc.constantFrom('x', 'y', 'z'.repeat(30_000)) }),
    fc.record({ method: fc.constant('PATCH'), which: fc.nat(5), enabled: fc.boolean() }),
    fc.record({ method: fc.constant('GET'), which: fc.nat(5) }),
    fc.record({ method: fc.constant('DELETE') }),
    fc.record({ method: fc.constant('POST') }),
  ),
  { maxLength: 25 },
)

interface Sent {
  readonly method: string
  readonly value?: string
  readonly which?: number
  readonly enabled?: boolean
}

async function send(fake: KeyVaultCore, { method, value, which, enabled }: Sent) {
  const version = [...(fake.service.find('s')?.versions.keys() ?? [])][which ?? -1]
  const path = method === 'POST' ? 'deletedsecrets/s/recover' : `secrets/s/${version ?? ''}`
  const url = `${fake.vaultUrl}/${path}?api-version=2026-04-01`
  const headers = { authorization: `Bearer ${fake.tokens.make('test')}` }
  const answer = await fake.handle({ method, url, headers, body: JSON.stringify({ value, attributes: { enabled } }) })
  return { ...answer, told: answer.body === '' ? undefined : JSON.parse(answer.body) }
}

it('after any calls', async () => {
  await fc.assert(
    fc.asyncProperty(calls, async sequence => {
      const fake = createKeyVault()
      fake.service.putAsPerson('s', 'first')
      for (const call of sequence) {
        const before = fake.service.peek('s')
        const { status, told } = await send(fake, call)
        const after = fake.service.peek('s')
        if (status !== 200) expect(after).toEqual(before)
        expect([200, 400, 403, 404, 409]).toContain(status)
        checkVersions(before, after, call.method === 'PUT' && status === 200)
        if (call.method === 'GET' && status === 200) checkRead(after, told)
      }
    }),
    { numRuns: 300 },
  )
})

function checkVersions(before: Peeked, after: Peeked, set: boolean): void {
  for (const [id, { value }] of before.versions) expect(after.versions.get(id)?.value).toBe(value)
  expect(after.versions.size).toBe(before.versions.size + (set ? 1 : 0))
  expect(after.latest).toBe(set ? [...after.versions.keys()].at(-1) : before.latest)
}

function checkRead(after: Peeked, told: { id: string; value: string }): void {
  const version = after.versions.get(told.id.split('/').at(-1)!)
  expect([version?.value, version?.enabled, after.deletedAt]).toEqual([told.value, true, undefined])
}
