/**
 * The function that hears when a rotation of Secrets Manager's own has failed or was given up: consumers may hold a dead credential, and
 * it need not wait for the next sweep. The composition root of the bundle `dist/aws/on-event.mjs`.
 * @module
 */
import type { SecretConfig } from '../core/config/types.ts'
import type { Fleet } from '../core/fleet/fleet.ts'
import { placeIn } from '../core/fleet/member.ts'
import { workOn } from '../core/fleet/work.ts'
import { systemClock } from '../core/ports/clock.ts'
import { secretName } from './event.ts'
import { asFunction, type Handler, type Shift, type Surroundings } from './function.ts'
import { toStream } from './log.ts'
import { type Notice, parseNotice } from './notice.ts'

export interface EventAnswer {
  readonly outcome: string
  readonly [more: string]: string
}

/** Throws what failed, so that Lambda delivers the event again; an event that is no business of ours is answered. */
export const createOnEvent = (surroundings: Surroundings): Handler<EventAnswer> =>
  asFunction(surroundings, {
    name: 'onEvent',
    parse: parseNotice,
    work: async (notice: Notice, shift: Shift): Promise<EventAnswer> => {
      if ('ignored' in notice) return { outcome: 'ignored', why: notice.ignored }
      const { fleet, signal } = shift
      const secret = configured(fleet, notice, shift)
      if (!secret) return { outcome: 'ignored', why: 'no secret of this configuration' }
      const request = { ...shift.request('event', 'events.amazonaws.com'), reason: notice.name }
      const outcome = await workOn(fleet, secret.name, 'rotate', request, signal)
      return { outcome, secret: secret.name, event: notice.name }
    },
  })

/** By its ARN, or by its name in the region and account that the store is in. */
function configured(
  { config: { secrets, stores }, member }: Fleet,
  { secret: arn, region, account }: Exclude<Notice, { ignored: string }>,
  { env, context }: Shift,
): SecretConfig | undefined {
  const own = context.invokedFunctionArn?.split(':')[4]
  return [...secrets.values()].find(secret => {
    const { id, store: name } = placeIn(secret, member)
    if (id.startsWith('arn:')) return id === arn
    const store = stores.get(name)
    if (id !== secretName(arn) || store?.kind !== 'aws') return false
    const there = store.role?.arn.split(':')[4] ?? own
    return (store.region ?? env.AWS_REGION) === region && (there === undefined || there === account)
  })
}

await import('@aws-sdk/client-secrets-manager')

export const handler: Handler<EventAnswer> = createOnEvent({
  env: process.env,
  clock: systemClock,
  write: toStream(process.stdout),
  folder: import.meta.dirname,
})
