import { globSync, readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type ErrorCode, errorCodes, RotationError, sanitise } from '../../core/errors.ts'
import { failuresPage } from '../../scripts/failures-page.ts'

const root = new URL('../../', import.meta.url)
const codes = Object.keys(errorCodes) as ErrorCode[]

/** The source without what only asks for a code, or only talks about one. */
function producing(): string {
  const files = globSync('{core,local,cli}/**/*.ts', { cwd: root, exclude: ['core/errors.ts', 'core/testing/**'] })
  return files
    .filter(file => !file.startsWith('core/rotation/doctor/')) // its findings have kinds of the same names
    .map(file => readFileSync(new URL(file, root), 'utf8'))
    .join('\n')
    .replaceAll(/isRotationError\([^)]*\)|[!=]==? '[a-z-]+'|case '[a-z-]+'/g, '')
    .replaceAll(/const uncounted[^\]]*\]\s*=?\s*\[[^\]]*\]/g, '')
}

it('every code of the table is produced somewhere', () => {
  const source = producing()
  expect(codes.filter(code => !source.includes(`'${code}'`))).toEqual([])
})

it.each(codes)('%s says what happened, what is safe and what to do, in sentences', code => {
  const { meaning, safe, next } = errorCodes[code]
  for (const text of [meaning, safe, next]) expect(text).toMatch(/^[A-Z].{8,}\.$/s)
  expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/)
})

it.each(codes)('%s: the exit code tells a script what the retry says', code => {
  const { retry, exit } = errorCodes[code]
  const exits = retry === 'no' ? [1, 2, 3, 4, 6] : [5, 130]
  expect(exits).toContain(exit)
  expect(new RotationError(code, 'x')).toMatchObject({ retry, exitCode: exit, next: errorCodes[code].next })
})

it('docs/failures.md is what the table says: node scripts/write-failures.ts', () => {
  expect(readFileSync(new URL('docs/failures.md', root), 'utf8')).toBe(failuresPage())
})

const SECRET = 'hunter2:/+'
const visible = (error: RotationError) =>
  [JSON.stringify(error), inspect(error, { depth: 9, showHidden: true }), String(error), error.stack].join('\n')

it('sanitise: of a foreign error only its class and code survive', () => {
  const cause = new Error(SECRET)
  const foreign = Object.assign(new TypeError(`near ${SECRET}`, { cause }), {
    code: '28P01',
    detail: SECRET,
    query: { text: SECRET, values: [SECRET] },
    [Symbol('hidden')]: SECRET,
  })
  const error = sanitise(foreign)
  expect(error).toMatchObject({ code: 'internal', foreign: '28P01', message: 'Unexpected TypeError (28P01).' })
  expect(visible(error)).not.toContain(SECRET)
  expect(error.cause).toBeUndefined()
})

it.each(['name', 'code', 'message', 'stack'])('sanitise: a foreign error with a value as its %s', property => {
  const foreign = new Error('x')
  Object.defineProperty(foreign, property, { value: SECRET })
  expect(visible(sanitise(foreign))).not.toContain(SECRET)
})

it('sanitise: anything that can be thrown becomes a RotationError', () => {
  fc.assert(
    fc.property(fc.anything(), thrown => {
      const error = sanitise(thrown)
      expect(error).toBeInstanceOf(RotationError)
      expect(error.message).toMatch(/^Unexpected [A-Za-z ]{1,40}( \([\w-]{1,40}\))?\.$|^The run was interrupted\.$/)
    }),
  )
})

it('sanitise: an interruption is one, and our own errors stay what they are', () => {
  expect(sanitise(AbortSignal.abort().reason).code).toBe('aborted')
  const own = new RotationError('busy', 'Throttled.')
  expect(sanitise(own)).toBe(own)
})

it('in() adds what the thrower could not know, and replaces nothing', () => {
  const error = new RotationError('auth-failed', 'Refused.', { at: 'writer', step: 'set' })
  const placed = error.in({ at: 'elsewhere', step: 'test', secret: 'orders-db', foreign: '28P01' })
  expect(placed).toMatchObject({
    at: 'writer',
    step: 'set',
    secret: 'orders-db',
    foreign: '28P01',
    message: 'Refused.',
  })
  expect(Object.keys(JSON.parse(JSON.stringify(placed)))).not.toContain('stack')
})
