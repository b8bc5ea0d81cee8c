/**
 * The promises of the protocol for one rotation that Secrets Manager runs: right after a kill, at its end, and as its consumers
 * have seen it.
 * @module
 */
import { contents } from '../../aws/bundle-run.ts'
import type { FakeSecretsManager } from '../../fakes/aws/secrets-manager.ts'
import type { Postgres } from '../../stand/postgres.ts'
import type { Breach, Promised } from '../promises.ts'
import { type Attempt, accepts } from './consumer.ts'

export type Strategy = 'single-user' | 'alternating-users'

/** Where the kill has found the rotation. */
export type Found = 'untouched' | 'created' | 'set' | 'promoted'

/** One rotation by its token, and what was current before it. */
export interface Trial {
  readonly server: Postgres
  readonly fake: FakeSecretsManager
  readonly secret: string
  readonly strategy: Strategy
  readonly token: string
  readonly before: { readonly version: string; readonly value: string }
  /** The value under the token when it was first seen. */
  brought?: string
  /** When the first step began in which a single user may change. */
  finishing?: number
}

export class Breaches {
  readonly list: Breach[] = []

  unless(kept: boolean, promise: Promised, words: string): void {
    if (!kept) this.list.push({ promise, words })
  }
}

/** Nobody has repaired anything. Current is tried first: what the process had sent may land in between, and then pending works. */
export async function afterKill(
  trial: Trial,
): Promise<{ readonly breaches: readonly Breach[]; readonly found: Found }> {
  const { server, fake, secret, strategy, token, before } = trial
  const { versions, holder, value } = contents(fake, secret)
  const breaches = new Breaches()
  noteBrought(trial)
  const current = await accepts(server, value(holder('AWSCURRENT'))!)
  const brought = value(token)
  const pending = brought !== undefined && (await accepts(server, brought))
  const kept = [...versions.values()].filter(version => version.stages.length > 0 && version.value !== undefined)
  let any = current || pending
  for (const version of kept) any ||= await accepts(server, version.value!)
  breaches.unless(any, 'lockOuts', 'no version with a label authenticates')
  if (pending && !current)
    breaches.unless(versions.get(token)!.stages.length > 0, 'lockOuts', 'what works has no label, and may be deleted')

  if (strategy === 'alternating-users') {
    breaches.unless(current, 'brokenConsumers', 'current is refused')
    breaches.unless(await accepts(server, before.value), 'brokenConsumers', 'who cached the old current is refused')
  }
  const promoted = holder('AWSCURRENT') === token
  return { breaches: breaches.list, found: promoted ? 'promoted' : pending ? 'set' : brought ? 'created' : 'untouched' }
}

export function noteBrought(trial: Trial): void {
  const brought = contents(trial.fake, trial.secret).value(trial.token)
  if (brought !== undefined) trial.brought ??= brought
}

/** The service says that it has ended. `said`: what the functions have written. */
export async function afterEnd(trial: Trial, said: readonly string[]): Promise<readonly Breach[]> {
  const { server, fake, secret, strategy, token, before } = trial
  const { holder, value, versions } = contents(fake, secret)
  const breaches = new Breaches()
  const current = value(holder('AWSCURRENT'))!
  breaches.unless(holder('AWSCURRENT') === token, 'unconverged', 'the rotation is not current')
  const pending = holder('AWSPENDING')
  breaches.unless(pending === undefined || pending === token, 'unconverged', 'another version is pending')
  breaches.unless(await accepts(server, current), 'lockOuts', 'current is refused at the end')
  const same = trial.brought === undefined || trial.brought === versions.get(token)?.value
  breaches.unless(same, 'otherValue', 'the rotation was finished with another value')
  if (strategy === 'alternating-users')
    breaches.unless(await accepts(server, before.value), 'brokenConsumers', 'who cached the old current is refused')
  breaches.unless(isRecorded(token, said, 'rotation_started', ['success']), 'unrecorded', 'no start is on record')
  breaches.unless(
    isRecorded(token, said, 'secret_rotated', ['success', 'already']),
    'unrecorded',
    'no end is on record',
  )
  return breaches.list
}

function isRecorded(token: string, said: readonly string[], type: string, results: readonly string[]): boolean {
  const lines = said.flatMap(text => text.split('\n')).filter(line => line.includes(token) && line.includes(type))
  return lines.some(line => {
    const { event_type, result, metadata } = JSON.parse(line)
    return event_type === type && results.includes(result) && metadata.rotation_id === token
  })
}

/**
 * With two logins no login is ever refused. With one: only with the old value, and only after the step had begun that may change it;
 * who reads the new value gets in.
 */
export function asConsumed(trials: readonly Trial[], attempts: readonly Attempt[]): readonly Breach[] {
  const breaches = new Breaches()
  const tokens = trials.map(({ token }) => token)
  const from = Math.min(...trials.map(({ finishing }) => finishing ?? Number.POSITIVE_INFINITY))
  for (const { refused, version, to } of attempts) {
    if (!refused) continue
    if (trials[0]!.strategy === 'alternating-users') breaches.unless(false, 'brokenConsumers', 'a login was refused')
    else
      breaches.unless(
        !isNew(version, tokens) && to >= from,
        'brokenConsumers',
        'a login was refused outside of the gap',
      )
  }
  return breaches.list.slice(0, 1)
}

/** The last one: an earlier rotation's may have been replaced again. */
const isNew = (version: string, tokens: readonly string[]): boolean => version === tokens.at(-1)
