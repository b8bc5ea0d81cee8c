/**
 * No road leads to the clear text but `reveal()`: each way in which values end up in logs, one by one.
 */
import { Console } from 'node:console'
import { Writable } from 'node:stream'
import { format, inspect } from 'node:util'
import { serialize } from 'node:v8'
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import type { VersionId } from '../../core/ports/secret-store.ts'
import type { Loggable } from '../../core/secret/loggable.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { encodingsOf } from '../../core/testing/store-conformance/canary.ts'

const canary = 'Kanarie-7f3a"\\9"é!'
const secret = SecretValue.of(canary)
const holder = { name: 'orders-db', secret, list: [secret], map: new Map([['key', secret]]), set: new Set([secret]) }

/** What a console prints into a stream. */
function printed(write: (console: Console) => void): string {
  let text = ''
  const stream = new Writable({
    write(chunk, _, done) {
      text += chunk
      done()
    },
  })
  write(new Console({ stdout: stream, stderr: stream, inspectOptions: { showHidden: true, depth: null } }))
  return text
}

function thrown(make: () => unknown): string {
  try {
    make()
    return 'nothing was thrown'
  } catch (error) {
    return `${inspect(error, { showHidden: true, depth: null })} ${(error as Error).stack}`
  }
}

/** Own and inherited, symbols too: whatever a serialiser could walk over. */
function everyProperty(value: object): string {
  const seen: string[] = []
  for (let at: object | null = value; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at))
    for (const key of Reflect.ownKeys(at)) {
      const { value: held, get } = Object.getOwnPropertyDescriptor(at, key)!
      seen.push(String(key), String(get ? get.call(value) : held))
    }
  return seen.join('\n')
}

const roads: Readonly<Record<string, () => string>> = {
  'JSON.stringify': () => JSON.stringify({ holder, array: [secret] }),
  'JSON.stringify with a replacer': () => JSON.stringify(holder, (_, value) => value),
  'inspect with everything shown': () =>
    inspect(holder, { showHidden: true, depth: null, getters: true, showProxy: true }),
  'inspect without its custom function': () => inspect(secret, { customInspect: false, showHidden: true, depth: null }),
  'a template': () => `${secret} ${[secret]} ${secret as unknown as string}`,
  'adding to a string': () => ['a', String(secret)].reduce((text, part) => text + part, secret as unknown as string),
  'a number': () => String(Number(secret)),
  'spread and copies': () => inspect([{ ...secret }, Object.assign({}, secret), [...Object.entries(secret)]]),
  structuredClone: () => inspect(structuredClone({ secret, holder: holder.list }), { showHidden: true, depth: null }),
  'a message to a worker': () => {
    const { port1, port2 } = new MessageChannel()
    port1.postMessage(holder.list)
    const got = inspect(receiveMessageOnPort(port2), { showHidden: true, depth: null })
    port1.close()
    return got
  },
  'v8.serialize': () => serialize({ secret, list: holder.list }).toString('latin1'),
  'util.format': () =>
    ['%s', '%o', '%O', '%j', '%d', '%i', '%f', '%c'].map(pattern => format(pattern, secret)).join() + format(holder),
  'console.log': () => printed(console => console.log(secret, holder)),
  'console.dir': () => printed(console => console.dir(holder, { showHidden: true })),
  'console.table': () => printed(console => console.table([holder, { secret }, secret])),
  'console.group, trace and assert': () =>
    printed(console => {
      console.group(secret as unknown as string)
      console.trace(secret)
      console.assert(false, secret as unknown as string)
    }),
  'an error’s cause': () => inspect(new Error('failed', { cause: secret }), { showHidden: true, depth: null }),
  'an aggregate error': () => inspect(new AggregateError([secret], String(secret)), { showHidden: true, depth: null }),
  'an error that is thrown': () => thrown(() => Object.assign(secret, { password: 'x' })),
  'a call that does not exist': () => thrown(() => (secret as unknown as { trim(): void }).trim()),
  'property names': () => Object.getOwnPropertyNames(secret).concat(Object.keys(secret), Object.values(secret)).join(),
  'every property, inherited ones too': () => everyProperty(secret),
  'for … in': () => {
    const keys: string[] = []
    for (const key in secret) keys.push(key, String(secret[key as keyof SecretValue]))
    return keys.join()
  },
  encodeURIComponent: () => encodeURIComponent(secret as unknown as string),
  URLSearchParams: () => String(new URLSearchParams({ secret: secret as unknown as string })),
  'Buffer.from': () => thrown(() => Buffer.from(secret as unknown as string).toString()) + Buffer.from(String(secret)),
  'the keys of an object': () => Object.keys({ [secret as unknown as string]: 1 }).join(),
  'a sort and a join': () => [secret, secret].sort().join(),
  'a property that is a symbol': () =>
    inspect(Object.getOwnPropertySymbols(secret).map(key => Reflect.get(secret, key))),
}

describe('a secret value', () => {
  test.each(Object.entries(roads))('does not leave by %s', (_, road) => {
    const text = road()
    expect(encodingsOf(canary).filter(encoding => text.includes(encoding))).toEqual([])
  })

  test('the search would see it', () => {
    expect(encodingsOf(canary).some(encoding => `…${secret.reveal()}…`.includes(encoding))).toBe(true)
    expect(encodingsOf(canary).length).toBeGreaterThanOrEqual(5)
  })

  test('says that it is one', () => {
    expect([`${secret}`, JSON.stringify(secret), inspect(secret)]).toEqual(['<secret>', '"<secret>"', '<secret>'])
  })

  test('is revealed as it was given, whatever it holds', () => {
    for (const text of ['', canary, '\0', '\ud83d\ude00', 'x'.repeat(100_000)])
      expect(SecretValue.of(text).reveal()).toBe(text)
  })

  test('compares by content, in any length', () => {
    expect(secret.equals(SecretValue.of(canary))).toBe(true)
    expect(secret.equals(SecretValue.of(`${canary} `))).toBe(false)
    expect(secret.equals(SecretValue.of(canary.toLowerCase()))).toBe(false)
    expect(SecretValue.of('').equals(SecretValue.of(''))).toBe(true)
  })

  test('measures bytes, not characters', () => {
    expect(SecretValue.of('é').byteLength).toBe(2)
  })

  test('cannot be changed, made without its class, or revealed by a copy of it', () => {
    expect(Object.isFrozen(secret)).toBe(true)
    const copy = Object.create(SecretValue.prototype) as SecretValue
    expect(copy.reveal()).toBeUndefined()
  })
})

test('types keep values out of logs: each of these lines must not compile', () => {
  const log = (_: Loggable): void => {}
  const put = (_: SecretValue): void => {}
  const read = (_: VersionId): void => {}
  const never = (): void => {
    // @ts-expect-error a string is no secret
    put('text')
    // @ts-expect-error nor what looks like one
    put({ reveal: () => 'text', equals: () => true, byteLength: 1, toString: () => '', toJSON: () => '' })
    // @ts-expect-error the constructor is not for others
    put(new SecretValue('text'))
    // @ts-expect-error a secret is no log line
    log(secret)
    // @ts-expect-error nor within one
    log({ name: 'orders-db', detail: { secret } })
    // @ts-expect-error nor in a list
    log([secret])
    // @ts-expect-error an error carries foreign text
    log(new Error('text'))
    // @ts-expect-error bytes
    log(new Uint8Array(1))
    // @ts-expect-error a function
    log(() => 'text')
    // @ts-expect-error a date is not plain data
    log(new Date(0))
    // @ts-expect-error version ids come out of answers only
    read('text')
  }
  expect(never).toBeTypeOf('function')
  log({ plain: ['data', 1, true, null, undefined] })
})
