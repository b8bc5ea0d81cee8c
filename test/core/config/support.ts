/**
 * Builds configurations to load, and takes refusals apart.
 * @module
 */
import { expect } from 'vitest'
import { stringify } from 'yaml'
import { loadConfig } from '../../../core/config/load.ts'
import type { Config, SecretConfig } from '../../../core/config/types.ts'
import { RotationError } from '../../../core/errors.ts'

export const FILE = '/etc/lockstep/lockstep.yml'

type Data = Record<string, unknown>

export const postgres = (more: Data = {}): Data => ({
  kind: 'postgres',
  endpoints: [{ host: 'db.example', database: 'orders' }],
  ...more,
})

export const single = (more: Data = {}): Data => ({ strategy: 'single-user', target: postgres(), ...more })

export const alternating = (more: Data = {}): Data => ({
  strategy: 'alternating-users',
  users: ['app_a', 'app_b'],
  target: postgres(),
  ...more,
})

export const file = (more: Data = {}): Data => ({
  version: 1,
  stores: { local: { kind: 'local', file: 'store.db', key: { env: 'KEY' } } },
  secrets: { orders: single() },
  ...more,
})

export const load = (data: unknown, environment?: string): Config =>
  loadConfig(typeof data === 'string' ? data : stringify(data), { fileName: FILE, environment })

export const loadSecret = (secret: Data, more: Data = {}): SecretConfig =>
  load(file({ ...more, secrets: { orders: secret } })).secrets.get('orders')!

/** The lines of a refusal, each without the file's name. */
export function problems(run: () => unknown): string[] {
  let caught: unknown
  try {
    run()
  } catch (error) {
    caught = error
  }
  expect(caught).toBeInstanceOf(RotationError)
  expect(caught).toMatchObject({ code: 'config-invalid', exitCode: 2, at: FILE })
  const [head, ...lines] = (caught as RotationError).message.split('\n')
  expect(head).toMatch(/^\/etc\/lockstep\/lockstep\.yml cannot be used, (one problem|\d+ problems):$/)
  return lines.map(line => line.replace(`  ${FILE}`, '').replace(/^:/, ''))
}

/** The same without the places in the text, which generated YAML does not care about. */
export const complaints = (data: unknown, environment?: string): string[] =>
  problems(() => load(data, environment)).map(line => line.replace(/^(\d+:\d+)? /, ''))
