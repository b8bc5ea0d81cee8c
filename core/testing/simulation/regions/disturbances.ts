/**
 * What happens to a place beside the fault that a process meets: it is out of reach, refuses, is too slow, or comes back from a backup.
 * @module
 */
import { ID } from '../world.ts'
import type { Trouble } from './wire.ts'
import { type MemberName, REGISTER, type RegionsWorld } from './world.ts'

/** Begins there and then; `heal` of the world ends it. */
export type Disturbance = (world: RegionsWorld) => void

const inTrouble =
  (place: string, trouble: Trouble): Disturbance =>
  world =>
    void world.troubles.set(place, trouble)

/** Processes of these members reach nobody else, nor the register; and nobody reaches them. */
const apart =
  (...names: readonly MemberName[]): Disturbance =>
  ({ apart }) => {
    for (const name of names) apart.add(name)
  }

/** The store goes back to what it was when the last rotation had reached it, or before. */
const fromBackup =
  (name: MemberName): Disturbance =>
  world => {
    const putBack = world.backups.get(name)
    if (!putBack) return
    putBack()
    world.promises.restore(name)
  }

export const disturbances: Readonly<Record<string, Disturbance>> = {
  'a follower is down': inTrouble('us', 'down'),
  'a follower is slow': inTrouble('us', 'slow'),
  'a follower is read-only': inTrouble('us', 'read-only'),
  'a follower is throttled': inTrouble('us', 'throttled'),
  'a follower without fencing is slow': inTrouble('ap', 'slow'),
  'a best-effort follower is down': inTrouble('il', 'down'),
  'a follower comes back from a backup': fromBackup('us'),
  'the leader is cut off': apart('eu'),
  'a follower is cut off': apart('us'),
  'the register is down': inTrouble(REGISTER, 'down'),
  'the register is slow': inTrouble(REGISTER, 'slow'),
}

/** Kept from now on: what a backup would hold. */
export function backUp(world: RegionsWorld): void {
  for (const [name, { store }] of world.places) if (store.has(ID)) world.backups.set(name, store.backUp(ID))
}
