/**
 * The fixture of a register that lives in a store, with the faults that its two writes allow.
 * @module
 */
import { RotationError } from '../errors.ts'
import type { Instant } from '../ports/clock.ts'
import type { LeaderRegister } from '../ports/leader-register.ts'
import type { Call, SecretStore } from '../ports/secret-store.ts'
import { type RegisterStore, registerId, storeRegister } from '../replication/store-register.ts'
import { SecretValue } from '../secret/secret-value.ts'

import type { HeldRegister, RegisterFixture } from './register-conformance-bench.ts'

const DEPLOYMENT = 'conformance'

/** Of a register that lives in a store. `put`: a person's hand on a secret there. */
export function registerOver(
  store: RegisterStore,
  { now, put }: { now(): Instant; put(id: string, value: SecretValue): Promise<unknown> },
): RegisterFixture {
  const over = (port: RegisterStore): LeaderRegister => storeRegister(async () => port, DEPLOYMENT)
  return {
    register: over(store),
    now,
    write: (secret, text) => put(registerId(DEPLOYMENT, secret), SecretValue.of(text)),
    held: () => heldAt(store),
    unanswered: over(withAnswersLost(store)),
    dying: over(withPromotionsLost(store)),
  }
}

/** For `second` and `denied`, of the same deployment as `registerOver`. */
export const registerIn = (store: RegisterStore): LeaderRegister => storeRegister(async () => store, DEPLOYMENT)

function heldAt(store: RegisterStore): HeldRegister {
  const [reached, going] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const door = async (): Promise<void> => {
    reached.resolve()
    await going.promise
  }
  const held = replaced(store, {
    async create(...args: [string, SecretValue, Call]) {
      await door()
      await store.create?.(...args)
    },
    async putPending(...args: Parameters<SecretStore['putPending']>) {
      await door()
      return store.putPending(...args)
    },
  })
  return { register: registerIn(held), reached: reached.promise, goOn: going.resolve }
}

const lost = (): RotationError => new RotationError('unknown', 'The answer was lost.')

const withAnswersLost = (store: RegisterStore): RegisterStore =>
  replaced(store, {
    async create(...args: [string, SecretValue, Call]) {
      await store.create?.(...args)
      throw lost()
    },
    async promote(...args: Parameters<SecretStore['promote']>) {
      await store.promote(...args)
      throw lost()
    },
  })

const withPromotionsLost = (store: RegisterStore): RegisterStore =>
  replaced(store, {
    async promote() {
      throw lost()
    },
  })

/** Methods of stores look at their own fields. */
const replaced = (store: RegisterStore, methods: Partial<RegisterStore>): RegisterStore =>
  new Proxy(store, {
    get(inner, property) {
      if (property in methods) return Reflect.get(methods, property)
      const member = Reflect.get(inner, property, inner) as unknown
      return typeof member === 'function' ? member.bind(inner) : member
    },
  })
