import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import { foreignMark, marked } from '../../../core/targets/common/mark.ts'
import { identifier, literal } from '../../../core/targets/postgres/quote.ts'
import { storedForm } from '../../../core/targets/postgres/verifier.ts'
import { startPostgres } from '../../stand/postgres.ts'
import { requireServer } from '../../stand/stand.ts'
import { call, createLogin, failure, freshName, target, withPassword, writer } from './fixture.ts'

const server = requireServer(await startPostgres())
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter(s => !s.includes('\0'))

describe.skipIf(!server)('what is sent instead of the password', async () => {
  if (!server) return
  const client = await server.connect()
  afterAll(async () => {
    await client.end()
    await server.stop()
  })

  test('any password logs in with its verifier, or is refused before it is sent', async () => {
    const current = await createLogin(server, freshName('app'))
    const t = target({ endpoints: [writer(server)] })
    const logsIn = async (password: string) => {
      const pending = withPassword(current.username, password)
      const stored = await storedForm(pending, undefined).catch(() => undefined)
      if (stored === undefined) return
      await client.query(`ALTER ROLE ${current.username} PASSWORD '${stored}'`)
      expect((await t.accepts(pending, call())).refused, JSON.stringify(password)).toEqual([])
    }
    // soft hyphen, Roman numeral, no-break space, decomposed accent, full width, longest that managed services allow
    for (const password of [
      'I\u00adX',
      '\u2168',
      'a\u00a0b',
      'e\u0301',
      '\uff21',
      'x'.repeat(1000),
      ' ',
      '\u{1f511}',
      'a\u0007b',
    ])
      await logsIn(password)
    await fc.assert(fc.asyncProperty(text, logsIn), { numRuns: 100 })
  })

  test('every verifier has a fresh salt of 16 bytes', async () => {
    const make = () => storedForm(withPassword('x', 'same'), undefined)
    const salts = (await Promise.all([make(), make()])).map(verifier => /:([^$]+)\$/.exec(verifier)?.[1] ?? '')
    expect(Buffer.from(salts[0]!, 'base64')).toHaveLength(16)
    expect(salts[0]).not.toBe(salts[1])
  })

  test('empty, NUL and what clients normalise differently are never sent', async () => {
    for (const password of ['', 'a\0b', '\u00ad', '\u0007\u2168', '\u0007\u00adx'])
      await failure(storedForm({ username: 'x', password: SecretValue.of(password) }, undefined), 'value-rejected')
  })

  test('names and texts are quoted as the server quotes them', async () => {
    const awkward = fc.string({ unit: fc.constantFrom('\\', "'", '"', '$', ';', 'é', 'A'), minLength: 1, maxLength: 8 })
    const quoted = fc.asyncProperty(fc.oneof(text, awkward), async value => {
      const [row] = (
        await client.query("SELECT $1::text = ANY(parse_ident($2)) AS ident, format('%L', $1::text) AS literal", [
          value,
          identifier(value),
        ])
      ).rows
      expect(row.ident).toBe(true)
      expect(literal(value).trim()).toBe(row.literal)
    })
    await fc.assert(quoted, { numRuns: 200 })
  })
})

describe('our mark in a comment', () => {
  test('keeps what people wrote, replaces only a mark, and is stable', () => {
    expect(marked(undefined, 'lockstep:d/s')).toBe('[lockstep:d/s]')
    expect(marked('Ada [x]', 'lockstep:d/s')).toBe('Ada [x] [lockstep:d/s]')
    expect(marked('Ada [lockstep:d/other]', 'lockstep:d/s')).toBe('Ada [lockstep:d/s]')
    expect(marked('Ada [lockstep:d/s] later', 'lockstep:d/s')).toBeUndefined()
    expect(foreignMark('Ada', 'lockstep:d/s')).toBeUndefined()
    expect(foreignMark('[lockstep:d/s]', 'lockstep:d/s')).toBeUndefined()
    expect(foreignMark('[lockstep:d/s2]', 'lockstep:d/s')).toBe('lockstep:d/s2')
  })

  test('any owner recognises its own mark, whatever its name holds', () => {
    fc.assert(
      fc.property(text, text, (comment, name) => {
        const owner = `lockstep:${name}`
        const first = marked(comment, owner)
        return first !== undefined && foreignMark(first, owner) === undefined && marked(first, owner) === undefined
      }),
    )
  })
})
