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
  if (strategy === 'dual-password') {
    const passwords = world.server.passwordsOf('app')
    const named = [current, pending, previous].filter(v => v !== undefined).map(v => noteShape.read(v).password)
    add('c evicted', !works && pendingWorks)
    add('T{c,x}', works && passwords.some(password => !named.some(one => one.equals(password))))
    add('T{c,r} S{c,r}', works && passwords.length === 2 && previous !== undefined && !pending)
  }
  if (strategy === 'issue-then-revoke') {
    add('T{c,orphan} S{c}', world.orphans.length > 0)
    add('limit reached by r', previous !== undefined && world.issuer.keys.length >= world.issuer.limit)
    add('p’s key gone', pending !== undefined && !pendingWorks)
  }
  return rows
}

/**
 * The table of reachable states in `docs/protocol.md`, as far as this engine can meet it: each row with the states or errors
 * that are it. Rows of sibling stores and followers come with them.
 */
export const tableOfStates: Readonly<Record<string, readonly string[]>> = {
  'all: T{c} S{c,p}': ['single-user: T{c} S{c,p}', 'alternating-users: T{c} S{c,p}'],
  'all: p is current, not on record': [
    'single-user: p is current, not on record',
    'issue-then-revoke: p is current, not on record',
  ],
  'all: T is none of ours': [
    'single-user: T{none} S{c}',
    'alternating-users: T{none} S{c}',
    'single-user: T{none} S{c,p}',
  ],
  'all: p is somebody else’s': ['single-user: foreign p'],
  'single-user: T{p} S{c,p}': ['single-user: T{p} S{c,p}'],
  'single-user: T{p}, test fails': ['single-user: T{p}, test fails'],
  'single-user: T{p} on some nodes, {c} on others': ['single-user: T{p} on some nodes, {c} on others'],
  'single-user: T{p}, c was moved by hand': ['single-user: T{p}, c moved by hand'],
  'alternating-users: r un-retired, next rotation due': ['alternating-users: S{c,r}'],
  'alternating-users: T{c,p} S{c,p,r}': ['alternating-users: S{c,p,r}'],
  'alternating-users: c refused, r works': ['alternating-users: c refused, r works', 'error current-refused'],
  'alternating-users: c was edited to p’s login': ['alternating-users: c names p’s login'],
  'alternating-users: c was copied from r': ['alternating-users: c names r’s login'],
  'dual-password: T{c,p} S{c,p}': ['dual-password: T{c,p} S{c,p}'],
  'dual-password: c evicted': ['dual-password: c evicted'],
  'dual-password: T{c,x}, x unknown or un-retired': ['dual-password: T{c,x}', 'dual-password: T{c,r} S{c,r}'],
  'issue-then-revoke: T{c,orphan} S{c}': ['issue-then-revoke: T{c,orphan} S{c}'],
  'issue-then-revoke: p’s key gone': ['issue-then-revoke: p’s key gone'],
  'issue-then-revoke: limit reached by r': ['issue-then-revoke: limit reached by r'],
}

/** Rows that no schedule has met. */
export const unreached = (met: Iterable<string>): readonly string[] => {
  const rows = new Set(met)
  return Object.entries(tableOfStates)
    .filter(([, states]) => !states.every(s => rows.has(s)))
    .map(([row]) => row)
}
