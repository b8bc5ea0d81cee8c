/**
 * `lockstep check`: is the configuration right, do stores and targets answer, does a target of one's own keep the contract.
 * @module
 */
import { type Command, Option } from 'commander'
import { readsLikeArnSuffix } from '../../core/config/cross-check-aws.ts'
import { adminOf } from '../../core/config/types.ts'
import type { ExitCode } from '../../core/errors.ts'
import { policyOf } from '../../core/fleet/wire.ts'
import { outlivedBy } from '../../core/rotation/plan.ts'
import type { Answer } from '../answer.ts'
import { type Inspection, inspect } from '../inspect.ts'
import { counted, stacked } from '../render/block.ts'
import { inspectionData, inspectionText } from '../render/inspection.ts'
import type { Run, Session } from '../session.ts'
import { placeOf, untried } from '../stores.ts'
import { type MembersSeen, membersData, membersExit, membersOf, membersText } from './check-members.ts'
import { showConfig } from './check-show.ts'
import { type SignIn, signInData, signInOf, signInText } from './check-sign-in.ts'
import { checkTarget } from './check-target.ts'

interface CheckOptions {
  readonly connect?: boolean
  readonly target?: string
  readonly show?: boolean
}

export function addCheck(program: Command, run: Run): void {
  program
    .command('check')
    .summary('is the configuration right; with --connect, does everything answer')
    .description(
      'Validates lockstep.yml. With --connect it also signs in to other clouds, opens every store, those of followers and the register of leaders too, and logs in at every endpoint with current. Changes nothing.',
    )
    .option('--connect', 'reach every store and target')
    .option('--target <module>', 'run the conformance suite on a target of your own')
    .addOption(
      new Option('--show', 'the configuration as --env makes it, with where each line comes from').conflicts([
        'connect',
        'target',
      ]),
    )
    .addHelpText(
      'after',
      `
Examples:
  lockstep check
  lockstep check --connect --env prod
  lockstep check --env prod --show
  lockstep check --target ./my-target.mjs`,
    )
    .action(({ connect, target, show }: CheckOptions) =>
      run(async session => {
        if (show) return showConfig(session)
        return target === undefined ? check(session, connect === true) : checkTarget(session, target)
      }),
    )
}

async function check(session: Session, connect: boolean): Promise<Answer> {
  const { config } = session.workspace
  const names = [...config.secrets.keys()]
  const warnings = names.flatMap(name => [
    ...graceWarnings(session, name),
    ...nameWarnings(session, name),
    ...adminWarnings(session, name),
  ])
  const notes = connect ? untriedNotes(session) : []
  const seen: Inspection[] = []
  const signIns: SignIn[] = []
  const members: MembersSeen[] = []
  if (connect)
    await session.working('connecting', async report => {
      void session.workspace.fingerprintKey // throws if it cannot be used
      for (const store of session.workspace.federated) {
        report(`${store}: signing in`)
        signIns.push(await signInOf(session, store))
      }
      // Told once, by the store: every secret of it would say the same.
      const closed = signIns.filter(({ error }) => error).map(({ store }) => store)
      for (const name of names.filter(each => !closed.includes(session.workspace.secret(each).store))) {
        report(`${name}: connecting`)
        seen.push(await inspect(session, name))
        const followers = await membersOf(session, name)
        if (followers) members.push(followers)
      }
    })
  const exits = [
    ...seen.map(one => one.exit),
    ...members.map(membersExit),
    ...signIns.map(({ error }) => error?.exitCode ?? 0),
  ]
  const exit = Math.max(0, ...exits) as 0 | ExitCode
  const failed = seen.find(one => one.exit !== 0)
  return {
    data: {
      ok: exit === 0,
      config: config.fileName,
      environment: config.environment ?? null,
      secrets: names,
      warnings,
      ...(notes.length > 0 && { notes }),
      ...(signIns.length > 0 && { signIns: signIns.map(signInData) }),
      ...(members.length > 0 && { members: members.map(membersData) }),
      ...(connect && { targets: seen.map(one => ({ secret: one.secret, ...inspectionData(one) })) }),
    },
    text: stacked(
      summary(session, names.length),
      ...warnings.map(warning => `  ${session.style.yellow('!')} ${warning}`),
      ...signIns.map(one => signInText(one, session.style)),
      ...seen.map(one => textOf(session, one, members)),
      ...notes.map(note => `  ${session.style.cyan('i')} ${note}`),
    ),
    next: signIns.some(({ error }) => error) ? 'check --connect' : nextOf(connect, failed, names),
    exit,
  }
}

function textOf({ style }: Session, one: Inspection, members: readonly MembersSeen[]): string {
  const followers = members.find(({ secret }) => secret === one.secret)
  return stacked(style.bold(one.secret), inspectionText(one, style), followers && membersText(followers, style))
}

const summary = ({ workspace: { config }, style }: Session, secrets: number): string =>
  `${style.green('✔')} ${config.fileName} is valid${config.environment ? ` for ${config.environment}` : ''}: ${counted(secrets, 'secret')}, ${counted(config.stores.size, 'store')}`

function graceWarnings({ workspace }: Session, name: string): string[] {
  const secret = workspace.secret(name)
  if (secret.strategy === 'single-user') return []
  return outlivedBy(policyOf(secret)).map(
    ({ consumer }) => `${name}: the grace is too short for ${consumer.name}; rotations will be refused.`,
  )
}

/** AWS advises against names that end like an ARN: asked by such a name, it may look for another secret. */
function nameWarnings({ workspace }: Session, name: string): string[] {
  const { id, store } = workspace.secret(name)
  if (workspace.config.stores.get(store)?.kind !== 'aws' || !readsLikeArnSuffix(id)) return []
  return [`${name}: ${id} ends in a hyphen and six characters, like an ARN; give its complete ARN as id.`]
}

/** After a fail-over the new leader sets passwords too. */
function adminWarnings({ workspace }: Session, name: string): string[] {
  const { followers, store, target } = workspace.secret(name)
  const admin = adminOf(target)
  if (followers.length === 0 || admin?.store !== store) return []
  return [
    `${name}: its admin secret ${admin.id} is lost with ${store}; keep it where no leader is, such as the store of epochs.`,
  ]
}

function untriedNotes({ workspace: { config } }: Session): string[] {
  const used = new Set([...config.secrets.values()].map(({ store }) => store))
  return [...config.stores].flatMap(([name, store]) => {
    const actions = used.has(name) ? untried(store) : []
    return actions.length === 0
      ? []
      : [
          `${name} (${placeOf(store)}): rotating also needs ${actions.join(', ')}; not tried, that would change something.`,
        ]
  })
}

function nextOf(connect: boolean, failed: Inspection | undefined, names: readonly string[]): string {
  if (!connect) return 'check --connect'
  if (failed?.error?.code === 'secret-not-found') return `secret put ${failed.secret}`
  if (failed) return `doctor ${failed.secret}`
  return names[0] === undefined ? 'status' : `plan ${names[0]}`
}
