import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import { type ShapeOptions, valueShape } from '../../../core/secret/shape.ts'
import { defaultFields } from '../../../core/secret/shape-json.ts'

const json: ShapeOptions = { format: 'json', fields: defaultFields }
const url: ShapeOptions = { format: 'url' }
const template = (text: string): ShapeOptions => ({ format: 'template', template: text })

function read(options: ShapeOptions, value: string, username?: string) {
  const { password, ...rest } = valueShape(options, username).read(SecretValue.of(value))
  return { ...rest, password: password.reveal() }
}

const write = (options: ShapeOptions, base: string, username: string, password: string, fixed?: string): string =>
  valueShape(options, fixed)
    .write(SecretValue.of(base), { username, password: SecretValue.of(password) })
    .reveal()

/** What it was refused with, after making sure that nothing of the content is in it. */
function refusal(run: () => unknown, ...canaries: string[]): string {
  let caught: unknown
  try {
    run()
  } catch (error) {
    caught = error
  }
  expect(caught).toMatchObject({ code: 'value-unsuitable' })
  for (const canary of canaries) expect(inspect(caught, { depth: 9, showHidden: true })).not.toContain(canary)
  return (caught as Error).message
}

const wellFormed = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 })
/** With all that parsers stumble over. */
const text = fc.oneof(
  wellFormed,
  fc.stringMatching(/^[%@:/?#[\]{}"'\\ &=;+$`|<>~a-c\n]{1,20}$/),
  fc.constantFrom('{username}', '{password}', '{*}', '$&', "$'", '%41', '__proto__'),
)

describe('json', () => {
  const aws = '{"engine":"postgres","host":"db.example","username":"app","password":"old","dbname":"main","port":5432}'

  it('reads what AWS documents; the port may be a number or a text', () => {
    expect(read(json, aws)).toEqual({ username: 'app', password: 'old', host: 'db.example', port: '5432' })
    expect(read(json, aws.replace('5432', '"5432"'))).toMatchObject({ port: '5432' })
    expect(read(json, '{"username":"a","password":"b","host":null}')).toEqual({
      username: 'a',
      password: 'b',
      host: undefined,
      port: undefined,
    })
  })

  it('changes two tokens and nothing else: layout, order, escapes and numbers that JavaScript cannot hold', () => {
    const base =
      '{\n  "id": 12345678901234567890.10, "n":1e400,\t"username" : "app", "nested":{"password":"no","a":["username"]},\n "password":"\\u006fld" , "z": "\\/"}\r\n'
    expect(write(json, base, 'app_b', 'n"e\\w')).toBe(
      base.replace('"app"', '"app_b"').replace('"\\u006fld"', '"n\\"e\\\\w"'),
    )
    expect(write(json, base, 'app', 'old')).toBe(base)
  })

  it('takes other field names, and a user from the configuration', () => {
    const options: ShapeOptions = {
      format: 'json',
      fields: { ...defaultFields, username: 'PGUSER', password: 'PGPASSWORD' },
    }
    expect(write(options, '{"PGUSER":"a","PGPASSWORD":"b","password":"kept"}', 'c', 'd')).toBe(
      '{"PGUSER":"c","PGPASSWORD":"d","password":"kept"}',
    )
    expect(read(json, '{"password":"b"}', 'app')).toMatchObject({ username: 'app', password: 'b' })
    expect(refusal(() => read(json, '{"username":"x","password":"b"}', 'app'))).toContain('another user')
  })

  it.each([
    ['not JSON', '{"username":"CANARY",}', 'is not JSON'],
    ['plain text', 'CANARY', 'is not JSON'],
    ['an array', '["CANARY"]', 'is not a JSON object'],
    ['null', 'null', 'is not a JSON object'],
    ['no username', '{"password":"CANARY"}', "has no field 'username'"],
    ['no password', '{"username":"CANARY"}', "has no field 'password'"],
    ['only a nested password', '{"username":"a","x":{"password":"CANARY"}}', "has no field 'password'"],
    ['password a number', '{"username":"a","password":12345678}', "'password' that is not a text"],
    ['password an object', '{"username":"a","password":{"v":"CANARY"}}', "'password' that is not a text"],
    ['empty password', '{"username":"CANARY","password":""}', 'empty password'],
    ['empty username', '{"username":"","password":"CANARY"}', 'empty username'],
    ['two passwords', '{"username":"a","password":"CANARY","password":"CANARY2"}', 'two fields of the same name'],
    [
      'two passwords, one escaped',
      '{"username":"a","password":"CANARY","p\\u0061ssword":"x"}',
      'two fields of the same name',
    ],
    ['host a list', '{"username":"a","password":"b","host":["CANARY"]}', "'host' that is neither"],
  ])('refuses %s', (_, value, why) => {
    expect(refusal(() => read(json, value), 'CANARY', '12345678')).toContain(why)
    // An empty part is a place to write to; anything else stops a write as well.
    if (!why.startsWith('empty'))
      expect(refusal(() => write(json, value, 'u', 'p'), 'CANARY', '12345678')).toContain(why)
  })

  it('property: reads back what it wrote; every other byte stays', () => {
    const others = fc.dictionary(
      fc.string().filter(name => !Object.hasOwn(defaultFields, name)),
      fc.jsonValue(),
    )
    fc.assert(
      fc.property(
        others,
        others,
        text,
        text,
        text,
        text,
        fc.integer({ min: 0, max: 3 }),
        (before, after, u1, p1, u2, p2, indent) => {
          const shared = Object.keys(before).some(name => Object.hasOwn(after, name))
          fc.pre(!shared)
          const marked = (u: string, p: string): string =>
            JSON.stringify({ ...before, username: u, password: p, ...after }, null, indent)
          expect(write(json, marked(u1, p1), u2, p2)).toBe(marked(u2, p2))
          expect(read(json, marked(u2, p2))).toMatchObject({ username: u2, password: p2 })
        },
      ),
      { numRuns: 500 },
    )
  })

  it('property: any text is read or refused', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.jsonValue().map(v => JSON.stringify(v)),
        ),
        value => {
          try {
            read(json, value)
          } catch (error) {
            expect(error).toMatchObject({ code: 'value-unsuitable' })
          }
        },
      ),
      { numRuns: 1000 },
    )
  })
})

describe('password', () => {
  const bare: ShapeOptions = { format: 'password' }

  it('is the whole value; the user comes from the configuration', () => {
    expect(read(bare, 'p%40 {"x', 'app')).toMatchObject({ username: 'app', password: 'p%40 {"x' })
    expect(write(bare, 'old', 'app', 'new', 'app')).toBe('new')
  })

  it('refuses what it cannot hold', () => {
    expect(refusal(() => read(bare, 'CANARY\n', 'app'), 'CANARY')).toContain('line break')
    expect(refusal(() => write(bare, 'old', 'app', 'CANARY\r\n', 'app'), 'CANARY')).toContain('line break')
    expect(refusal(() => write(bare, 'old', 'other', 'CANARY', 'app'), 'CANARY')).toContain('cannot hold')
    expect(refusal(() => read(bare, '', 'app'))).toContain('empty password')
  })
})

describe('url', () => {
  it('reads and writes percent-encoded, and leaves the rest as it stands', () => {
    const base = 'postgres://app:p%40ss@DB.example:5432/main?sslmode=verify-full&x=%7b#f@g'
    expect(read(url, base)).toEqual({ username: 'app', password: 'p@ss', host: 'DB.example', port: '5432' })
    expect(write(url, base, 'app_b', "a b/?#@:%'+")).toBe(
      base.replace('app:p%40ss', 'app_b:a%20b%2F%3F%23%40%3A%25%27%2B'),
    )
    expect(read(url, 'x://u:p:q@r@h')).toMatchObject({ username: 'u', password: 'p:q@r' })
    expect(write(url, 'x://a~:b%2e@h', 'a~', 'b.')).toBe('x://a~:b%2e@h')
  })

  it('agrees with the URL class of JavaScript on every character', () => {
    for (let code = 32; code < 127; code++) {
      const password = `a${String.fromCharCode(code)}b`
      expect(decodeURIComponent(new URL(write(url, 'http://u:x@h/p', 'u', password)).password)).toBe(password)
    }
  })

  it.each([
    ['IPv6', 'redis://u:p@[::1]:6379/0', '[::1]', '6379'],
    ['no port', 'mysql://u:p@h/db', 'h', undefined],
    ['several hosts', 'mongodb://u:p@a:1,b:2/db', 'a:1,b:2', undefined],
    ['no host', 'postgres://u:p@/db?host=%2Ftmp', undefined, undefined],
    ['a bare @ in the password', 'postgres://u:p@p@h/db', 'h', undefined],
  ])('host and port: %s', (_, value, host, port) => {
    expect(read(url, value)).toMatchObject({ username: 'u', host, port })
  })

  it.each([
    ['no login', 'postgres://CANARY/db', 'is not a URL of the form'],
    ['no password', 'postgres://CANARY@h/db', 'without a password'],
    ['@ only in the path', 'postgres://h/CANARY:x@y', 'is not a URL of the form'],
    ['no URL', 'CANARY', 'is not a URL of the form'],
    ['broken escape', 'postgres://u:CANARY%zz@h', 'password that is not percent-encoded'],
    ['password in the query too', 'postgres://u:p@h/db?password=CANARY', 'in its query too'],
    ['JDBC', 'jdbc:postgresql://h/db?user=a&password=CANARY', 'is not a URL of the form'],
  ])('refuses %s', (_, value, why) => {
    expect(refusal(() => read(url, value), 'CANARY')).toContain(why)
  })

  it('refuses half a character', () => {
    expect(refusal(() => write(url, 'a://b:c@d', 'b', 'x\ud800'))).toContain('lone surrogate')
  })

  it('property: reads back what it wrote; every other byte stays', () => {
    const rest = fc.tuple(fc.webAuthority(), fc.webPath(), fc.webQueryParameters({ size: 'small' }))
    fc.assert(
      fc.property(
        fc.constantFrom('postgres', 'mongodb+srv', 'x'),
        rest,
        text,
        text,
        (scheme, [host, path, query], user, password) => {
          fc.pre(!host.includes('@') && !/[?&](user|username|password)=/.test(`?${query}`))
          const base = `${scheme}://old:pw@${host}${path}?${query}`
          const written = write(url, base, user, password)
          expect(read(url, written)).toMatchObject({ username: user, password })
          const login = `${scheme}://`.length
          expect(written.slice(0, login)).toBe(base.slice(0, login))
          expect(written.slice(written.indexOf('@'))).toBe(base.slice(base.indexOf('@')))
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('template', () => {
  const jdbc = template('jdbc:postgresql://db:5432/app?user={username}&password={password}&ssl=true')

  it('reads and writes percent-encoded between its literals', () => {
    const base = 'jdbc:postgresql://db:5432/app?user=app&password=a%26b&ssl=true'
    expect(read(jdbc, base)).toMatchObject({ username: 'app', password: 'a&b' })
    expect(write(jdbc, base, 'app_b', '&=+#')).toBe(base.replace('=app&', '=app_b&').replace('a%26b', '%26%3D%2B%23'))
  })

  it('{*} is anything, and survives', () => {
    const ado = template('Server={*};User Id={username:raw};Password={password:raw};{*}')
    const base = 'Server=a,1433;Database=x;User Id=app;Password=o=ld;Encrypt=yes;X={1}'
    expect(write(ado, base, 'b', '$& %41')).toBe(base.replace('=app;', '=b;').replace('o=ld', () => '$& %41'))
  })

  it('braces are doubled; the user may come from the configuration', () => {
    const braces = template('{{"pw": "{password:raw}"}}')
    expect(write(braces, '{"pw": "old"}', 'app', 'new', 'app')).toBe('{"pw": "new"}')
  })

  it('refuses a raw text that would be read back differently', () => {
    const pair = template('{username:raw}:{password:raw}')
    expect(write(pair, 'a:b', 'a', 'c:d')).toBe('a:c:d')
    expect(refusal(() => write(pair, 'a:b', 'x:y', 'CANARY'), 'CANARY')).toContain('cannot hold')
    const ended = template('pw={password:raw};')
    expect(refusal(() => write(ended, 'pw=a;', 'app', 'CANARY;', 'app'), 'CANARY')).toContain('does not match')
  })

  it.each([
    ['another start', 'jdbc:mysql://CANARY', 'does not match'],
    ['another end', 'jdbc:postgresql://db:5432/app?user=a&password=CANARY&ssl=false', 'does not match'],
    ['more behind the end', 'jdbc:postgresql://db:5432/app?user=a&password=CANARY&ssl=true&x', 'does not match'],
    [
      'not encoded',
      'jdbc:postgresql://db:5432/app?user=a&password=CAN/ARY&ssl=true',
      'password that is not percent-encoded',
    ],
    ['no password', 'jdbc:postgresql://db:5432/app?user=a&password=&ssl=true', 'empty password'],
  ])('refuses a value with %s', (_, value, why) => {
    expect(refusal(() => read(jdbc, value), 'CANARY', 'CAN/ARY')).toContain(why)
  })

  it.each([
    ['{username}', 'exactly once'],
    ['{password}{password}', 'exactly once'],
    ['{username}{password}', 'a literal between'],
    ['{username}:{username}:{password}', 'only once'],
    ['{passwort}:CANARY', 'a brace that belongs to none'],
    ['CANARY}{password}', 'a brace that belongs to none'],
  ])('a template that cannot work is refused without being quoted: %s', (text, why) => {
    expect(() => valueShape(template(text))).toThrow(
      expect.objectContaining({ code: 'config-invalid', message: expect.stringContaining(why) }),
    )
    expect(() => valueShape(template(text))).not.toThrow(/CANARY/)
  })

  it('property: what is written is read back, for encoded placeholders always, for raw ones unless refused', () => {
    const formats = fc.constantFrom(
      '{username}:{password}',
      'x={password};y={username};',
      '{*}a{username}b{*}&c={password}',
    )
    fc.assert(
      fc.property(formats, fc.boolean(), text, text, (format, raw, user, password) => {
        // Its literals are letters that stand in encoded text too: there, a refusal is right.
        const mayRefuse = raw || format.includes('{*}')
        const options = template(raw ? format.replace('name}', 'name:raw}').replace('word}', 'word:raw}') : format)
        const base = format.replace('{username}', 'uu').replace('{password}', 'pp').replaceAll('{*}', '-')
        let written: string
        try {
          written = write(options, base, user, password)
        } catch (error) {
          expect([mayRefuse, (error as { code: string }).code]).toEqual([true, 'value-unsuitable'])
          return
        }
        expect(read(options, written)).toMatchObject({ username: user, password })
      }),
      { numRuns: 1000 },
    )
  })
})
