/**
 * The signed webhook, received by a small server of ours.
 */
import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { webhook } from '../../../core/hooks/webhook.ts'
import { systemClock } from '../../../core/ports/clock.ts'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import { type Reply, startFake } from './server.ts'
import { versioned, within } from './support.ts'

const KEY = 'a-key-that-nobody-may-see-1234567890'

async function receiver(reply: Reply | (() => Reply) = {}) {
  const fake = await startFake(() => (typeof reply === 'function' ? reply() : reply))
  const hook = webhook({ url: `${fake.url}/rotated?team=a`, key: async () => SecretValue.of(KEY) }, systemClock)
  return { ...fake, hook, deliver: (version = 'v2', call = within(5_000)) => hook.apply(versioned(version), call) }
}

describe('a webhook', () => {
  it('says by name what has become current, signed over time and body, with no value and no key in it', async () => {
    const { deliver, received } = await receiver()
    const before = Math.floor(systemClock.now() / 1000)
    expect(await deliver()).toBe('done')
    const [{ method, path, headers, body }] = received as [(typeof received)[0]]
    expect([method, path]).toEqual(['POST', '/rotated?team=a'])
    expect(JSON.parse(body)).toEqual({
      schema: 1,
      event: 'secret_promoted',
      secret: 'orders-db',
      id: 'prod/orders-db',
      version: 'v2',
      consumer: 'orders',
    })
    const timestamp = headers['lockstep-timestamp']!
    expect(Number(timestamp)).toBeGreaterThanOrEqual(before)
    // As a receiver would do it.
    const expected = createHmac('sha256', KEY).update(`${timestamp}.${body}`).digest('hex')
    expect(headers['lockstep-signature']).toBe(`v1=${expected}`)
    expect(JSON.stringify(received)).not.toContain(KEY)
  })

  it('bears the same key at every delivery of one version, and another for the next', async () => {
    const { deliver, received } = await receiver()
    for (const version of ['v2', 'v2', 'v3']) await deliver(version)
    const keys = received.map(({ headers }) => headers['idempotency-key'])
    expect(keys[0]).toBe(keys[1])
    expect(new Set(keys).size).toBe(2)
  })

  it('fetches its key for each delivery', async () => {
    let version = 0
    const { url, received } = await startFake(() => ({}))
    const hook = webhook({ url, key: async () => SecretValue.of(`key-${++version}`) }, systemClock)
    await hook.apply(versioned('v2'), within(5_000))
    await hook.apply(versioned('v2'), within(5_000))
    for (const [index, { headers, body }] of received.entries()) {
      const signed = `${headers['lockstep-timestamp']}.${body}`
      const expected = createHmac('sha256', `key-${index + 1}`)
        .update(signed)
        .digest('hex')
      expect(headers['lockstep-signature']).toBe(`v1=${expected}`)
    }
  })

  it('that was accepted and not done yet is under way', async () => {
    expect(await (await receiver({ status: 202 })).deliver()).toBe('under-way')
  })

  it.each([
    [503, 'target-unreachable', 'yes'],
    [429, 'target-unreachable', 'yes'],
    [403, 'access-denied', 'no'],
    [400, 'refused', 'no'],
    [302, 'refused', 'no'],
  ])('answered by %i is %s, with nothing of the answer', async (status, code, retry) => {
    const { deliver, received } = await receiver({ status, json: { you: 'sent hunter2' }, headers: { location: '/x' } })
    const error = await deliver().catch(thrown => thrown)
    expect(error).toMatchObject({ code, retry, at: expect.stringMatching(/^127\.0\.0\.1:/) })
    expect(JSON.stringify(error)).not.toContain('hunter2')
    expect(received).toHaveLength(1)
  })

  it('without an answer ends in its time', async () => {
    const { deliver } = await receiver({ hang: true })
    const began = systemClock.now()
    await expect(deliver('v2', within(300))).rejects.toMatchObject({ code: 'target-unreachable', retry: 'yes' })
    expect(systemClock.now() - began).toBeLessThan(5_000)
    await expect(deliver('v2', within(0))).rejects.toMatchObject({ code: 'no-time' })
  })

  it('is interrupted', async () => {
    const abort = new AbortController()
    const { deliver } = await receiver(() => {
      abort.abort()
      return { hang: true }
    })
    await expect(deliver('v2', within(10_000, abort.signal))).rejects.toMatchObject({ code: 'aborted' })
  })

  it('to nobody is unreachable, with the short code of the system', async () => {
    const hook = webhook({ url: 'http://127.0.0.1:9/', key: async () => SecretValue.of(KEY) }, systemClock)
    await expect(hook.apply(versioned('v2'), within(2_000))).rejects.toMatchObject({ code: 'target-unreachable' })
  })
})
