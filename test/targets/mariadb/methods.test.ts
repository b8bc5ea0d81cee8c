import { describe, expect, test } from 'vitest'
import { nativeHash, nobodysHash } from '../../../core/targets/mariadb/hash.ts'
import { holdsExactly, holdsOnly, identified, methodsOf, methodsShown } from '../../../core/targets/mariadb/methods.ts'
import { failure, withPassword } from './fixture.ts'

const [A, B] = ['A', 'B'].map(digit => `*${digit.repeat(40)}`) as [string, string]
const native = (stored: string) => ({ plugin: 'mysql_native_password', stored })

describe('the hash', () => {
  test("is the server's own: SELECT PASSWORD('one')", () => {
    expect(nativeHash(withPassword('app', 'one'))).toBe('*74445CD742AF268FD22866DA0D12758951D638F7')
    expect(nativeHash(withPassword('app', 'é漢🔑'))).toMatch(/^\*[0-9A-F]{40}$/)
  })

  test.each(['', 'a\0b'])('of %j is value-rejected', async text => {
    await failure(
      Promise.resolve().then(() => nativeHash(withPassword('app', text))),
      'value-rejected',
    )
  })

  test('of nobody has the same form, and is another one each time', () => {
    expect(nobodysHash()).toMatch(/^\*[0-9A-F]{40}$/)
    expect(nobodysHash()).not.toBe(nobodysHash())
  })
})

describe('the list of passwords', () => {
  test('as tables hold it: an empty object stands for the first', () => {
    expect(methodsOf('mysql_native_password', A, null)).toEqual([native(A)])
    const or = JSON.stringify([
      { plugin: 'mysql_native_password', authentication_string: B },
      {},
      { plugin: 'unix_socket' },
    ])
    expect(methodsOf('mysql_native_password', A, or)).toEqual([
      native(B),
      native(A),
      { plugin: 'unix_socket', stored: '' },
    ])
    expect(methodsOf(null, null, null)).toEqual([{ plugin: '', stored: '' }])
  })

  test.each([
    [` IDENTIFIED BY PASSWORD '${A}' REQUIRE SSL`, [native(A)]],
    ['', [native('')]],
    [' REQUIRE SSL', [native('')]],
    [
      ` IDENTIFIED VIA mysql_native_password USING '${A}' OR mysql_native_password USING '${B}' WITH MAX_USER_CONNECTIONS 1`,
      [native(A), native(B)],
    ],
    [
      ` IDENTIFIED VIA unix_socket OR ed25519 USING 'a''b' OR mysql_native_password USING '${B}'`,
      [{ plugin: 'unix_socket', stored: '' }, { plugin: 'ed25519', stored: "a''b" }, native(B)],
    ],
    [' IDENTIFIED WITH something', undefined],
  ])('as it is shown: %s', (rest, expected) => {
    expect(methodsShown(`CREATE USER \`a\`\`p'"\`@\`%\`${rest}`)).toEqual(expected)
  })

  test('a name that looks like a list is none', () => {
    expect(
      methodsShown(`CREATE USER \`x\`\` IDENTIFIED BY PASSWORD '${A}'\`@\`%\` IDENTIFIED BY PASSWORD '${B}'`),
    ).toEqual([native(B)])
    expect(methodsShown('something else')).toBeUndefined()
  })

  test('as it is written: each once', () => {
    expect(identified(A, B)).toBe(
      `IDENTIFIED VIA mysql_native_password USING '${A}' OR mysql_native_password USING '${B}'`,
    )
    expect(identified(A, A)).toBe(`IDENTIFIED VIA mysql_native_password USING '${A}'`)
  })

  test('compared in any order; doubles are not the same as one', () => {
    expect(holdsExactly([native(A), native(B)], B, A)).toBe(true)
    expect(holdsExactly([native(A)], A, A)).toBe(true)
    expect(holdsExactly([native(A), native(A)], A)).toBe(false)
    expect(holdsExactly([native(A), native(A)], A, B)).toBe(false)
    expect(holdsOnly([native(A), native(A)], A, B)).toBe(true)
    expect(holdsOnly([native(A), native('')], A, B)).toBe(false)
  })
})
