/** The drill on Azure: functions and stores over the fakes of Key Vault and Blob storage, which let through what is granted and no more. */
import { openFunctionStore } from '../../azure/function-store.ts'
import { createFunctions } from '../../azure/functions.ts'
import { BlobRegister } from '../../azure/leader-register.ts'
import type { AzureStoreConfig } from '../../core/config/types.ts'
import { type FunctionStore, Workshop } from '../../core/functions/workshop.ts'
import { retire } from '../../core/rotation/retire.ts'
import type { AzureNeeds } from '../../infra/permissions/azure.ts'
import { azureCalls } from '../../infra/permissions/azure-calls.ts'
import { ManualClock } from '../azure/support.ts'
import { createBlobStorage } from '../fakes/azure/blob-storage.ts'
import { createKeyVault, eventGridEvent } from '../fakes/azure/key-vault.ts'
import { configOf, DAY, Drill, firstValue, HOUR, secretText } from './permissions-drill.ts'

const never = new AbortController().signal
const ACCOUNT = 'https://journal.blob.core.windows.net'
const storeText = (vault: string, container: string) =>
  `{ kind: azure, vault: 'https://${vault}.vault.azure.net', journal: { url: '${ACCOUNT}', container: ${container} } }`

const admin = '{ id: admin-db, store: home }'
export const config = configOf(
  `{ home: ${storeText('my-kv', 'lockstep')}, away: ${storeText('other-kv', 'follows')} }`,
  `{ blob: { url: '${ACCOUNT}', container: epochs } }`,
  secretText('plain', 'home', admin) +
    secretText('led', 'home', admin, ', followers: [{ store: away, required: false }]'),
)

/** One action at one scope: of a vault (`my-kv`), a secret (`my-kv/secrets/x`) or a container. */
export interface Single {
  readonly action: string
  readonly scope: string
}

const actionsOf = (role: string) => azureCalls.filter(call => call.role === role).map(({ action }) => action)

export function singlesOf({ secrets, containers }: AzureNeeds): readonly Single[] {
  const all = [
    ...secrets.map(({ role, scope }) => ({ role, scope: scope.replace('Microsoft.KeyVault/vaults/', '') })),
    ...containers.map(({ container }) => ({ role: 'journal', scope: container })),
  ]
  return all.flatMap(({ role, scope }) => actionsOf(role).map(action => ({ action, scope })))
}

export class AzureDrill extends Drill {
  readonly clock = new ManualClock()
  readonly config = config
  readonly #time = { now: () => ++this.clock.time, sleep: async () => {} }
  readonly vault = createKeyVault(this.#time)
  readonly blobs = createBlobStorage({
    ...this.#time,
    containers: ['lockstep', 'follows', 'epochs'],
    tokens: this.vault.tokens,
  })

  constructor(singles: readonly Single[]) {
    super()
    const { service, permissions } = this.vault
    service.createVault('other-kv')
    // from the first grant on nothing else is allowed
    for (const each of [permissions, this.blobs.permissions]) each.grant('test', ['nothing'], ['nowhere'])
    for (const { action, scope } of singles) {
      const { permissions: at } = action.startsWith('Microsoft.Storage') ? this.blobs : this.vault
      at.grant('test', [action], [scope])
    }
    for (const name of ['plain', 'led', 'admin'])
      service.putAsPerson(`${name}-db`, firstValue(name), { exp: Math.floor((this.clock.time + 60 * DAY) / 1000) })
    service.putAsPerson('nobodys', 'x')
  }

  workshop(member?: string): Workshop<FunctionStore> {
    const container = (name: string) => this.blobs.inProcessClient().getContainerClient(name)
    const { clock } = this
    return new Workshop<FunctionStore>({
      config,
      clock: clock as never,
      member,
      engines: this.engines as never,
      blobRegister: async ({ deployment }, place) => new BlobRegister(container(place.container), clock, deployment),
      open: async store => {
        const { vault, journal } = store as AzureStoreConfig
        const name = new URL(vault).hostname.split('.')[0]!
        const secrets = this.vault.inProcessClient({ vault: name, retryOptions: { maxRetries: 0 } })
        const clients = { secrets, container: container(journal.container) }
        return openFunctionStore(store as AzureStoreConfig, clock, async () => clients)
      },
    })
  }

  readonly context = {
    invocationId: 'i',
    functionName: 'test',
    info: () => undefined,
    warn: () => undefined,
    error: (text: string) => void this.lines.push(`error: ${JSON.parse(text).code}`),
  }

  get functions() {
    return createFunctions({
      workshop: async () => this.workshop(),
      clock: this.clock as never,
      environment: 'test',
      timeout: 60_000,
    })
  }

  sweep = () => this.functions.sweep({}, this.context)
  work = (secret: string, what: string) =>
    this.functions.worker({ secret, do: what, asked: new Date(this.clock.time).toISOString() }, this.context)
  order = async (secret: string) =>
    (await this.functions.rotate({ text: async () => JSON.stringify({ secret, force: true }) }, this.context)).jsonBody

  event(): Promise<void> {
    const near = this.vault.service.events.findLast(
      ({ type, name }) => type === 'SecretNearExpiry' && name === 'plain-db',
    )
    if (!near) throw new Error('the vault has sent nothing')
    return this.functions.onNearExpiry(eventGridEvent(near), this.context)
  }

  async live(): Promise<this> {
    const later = (ms: number) => {
      this.clock.time += ms
    }
    await this.both('replicate for the first time, twice at once', () => this.replicate('led'))
    later(31 * DAY)
    await this.step('event', () => this.event())
    later(5 * HOUR)
    await this.step('worker: retire', () => this.work('plain', 'retire'))
    later(31 * DAY)
    await this.step('sweep: rotate', () => this.sweep())
    later(5 * HOUR)
    await this.step('sweep: retire', () => this.sweep())
    for (const secret of ['plain', 'led']) {
      later(HOUR)
      await this.step(`rotate ${secret}`, () => this.order(secret))
      await this.step(`roll ${secret} back`, () => this.rollback(secret))
      later(5 * HOUR)
      await this.step(`retire ${secret}`, () => this.work(secret, 'retire'))
      await this.both(`rotate ${secret} twice at once`, () => this.rotate(secret))
      later(5 * HOUR)
      await this.step('sweep', () => this.sweep())
    }
    await this.step('fail over', () => this.failOver('led', 'away'))
    later(DAY)
    await this.both('rotate there, twice at once', () => this.rotate('led', 'away'))
    later(5 * HOUR)
    await this.step(
      'retire there',
      async () => (await retire(await this.setup('led', 'away'), this.request, never)).outcome,
    )
    later(DAY)
    await this.step('fail back', () => this.failOver('led', 'home'))
    later(HOUR)
    await this.step('rotate', () => this.rotate('plain'))
    later(5 * HOUR)
    await this.step('sweep', () => this.sweep())
    const { service } = this.vault
    service.putAsPerson('plain-db', service.latestValue('plain-db'))
    await this.step('rotate what somebody has edited', () => this.rotate('plain'))
    this.lines.push(...this.#states())
    return this
  }

  /** Which versions of whose are left as they are. */
  #states(): readonly string[] {
    const named: readonly (readonly [string, string])[] = ['plain-db', 'led-db'].flatMap(name =>
      ['my-kv', 'other-kv'].flatMap(vault => [name, `${name}-lockstep-pending`].map(id => [id, vault] as const)),
    )
    return named.map(([id, vault]) => {
      try {
        const { versions } = this.vault.service.peek(id, vault as never)
        return `${id} in ${vault}: ${[...versions.values()].map(({ enabled }) => (enabled ? 'ENABLED' : 'DISABLED')).join(' ')}`
      } catch {
        return `${id} in ${vault}: absent`
      }
    })
  }

  get refused(): readonly string[] {
    return [...this.vault.calls.list, ...this.blobs.calls.list]
      .filter(({ error }) => error === 'ForbiddenByRbac' || error === 'AuthorizationPermissionMismatch')
      .map(({ op, at, name }) => `${op} ${at} ${name}`)
  }
}
