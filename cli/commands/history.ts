/**
 * `lockstep history`: the audit trail, for people.
 * @module
 */
import type { Command } from 'commander'
import type { AuditEvent } from '../../core/audit/event.ts'
import { isRotationError, RotationError } from '../../core/errors.ts'
import { placesOf } from '../../core/replication/wire.ts'
import type { Answer } from '../answer.ts'
import type { Workspace } from '../compose.ts'
import { locate } from '../locate.ts'
import { historyText } from '../render/history.ts'
import type { Run, Session } from '../session.ts'
import type { Trail } from '../stores.ts'

export function addHistory(program: Command, run: Run): void {
  program
    .command('history <name>')
    .summary('who did what to a secret, and how it ended')
    .description('The audit trail of a secret, oldest first: every attempt, also refused and failed ones.')
    .option('--limit <count>', 'only the newest so many', '20')
    .addHelpText('after', '\nExamples:\n  lockstep history orders-db\n  lockstep history orders-db --limit 1000 --json')
    .action((name: string, { limit }: { limit: string }) => run(session => historyCommand(session, name, limit)))
}

async function historyCommand(session: Session, name: string, limit: string): Promise<Answer> {
  const count = Number(limit)
  if (!Number.isSafeInteger(count) || count < 1)
    throw new RotationError('usage', '--limit needs a whole number above 0.')
  const events = await eventsOf(session, name, count)
  return {
    data: { secret: name, events: events as unknown as Answer['data'][] },
    text: events.length === 0 ? `${session.style.bold(name)} has no history yet.` : historyText(events, session.style),
    next: `status ${name}`,
  }
}

/**
 * Under the name of the configuration, as the engine writes them, and under the store's, as an edit there does. Each member keeps
 * what happened while it led.
 */
export async function eventsOf(session: Session, name: string, limit: number): Promise<readonly AuditEvent[]> {
  const { workspace } = session
  const located = locate(workspace, name, undefined)
  const places = located.secret ? [...placesOf(located.secret).values()] : [located]
  const found: (readonly AuditEvent[])[] = []
  const trails = new Set<Trail>()
  for (const { store, id } of places.filter(place => workspace.hasStore(place.store))) {
    const trail = await trailOf(session, name, store, places.length > 1)
    if (!trail || trails.has(trail)) continue
    trails.add(trail)
    for (const secret of new Set([name, id])) found.push(await trail.events({ secret, limit }))
  }
  return found
    .flat()
    .sort((a, b) => (a.timestamp < b.timestamp ? -1 : Number(a.timestamp > b.timestamp)))
    .slice(-limit)
}

/** A member that is lost does not hide what the others know. */
async function trailOf(session: Session, name: string, store: string, several: boolean): Promise<Trail | undefined> {
  const { workspace } = session
  try {
    const trail = workspace.trail(await workspace.store(store))
    if (!trail) throw unreadable(workspace, name, store)
    return trail
  } catch (error) {
    if (!several || !isRotationError(error) || error.code === 'aborted') throw error
    session.say(`The events of ${store} cannot be read: ${error.message}`)
    return undefined
  }
}

/** Streams are somebody else's to keep. */
function unreadable({ config }: Workspace, secret: string, store: string): RotationError {
  const where = config.audit.map(({ kind }) => kind).join(' and ')
  return new RotationError('config-invalid', `The events of ${store} go to ${where}, from where they cannot be read.`, {
    secret,
    at: config.fileName,
    next: 'Look where your logs are kept. For the future, add a file under `audit:`, such as { kind: file, file: lockstep-audit.jsonl }.',
  })
}
