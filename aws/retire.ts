/**
 * `claimRetire` and `retirePrevious`. The claim is AWSPENDING on the version to be ended: it keeps rotations out, Secrets
 * Manager's own too. Nothing is disabled or deleted: AWS has no disabled versions.
 * @module
 */
import { randomUUID } from 'node:crypto'
import type { Duration } from '../core/ports/clock.ts'
import type { VersionId } from '../core/ports/secret-store.ts'
import { requireOurs } from './guards.ts'
import { isRetiringLabel, isTurnOf, PENDING, RETIRED, retiringLabel, turnOf } from './labels.ts'
import type { Look } from './look.ts'
import { baseOf, holderOf, stagesOf } from './state.ts'
import type { Visit } from './visit.ts'

export async function claimRetire(visit: Visit, previous: VersionId, staleAfter: Duration): Promise<void> {
  const own = visit.known?.holder
  const look = own === undefined ? await visit.seen() : await visit.again()
  const { meaning, described } = look
  if (!isPrevious(look, previous)) throw visit.stale('That version is not previous any more.')
  if (meaning.pending) throw visit.stale('A rotation is pending.')
  requireOurs(visit, look)
  const labels = stagesOf(described.stages, previous)
  if (meaning.retiring && own !== undefined && labels.includes(retiringLabel(own))) return
  if (meaning.retiring) await takeOver(visit, look, previous, staleAfter)
  const { holder, current } = look.meaning
  // From nowhere two runs could both attach it: so it is first put where all may put it, and then taken away by one.
  if (holder === undefined) await visit.move(look, { label: PENDING, to: current })
  await visit.move(look, { label: PENDING, from: holder ?? current, to: previous })
  look.holder = randomUUID().slice(0, 8)
  await visit.move(look, { label: retiringLabel(look.holder), to: previous })
}

/** Also without a label, after an edit: the id of what replaced it proves it. */
const isPrevious = ({ meaning, names }: Look, version: VersionId): boolean =>
  meaning.previous === version || (meaning.previousUnlisted && baseOf(meaning.last!, [version], names) === version)

async function takeOver(visit: Visit, look: Look, previous: VersionId, staleAfter: Duration): Promise<void> {
  const { described, meaning } = look
  if (visit.clock.now() - described.changedAt < staleAfter) throw visit.stale('Another run retires this version.')
  await visit.move(look, { label: PENDING, from: previous, to: meaning.current })
  await forgetHolders(visit, look, previous)
}

/** Names of runs that have claimed a retirement, void claims too; this run's own also where an old answer does not show it. */
async function forgetHolders(visit: Visit, look: Look, previous: VersionId): Promise<void> {
  const own = look.holder === undefined ? undefined : retiringLabel(look.holder)
  const seen = [...look.described.stages].flatMap(([version, labels]) =>
    labels.filter(label => isRetiringLabel(label) && label !== own).map(label => ({ version, label })),
  )
  for (const { version, label } of seen) await visit.loosen(look, label, version)
  if (own !== undefined) await visit.loosen(look, own, previous)
}

/** The claim goes first: once the version is nobody's previous, no later run would look for what a crash had left on it. */
export async function retirePrevious(visit: Visit, previous: VersionId): Promise<void> {
  const look = await visit.seen()
  const { stages } = look.described
  const claimed = look.holder !== undefined || holderOf(stages, PENDING) === previous
  if (!claimed && look.meaning.previous !== previous) return
  if (claimed) await visit.loosen(look, PENDING, previous)
  const from = holderOf(stages, RETIRED)
  await visit.move(look, { label: RETIRED, ...(from && { from }), to: previous })
  await forgetHolders(visit, look, previous)
  await forgetTurns(visit, look)
}

/** What the promotion would have taken off, had replicas shown it in time. What was discarded since stays on record at current. */
async function forgetTurns(visit: Visit, look: Look): Promise<void> {
  const { current } = look.meaning
  const seen = [...look.described.stages].flatMap(([version, labels]) =>
    labels
      .filter(label => turnOf(label) && (version !== current || isTurnOf(turnOf(label), current)))
      .map(label => ({ version, label })),
  )
  for (const { version, label } of seen) await visit.loosen(look, label, version)
}
