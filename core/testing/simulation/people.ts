/**
 * What people do in the middle of a rotation.
 * @module
 */
import { SecretValue } from '../../secret/secret-value.ts'
import { ID, noteShape, type World } from './world.ts'

/** A person's edit of something else in the value, keeping the credential that current has. */
export function editNote(world: World): void {
  const { current } = world
  world.edited = true
  world.store.edit(ID, world.value(current, 'edited'))
}

/** A person changes the password at the target and in the store. */
export function editPassword(world: World): void {
  const credential = { username: world.current.username, password: world.password() }
  world.edited = true
  // Whoever cached the old one is cut off by the person, not by a rotation.
  world.excused = true
  world.server.setPassword(credential.username, credential.password)
  world.store.edit(ID, world.value(credential, 'edited'))
}

/** The database comes back from a backup that is older than every rotation. */
export function restoreDatabase(world: World): void {
  world.edited = true
  world.excused = true
  world.lost = true
  for (const user of ['app', 'app_a', 'app_b'])
    if (world.server.passwordOf(user)) world.server.setPassword(user, SecretValue.of('from a backup'))
}

/** Current becomes a copy of the previous version, made by hand in a hurry, while that one still works. */
export function copyPrevious(world: World): void {
  const { previous, pending, retiring } = world.store.peek(ID)
  if (!previous || pending || !world.accepts(noteShape.read(previous))) return
  world.edited = true
  // Between the last look and the end of the login nothing can protect a person: no store fences a target.
  if (retiring) world.excused = world.lost = true
  world.store.edit(ID, previous)
}

/** Current is made to name the login that the pending rotation sets. */
export function copyPending(world: World): void {
  const { pending } = world.store.peek(ID)
  if (!pending) return
  world.edited = world.excused = true
  if (!world.accepts(noteShape.read(pending))) world.lost = true
  world.store.edit(ID, pending)
}

/** Somebody changes the live password at the target only. */
export function changeAtTarget(world: World, call: string): void {
  world.edited = world.excused = true
  world.server.setPassword(world.current.username, SecretValue.of('changed by hand'))
  const { pending, previous, retiring } = world.store.peek(ID)
  const left = [pending, previous].some(v => v !== undefined && world.accepts(noteShape.read(v)))
  // After the last look at current nothing can protect a person: no store fences a target.
  world.lost = !left || retiring || call === 'store.claimRetire'
}

/** Somebody sets pending once more, retaining what is there: current is the one that goes. */
export function evictCurrent(world: World): void {
  const { pending } = world.store.peek(ID)
  if (!pending || !world.accepts(noteShape.read(pending))) return
  world.edited = world.excused = true
  world.server.setPassword(world.current.username, noteShape.read(pending).password)
}

/** Somebody revokes the key that a rotation has just asked for. */
export function revokePending(world: World): void {
  const { pending } = world.store.peek(ID)
  if (!pending) return
  world.edited = world.excused = true
  world.issuer.remove(noteShape.read(pending).username)
}
