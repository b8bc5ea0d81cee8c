/**
 * `lockstep secret put`: brings a value into a store.
 * @module
 */
import type { Command } from 'commander'
import type { AuditEvent } from '../../core/audit/event.ts'
import { adminOf } from '../../core/config/types.ts'
import { RotationError } from '../../core/errors.ts'
import type { SecretVersion, VersionId } from '../../core/ports/secret-store.ts'
import type { SecretValue } from '../../core/secret/secret-value.ts'
import type { Answer } from '../answer.ts'
import { readValue } from '../input.ts'
import { type Located, locateLed } from '../locate.ts'
import type { Run, Session } from '../session.ts'
import type { OpenStore } from '../stores.ts'

interface PutOptions {
  readonly file?: string
  readonly store?: string
  readonly replace?: boolean
}

export function addSecretPut(group: Command, run: Run): void {
  group
    .command('put <name>')
    .summary('bring a value, by stdin or file')
    .description(
      'Stores a value. It comes from stdin, a file, or a prompt that does not show it; never from the command line. One line break at its end is not part of it.',
    )
    .option('--file <file>', 'read it from a file; - for stdin')
    .option('--replace', 'although the secret exists: consumers read the new value at once, and the target is not told')
    .option('--store <store>', 'the name is any id of this store')
    .addHelpText(
      'after',
      `
Examples:
  lockstep secret put orders-db < value.json
  printf %s "$PASSWORD" | lockstep secret put postgres-admin
  lockstep secret put orders-db                 asks, without showing what you type`,
    )
    .action((name: string, options: PutOptions) => run(session => putCommand(session, name, options)))
}

async function putCommand(session: Session, name: string, options: PutOptions): Promise<Answer> {
  const { workspace, call } = session
  const place = await locateLed(workspace, name, options.store, call)
  const exists = workspace.hasStore(place.store)
  if (exists && !options.replace) await refuseReplacing(session, place)
  const value = await readValue(session, options.file, name)
  checkValue(session, place, value)
  const store = await workspace.store(place.store, true)
  const old = await store.get(place.id, call)
  if (old && old.value !== 'disabled' && old.value.equals(value)) return already(session, place, old)
  const stored = await put(session, { place, store, value, old: old?.version })
  const pending = (await store.describe(place.id, call))?.pending !== undefined
  return {
    data: {
      secret: name,
      outcome: old ? 'replaced' : 'created',
      version: stored.version,
      store: place.store,
      id: place.id,
    },
    text: `${session.style.green('✔')} ${session.style.bold(name)} is stored in ${place.store}, version ${stored.version}${pending ? '\n  A rotation was pending: the next run decides by what the target accepts.' : ''}`,
    next: await nextOf(session, place),
  }
}

/** A target that works through an admin secret needs that one too. */
async function nextOf({ workspace, call }: Session, { secret, name }: Located): Promise<string> {
  if (!secret) return 'check --connect'
  const admin = adminOf(secret.target)
  if (!admin) return `plan ${name} --connect`
  const known = await (await workspace.store(admin.store, true)).describe(admin.id, call)
  return known ? `plan ${name} --connect` : `secret put ${admin.secret ?? admin.id}`
}

/** Asked before the value is: nobody should type a password to be told that it was in vain. */
async function refuseReplacing({ workspace, call }: Session, { store, id, name, secret }: Located): Promise<void> {
  if (!(await (await workspace.store(store)).describe(id, call))) return
  throw new RotationError(
    'refused',
    'The secret exists, and consumers would read the new value at once, whether or not the target knows it.',
    {
      secret: name,
      next: secret
        ? `To change it at the target too: \`lockstep rotate ${name} --force\`, or with --value-file. Only if the target has the new value already: add --replace.`
        : 'If the target has the new value already: add --replace.',
    },
  )
}

/** What the first rotation would refuse is better refused now, while the right value is at hand. */
function checkValue({ workspace }: Session, { expects, secret, name }: Located, value: SecretValue): void {
  if (!expects) return
  try {
    const { username } = workspace.shape(expects).read(value)
    if (secret?.users && !secret.users.includes(username))
      throw new RotationError(
        'value-unsuitable',
        `The value names a login that is none of ${secret.users.join(' and ')}.`,
      )
  } catch (error) {
    throw error instanceof RotationError ? error.in({ secret: name }) : error
  }
}

const already = async (session: Session, place: Located, { version }: SecretVersion): Promise<Answer> => ({
  data: { secret: place.name, outcome: 'already', version, store: place.store, id: place.id },
  text: `${session.style.green('✔')} ${session.style.bold(place.name)} holds this value already: nothing to do`,
  next: await nextOf(session, place),
})

interface Putting {
  readonly place: Located
  readonly store: OpenStore
  readonly value: SecretValue
  readonly old: VersionId | undefined
}

async function put(session: Session, { place, store, value, old }: Putting): Promise<SecretVersion> {
  const event: AuditEvent = {
    schema: 1,
    timestamp: new Date(session.io.clock.now()).toISOString(),
    event_type: 'secret_created',
    secret_id: place.name,
    secret_version: {},
    actor: session.actor,
    result: 'success',
    duration_ms: 0,
    metadata: { rotation_type: 'manual', ...(old && { reason: 'replaced by hand' }) },
  }
  const { records } = store.capabilities
  const audit = session.workspace.audit(store)
  await session.workspace.recordable()
  const stored = await store.put(place.id, value, { ...session.call, record: event })
  const written = { ...event, secret_version: { ...(old && { old }), new: stored.version } }
  await (records ? audit.mirror?.(written) : audit.write(written))
  return stored
}
