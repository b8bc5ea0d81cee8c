/**
 * Fields of values, whatever their format.
 */
import { describe, expect, test } from 'vitest'
import { fieldOf } from '../../cli/run/fields.ts'
import { readable } from '../../cli/run/words.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import type { ShapeOptions } from '../../core/secret/shape.ts'
import { defaultFields } from '../../core/secret/shape-json.ts'

const place = (value?: ShapeOptions, user?: string) => ({
  name: 'db',
  store: 'local',
  id: 'db',
  ...(value && { expects: { value, user } }),
})
const renamed = { format: 'json', fields: { ...defaultFields, username: 'login', password: 'pw' } } as const
const json = (more: object) => JSON.stringify({ username: 'u@x', password: 'p/w:1', ...more })
const read = (text: string, field: string | undefined, where: ReturnType<typeof place>) =>
  fieldOf(SecretValue.of(text), field, where).reveal()

test.each([
  [json({}), undefined, place(), json({})],
  [json({ port: 5432 }), 'port', place(), '5432'],
  ['{"login":"u","pw":"secret"}', 'password', place(renamed), 'secret'],
  ['{"login":"u","pw":"secret"}', 'username', place(renamed), 'u'],
  ['{"login":"u","pw":"secret"}', 'pw', place(renamed), 'secret'],
  ['mysql://u%40x:p%2Fw@db:3306/shop', 'password', place({ format: 'url' }), 'p/w'],
  ['mysql://u%40x:p%2Fw@db:3306/shop', 'host', place({ format: 'url' }), 'db'],
  ['mysql://u%40x:p%2Fw@db:3306/shop', 'url', place({ format: 'url' }), 'mysql://u%40x:p%2Fw@db:3306/shop'],
  ['Server=s;Pwd=a%3Bb', 'password', place({ format: 'template', template: 'Server={*};Pwd={password}' }, 'sa'), 'a;b'],
  ['Server=s;Pwd=a%3Bb', 'username', place({ format: 'template', template: 'Server={*};Pwd={password}' }, 'sa'), 'sa'],
  [
    json({ engine: 'postgres', host: 'db', port: 5433, dbname: 'a b' }),
    'url',
    place(),
    'postgresql://u%40x:p%2Fw%3A1@db:5433/a%20b',
  ],
  [json({ engine: 'mariadb', host: 'db' }), 'url', place(), 'mariadb://u%40x:p%2Fw%3A1@db'],
  [json({ nested: { password: 'inner' }, on: true }), 'on', place(), 'true'],
])('%s: %s', (text, field, where, expected) => {
  expect(read(text, field, where)).toBe(expected)
})

describe('what is not there is named, and nothing of the value is', () => {
  test.each([
    [json({ nested: { a: 1 } }), 'nested', place()],
    [json({}), 'host', place()],
    [json({}), 'url', place()],
    [json({ engine: 'redis' }), 'url', place()],
    [json({}), 'toString', place()],
    ['no JSON', 'password', place()],
    ['"p/w:1"', 'length', place()],
    ['no JSON p/w:1', 'username', place({ format: 'json', fields: defaultFields })],
  ])('%s: %s', (text, field, where) => {
    let thrown: unknown
    try {
      read(text, field, where)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject({ name: 'RotationError', code: 'value-unsuitable' })
    expect(JSON.stringify(thrown)).not.toContain('p/w')
  })
})

test.each([
  ['status --json', 'status --json'],
  ['run --env A=x -- ls', 'run --variable A=x --command-follows -- ls'],
  ['run --env=A=x -- ls --env B=y', 'run --variable=A=x --command-follows -- ls --env B=y'],
  ['--env prod run --env A=x', '--env prod run --variable A=x'],
  ['--config run status -- run', '--config run status -- run'],
  ['secret put x --env A=b', 'secret put x --env A=b'],
])('the words %s', (typed, expected) => {
  expect(readable(typed.split(' ')).join(' ')).toBe(expected)
})
