import { describe, expect, it } from 'vitest'
import { alternating, complaints, file, load, postgres, single } from './support.ts'

const environments = {
  base: { deployment: 'shared', defaults: { interval: '7d', retryBudget: 3 } },
  prod: {
    extends: 'base',
    deployment: 'prod',
    secrets: { orders: { target: { endpoints: [{ host: 'prod.example', database: 'orders' }] }, grace: '2h' } },
  },
  'prod-eu': { extends: 'prod', defaults: { retryBudget: null }, secrets: { orders: { grace: null }, extra: null } },
}
const data = file({ environments, secrets: { orders: single({ grace: '1h' }), extra: alternating() } })

describe('environments', () => {
  it('are not applied unless chosen, and all are named', () => {
    const config = load(data)
    expect(config).toMatchObject({ deployment: 'default', environment: undefined })
    expect(config.environments).toEqual(['base', 'prod', 'prod-eu'])
  })

  it('extend each other: mappings key by key, lists as a whole, null removes', () => {
    const prod = load(data, 'prod')
    expect(prod).toMatchObject({ deployment: 'prod', environment: 'prod' })
    expect(prod.secrets.get('orders')).toMatchObject({
      grace: 7_200_000,
      interval: 604_800_000,
      retryBudget: 3,
      target: { kind: 'postgres', endpoints: [{ host: 'prod.example' }] },
    })
    const eu = load(data, 'prod-eu')
    expect([...eu.secrets.keys()]).toEqual(['orders'])
    expect(eu.secrets.get('orders')).toMatchObject({ grace: 86_400_000, interval: 604_800_000, retryBudget: 5 })
  })

  it('another kind or format replaces the whole part: its old keys would only be in the way', () => {
    const over = { value: { format: 'url' }, target: { kind: 'module', module: './x.mjs' } }
    const secrets = { orders: single({ value: { format: 'json', fields: { password: 'pw' } } }) }
    const config = load(file({ secrets, environments: { prod: { secrets: { orders: over } } } }), 'prod')
    expect(config.secrets.get('orders')).toMatchObject({ value: { format: 'url' }, target: { kind: 'module' } })
  })

  it('can make a file whole that is not whole without them', () => {
    const partial = file({
      secrets: { orders: { strategy: 'single-user' } },
      environments: { dev: { secrets: { orders: { target: postgres() } } } },
    })
    expect(complaints(partial)).toEqual(['secrets.orders.target: is missing; expected a mapping'])
    expect(load(partial, 'dev').secrets.size).toBe(1)
  })

  it.each<[string, unknown, string, string[]]>([
    ['a name that is not there', environments, 'pord', ["environments: no such environment; did you mean 'prod'?"]],
    ['no environments at all', undefined, 'prod', ['environments: no such environment']],
    ['one that objects have by birth', environments, 'constructor', ['environments: no such environment']],
    [
      'a base that is not there',
      { a: { extends: 'bass' }, base: {} },
      'a',
      ["environments.a.extends: no such environment; did you mean 'base'?"],
    ],
    [
      'a circle',
      { a: { extends: 'b' }, b: { extends: 'a' } },
      'a',
      ['environments.b.extends: the environments extend each other in a circle'],
    ],
    [
      'itself',
      { a: { extends: 'a' } },
      'a',
      ['environments.a.extends: the environments extend each other in a circle'],
    ],
    [
      'a misspelt key',
      { a: { secret: {} } },
      'a',
      ["environments.a.secret: unknown key; did you mean 'secrets'?", "secret: unknown key; did you mean 'secrets'?"],
    ],
  ])('refused: %s', (_, declared, chosen, expected) => {
    expect(complaints(file({ environments: declared }), chosen)).toEqual(expected)
  })

  it('what an unchosen environment says beyond its own keys is checked when it is chosen', () => {
    const wrong = file({ environments: { a: { secrets: { orders: { grace: 'x' } } } } })
    expect(load(wrong).secrets.size).toBe(1)
    expect(complaints(wrong, 'a')).toEqual(['secrets.orders.grace: expected a duration such as 90s, 15m, 1h30m or 30d'])
  })
})
