/**
 * What only the store knows, as findings of the doctor: who else rotates the secret, and claims that nobody holds.
 * @module
 */
import { sanitise } from '../../core/errors.ts'
import type { Diagnosis, DoctorFinding, Repairs } from '../../core/rotation/doctor/doctor.ts'
import { ledNow } from '../members.ts'
import type { Session } from '../session.ts'
import type { OpenStore, StoreFacts } from '../stores.ts'

/** With `fix`, a stray claim is taken away first, on record; what the engine found follows. */
export async function withStoreFindings<Seen extends Diagnosis | Repairs>(
  session: Session,
  secret: string,
  seen: Seen,
  fix: boolean,
): Promise<Seen> {
  const { store: name, id } = await ledNow(session.workspace, secret, session.call)
  const store = await session.workspace.store(name)
  const facts = await store.facts?.(id, session.call)
  if (!facts) return seen
  const stray = strayFinding(facts, store)
  const found = [...(stray ? [stray] : []), ...untouchable(facts), ...rotator(facts)]
  if ('findings' in seen) return { ...seen, findings: [...withRemedies(seen.findings, facts), ...found] }
  const left = withRemedies(seen.left, facts)
  if (!fix || !stray?.fixable) return { ...seen, left: [...left, ...found] }
  const failed = await clear(session, secret, store)
  const others = found.filter(finding => finding !== stray)
  if (failed === undefined) return { ...seen, repaired: [...seen.repaired, stray], left: [...left, ...others] }
  return { ...seen, left: [...left, { ...stray, failed }, ...others] }
}

function strayFinding({ stray, rotatedBy }: StoreFacts, store: OpenStore): DoctorFinding | undefined {
  if (!stray) return undefined
  const { explanation, command } = stray
  const weight = rotatedBy ? 'blocks' : 'warns'
  return { kind: 'stray-claim', weight, explanation, remedy: command, fixable: store.clearStray !== undefined }
}

const untouchable = ({ untouchable: why }: StoreFacts): DoctorFinding[] =>
  why === undefined ? [] : [{ kind: 'not-rotated-here', weight: 'blocks', explanation: why, fixable: false }]

const rotator = ({ rotatedBy }: StoreFacts): DoctorFinding[] =>
  rotatedBy
    ? [
        {
          kind: 'rotated-by-store',
          weight: 'info',
          explanation: `${rotatedBy.name} begins the rotations of this secret; \`lockstep rotate\` begins none.`,
          remedy: rotatedBy.command,
          fixable: false,
        },
      ]
    : []

/** The doctor never takes somebody else's version away; this is what its owner would type. */
const withRemedies = <Finding extends DoctorFinding>(
  findings: readonly Finding[],
  { foreign, rotatedBy }: StoreFacts,
): readonly Finding[] =>
  findings.map(finding =>
    finding.kind === 'foreign-pending' && foreign
      ? {
          ...finding,
          remedy: rotatedBy ? whileRotating(rotatedBy, foreign) : `If nobody waits for it: ${foreign.command}`,
        }
      : finding,
  )

function whileRotating(
  { name, stop }: NonNullable<StoreFacts['rotatedBy']>,
  { command }: NonNullable<StoreFacts['foreign']>,
): string {
  return `${name} may be rotating it: its function's log says how that goes. To give it up: ${stop}\nthen: ${command}`
}

/** Undefined: taken away, and on record. */
async function clear(session: Session, secret: string, store: OpenStore) {
  const { workspace, call } = session
  try {
    const { id } = await ledNow(workspace, secret, call)
    await workspace.recordable()
    const done = await store.clearStray!(id, call)
    if (!done) return { code: 'stale', message: 'The claim is held again, or gone.' }
    await workspace.record(secret, session, {
      event_type: 'repaired',
      result: 'success',
      metadata: { rotation_type: 'manual', finding: 'stray-claim' },
    })
    return undefined
  } catch (error) {
    const { code, message } = sanitise(error)
    return { code, message }
  }
}
