// What people do in the middle of a rotation, where the store is a service.

import { EDIT_LOST, type World } from '../../../core/testing/simulation/world.ts'

/** What a person has written beside the credential survives every rotation. */
export function keepsNote(note: string): (world: World) => void {
  return world => {
    if (world.edited && world.note !== note) world.violate('P4', EDIT_LOST)
  }
}
