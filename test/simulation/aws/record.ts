// What the record says must have happened.

import type { World } from '../../../core/testing/simulation/world.ts'
import { backendOf } from './drive.ts'

/** No rotation that consumers have read is on record as discarded. */
export function recordIsSound(world: World): void {
  const { promoted } = backendOf(world)
  const discarded = world.record.filter(e => e.event_type === 'rotation_discarded').map(e => e.metadata.rotation_id)
  if (discarded.some(rotation => promoted.has(rotation ?? '')))
    world.violate('P6', 'a rotation that was promoted is on record as discarded')
}
