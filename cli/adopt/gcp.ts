/**
 * What Secret Manager of Google Cloud shows of its secrets, for `lockstep adopt`. Lists, and reads values if told to.
 * @module
 */

import { SIBLING } from '../../core/config/cross-check-clouds.ts'
import { isRotationError, RotationError } from '../../core/errors.ts'
import { formatDuration } from '../../core/policy/duration.ts'
import type { Listed } from '../../gcp/inventory.ts'
import type { Session } from '../session.ts'
import type { Ask } from './ask.ts'
import type { Candidate, Reading } from './candidate.ts'
import { loginOf } from './login.ts'

export interface GcpAdoption {
  readonly project: string
  readonly location?: string | undefined
  readonly endpoint?: string | undefined
  readonly prefix?: string | undefined
  readonly readValues: boolean
  /** `latest` or an alias, as it was said for all. */
  readonly readBy?: string | undefined
}

export async function gcpCandidates(
  { io, call }: Session,
  { prefix = '', readValues, readBy, ...parent }: GcpAdoption,
  ask: Ask | undefined,
  report: (label: string) => void,
): Promise<readonly Candidate[]> {
  const { createClient } = await import('../../gcp/client.ts')
  const { listSecrets } = await import('../../gcp/inventory.ts')
  const { Requests } = await import('../../gcp/requests.ts')
  const client = await createClient(parent)
  const requests = new Requests(client, io.clock, parent)
  try {
    const listed: Listed[] = []
    for await (const secret of listSecrets(client, parent, io.signal)) {
      if (secret.name.startsWith(prefix) && !secret.name.endsWith(SIBLING)) listed.push(secret)
      report(`${listed.length} secrets listed`)
    }
    const found: Candidate[] = []
    for (const secret of listed.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const reading = readBy === undefined ? await readingOf(secret, ask) : said(secret, readBy)
      const candidate = candidateOf(secret, reading)
      found.push(readValues && candidate.foreign === undefined ? await withLogin(candidate, secret) : candidate)
    }
    return found
  } finally {
    await requests.close()
  }

  async function withLogin(candidate: Candidate, { name, aliases }: Listed): Promise<Candidate> {
    try {
      const number = aliases[candidate.reading.by] ?? (await requests.version(name, 'latest', call))?.number
      const value = number === undefined ? undefined : await requests.access(name, number, call)
      return { ...candidate, login: value === 'disabled' ? value : ((value && loginOf(value)) ?? 'other') }
    } catch (error) {
      if (isRotationError(error, 'access-denied')) return { ...candidate, login: 'denied' }
      if (isRotationError(error, 'value-unsuitable', 'stale')) return { ...candidate, login: 'other' }
      throw error
    }
  }
}

const PREVIOUS = ['previous', 'prev', 'old']

/** A word that was said for all secrets; where none of them has that alias, nothing could be rotated. */
function said({ aliases }: Listed, readBy: string): Reading {
  return { by: readBy, ...previousOf(aliases, readBy) }
}

function previousOf(aliases: Listed['aliases'], by: string): { previous?: string } {
  const previous = by === 'latest' ? undefined : PREVIOUS.find(name => name in aliases && name !== by)
  return previous === undefined ? {} : { previous }
}

/** Without an alias there is only `latest`. With one, only a person knows what consumers read. */
async function readingOf({ name, aliases }: Listed, ask: Ask | undefined): Promise<Reading> {
  const names = Object.keys(aliases).sort()
  if (names.length === 0) return { by: 'latest' }
  const best = recommended(names)
  const shown = names.map(alias => `${alias} = ${aliases[alias]}`)
  const question = `${name} has ${shown.length === 1 ? 'the alias' : 'the aliases'} ${shown.join(', ')}. What do its consumers read?`
  const answer = await ask?.(question, [...new Set([best, ...names, 'latest'])])
  const by = answer ?? best
  return { by, ...previousOf(aliases, by), ...(answer === undefined && { guessed: true }) }
}

const CURRENT = ['current', 'live', 'active', 'prod', 'production', 'stable']

const recommended = (names: readonly string[]): string =>
  CURRENT.find(name => names.includes(name)) ?? names.find(name => !PREVIOUS.includes(name)) ?? 'latest'

function candidateOf(
  { name, aliases, period, remindsAt, topics, expiresAt, managed }: Listed,
  reading: Reading,
): Candidate {
  const missing = reading.by !== 'latest' && !(reading.by in aliases)
  const foreign =
    (managed && `left alone: ${managed}`) ??
    (missing ? `no version has the alias ${reading.by}` : undefined) ??
    (/-lockstep-pending$/.test(name) ? 'of Lockstep itself' : undefined)
  const notes = [
    ...(remindsAt === undefined
      ? []
      : [
          `reminder ${period === undefined ? 'once' : `every ${formatDuration(period)}`} to ${topicNames(topics)}: whoever acts on it has to stop`,
        ]),
    ...(expiresAt === undefined
      ? []
      : [`Secret Manager deletes it on ${new Date(expiresAt).toISOString().slice(0, 10)}`]),
  ]
  return {
    name,
    scheduled: remindsAt !== undefined || Object.keys(aliases).length > 0,
    reading,
    notes,
    ...(foreign !== undefined && { foreign }),
    ...(period !== undefined && { interval: period }),
  }
}

const topicNames = (topics: readonly string[]): string =>
  topics.map(topic => topic.slice(topic.lastIndexOf('/') + 1)).join(', ') || 'no topic'

export function requireProject(project: string | undefined): string {
  if (project !== undefined) return project
  throw new RotationError('usage', '`--from gcp` needs a project.', {
    next: 'Give --project, or set GOOGLE_CLOUD_PROJECT.',
  })
}
