// What people do in the middle of a rotation, where the store is a service.

import { changeAtTarget } from '../../../core/testing/simulation/people.ts'
import { EDIT_LOST, ID, type World } from '../../../core/testing/simulation/world.ts'

/** What a person has written beside the credential survives every rotation. */
export function keepsNote(note: string): (world: World) => void {
  return world => {
    if (world.edited && world.note !== note) world.violate('P4', EDIT_LOST)
  }
}

/** The same as in memory, where the claim of a retirement is one call: `claim` is the write that it is here. */
export const changeAtTargetBefore =
  (claim: string) =>
  (world: World, call: string): void => {
    const { previous, pending } = world.store.peek(ID)
    const claims = call === claim && previous !== undefined && !pending
    changeAtTarget(world, claims ? 'store.claimRetire' : call)
  }
