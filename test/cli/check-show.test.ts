/**
 * `check --show`: what an environment makes of the file, line by line. Planted: see the tests' names; each was broken once.
 */
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { applyEnvironment } from '../../core/config/environment.ts'
import { type Project, projects } from './support.ts'

const project = projects()
const target = { kind: 'postgres', endpoints: [{ host: 'h', database: 'd' }] }
const listing = (b: number) => ({ module: './x.mjs', options: { list: [{ a: { b } }] } })
const config = {
  fingerprintKey: { env: 'FP_KEY' },
  defaults: { interval: '7d', grace: '2h' },
  secrets: {
    orders: { strategy: 'single-user', target, window: { cron: '0 3 * * *', duration: '1h' } },
    listed: { strategy: 'single-user', target: { kind: 'module', ...listing(1) } },
  },
  environments: {
    staging: { defaults: { grace: '3h' }, secrets: { orders: { replicaLag: '5s' } } },
    prod: {
      extends: 'staging',
      deployment: 'prod',
      defaults: { interval: '30d', grace: null },
      secrets: {
        orders: {
          window: null,
          target: {
            endpoints: [
              { host: 'a', database: 'd' },
              { host: 'b', database: 'd', role: 'reader' },
            ],
          },
        },
        listed: { target: listing(2) },
        extra: {
          strategy: 'single-user',
          target: { kind: 'module', module: './x.mjs', options: { text: 'one\ntwo # no\n' } },
        },
      },
    },
  },
}

const shown = async (here: Project, ...args: string[]) => (await here.ok(['check', '--show', ...args])).stdout
const commented = (text: string) => text.split('\n').filter(line => line.includes('  # '))

describe('check --show', () => {
  test('is the merged file, and YAML that means the same', async () => {
    const here = project().configure(config)
    const source = parse(here.read('lockstep.yml'))
    for (const name of ['staging', 'prod']) {
      const { environments: _, ...merged } = applyEnvironment(source, name).data as Record<string, unknown>
      expect(parse(await shown(here, '--env', name))).toEqual(merged)
    }
  })

  test('names beside each line the environment that it comes from, and no other line', async () => {
    const text = await shown(project().configure(config), '--env', 'prod')
    expect(commented(text)).toEqual([
      '  interval: 30d  # prod',
      '      endpoints:  # prod',
      '        - host: a  # prod',
      '          database: d  # prod',
      '        - host: b  # prod',
      '          database: d  # prod',
      '          role: reader  # prod',
      '    replicaLag: 5s  # staging',
      '      module: ./x.mjs  # prod',
      '        list:  # prod',
      '          - a:  # prod',
      '              b: 2  # prod',
      '  extra:  # prod',
      '    strategy: single-user  # prod',
      '    target:  # prod',
      '      kind: module  # prod',
      '      module: ./x.mjs  # prod',
      '      options:  # prod',
      '        text: |  # prod',
      'deployment: prod  # prod',
    ])
    expect(text).toMatch(/^# .*lockstep\.yml as prod makes it\n/)
    expect(text).toContain('\n# removed by prod: defaults.grace\n# removed by prod: secrets.orders.window\n')
  })

  test('without an environment: the file, and nothing beside it', async () => {
    const text = await shown(project().configure(config))
    expect(commented(text)).toEqual([])
    expect(parse(text)).not.toHaveProperty('environments')
  })

  test('--json: the same, as data', async () => {
    const { code, data } = await project().configure(config).json(['check', '--show', '--env', 'prod'])
    expect({ code, data }).toMatchObject({
      code: 0,
      data: { environment: 'prod', merged: { defaults: { interval: '30d' }, deployment: 'prod' } },
    })
    expect(data.origins).toMatchObject({
      deployment: 'prod',
      'defaults.interval': 'prod',
      'secrets.orders.replicaLag': 'staging',
      'secrets.orders.target.endpoints': 'prod',
    })
    expect(data.origins).not.toHaveProperty(['secrets.orders.strategy'])
    expect(data.removed).toEqual({ 'defaults.grace': 'prod', 'secrets.orders.window': 'prod' })
  })

  test('reads no key and no variable', async () => {
    const here = project().configure(config)
    const ran = await here.ok(['check', '--show', '--env', 'prod'], { env: { FP_KEY: 'a-key-that-is-secret' } })
    expect(ran.stdout).toContain('env: FP_KEY')
    expect(here.printed).not.toContain('a-key-that-is-secret')
    expect(here.printed).not.toContain(here.read('.lockstep/store.key').trim())
  })

  test('a configuration that is wrong is refused, and not shown', async () => {
    const here = project().configure({ ...config, pasword: 'hunter2-x' })
    const ran = await here.main(['check', '--show', '--env', 'prod'])
    expect(ran).toMatchObject({ code: 2, stdout: '' })
    expect(here.printed).not.toContain('hunter2-x')
  })

  test.each([['--connect'], ['--target', './x.mjs']])('does not go with %s', async (...more) => {
    const ran = await project()
      .configure(config)
      .main(['check', '--show', ...more])
    expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining('cannot be used with') })
  })
})
