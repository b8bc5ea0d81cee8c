/**
 * Followers as findings of the doctor: what is behind is repaired, what somebody else has put there never is.
 * @module
 */
import { isRotationError, sanitise } from '../../core/errors.ts'
import { replicate } from '../../core/replication/replicate.ts'
import type { FollowerReport } from '../../core/replication/replication.ts'
import type { Survey } from '../../core/replication/survey.ts'
import type { Diagnosis, DoctorFinding, Repairs } from '../../core/rotation/doctor/doctor.ts'
import { type Lead, leadOf, makeStores, surveyOf } from '../members.ts'
import { behindBy } from '../render/followers.ts'
import type { Session } from '../session.ts'

/** With `fix`, what is behind is brought up first; what was there before and is there no more counts as repaired. */
export async function withFollowerFindings<Seen extends Diagnosis | Repairs>(
  session: Session,
  secret: string,
  seen: Seen,
  fix: boolean,
): Promise<Seen> {
  if (session.workspace.secret(secret).followers.length === 0) return seen
  const found = await findingsOf(session, secret)
  if ('findings' in seen) return { ...seen, findings: [...seen.findings, ...found] }
  if (!fix || !found.some(({ fixable }) => fixable)) return { ...seen, left: [...seen.left, ...found] }
  const failed = await bringUp(session, secret)
  const still = await findingsOf(session, secret)
  const gone = found.filter(({ fixable, kind, explanation }) => fixable && !still.some(same({ kind, explanation })))
  const left = still.map(finding => (failed && finding.fixable ? { ...finding, failed } : finding))
  return { ...seen, repaired: [...seen.repaired, ...gone], left: [...seen.left, ...left] }
}

type Named = Pick<DoctorFinding, 'kind' | 'explanation'>
const same =
  (one: Named) =>
  (other: Named): boolean =>
    one.kind === other.kind && one.explanation === other.explanation

async function findingsOf({ workspace, call }: Session, secret: string): Promise<readonly DoctorFinding[]> {
  const lead = (await leadOf(workspace, secret, call))!
  const { record, error } = lead
  if (error) return [{ kind: error.code, weight: 'blocks', explanation: error.message, fixable: false }]
  if (!record) return [unled(secret)]
  const { id, store } = workspace.secret(secret)
  const place = (await workspace.members(secret))!.members.find(({ name }) => name === record.leader)
  const state = await (await (place?.open() ?? workspace.store(store))).describe(place?.id ?? id, call)
  const survey = await surveyOf(workspace, { name: secret, record, state }, call)
  return [...elsewhere(secret, lead, store), ...survey.followers.flatMap(one => findingOf(secret, one, survey))]
}

const unled = (secret: string): DoctorFinding => ({
  kind: 'no-leader-record',
  weight: 'blocks',
  explanation: 'No record says which member leads: nothing rotates, and followers get no copies.',
  remedy: `lockstep replicate ${secret}`,
  fixable: true,
})

/** Nothing is wrong with that; who reads the configuration should know. */
function elsewhere(secret: string, { leader, record }: Lead, configured: string): DoctorFinding[] {
  if (leader === configured) return []
  const explanation = `${leader} leads since a fail-over (epoch ${record?.epoch}); the configuration names ${configured}, which led first.`
  const remedy = `To go back, once it is in sync: lockstep fail-over ${secret} --to ${configured} --reason …`
  return [{ kind: 'led-elsewhere', weight: 'info', explanation, remedy, fixable: false }]
}

function findingOf(secret: string, one: FollowerReport, { sequence }: Survey): DoctorFinding[] {
  const { follower, required, standing, error } = one
  const holds = required
    ? 'the old credential does not end, and no rotation begins'
    : 'it is best effort: nothing waits for it'
  const found = (finding: Omit<DoctorFinding, 'explanation'>, what: string): DoctorFinding[] => [
    { ...finding, explanation: `The follower ${follower} ${what}; ${holds}.` },
  ]
  const weight = required ? 'blocks' : 'warns'
  switch (standing) {
    case 'in-sync':
      return []
    case 'behind':
      return found(
        { kind: 'follower-behind', weight: 'warns', remedy: `lockstep replicate ${secret}`, fixable: true },
        one.version === undefined ? 'has no copy' : `is ${behindBy(one, sequence) ?? 'some'} behind its leader`,
      )
    case 'foreign':
      return found(
        {
          ...{ kind: 'follower-foreign', weight, fixable: false },
          remedy: `Compare: lockstep drift ${secret}\nOverwrite what is there: lockstep replicate ${secret} --force --reason …`,
        },
        'holds a value that somebody else has put there',
      )
    case 'ahead':
      return found(
        {
          ...{ kind: 'follower-ahead', weight: 'blocks', fixable: false },
          remedy: `Its leader lost a write. Make the follower the leader: lockstep fail-over ${secret} --to ${follower} --reason …`,
        },
        'holds a later version than its leader',
      )
    default:
      return found(
        { kind: 'follower-not-reached', weight: 'warns', fixable: false },
        `cannot be reached (${error?.message ?? 'no answer'})`,
      )
  }
}

/** Undefined: done, as far as each follower let it. */
async function bringUp(session: Session, secret: string): Promise<{ code: string; message: string } | undefined> {
  const { workspace, call } = session
  try {
    await makeStores(workspace, secret, (await leadOf(workspace, secret, call))!)
    const request = session.request('manual', { reason: 'doctor' })
    await replicate(await workspace.setup(secret), request, session.io.signal)
    return undefined
  } catch (error) {
    if (isRotationError(error, 'aborted')) throw error
    const { code, message } = sanitise(error)
    return { code, message }
  }
}
