/**
 * `lockstep secret get`: what is known about a value, and the value itself only where it is meant to be seen.
 * @module
 */
import type { Command } from 'commander'
import { RotationError } from '../../core/errors.ts'
import type { SecretState, SecretVersion } from '../../core/ports/secret-store.ts'
import { fingerprint } from '../../core/secret/fingerprint.ts'
import type { Answer } from '../answer.ts'
import { type Located, locateLed } from '../locate.ts'
import { labelled, stacked } from '../render/block.ts'
import { iso, momentFromNow } from '../render/time.ts'
import type { Run, Session } from '../session.ts'

interface GetOptions {
  readonly store?: string
  readonly reveal?: boolean
  readonly yesPrintSecret?: boolean
}

export function addSecretGet(group: Command, run: Run): void {
  group
    .command('get <name>')
    .summary('what is known about a value; the value only with --reveal')
    .description(
      'Shows version, age and fingerprint of current. The value itself only with --reveal, and where stdout is not a terminal only with --yes-print-secret too. Revealing is on record.',
    )
    .option('--reveal', 'print the value')
    .option('--yes-print-secret', 'into a file or a pipe as well')
    .option('--store <store>', 'the name is any id of this store')
    .addHelpText(
      'after',
      `
Examples:
  lockstep secret get orders-db
  lockstep secret get orders-db --reveal
  lockstep secret get orders-db --reveal --yes-print-secret | jq -r .password`,
    )
    .action((name: string, options: GetOptions) => run(session => getCommand(session, name, options)))
}

async function getCommand(session: Session, name: string, options: GetOptions): Promise<Answer> {
  const { workspace, call, io } = session
  if (options.reveal && !io.stdout.isTTY && !options.yesPrintSecret)
    throw new RotationError(
      'usage',
      'stdout is not a terminal: the value would be written to a file or another program.',
      {
        secret: name,
        next: 'If that is meant: add --yes-print-secret.',
      },
    )
  const place = await locateLed(workspace, name, options.store, call)
  const store = workspace.hasStore(place.store) ? await workspace.store(place.store) : undefined
  const state = await store?.describe(place.id, call)
  const current = state && (await store?.read(place.id, state.current.version, call))
  if (!store || !state || !current)
    throw new RotationError('secret-not-found', `The store ${place.store} has no secret ${place.id}.`, { secret: name })
  if (!options.reveal) return metadata(session, place, state, current)
  if (current.value === 'disabled')
    throw new RotationError('refused', 'Current is disabled in the store.', { secret: name })
  await workspace.audit(store).write({
    schema: 1,
    timestamp: iso(io.clock.now()),
    event_type: 'secret_read',
    secret_id: place.name,
    secret_version: { new: current.version },
    actor: session.actor,
    result: 'success',
    duration_ms: 0,
    metadata: { rotation_type: 'manual' },
  })
  const value = current.value.reveal()
  return { data: { secret: name, version: current.version, value }, text: value }
}

function metadata(session: Session, place: Located, state: SecretState, { version, value }: SecretVersion): Answer {
  const { workspace, io, style } = session
  const key = workspace.fingerprintKey
  const print = key && value !== 'disabled' ? fingerprint(key, place.name, value) : undefined
  const { since } = state.current
  const format = place.expects?.value.format
  const user = place.expects && value !== 'disabled' ? workspace.shape(place.expects).read(value).username : undefined
  return {
    data: {
      secret: place.name,
      store: place.store,
      id: place.id,
      version,
      since: iso(since),
      fingerprint: print ?? null,
      format: format ?? null,
      user: user ?? null,
    },
    text: stacked(
      style.bold(place.name),
      labelled([
        ['store', place.id === place.name ? place.store : `${place.store}, as ${place.id}`],
        ['version', version],
        ['since', momentFromNow(since, io.clock.now())],
        ['fingerprint', print],
        ['format', format],
        ['user', user],
        ['value', 'not shown (--reveal)'],
      ]),
    ),
    next: place.secret ? `status ${place.name}` : 'status',
  }
}
