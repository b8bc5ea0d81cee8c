/**
 * Prometheus's own tool, from Debian's packages: it checks rules and metrics, and runs the tests of rules.
 * @module
 */
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { debianRoot } from './debs.ts'
import { orUnavailable, type Unavailable } from './stand.ts'

export interface Checked {
  readonly code: number
  /** Both streams. */
  readonly said: string
}

export interface Promtool {
  run(args: readonly string[], more?: { readonly cwd?: string; readonly input?: string }): Checked
}

/** Cannot be had on this machine: `{ unavailable }`. */
export const findPromtool = (): Promise<Promtool | Unavailable> =>
  orUnavailable('promtool', async () => {
    const program = path.join(debianRoot('trixie', 'prometheus'), 'usr/bin/promtool')
    return { run: (args, more = {}) => run(program, args, more) }
  })

function run(program: string, args: readonly string[], more: { cwd?: string; input?: string }): Checked {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', ...more })
  if (error) throw error
  return { code: status ?? -1, said: `${stdout}${stderr}` }
}
