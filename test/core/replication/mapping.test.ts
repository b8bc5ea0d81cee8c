import { expect, it } from 'vitest'
import { copyFor } from '../../../core/replication/mapping.ts'
import { SecretValue } from '../../../core/secret/secret-value.ts'

const value = (text: string) => SecretValue.of(text)
const eu = value('{ "host": "db.eu", "port": 5432, "username": "app", "password": "new", "big": 12345678901234567890 }')
const members = [{ fields: {} }, { fields: { host: 'db.us', port: 6432 } }]
const copied = (n: number, leader: SecretValue, own?: SecretValue) =>
  copyFor(members[n]!, members, leader, own).reveal()

it('a member’s own fields take the place of the leader’s; every other byte stays', () => {
  expect(copied(1, eu)).toBe(
    '{ "host": "db.us", "port": 6432, "username": "app", "password": "new", "big": 12345678901234567890 }',
  )
})

it('a member without a word on them keeps what it has: so the first leader keeps its host when it follows', () => {
  const us = copyFor(members[1]!, members, eu, undefined)
  const before = value('{"password":"old","host":"db.eu","port":5432}')
  expect(JSON.parse(copied(0, us, before))).toMatchObject({ host: 'db.eu', port: 5432, password: 'new' })
})

it('what a person left there and is no JSON, or has no such field, is no reason to stop', () => {
  expect(copied(0, eu, value('a bare password'))).toBe(eu.reveal())
  expect(copied(0, eu, value('{"password":"old"}'))).toBe(eu.reveal())
})

it('without mapped fields the copy is the value itself, whatever it is', () => {
  const bare = value('not JSON')
  expect(copyFor({ fields: {} }, [{ fields: {} }], bare, eu)).toBe(bare)
})

it.each([
  ['is missing', '{"username":"app","password":"new","port":1}'],
  ['is more than a text or a number', '{"username":"app","password":"new","port":1,"host":{"a":1}}'],
])('a mapped field that %s: refused, without a value', (_, text) => {
  expect(() => copied(1, value(text))).toThrow(/no field 'host'/)
})
