/**
 * What a vault shows of its secrets, for `lockstep adopt`. Lists, and reads values if told to.
 * @module
 */
import type { Listed } from '../../azure/requests.ts'
import { REFERENCE_REFRESH, SIBLING } from '../../core/config/cross-check-clouds.ts'
import { isRotationError, RotationError } from '../../core/errors.ts'
import type { Session } from '../session.ts'
import type { Ask } from './ask.ts'
import type { Candidate, Reading } from './candidate.ts'
import { loginOf } from './login.ts'

export interface AzureAdoption {
  readonly vault: string
  readonly endpoint?: string | undefined
  readonly prefix?: string | undefined
  readonly readValues: boolean
  /** `latest` or `reference`, as it was said for all. */
  readonly readBy?: string | undefined
}

const DAY = 24 * 3_600_000
/** Before this a version is near its expiry: https://learn.microsoft.com/azure/key-vault/general/event-grid-overview */
const NEAR = 30 * DAY
const MAX_OWN_TAGS = 12

export async function azureCandidates(
  { io, call }: Session,
  { vault, endpoint, prefix = '', readValues, readBy }: AzureAdoption,
  ask: Ask | undefined,
  report: (label: string) => void,
): Promise<readonly Candidate[]> {
  const { createClients } = await import('../../azure/client.ts')
  const { Requests } = await import('../../azure/requests.ts')
  // Nothing is asked of the journal.
  const journal = { url: 'https://journal.invalid', container: 'unused' }
  const { secrets } = await createClients({ vault, endpoint, journal })
  const requests = new Requests(secrets, io.clock)
  const listed: Listed[] = []
  for await (const page of requests.list(call)) {
    for (const secret of page) {
      const name = secret.name.toLowerCase()
      if (name.startsWith(prefix.toLowerCase()) && !name.endsWith(SIBLING)) listed.push(secret)
    }
    report(`${listed.length} secrets listed`)
  }
  const reading = await readingOf(readBy, listed.length > 0 ? ask : undefined)
  const found: Candidate[] = []
  for (const secret of listed.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const candidate = candidateOf(secret, reading)
    found.push(readValues && candidate.foreign === undefined ? await withLogin(candidate) : candidate)
  }
  return found

  async function withLogin(candidate: Candidate): Promise<Candidate> {
    try {
      const held = await requests.get(candidate.name, undefined, call)
      return { ...candidate, login: held === 'disabled' ? held : ((held && loginOf(held.value)) ?? 'other') }
    } catch (error) {
      if (isRotationError(error, 'access-denied')) return { ...candidate, login: 'denied' }
      throw error
    }
  }
}

const QUESTION =
  'How do consumers read this vault? latest: with the SDK. reference: a Key Vault reference of App Service, up to 24h late.'

/** Nothing of it can be seen. */
async function readingOf(readBy: string | undefined, ask: Ask | undefined): Promise<Reading> {
  const by = readBy ?? (await ask?.(QUESTION, ['latest', 'reference']))
  return by === undefined ? { by: 'latest', guessed: true } : { by }
}

function candidateOf({ name, enabled, expiresOn, createdAt, managed, tags }: Listed, reading: Reading): Candidate {
  const count = Object.keys(tags).filter(tag => !tag.startsWith('lockstep-')).length
  const foreign = managed
    ? 'left alone: Key Vault manages it for a certificate, and renews it itself'
    : count > MAX_OWN_TAGS
      ? `has ${count} tags: Key Vault allows 15, and Lockstep needs 3 of them`
      : enabled
        ? undefined
        : 'its newest version is disabled'
  const lifetime = expiresOn === undefined ? undefined : expiresOn - createdAt
  return {
    name,
    scheduled: expiresOn !== undefined,
    reading,
    notes: expiresOn === undefined ? [] : [`expires on ${new Date(expiresOn).toISOString().slice(0, 10)}`],
    ...(foreign !== undefined && { foreign }),
    ...(lifetime !== undefined && { interval: Math.max(DAY, lifetime > 2 * NEAR ? lifetime - NEAR : lifetime / 2) }),
  }
}

export function requireVault(vault: string | undefined): string {
  if (vault !== undefined) return vault
  throw new RotationError('usage', '`--from azure` needs a vault.', {
    next: 'Give --vault https://NAME.vault.azure.net.',
  })
}

/** What a grace has to cover besides. */
export const propagationFor = ({ by }: Reading): number => (by === 'reference' ? REFERENCE_REFRESH : 0)
