import { afterAll, describe, expect, test } from 'vitest'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import { isStoredForm } from '../../../core/targets/mysql/stored.ts'
import { text } from '../../../core/targets/mysql-wire/quote.ts'
import { startMysql } from '../../stand/mysql.ts'
import { requireServer } from '../../stand/stand.ts'
import { freshName } from './fixture.ts'

const server = requireServer(await startMysql({ conf: { 'caching-sha2-password-digest-rounds': 10_000 } }))

describe.skipIf(server === undefined)('what the server stores of a password', () => {
  if (server === undefined) return
  afterAll(() => server.stop())

  const stored = async (password: string, plugin: string) => {
    const user = freshName('stored')
    await server.sql(
      `SET sql_mode = 'TRADITIONAL'`,
      `CREATE USER ${user} IDENTIFIED WITH ${plugin} BY ${text(password)}`,
    )
    const [row] = await server.sql(`SELECT HEX(authentication_string) AS hex FROM mysql.user WHERE User = '${user}'`)
    return Buffer.from(row?.hex as string, 'hex')
  }

  const passwords = ['a', `'"\\%$;`, 'é漢🔑', 'x'.repeat(31), 'x'.repeat(32), 'x'.repeat(65), 'x'.repeat(256)]
  test.each(passwords)('is recognised: %s', async password => {
    for (const plugin of ['caching_sha2_password', 'sha256_password']) {
      const hash = await stored(password, plugin)
      expect(isStoredForm(plugin, hash, SecretValue.of(password))).toBe(true)
      expect(isStoredForm(plugin, hash, SecretValue.of(`${password}x`))).toBe(false)
    }
  })

  test('mysql_native_password, which MySQL 9 has no more', () => {
    const hash = Buffer.from('*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19') // of "password", as every manual of MySQL has it
    expect(isStoredForm('mysql_native_password', hash, SecretValue.of('password'))).toBe(true)
    expect(isStoredForm('mysql_native_password', hash, SecretValue.of('Password'))).toBe(false)
  })

  test('nothing is said of what cannot be computed, or would take too long', async () => {
    const password = SecretValue.of('a')
    expect(isStoredForm('authentication_ldap_simple', Buffer.from('cn=a'), password)).toBeUndefined()
    expect(isStoredForm('caching_sha2_password', Buffer.from(''), password)).toBeUndefined()
    expect(isStoredForm('caching_sha2_password', Buffer.from(`$A$FFF$${'x'.repeat(63)}`), password)).toBeUndefined()
    expect(isStoredForm('sha256_password', Buffer.from(''), password)).toBeUndefined()
  })
})
