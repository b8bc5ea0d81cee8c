/**
 * The JSON that AWS documents, field by field. Planted: the value of a wrong field in the message, `ssl` of another type taken for
 * false, and a port rounded: each failed here.
 */
import { describe, expect, test } from 'vitest'
import { databaseOf, databaseShape } from '../../aws/drop-in/shape.ts'
import { alternateUsername } from '../../aws/drop-in/users.ts'
import { RotationError } from '../../core/errors.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'

const CANARY = 'Canary-3f1c/5d"\\n'
const full = {
  engine: 'postgres',
  host: 'db.abc.eu-central-1.rds.amazonaws.com',
  port: 5433,
  username: 'app',
  password: CANARY,
  dbname: 'orders',
  masterarn: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!db-0c1d-a1b2c3',
  ssl: true,
}
const shape = databaseShape()
const value = (fields: unknown) => SecretValue.of(JSON.stringify(fields))
const without = (...names: string[]) =>
  Object.fromEntries(Object.entries(full).filter(([name]) => !names.includes(name)))
const parsed = (fields: unknown) => databaseOf(shape.read(value(fields)))

function unsuitable(secret: SecretValue): RotationError {
  try {
    shape.read(secret)
  } catch (error) {
    expect(error).toBeInstanceOf(RotationError)
    expect((error as RotationError).code).toBe('value-unsuitable')
    expect(JSON.stringify([error, (error as Error).stack])).not.toMatch(/Canary|3f1c/)
    return error as RotationError
  }
  throw new Error('it was accepted')
}

test('every field', () => {
  expect(parsed(full)).toEqual({
    engine: 'postgres',
    host: full.host,
    port: 5433,
    database: 'orders',
    admin: full.masterarn,
    ssl: true,
  })
  expect(shape.read(value(full))).toMatchObject({ username: 'app', host: full.host, port: '5433' })
})

test('what may be left out', () => {
  const expected = {
    engine: 'postgres',
    host: full.host,
    port: 5432,
    database: 'postgres',
    admin: undefined,
    ssl: undefined,
  }
  expect(parsed(without('port', 'dbname', 'masterarn', 'ssl'))).toEqual(expected)
  expect(parsed({ ...full, port: null, dbname: null, masterarn: null, ssl: null })).toEqual(expected)
})

test.each([
  ['5432', 5432],
  [' 6432 ', 6432],
  [1, 1],
  [65_535, 65_535],
])('port %j', (port, number) => {
  expect(parsed({ ...full, port }).port).toBe(number)
})

test.each([
  [true, true],
  [false, false],
  ['true', true],
  ['TRUE', true],
  ['False', false],
  ['yes', undefined],
  [1, undefined],
  [[], undefined],
])('ssl %j means %j', (ssl, meant) => {
  expect(parsed({ ...full, ssl }).ssl).toBe(meant)
})

test.each([
  ['postgres', 'postgres', 5432, 'postgres'],
  ['aurora-postgresql', 'postgres', 5432, 'postgres'],
  ['mysql', 'mysql', 3306, undefined],
  ['aurora-mysql', 'mysql', 3306, undefined],
  ['mariadb', 'mariadb', 3306, undefined],
  ['mongo', 'mongodb', 27_017, 'admin'],
])('engine %s, and what its template takes for granted', (engine, name, port, database) => {
  expect(parsed({ ...without('port', 'dbname'), engine })).toMatchObject({ engine: name, port, database })
  expect(parsed({ ...full, engine })).toMatchObject({ port: 5433, database: 'orders' })
})

test('an empty dbname is none where none is needed', () => {
  expect(parsed({ ...full, engine: 'mysql', dbname: '' }).database).toBeUndefined()
})

describe('a wrong field is one error that names it', () => {
  test.each<[string, unknown[]]>([
    ['engine', [undefined, null, '', 'oracle', 'Postgres', 7, CANARY, ['postgres']]],
    ['host', [undefined, null, '', 7, CANARY, 'a b', 'a,b', 'h'.repeat(256), ['h']]],
    ['port', ['', 0, -1, 65_536, 54.5, CANARY, '5432x', true, [], '0x10']],
    ['username', [undefined, '', 7, null]],
    ['password', [undefined, '', 7, null, [CANARY]]],
    ['dbname', ['', 7, [CANARY], `a\0${CANARY}`, 'd'.repeat(64)]],
    ['masterarn', ['', 7, [CANARY], 'not an arn', CANARY]],
  ])('%s', (field, wrong) => {
    for (const each of wrong) {
      const { message } = unsuitable(value({ ...full, [field]: each }))
      expect(message, JSON.stringify(each)).toContain(field)
    }
  })

  test.each([
    ['not JSON', SecretValue.of(`{"password": ${CANARY}`)],
    ['nothing', SecretValue.of('')],
    ['a text', value(CANARY)],
    ['an array', value([full])],
    ['null', value(null)],
    ['a field twice', SecretValue.of(`${JSON.stringify(full).slice(0, -1)},"password":"${'x'}"}`)],
  ])('%s', (_, secret) => {
    expect(unsuitable(secret).message).toMatch(/^The value /)
  })
})

test('64 KiB: read, and only the login replaced', () => {
  const big = JSON.stringify({ ...full, notes: 'n'.repeat(65_536 - JSON.stringify({ ...full, notes: '' }).length) })
  expect(Buffer.byteLength(big)).toBe(65_536)
  const began = performance.now()
  const written = shape.write(SecretValue.of(big), { username: 'app_clone', password: SecretValue.of('p"\\ä') })
  expect(performance.now() - began).toBeLessThan(10_000) // no square of its length
  expect(JSON.parse(written.reveal())).toEqual({ ...JSON.parse(big), username: 'app_clone', password: 'p"\\ä' })
})

test('what stands beside the login survives, to the letter', () => {
  const text = `{ "engine":"postgres", "host":"h", "big": 12345678901234567890, "username":"app" ,\n"password":"old","__proto__":{"port":1},"port": "5432"}`
  const written = shape.write(SecretValue.of(text), { username: 'app', password: SecretValue.of('new') })
  expect(written.reveal()).toBe(text.replace('"old"', '"new"'))
  expect(databaseOf(shape.read(written)).port).toBe(5432)
})

test('a credential from elsewhere has no database', () => {
  expect(() => databaseOf({ username: 'app', password: SecretValue.of('x') })).toThrow(/somewhere else/)
})

describe('the alternate user', () => {
  test.each([
    ['app', 'app_clone'],
    ['app_clone', 'app'],
    ['App.User', 'App.User_clone'],
    ['x'.repeat(57), `${'x'.repeat(57)}_clone`],
    ['ä'.repeat(28), `${'ä'.repeat(28)}_clone`],
  ])('of %s is %s, and the other way round', (user, alternate) => {
    expect(alternateUsername(user, 'postgres')).toBe(alternate)
    expect(alternateUsername(alternate, 'postgres')).toBe(user)
  })

  test.each([
    ['would be cut by the server', 'x'.repeat(58)],
    ['would be cut by the server, counted in bytes', 'ä'.repeat(29)],
    ['has no name', '_clone'],
    ['is also the original of another pair', 'app_clone_clone'],
  ])('%s: refused', (_, user) => {
    expect(() => alternateUsername(user, 'postgres')).toThrow(expect.objectContaining({ code: 'identity-mismatch' }))
  })

  test.each([
    ['mysql', 26, 'x'],
    ['mysql', 26, 'ä'],
    ['mariadb', 74, 'x'],
  ] as const)('%s keeps names of %i characters more than _clone', (engine, most, letter) => {
    expect(alternateUsername(letter.repeat(most), engine)).toBe(`${letter.repeat(most)}_clone`)
    expect(() => alternateUsername(letter.repeat(most + 1), engine)).toThrow(
      expect.objectContaining({ code: 'identity-mismatch', message: expect.stringContaining('_clone appended') }),
    )
  })

  test('MongoDB has no such limit', () => {
    expect(alternateUsername('x'.repeat(500), 'mongodb')).toHaveLength(506)
  })
})
