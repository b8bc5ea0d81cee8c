// What holds after any sequence of calls, by the words of resources.proto on numbers, states, etags and aliases.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ServiceFault } from './secret-manager/errors.ts'
import { emptySecret } from './secret-manager/input.ts'
import { createSecretManager, type Peeked, type SecretManagerCore } from './secret-manager.ts'

const SECRET = 'projects/test-project/secrets/s'
const numbers = fc.integer({ min: 1, max: 5 })
const etags = fc.constantFrom('none', 'current', 'stale')

const steps = fc.array(
  fc.oneof(
    fc.record({ op: fc.constant('AddSecretVersion'), value: fc.constantFrom('x', 'y') }),
    fc.record({
      op: fc.constantFrom('EnableSecretVersion', 'DisableSecretVersion', 'DestroySecretVersion'),
      number: numbers,
      etag: etags,
    }),
    fc.record({ op: fc.constant('UpdateSecret'), alias: numbers, ttl: fc.boolean(), etag: etags }),
    fc.record({ op: fc.constant('pass'), days: fc.integer({ min: 0, max: 2 }) }),
  ),
  { maxLength: 25 },
)

interface Step {
  readonly op: string
  readonly value?: string
  readonly number?: number
  readonly alias?: number
  readonly ttl?: boolean
  readonly etag?: string
}

function inputOf(step: Step, before: Peeked): object {
  const choose = (current: string) => ({ none: '', current, stale: '"0"' })[step.etag ?? 'none'] ?? ''
  if (step.op === 'AddSecretVersion') return { parent: SECRET, payload: { data: Buffer.from(step.value!) } }
  if (step.op !== 'UpdateSecret') {
    const etag = choose(before.versions.get(step.number!)?.etag ?? '"1"')
    return { name: `${SECRET}/versions/${step.number}`, etag }
  }
  const versionDestroyTtl = step.ttl ? { seconds: '86400', nanos: 0 } : null
  const secret = { ...emptySecret, name: SECRET, etag: choose(before.etag), versionDestroyTtl }
  return {
    secret: { ...secret, versionAliases: { current: String(step.alias) } },
    updateMask: { paths: ['version_aliases', 'version_destroy_ttl'] },
  }
}

async function send(fake: SecretManagerCore, step: Step, before: Peeked): Promise<boolean> {
  try {
    await fake.handle({ op: step.op, input: inputOf(step, before) })
    return true
  } catch (error) {
    expect(error).toBeInstanceOf(ServiceFault)
    return false
  }
}

it('numbers have no gaps, values never change, destroyed stays so, a stale etag never wins, a refusal changes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async sequence => {
      let now = Date.UTC(2026, 0, 5)
      const fake = createSecretManager({ now: () => now })
      fake.service.createSecret({ id: 's', value: 'first' })
      for (const step of sequence) {
        if (step.op === 'pass') {
          now += (step as { days: number }).days * 86_400_000
          continue
        }
        fake.service.settle()
        const before = fake.service.peek('s')
        const done = await send(fake, step, before)
        const after = fake.service.peek('s')
        if (!done) expect(after).toEqual(before)
        if ((step as Step).etag === 'stale') expect(done).toBe(false)
        check(step, before, after, done)
      }
    }),
    { numRuns: 300 },
  )
})

function check({ op }: Step, before: Peeked, after: Peeked, done: boolean): void {
  expect([...after.versions.keys()]).toEqual(Array.from({ length: after.versions.size }, (_, index) => index + 1))
  for (const alias of Object.values(after.aliases)) expect(after.versions.has(alias)).toBe(true)
  for (const [number, version] of before.versions) {
    const then = after.versions.get(number)!
    if (version.state === 'DESTROYED') expect(then).toEqual(version)
    if (then.value !== undefined) expect(then.value).toBe(version.value)
    expect(then.value === undefined).toBe(then.state === 'DESTROYED')
  }
  if (!done) return
  expect(after.etag === before.etag).toBe(op !== 'UpdateSecret')
}
