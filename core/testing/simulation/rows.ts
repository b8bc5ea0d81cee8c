/**
 * The rows of the protocol's table of reachable states, recognised in a simulated world.
 * @module
 */
import { ID, noteShape, type World } from './world.ts'

/** Rows that this state of the world belongs to. */
export function rowsOf(world: World): string[] {
  const { current, pending, previous, rotation, pendingRotation } = world.store.peek(ID)
  const strategy = world.options.strategy
  const works = world.accepts(noteShape.read(current))
  const pendingWorks = pending !== undefined && world.accepts(noteShape.read(pending))
  const rows: string[] = []
  const add = (row: string, is: boolean) => is && rows.push(`${strategy}: ${row}`)
  add('foreign p', pendingRotation !== undefined && !pendingRotation.startsWith('l'))
  add('T{p}, test fails', pendingWorks && world.server.cripples(noteShape.read(pending).password))
  add('T{c} S{c,p}', works && pending !== undefined && !pendingWorks)
  add('T{c,p} S{c,p}', works && pendingWorks)
  add('T{p} S{c,p}', !works && pendingWorks)
  add('T{none} S{c}', !works && !pending)
  add('T{none} S{c,p}', !works && pending !== undefined && !pendingWorks)
  add(
    'p is current, not on record',
    rotation !== undefined &&
      !world.record.some(
        e => e.metadata.rotation_id === rotation && e.result === 'success' && e.event_type !== 'rotation_started',
      ),
  )
  add('S{c,r}', previous !== undefined && !pending)
  add('S{c,p,r}', previous !== undefined && pending !== undefined)
  if (strategy === 'alternating-users') {
    const nextLogin = (value: typeof current | undefined) => value && noteShape.read(value).username
    add('c names r’s login', previous !== undefined && nextLogin(previous) === nextLogin(current))
    add('c names p’s login', pending !== undefined && nextLogin(pending) === nextLogin(current))
    add('c refused, r works', previous !== undefined && !works && world.accepts(noteShape.read(previous)))
  }
  if (strategy === 'single-user' && world.target.endpoints.length > 1 && pending) {
    const credential = noteShape.read(pending)
    add(
      'T{p} on some nodes, {c} on others',
      world.accepts(credential, 'writer') && !world.accepts(credential, 'reader'),
    )
  }
  if (strategy === 'single-user' && world.edited) add('T{p}, c moved by hand', pendingWorks && !works)
  if (strategy === 'issue-then-revoke') {
    add('T{c,orphan} S{c}', world.orphans.length > 0)
    add('limit reached by r', previous !== undefined && world.issuer.keys.length >= world.issuer.limit)
    add('p’s key gone', pending !== undefined && !pendingWorks)
  }
  return rows
}
