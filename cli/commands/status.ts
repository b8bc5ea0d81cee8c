/**
 * `lockstep status`: how every secret is, the urgent ones first; or one of them in detail.
 * @module
 */
import type { Command } from 'commander'
import { type ErrorCode, type ExitCode, isRotationError, RotationError } from '../../core/errors.ts'
import { inParallel } from '../../core/fleet/pool.ts'
import type { Answer } from '../answer.ts'
import { type Condition, conditionOf, unreadable } from '../condition.ts'
import { configuredLook, type Look, lookAt, withFollowers } from '../look.ts'
import { leadOf, ledBy, withFailOver } from '../members.ts'
import { errorData } from '../render/error.ts'
import { visiting } from '../render/followers.ts'
import { detailData, detailText, type StatusRow, statusData, statusText } from '../render/status.ts'
import type { Run, Session } from '../session.ts'
import { fingerprintsOf } from '../stages.ts'

interface StatusOptions {
  readonly followers?: boolean
}

/** In a list, so many followers are visited unasked. */
const FEW = 20
/** Secrets at once. */
const WIDTH = 8

export function addStatus(program: Command, run: Run): void {
  program
    .command('status [name]')
    .summary('age, stages, what is in flight and what is next')
    .description(
      `How every secret is, the urgent ones first; or one secret in detail, with a line for each member. Looks at stores only. In the list, followers are visited where there are at most ${FEW} of them, or with --followers.`,
    )
    .option('--followers', 'visit the followers of every secret, however many there are')
    .option('--no-followers', 'visit none')
    .addHelpText(
      'after',
      `
Examples:
  lockstep status
  lockstep status orders-db
  lockstep status --json | jq '.secrets[] | select(.condition != "ok")'

Conditions: urgent, unreadable, halted, regressed, edited, absent, pending, due, held, retire, grace,
ok, manual. Held: a follower does not show current yet, so the old credential lives on.
Members: in sync, 2 behind, no copy, ahead, foreign (somebody else's value), not reached.`,
    )
    .action((name: string | undefined, options: StatusOptions) =>
      run(session => (name === undefined ? all(session, options) : one(session, name, options))),
    )
}

type Row = StatusRow & { readonly error: RotationError | undefined }

async function all(session: Session, { followers }: StatusOptions): Promise<Answer> {
  const { workspace, io, style } = session
  const now = io.clock.now()
  const names = [...workspace.config.secrets.keys()]
  const visit = followers ?? countOf(session) <= FEW
  const seen: Row[] = []
  let fault: unknown
  await session.working(`reading ${names.length} secrets`, () =>
    inParallel(
      names,
      WIDTH,
      async name => {
        await rowOf(session, name, { now, visit }).then(
          row => seen.push(row),
          error => (fault ??= error),
        )
      },
      () => fault === undefined,
    ),
  )
  if (fault !== undefined) throw fault
  const rows = seen.sort((a, b) => a.rank - b.rank || orderOf(names, a) - orderOf(names, b))
  const exits = rows.map(({ error }) => error?.exitCode ?? 0)
  return {
    data: { secrets: rows.map(row => ({ ...statusData(row, now), next: session.commandLine(row.next) })) },
    text: rows.length === 0 ? 'lockstep.yml names no secrets.' : statusText(rows, now, style),
    next: rows[0] === undefined ? 'check' : rows[0].next,
    exit: Math.max(0, ...exits) as 0 | ExitCode,
  }
}

const countOf = ({ workspace }: Session): number =>
  [...workspace.config.secrets.values()].reduce((sum, { followers }) => sum + followers.length, 0)

const orderOf = (names: readonly string[], { look }: StatusRow): number => names.indexOf(look.secret.name)

/** What the store says of one secret alone: whatever else fails would fail for all of them. */
const OF_ONE: readonly ErrorCode[] = ['access-denied', 'refused', 'busy', 'not-ours', 'value-unsuitable']
/** The same for every secret, wherever it leads. */
const OF_ALL: readonly ErrorCode[] = ['aborted', 'driver-missing', 'internal']

interface Looking {
  readonly now: number
  /** Whether followers are visited. */
  readonly visit: boolean
  readonly report?: (label: string) => void
}

/** A leader that is lost does not hide who could take its place. */
export async function rowOf(session: Session, name: string, looking: Looking): Promise<Row> {
  const { workspace, call } = session
  const { now } = looking
  const replicated = workspace.secret(name).followers.length > 0
  try {
    const look = await visited(session, await lookAt(workspace, name, call), looking)
    return { look, ...conditionOf(look, now), error: look.lead?.error }
  } catch (error) {
    const tolerated = replicated
      ? isRotationError(error) && !OF_ALL.includes(error.code)
      : isRotationError(error, ...OF_ONE)
    if (!tolerated || !(error instanceof RotationError)) throw error
    const lead = replicated ? await leadOf(workspace, name, call) : undefined
    const configured = configuredLook(workspace, name)
    if (!lead) return { look: configured, ...unreadable(name, error), error }
    const secret = ledBy(configured.secret, lead.leader)
    const look = await visited(session, { ...configured, secret, lead }, looking)
    return { look, ...lost(look, error), error: withFailOver(workspace, name, error) }
  }
}

function visited({ workspace, call }: Session, look: Look, { visit, report }: Looking): Promise<Look> {
  const { name } = look.secret
  const names = workspace.secret(name).followers.map(each => each.name)
  return visit ? withFollowers(workspace, look, call, report && visiting(name, names, report)) : Promise.resolve(look)
}

/** Who has everything that the lost leader gave out comes first. */
function lost({ secret: { name }, lead, followers }: Look, error: RotationError): Condition {
  const all = followers?.followers ?? []
  const best =
    all.find(({ standing }) => standing === 'in-sync') ?? all.find(({ standing }) => standing === 'behind') ?? all[0]
  if (!best || !lead?.record) return unreadable(name, error)
  return unreadable(name, error, `fail-over ${name} --to ${best.follower} --dry-run`)
}

async function one(session: Session, name: string, { followers = true }: StatusOptions): Promise<Answer> {
  const { workspace, io, style } = session
  const now = io.clock.now()
  const replicated = workspace.secret(name).followers.length > 0
  const row = replicated
    ? await session.working(`${name}: looking`, report => rowOf(session, name, { now, visit: followers, report }))
    : await looked(session, name, now)
  const fingerprints = row.look.state ? await fingerprintsOf(session, row.look) : []
  const { error } = row
  return {
    data: { ...detailData(row, fingerprints, now), ...(error && { error: errorData(error, 'lockstep') }) },
    text: detailText(row, fingerprints, now, style),
    next: row.next,
    exit: error?.exitCode ?? 0,
  }
}

async function looked({ workspace, call }: Session, name: string, now: number): Promise<Row> {
  const look = await lookAt(workspace, name, call)
  return { look, ...conditionOf(look, now), error: undefined }
}
