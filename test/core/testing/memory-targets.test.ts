import { describe, expect, it } from 'vitest'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import { issuingTargetConformance } from '../../../core/testing/issuing-target-conformance.ts'
import { MemoryIssuer, MemoryServer, MemoryTarget } from '../../../core/testing/memory-target.ts'
import { settableTargetConformance } from '../../../core/testing/settable-target-conformance.ts'
import { VirtualClock } from '../../../core/testing/simulation/hub.ts'

let values = 0
const newPassword = () => SecretValue.of(`password-${++values}`)

const strategies = ['single-user', 'alternating-users', 'dual-password'] as const

function settable(strategy: (typeof strategies)[number]) {
  return async () => {
    const clock = new VirtualClock()
    const server = new MemoryServer(clock)
    const users = strategy === 'alternating-users' ? ['app_a', 'app_b'] : ['app']
    const current = { username: users[0]!, password: newPassword() }
    server.setPassword(current.username, current.password)
    return { target: new MemoryTarget({ server, strategy, users }), current, newPassword, now: () => clock.now() }
  }
}

function issuing(tags: boolean) {
  return async () => {
    const clock = new VirtualClock()
    const target = new MemoryIssuer({ clock, limit: 3, tags })
    return { target, current: target.seed(), now: () => clock.now() }
  }
}

const without = ['unreachable', 'loseNextAnswer', 'connect'] as const

describe.each(strategies)('the settable target in memory, %s', strategy => {
  for (const { name, run } of settableTargetConformance(settable(strategy), { without })) it(name, run)
})

describe.each([true, false])('the issuer in memory, tags: %s', tags => {
  for (const { name, run } of issuingTargetConformance(issuing(tags))) it(name, run)
})

it('the issuing suite finds a revoke that does nothing, and an issuer without a limit', async () => {
  class Lax extends MemoryIssuer {
    override async revoke(): Promise<void> {}
  }
  const make = async () => {
    const clock = new VirtualClock()
    const target = new Lax({ clock, limit: 3 })
    return { target, current: target.seed(), now: () => clock.now() }
  }
  const failed: string[] = []
  for (const { name, run } of issuingTargetConformance(make)) await run().catch(() => failed.push(name))
  expect(failed).toContain('a revoked key is refused and not listed; revoked again: nothing happens; others stay')
})

it('the settable suite finds a set that evicts current, and an end that keeps what it should end', async () => {
  class Retaining extends MemoryTarget {
    override async set(change: Parameters<MemoryTarget['set']>[0]): Promise<void> {
      this.retain(change.pending)
    }
    override async end(): Promise<void> {}
  }
  const make = async () => {
    const clock = new VirtualClock()
    const server = new MemoryServer(clock)
    const current = { username: 'app', password: newPassword() }
    server.setPassword(current.username, current.password)
    const target = new Retaining({ server, strategy: 'dual-password', users: ['app'] })
    return { target, current, newPassword, now: () => clock.now() }
  }
  const failed: string[] = []
  for (const { name, run } of settableTargetConformance(make, { without })) await run().catch(() => failed.push(name))
  expect(failed).toContain('two passwords: set again evicts neither')
  expect(failed).toContain('two passwords: end keeps either, the newer or the older one, and that one alone')
  expect(failed).toContain(
    'two passwords: a second one that is neither current nor pending is not-ours, and nothing was changed',
  )
})
