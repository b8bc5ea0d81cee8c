// What people and other tools do at Secrets Manager in the middle of a rotation.

import { RotationError } from '../../../core/errors.ts'
import { repair } from '../../../core/rotation/doctor/doctor.ts'
import { rotate } from '../../../core/rotation/rotate.ts'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import type { Episode } from '../../../core/testing/simulation/episode.ts'
import type { Worker } from '../../../core/testing/simulation/hub.ts'
import { changeAtTarget } from '../../../core/testing/simulation/people.ts'
import type { Action, Ended } from '../../../core/testing/simulation/scenarios.ts'
import { ID, noteShape, type World } from '../../../core/testing/simulation/world.ts'
import { backendOf, beginAndLeave } from './drive.ts'

export { keepsNote } from '../common/people.ts'

/** CancelRotateSecret: AWSPENDING stays where it is. */
export function cancel(world: World): void {
  world.edited = true
  backendOf(world).fake.service.cancelRotation(ID)
}

/** The same as in memory, where the claim is one call. */
export function changeAtTargetOnAws(world: World, call: string): void {
  const { previous, pending } = world.store.peek(ID)
  const claims = call === 'aws.UpdateSecretVersionStage' && previous !== undefined && !pending
  changeAtTarget(world, claims ? 'store.claimRetire' : call)
}

/** A version under a label of their own: current stays, and the service gives its rotation up. */
export function putElsewhere(world: World): void {
  backendOf(world).fake.service.putAsPerson(ID, world.value(world.current, 'elsewhere').reveal(), ['SOMEBODY'])
}

export const passes = (after: number): Action => ({ ask: 'rotate', after, perform: async () => [] })

export interface Leftover {
  /** Whether the template had changed the database. */
  readonly set: boolean
  readonly username: string
  readonly note?: string
}

/** A rotation that a template has begun and left: a value under AWSPENDING, and no label of ours. */
export function leaveAsTemplate(world: World, { set, username, note = '' }: Leftover): void {
  const { token } = beginAndLeave(world)
  const credential = { username, password: world.password() }
  const input = {
    SecretId: ID,
    ClientRequestToken: token,
    SecretString: world.value(credential, note).reveal(),
    VersionStages: ['AWSPENDING'],
  }
  // takes effect before it answers
  void backendOf(world).fake.handle({
    target: 'secretsmanager.PutSecretValue',
    accessKeyId: 'test',
    body: JSON.stringify(input),
  })
  if (set) world.server.setPassword(username, credential.password)
}

const run = (
  { world, hub }: Episode,
  worker: Worker,
  body: (setup: ReturnType<World['setup']>, request: ReturnType<World['request']>) => Promise<unknown>,
): Promise<Ended> => {
  const ended = body(world.setup(hub, worker), world.request({ type: 'manual', force: true })).then(
    (result): Ended => (isWaiting(result) ? [result] : []),
    (error: unknown) => {
      if (error instanceof RotationError) return error
      throw error
    },
  )
  return Promise.race([ended, worker.died])
}

const isWaiting = (result: unknown): result is Exclude<Ended, string | RotationError>[number] =>
  (result as { outcome?: string }).outcome === 'waiting'

/** The doctor, repairing. */
export const doctor: Action = {
  ask: 'rotate',
  perform: (episode, spawn) => run(episode, spawn(), (s, r) => repair(s, r, new AbortController().signal)),
}

/** After CancelRotateSecret: `rotate` finishes what is ours; what is not, a person takes AWSPENDING off, as the message says. */
export const finishByHand: Action = {
  ask: 'rotate',
  mayRefuse: true,
  waits: true,
  async perform(episode, spawn) {
    const ended = await run(episode, spawn(), (s, r) => rotate(s, r, new AbortController().signal))
    if (!(ended instanceof RotationError) || ended.code !== 'not-ours') return ended
    takePendingOff(episode.world)
    return new RotationError('busy', 'A person has taken AWSPENDING off.')
  },
}

function takePendingOff(world: World): void {
  const { fake } = backendOf(world)
  const holder = [...fake.service.peek(ID).versions].find(([, { stages }]) => stages.includes('AWSPENDING'))?.[0]
  const input = { SecretId: ID, VersionStage: 'AWSPENDING', RemoveFromVersionId: holder }
  void fake.handle({
    target: 'secretsmanager.UpdateSecretVersionStage',
    accessKeyId: 'test',
    body: JSON.stringify(input),
  })
}

/** What is pending is not ours to use: current is as it was. */
export function untouched(note = ''): (world: World) => void {
  return world => {
    const { current } = world.store.peek(ID)
    const { password } = noteShape.read(current)
    if (world.note !== note || !password.equals(SecretValue.of('canary-1')))
      world.violate('P4', 'a value that is not ours was promoted')
  }
}
