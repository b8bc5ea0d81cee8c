/**
 * A secret that is near its expiry, and whoever listens to SecretNearExpiry: each event asks for a rotation, and each rotation
 * makes a version that may be near its expiry again.
 * @module
 */

import type { VersionId } from '../../core/ports/secret-store.ts'
import { rotate } from '../../core/rotation/rotate.ts'
import type { RotationSetup } from '../../core/rotation/setup.ts'
import type { CloudStage } from '../cloud/stage.ts'
import { byHand } from '../request.ts'
import type { AzureSite } from './site.ts'

export interface NearExpiry {
  readonly days: number
  /** For versions of this secret, current or not. */
  readonly events: number
  readonly rotations: number
  /** Of the version that consumers read at the end, from when it was made. */
  readonly validityDays: number
}

const HOUR = 3_600_000
const DAY = 24 * HOUR
const DAYS = 6
const VALID_DAYS = 20

/** The clock of everybody is put forward; no client is at work. */
export async function nearExpiry(
  stage: CloudStage<AzureSite>,
  secret: string,
  wired: (setup: RotationSetup) => RotationSetup = setup => setup,
): Promise<NearExpiry> {
  const { clock, site } = stage
  const { service } = site.vault
  service.updateAsPerson(secret, { exp: Math.floor((clock.now() + VALID_DAYS * DAY) / 1_000) })
  const setup = wired(await stage.setup(secret))
  const near = () => service.events.filter(({ type, name }) => type === 'SecretNearExpiry' && name === secret)
  const before = near().length
  let [seen, rotations] = [before, 0]
  for (let hours = 0; hours < DAYS * 24; hours += 6) {
    clock.offset += 6 * HOUR
    for (const { version } of near().slice(seen)) {
      seen++
      const request = byHand({
        type: 'event',
        force: false,
        version: version as VersionId,
        deadline: clock.now() + 30_000,
      })
      const { outcome } = await rotate(setup, request, new AbortController().signal)
      if (outcome === 'rotated') rotations++
    }
  }
  const { versions, latest } = service.peek(secret)
  const { exp = 0, createdAt } = versions.get(latest)!
  return {
    days: DAYS,
    events: seen - before,
    rotations,
    validityDays: Math.round((exp * 1_000 - createdAt) / DAY),
  }
}
