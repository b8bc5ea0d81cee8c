import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { exampleConfig } from '../../../core/config/example.ts'
import { loadConfig } from '../../../core/config/load.ts'
import { parseYaml } from '../../../core/config/yaml.ts'
import { alternating, file, postgres, problems, single } from './support.ts'

/** A configuration, or a refusal that a person can use: nothing else may come out. */
function clear(text: string, environment?: string): 'loaded' | 'refused' {
  try {
    loadConfig(text, { fileName: 'lockstep.yml', environment })
    return 'loaded'
  } catch (error) {
    expect(error).toMatchObject({ code: 'config-invalid' })
    const { message } = error as Error
    expect(message).toMatch(/^lockstep\.yml cannot be used, (one problem|\d+ problems):\n {2}lockstep\.yml/)
    expect(message).not.toMatch(/undefined|\[object|NaN|Invalid input|something else/)
    return 'refused'
  }
}

const yamlOf = (data: unknown): string | undefined => {
  try {
    return stringify(data)
  } catch {
    return undefined
  }
}

const full = file({
  deployment: 'x',
  fingerprintKey: { env: 'FP' },
  audit: [{ kind: 'file', file: 'a' }],
  defaults: { interval: '7d', grace: '1h', password: { length: 24 }, window: { cron: '0 2 * * *', duration: '1h' } },
  environments: { dev: { extends: 'base' }, base: { secrets: { orders: { grace: '2h' } } } },
  secrets: {
    orders: alternating({
      consumers: [{ kind: 'vm', refresh: '1m' }],
      target: postgres({ admin: { secret: 'root' } }),
    }),
    root: single({ value: { format: 'template', template: 'x{password}' }, user: 'postgres', id: 'pg-root' }),
  },
})

/** The paths of all parts. */
const pathsOf = (data: unknown, path: string[] = []): string[][] => [
  path,
  ...(typeof data === 'object' && data !== null
    ? Object.entries(data).flatMap(([key, value]) => pathsOf(value, [...path, key]))
    : []),
]

function withPart(data: unknown, [key, ...rest]: readonly string[], part: unknown): unknown {
  if (key === undefined) return part
  const inner = withPart((data as Record<string, unknown>)[key], rest, part)
  return Array.isArray(data) ? data.with(Number(key), inner) : { ...(data as object), [key]: inner }
}

describe('anything', () => {
  it('any data is loaded or clearly refused', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true }), data => {
        const text = yamlOf(data)
        if (text !== undefined) clear(text)
      }),
      { numRuns: 500 },
    )
  })

  it('any text is loaded or clearly refused', () => {
    const yamlish = fc.stringMatching(/^([a-c]|[:\-?&*!|>'"%@`{}[\],#]|[ \n\t]){0,40}$/)
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), yamlish),
        fc.option(fc.string(), { nil: undefined }),
        (text, environment) => {
          clear(text, environment)
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('a good configuration with any one part replaced by anything is loaded or clearly refused', () => {
    const outcomes = { loaded: 0, refused: 0 }
    fc.assert(
      fc.property(
        fc.constantFrom(...pathsOf(full)),
        fc.oneof(
          fc.jsonValue(),
          fc.constantFrom(null, '', '0s', 'never', 'local', 'orders', 5432, {}, [], 'a'.repeat(5000)),
          fc.anything(),
        ),
        fc.constantFrom(undefined, 'dev', 'base'),
        (path, part, environment) => {
          const text = yamlOf(withPart(full, path, part))
          if (text !== undefined) outcomes[clear(text, environment)]++
        },
      ),
      { numRuns: 1500 },
    )
    expect(outcomes.loaded).toBeGreaterThan(25)
    expect(outcomes.refused).toBeGreaterThan(500)
  }, 180_000)

  it('the example with any slice removed or doubled is loaded or clearly refused', () => {
    const place = fc.nat(exampleConfig.length)
    fc.assert(
      fc.property(place, fc.nat(60), fc.boolean(), (start, length, double) => {
        const end = start + length
        const middle = double ? exampleConfig.slice(start, end).repeat(2) : ''
        clear(exampleConfig.slice(0, start) + middle + exampleConfig.slice(end))
      }),
      { numRuns: 500 },
    )
  })
})

describe('bombs are defused', () => {
  const laughs = ['a: &a [x,x,x,x,x,x,x,x,x]']
  for (const [index, name] of [...'bcdefghij'].entries())
    laughs.push(`${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcdefghi'[index]}`).join(',')}]`)

  it.each<[string, string, RegExp]>([
    ['a billion laughs', laughs.join('\n'), /grows too large/],
    ['an anchor in itself', 'a: &a [*a]', /nested too deeply/],
    ['a key in itself', 'a: &a { *a : 1 }', /not a plain text|syntax/],
    ['a flow without end', '['.repeat(100_000), /nested too deeply/],
    ['a sequence of sequences', `${'- '.repeat(5000)}x`, /nested too deeply/],
    ['keys of keys', '? '.repeat(50_000), /nested too deeply/],
    ['66 levels', `${'['.repeat(66)}${']'.repeat(66)}`, /nested too deeply/],
    ['quotes', '"'.repeat(200_000), /syntax/],
    ['a large file', `a: ${'x'.repeat(1_000_001)}`, /too large/],
  ])('%s', (_, text, says) => {
    const lines = problems(() => loadConfig(text, { fileName: '/etc/lockstep/lockstep.yml' }))
    expect(lines.join('\n')).toMatch(says)
    expect(lines.length).toBeLessThan(5)
  })
})

describe('YAML', () => {
  it.each<[string, string, string]>([
    ['a key twice', 'a: 1\nb: 2\na: 3', '3:1 this key stands here twice'],
    ['a number and a text as the same key', '1: a\n"1": b', '2:1 1: this key stands here twice'],
    ['a second document', 'a: 1\n---\nb: 1', '2:1 a second document begins here; only one is allowed'],
    ['a tab', 'a:\n\tb: 1', '2:1 indentation needs spaces, not tabs'],
    ['a tag', 'a: !!binary aGk=', '1:13 a: tags are not supported'],
    ['an alias of nothing', 'a: *b', '1:4 a: no anchor of this name stands above'],
    ['a list as key', '? [a, b]\n: c', '1:1 a key here is not a plain text'],
    ['__proto__', '__proto__: { version: 1 }', '1:1 a key here is not a plain text'],
  ])('refuses %s', (_, text, line) => {
    expect(problems(() => loadConfig(text, { fileName: '/etc/lockstep/lockstep.yml' }))).toContain(line)
  })

  it('knows where each part stands', () => {
    const yaml = parseYaml('a:\n  - x\n  - b: &n [1, 2]\nc: *n\n')
    expect(yaml.data).toEqual({ a: ['x', { b: [1, 2] }], c: [1, 2] })
    expect(yaml.find(['a', 1, 'b'], 'key')).toEqual({ line: 3, column: 5 })
    expect(yaml.find(['a', 1, 'b', 1], 'value')).toEqual({ line: 3, column: 15 })
    expect(yaml.find(['a', 7], 'value')).toBeUndefined()
  })

  it.each([
    'a: &x 1\nb: &y { c: *x }\nd: &x 2\ne: *y\nf: *x\n',
    'a: &x { b: &z 1, c: *z }\nz: &z 2\nd: *x\ne: *z\n',
    'a: &x [1, &y 2]\nb: [*y, *x]\nc: &y 3\nd: *x\ne: *y\n',
    '&k a: *k\n',
  ])('an alias is the last anchor above it: %j', text => {
    expect(parseYaml(text)).toMatchObject({ data: parse(text), problems: [] })
  })

  it('thousands of aliases take no longer than what they stand for', () => {
    const text = `a: &x { b: 1 }\nlist:\n${'  - *x\n'.repeat(20_000)}`
    const began = performance.now()
    expect((parseYaml(text).data as { list: unknown[] }).list).toHaveLength(20_000)
    expect(performance.now() - began).toBeLessThan(10_000)
  })

  it('yes, no and dates are texts, in every version that a file claims', () => {
    expect(parseYaml('%YAML 1.1\n---\na: [yes, no, 2025-01-01, 0o17]').data).toEqual({
      a: ['yes', 'no', '2025-01-01', 15],
    })
  })
})
