/**
 * How long the runtimes that our functions use are still supported, today or at --date YYYY-MM-DD: docs/runtimes/support.md. It ends with
 * 1 if one is not any more; 180 days before, it warns. Not a part of the tests, which must not begin to fail on a day without a change.
 * @module
 */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

const root = resolve(import.meta.dirname, '..')
export const WARNED_DAYS = 180
const DAY = 86_400_000

export interface Runtime {
  readonly cloud: string
  readonly id: string
  /** The last day. */
  readonly supportEnds: string
}
export type Used = Pick<Runtime, 'cloud' | 'id'>

export interface Finding {
  readonly level: 'ok' | 'warning' | 'error'
  readonly text: string
}

export const support = (): { readonly checked: string; readonly runtimes: readonly Runtime[] } =>
  JSON.parse(readFileSync(join(root, 'docs/runtimes/support.json'), 'utf8'))

/** What the services name, of which the templates are made. */
export const usedRuntimes = (): readonly Used[] =>
  ['aws', 'gcp', 'azure'].map(cloud => {
    const id = /^provider:\n(?: .*\n|\n)*? {2}runtime: (\S+)$/m.exec(
      readFileSync(join(root, cloud, 'service.yml'), 'utf8'),
    )?.[1]
    if (id === undefined) throw new Error(`${cloud}/service.yml names no runtime`)
    return { cloud, id }
  })

export function findingsAt(date: string, used: readonly Used[], known: readonly Runtime[]): readonly Finding[] {
  return used.map(({ cloud, id }): Finding => {
    const runtime = known.find(each => each.cloud === cloud && each.id === id)
    if (runtime === undefined)
      return {
        level: 'error',
        text: `${cloud} ${id}: not in docs/runtimes/support.json, so add the day that its support ends`,
      }
    const days = Math.round((Date.parse(runtime.supportEnds) - Date.parse(date)) / DAY)
    const says = `${cloud} ${id}: support ends ${runtime.supportEnds}`
    if (days < 0)
      return { level: 'error', text: `${says}, ${-days} days ago: choose a newer runtime in ${cloud}/service.yml` }
    return { level: days <= WARNED_DAYS ? 'warning' : 'ok', text: `${says}, in ${days} days` }
  })
}

function main(): void {
  const { date = new Date().toISOString().slice(0, 10) } = parseArgs({ options: { date: { type: 'string' } } }).values
  if (!/^\d{4}-\d\d-\d\d$/.test(date) || Number.isNaN(Date.parse(date))) {
    process.stderr.write('--date is not a day: give one as 2027-01-31.\n')
    process.exit(2)
  }
  const findings = findingsAt(date, usedRuntimes(), support().runtimes)
  // GitHub shows such lines at the top of a run; a person reads them as well
  const sign = { ok: '', warning: '::warning::', error: '::error::' }
  for (const { level, text } of findings) process.stdout.write(`${sign[level]}${text}\n`)
  process.exitCode = findings.some(({ level }) => level === 'error') ? 1 : 0
}

if (import.meta.main) main()
