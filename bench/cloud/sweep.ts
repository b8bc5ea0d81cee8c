/**
 * A sweep over 10,000 secrets of which nothing is due: its calls, and the memory of its process.
 * @module
 */
import { emptyLedger, type Ledger } from '../../core/ledger/record.ts'
import type { RotationId, VersionId } from '../../core/ports/secret-store.ts'
import type { Site } from '../../demo/cloud/site.ts'
import { type Result, result } from '../result.ts'
import { startChild } from './child.ts'
import { tally } from './measured.ts'
import type { Asked, Swept } from './sweep-process.ts'

const SECRETS = 10_000
const MOST_MIB = 200
/** What a process needs, and not what V8 takes as long as there is more. */
const SMALL = ['--max-old-space-size=72', '--max-semi-space-size=1']
const DAY = 86_400_000

export interface Swarm {
  readonly name: string
  /** Empty; closed at the end. */
  readonly site: Site
  /** Puts a secret on record as a rotation and the retirement after it have left it. */
  readonly rotated: (id: string, ledger: Ledger) => Promise<void>
  /** Calls that listing so many needs. */
  readonly listing: number
}

export async function sweepOfNothing({ name, site, rotated, listing }: Swarm): Promise<Result[]> {
  const start = (...node: readonly string[]) => startChild<Asked, Swept>('sweep-process.ts', node)
  const [child, careless] = [start(...SMALL), start()]
  try {
    const ids = Array.from({ length: SECRETS }, (_, n) => `app-${String(n).padStart(5, '0')}`)
    for (const id of ids) await rotated(id, atRest(site, id))
    site.forget()
    const asked = { configText: configText(site, ids), ca: site.ca }
    const { looked, failed, ms, peakMiB } = await child.ask(asked)
    if (failed > 0) throw new Error(`${name}: the sweep failed.`)
    const calls = site.calls()
    const unbounded = await careless.ask(asked)
    return [
      result(
        `${name}: calls of a sweep over ${SECRETS} secrets, nothing due`,
        calls.length,
        `(${tally(calls)})`,
        listing,
      ),
      result(`${name}: secrets that it looked at`, looked, '', 0),
      result(`${name}: peak memory of its process, heap of 72 MB`, peakMiB, 'MiB', MOST_MIB),
      result(`${name}: the same, where V8 is not told to save`, unbounded.peakMiB, 'MiB'),
      result(`${name}: its time, without reading the configuration`, ms, 'ms'),
    ]
  } finally {
    child.end()
    careless.end()
    await site.close()
  }
}

function atRest(site: Site, id: string): Ledger {
  site.createSecret(id, '{}')
  const since = Date.now() - DAY
  const [rotation, version] = [`ls-${id}` as RotationId, site.current(id).version as VersionId]
  const ended = { rotation, version: 'lockstep-1' as VersionId }
  return { ...emptyLedger, generation: 1, promotedAt: since, left: { version, rotation, since }, ended: [ended] }
}

const configText = ({ storeText }: Site, ids: readonly string[]): string => `version: 1
stores:
  cloud: ${storeText.replace('PROPAGATION', 'propagation: 1h')}
audit: [{ kind: file, file: audit.jsonl }]
defaults: { interval: 30d, grace: 1d, consumers: [{ name: clients, kind: other, refresh: 5m }] }
secrets:
  ${ids[0]}: { strategy: single-user, target: &db { kind: postgres, endpoints: [{ host: db.internal, database: app }] } }
${ids
  .slice(1)
  .map(id => `  ${id}: { strategy: single-user, target: *db }\n`)
  .join('')}`
