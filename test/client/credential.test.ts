/** What an application gets from a value, and what it is told of one that has no login. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ClientError } from '../../core/client/client-error.ts'
import { type CredentialShape, readCredential } from '../../core/client/credential.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { percentEncode } from '../../core/secret/shape-url.ts'

const read = (text: string, shape?: CredentialShape) => {
  const { password, value, version, ...rest } = readCredential(SecretValue.of(text), 'v1', shape)
  return { ...rest, password: password.reveal() }
}

describe('layouts', () => {
  test('the JSON of AWS', () => {
    const text = '{"engine":"postgres","host":"db","port":5432,"username":"app","password":"p\\"w","dbname":"orders"}'
    expect(read(text)).toEqual({ username: 'app', password: 'p"w', host: 'db', port: 5432, database: 'orders' })
  })
  test('other names of fields', () => {
    const fields = { username: 'user', password: 'pass', database: 'schema' }
    expect(read('{"user":"u","pass":"p","schema":"s"}', { fields })).toMatchObject({
      username: 'u',
      password: 'p',
      database: 's',
    })
  })
  test('a URL', () => {
    expect(read('mysql://a%40b:p%2Fw@db.example:3306/orders?ssl=true')).toEqual({
      ...{ username: 'a@b', password: 'p/w', host: 'db.example', port: 3306, database: 'orders' },
    })
    expect(read('redis://:pw@[::1]:6379')).toMatchObject({
      username: undefined,
      password: 'pw',
      host: '[::1]',
      port: 6379,
    })
    expect(read('mongodb://u:p@a:1,b:2/db')).toMatchObject({ host: 'a:1,b:2', port: undefined, database: 'db' })
  })
  test('a password alone, with the user that the shape names', () => {
    expect(read('secret!')).toMatchObject({ username: undefined, password: 'secret!' })
    expect(read('secret!', { username: 'app' })).toMatchObject({ username: 'app', password: 'secret!' })
    expect(read('{"api":"key"}', { format: 'password' })).toMatchObject({ password: '{"api":"key"}' })
  })
  test('a value that names a user wins over the shape', () => {
    expect(read('{"username":"b","password":"p"}', { username: 'a' }).username).toBe('b')
  })
})

test.each([
  ['{"username":"app"}', "has no field 'password'"],
  ['{"username":"app","password":{"a":"Canary"}}', "has a field 'password' that is neither"],
  ['{"password":"Canary"', 'is not JSON'],
  ['{"password":""}', 'has an empty password'],
  ['{"password":"Canary","port":"70000"}', 'has a port that is not one'],
  ['postgres://Canary@db', 'is a URL without a password'],
  ['postgres://u:Canary%zz@db', 'is not percent-encoded'],
  ['postgres://u:p@db/x?password=Canary', 'names user or password in its query too'],
  ['Canary\n', 'holds a line break'],
  ['', 'has an empty password'],
])('%j %s, and the value is not said', (text, says) => {
  try {
    readCredential(SecretValue.of(text), 'v1')
    expect.unreachable()
  } catch (error) {
    expect(error).toBeInstanceOf(ClientError)
    expect(error).toMatchObject({ code: 'value-unsuitable' })
    expect((error as Error).message).toContain(says)
    expect(`${(error as Error).stack} ${JSON.stringify(error)}`).not.toContain('Canary')
  }
})

test('property: any login comes back out of JSON and out of a URL, as the engine writes them', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1 }).filter(each => each.isWellFormed())
  fc.assert(
    fc.property(text, text, (username, password) => {
      expect(read(JSON.stringify({ username, password }))).toMatchObject({ username, password })
      const url = `postgres://${percentEncode(username)}:${percentEncode(password)}@h/d`
      expect(read(url)).toMatchObject({ username, password })
    }),
  )
})

test('property: no text is answered with anything but a credential or value-unsuitable', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), fc.webUrl()), text => {
      try {
        expect(read(text).password).not.toBe('')
      } catch (error) {
        expect(error).toMatchObject({ name: 'ClientError', code: 'value-unsuitable' })
      }
    }),
  )
})
