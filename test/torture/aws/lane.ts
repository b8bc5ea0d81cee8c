/**
 * One lane: a Secrets Manager, two functions, a few secrets; rotation after rotation, whose function is killed on the way.
 * @module
 */
import { RotateSecretCommand, UpdateSecretVersionStageCommand } from '@aws-sdk/client-secrets-manager'
import { contents } from '../../aws/bundle-run.ts'
import { type DrivenRotation, driveStarted, type Invoke, type Step } from '../../fakes/aws/rotation-driver.ts'
import type { FakeSecretsManager, RotationStart } from '../../fakes/aws/secrets-manager.ts'
import type { Postgres } from '../../stand/postgres.ts'
import { startProxy, type TcpProxy } from '../../stand/proxy.ts'
import { isUnavailable, type Unavailable } from '../../stand/stand.ts'
import type { Breach } from '../promises.ts'
import { pick, type Random } from '../random.ts'
import { Consumer, longestGap } from './consumer.ts'
import { Deck } from './deck.ts'
import { MortalFunction } from './function.ts'
import { afterEnd, afterKill, asConsumed, type Found, noteBrought, type Strategy, type Trial } from './promises.ts'
import { currentOf, edit, furnish, startFake, type Tortured } from './secrets.ts'

export type Disturbance = 'none' | 'two drivers' | 'edit' | 'cancel'

export interface Kill {
  readonly step: Step
  readonly found: Found
  readonly afterMs: number
}

/** One rotation with all its attempts, and the one after it where a person has interfered. */
export interface Episode {
  readonly secret: string
  readonly strategy: Strategy
  readonly disturbance: Disturbance
  readonly kills: readonly Kill[]
  readonly attempts: number
  readonly breaches: readonly Breach[]
  readonly logins: number
  readonly refusedLogins: number
  readonly longestGapMs: number
}

/** The service's own number is not documented; what is measured is how many were needed. */
const ATTEMPTS = 8
/** How often the next attempt is killed too, and the one after it. */
const AGAIN = 0.25
/** The last step of a single user is the one in which everything happens. */
const STEPS: readonly Step[] = ['createSecret', 'setSecret', 'testSecret', 'finishSecret', 'finishSecret']
/** From the statement to the promotion, about. */
const UNTIL_PROMOTED = 10
const DISTURBANCES: readonly Disturbance[] = [
  ...(['none', 'none', 'none', 'two drivers', 'two drivers', 'edit', 'edit', 'cancel'] as const),
]

/** Most of what a person can spoil is spoilt between set and promote. */
const isPersons = (disturbance: Disturbance): boolean => disturbance === 'edit' || disturbance === 'cancel'

interface Watched {
  readonly kills: Kill[]
  readonly breaches: Breach[]
  readonly errors: string[]
}

export class Lane {
  readonly #server: Postgres
  readonly #fake: FakeSecretsManager
  readonly #pass: () => void
  readonly #functions: readonly [MortalFunction, MortalFunction]
  readonly #proxy: TcpProxy
  readonly #random: Random
  readonly #secrets: Tortured[]
  readonly #steps: Deck<Step>
  readonly #disturbances: Deck<Disturbance>
  readonly #client: ReturnType<FakeSecretsManager['client']>
  /** Up to when invocations of one kind are killed: follows how long they take. */
  readonly #ceilings = new Map<string, number>()

  private constructor(
    server: Postgres,
    { fake, pass }: { readonly fake: FakeSecretsManager; pass(): void },
    proxy: TcpProxy,
    functions: readonly [MortalFunction, MortalFunction],
    random: Random,
    secrets: Tortured[],
  ) {
    this.#server = server
    this.#fake = fake
    this.#pass = pass
    this.#proxy = proxy
    this.#functions = functions
    this.#random = random
    this.#secrets = secrets
    this.#steps = new Deck(random, STEPS)
    this.#disturbances = new Deck(random, DISTURBANCES)
    this.#client = fake.client()
  }

  static async open(server: Postgres, bundle: string, lane: number, random: Random): Promise<Lane | Unavailable> {
    const { fake, pass } = await startFake()
    const proxy = await startProxy(server)
    const secrets = await furnish(fake, server, proxy, lane)
    const first = await MortalFunction.start(bundle, fake.endpoint)
    const second = await MortalFunction.start(bundle, fake.endpoint)
    if (isUnavailable(first)) return first
    if (isUnavailable(second)) return second
    return new Lane(server, { fake, pass }, proxy, [first, second], random, secrets)
  }

  /** Whether there is a secret left whose promises hold. */
  get usable(): boolean {
    return this.#secrets.length > 0
  }

  /** A secret whose promises were broken is left alone afterwards: what follows would only repeat it. */
  async episode(): Promise<Episode> {
    this.#pass()
    const tortured = pick(this.#random, this.#secrets)
    const disturbance = this.#disturbances.deal()
    const consumer = new Consumer(this.#client, this.#server, tortured.secret)
    const watched: Watched = { kills: [], breaches: [], errors: [] }
    const first = await this.#begin(tortured)
    const driven = await this.#drive(first, disturbance, watched)
    const { trial, attempts } = await this.#ended(tortured, first, driven, watched)
    watched.breaches.push(
      ...(await afterEnd(
        trial,
        this.#functions.map(each => each.stdout()),
      )),
    )
    const logins = await consumer.stop()
    watched.breaches.push(...asConsumed(trial === first.trial ? [trial] : [first.trial, trial], logins))
    const { breaches, kills, errors } = watched
    if (breaches.length > 0) this.#secrets.splice(this.#secrets.indexOf(tortured), 1)
    return {
      ...tortured,
      disturbance,
      kills,
      attempts,
      breaches: breaches.map(({ promise, words }) => ({ promise, words: [words, ...new Set(errors)].join('; ') })),
      logins: logins.length,
      refusedLogins: logins.filter(({ refused }) => refused).length,
      longestGapMs: Math.round(longestGap(logins)),
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#functions.map(each => each.close()))
    this.#client.destroy()
    await this.#proxy.stop()
    await this.#fake.close()
  }

  /** RotateSecret by a person, or for a schedule; with a token: takes a rotation up again. */
  async #begin({ secret, strategy }: Tortured, token?: string): Promise<{ start: RotationStart; trial: Trial }> {
    const [server, fake] = [this.#server, this.#fake]
    const begun = Promise.withResolvers<RotationStart>()
    const stop = fake.service.onRotate(begun.resolve)
    const before = currentOf(fake, secret)
    await this.#client.send(new RotateSecretCommand({ SecretId: secret, ...(token && { ClientRequestToken: token }) }))
    const start = await begun.promise.finally(stop)
    return { start, trial: { server, fake, secret, strategy, token: start.token, before } }
  }

  async #drive(
    { start, trial }: { start: RotationStart; trial: Trial },
    disturbance: Disturbance,
    watched: Watched,
  ): Promise<readonly DrivenRotation[]> {
    const drivers = disturbance === 'two drivers' ? this.#functions : this.#functions.slice(0, 1)
    const options = { attempts: ATTEMPTS }
    return Promise.all(
      drivers.map((mortal, n) => {
        // the second driver's function is killed in every other case
        const plan = n === 0 || this.#random() < 0.5 ? this.#plan(disturbance) : []
        return driveStarted(this.#fake, start, this.#killing(mortal, trial, plan, watched, disturbance), options)
      }),
    )
  }

  /** The steps in which the function is killed, one an attempt. */
  #plan(disturbance: Disturbance): Step[] {
    const plan: Step[] = [isPersons(disturbance) && this.#random() < 0.7 ? 'finishSecret' : this.#steps.deal()]
    while (this.#random() < AGAIN) plan.push(pick(this.#random, STEPS))
    return plan
  }

  #disturb({ secret }: Trial, disturbance: Disturbance): void {
    if (disturbance === 'edit') edit(this.#fake, secret)
    if (disturbance === 'cancel') this.#fake.service.cancelRotation(secret)
  }

  #killing(mortal: MortalFunction, trial: Trial, plan: Step[], watched: Watched, disturbance: Disturbance): Invoke {
    return async event => {
      const step = event.Step as Step
      if (step === 'finishSecret') trial.finishing ??= performance.now()
      if (step !== plan[0]) {
        const answer = await mortal.invoke(event)
        noteBrought(trial)
        if (!answer.ok) watched.errors.push(answer.errorMessage)
        return answer
      }
      plan.shift()
      // from the moment at which the statement is sent: else few kills meet what comes after it
      const changes = step === 'finishSecret' && trial.strategy === 'single-user' && this.#random() < 0.6
      const from = changes ? this.#proxy.loseAnswerTo('ALTER ROLE', 'none') : undefined
      const kind = `${trial.strategy} ${step} ${changes}`
      const ceiling = changes && isPersons(disturbance) ? UNTIL_PROMOTED : (this.#ceilings.get(kind) ?? 60)
      const afterMs = this.#random() * ceiling
      const { answer, done } = await mortal.invokeAndKill(event, afterMs, from)
      // settles where about one in five has answered before it is killed, so that every moment of a step has its kills
      if (ceiling !== UNTIL_PROMOTED) this.#ceilings.set(kind, ceiling * (done ? 0.9 : 1.03))
      const { breaches, found } = await afterKill(trial)
      watched.breaches.push(...breaches)
      watched.kills.push({ step, found, afterMs: Math.round(afterMs * 10) / 10 })
      if (watched.kills.length === 1) this.#disturb(trial, disturbance)
      return answer
    }
  }

  /** The rotation that must succeed in the end: the first, or, after a person has interfered, the next. */
  async #ended(
    tortured: Tortured,
    first: { start: RotationStart; trial: Trial },
    driven: readonly DrivenRotation[],
    watched: Watched,
  ): Promise<{ trial: Trial; attempts: number }> {
    const attempts = Math.max(...driven.map(each => each.attempts))
    const stopped = driven.some(({ outcome }) => outcome === 'abandoned' || outcome === 'cancelled')
    if (!stopped) {
      for (const { outcome, failure } of driven)
        if (outcome !== 'succeeded')
          watched.breaches.push({ promise: 'unconverged', words: `${outcome}: ${failure?.errorMessage}` })
      return { trial: first.trial, attempts }
    }
    const next = await this.#next(tortured, first)
    const then = await this.#drive(next, 'none', watched)
    const after = await this.#ended(tortured, next, then, watched)
    return { trial: next.trial, attempts: Math.max(attempts, after.attempts) }
  }

  /** After a cancellation AWSPENDING stays: the same rotation is taken up again, or the label taken off by hand. */
  async #next(tortured: Tortured, { trial }: { trial: Trial }): Promise<{ start: RotationStart; trial: Trial }> {
    const { holder } = contents(this.#fake, trial.secret)
    const { secret: SecretId, token } = trial
    if (holder('AWSPENDING') !== token || holder('AWSCURRENT') === token) return this.#begin(tortured)
    if (this.#random() < 0.5) {
      const begun = await this.#begin(tortured, token)
      return { start: begun.start, trial }
    }
    const VersionStage = 'AWSPENDING'
    await this.#client.send(new UpdateSecretVersionStageCommand({ SecretId, VersionStage, RemoveFromVersionId: token }))
    return this.#begin(tortured)
  }
}
