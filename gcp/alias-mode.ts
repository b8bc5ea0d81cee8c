/**
 * Consumers read an alias. Pending is a version of the secret that no alias names; one patch under the etag moves the aliases and
 * the record together.
 * @module
 */
import { isRotationError, RotationError } from '../core/errors.ts'
import type { Publishing } from './mode.ts'
import { mainVersion } from './slots.ts'
import { type Current, numberOf, unlessDenied, type Visit } from './visit.ts'

export interface Aliases {
  readonly alias: string
  readonly previous?: string | undefined
}

/** Of looks at a secret that others make too. */
const TRIES = 4

/** As Secret Manager names them; `latest` is its own. */
export function checkAliases({ alias, previous }: Aliases): void {
  for (const name of [alias, ...(previous === undefined ? [] : [previous])])
    if (!/^[A-Za-z][A-Za-z0-9_-]{0,62}$/.test(name) || name === 'latest' || name === 'NEW')
      throw new RotationError(
        'config-invalid',
        'An alias begins with a letter and has at most 63 letters, digits, - and _.',
      )
  if (alias === previous) throw new RotationError('config-invalid', 'The alias of previous is that of current.')
}

export const aliasMode = ({ alias, previous }: Aliases): Publishing => ({
  fenced: true,

  async current(visit, { aliases }, { left }): Promise<Current | undefined> {
    const number = aliases[alias]
    if (number === undefined) return requireEmpty(visit, alias)
    const version = mainVersion(number)
    if (left?.version === version) return { version, since: left.since }
    const found = await visit.requests.version(visit.id, number, visit.call)
    return { version, since: found?.createdAt ?? 0 }
  },

  async bring(visit, { value, base }) {
    return mainVersion(await visit.add(visit.id, value, numberOf(base)))
  },

  async abandon(visit, version) {
    await unlessDenied(visit.requests.destroy(visit.id, numberOf(version), visit.call))
  },

  async publish(_, __, pending) {
    const [number, base] = [numberOf(pending.version), numberOf(pending.base)]
    return {
      version: pending.version,
      published: false,
      aliases: aliases => ({ ...aliases, [alias]: number, ...(previous !== undefined && { [previous]: base }) }),
    }
  },

  async retire(visit, version) {
    await unlessDenied(visit.requests.disable(visit.id, numberOf(version), visit.call))
  },

  async begin(visit, value) {
    const { requests, id, call } = visit
    let brought: number | undefined
    for (let tries = 1; ; tries++) {
      const secret = await requests.secret(id, call)
      if (!secret) throw notShown(visit)
      const { annotations, aliases } = secret
      if (aliases[alias] !== undefined) break
      brought ??= await visit.add(id, value)
      try {
        await requests.update(id, secret, { annotations, aliases: { ...aliases, [alias]: brought } }, call)
        return
      } catch (error) {
        if (!isRotationError(error, 'stale')) throw error
        if (tries === TRIES) throw notShown(visit)
      }
    }
    if (brought !== undefined) await unlessDenied(requests.destroy(id, brought, call))
  },

  async expose(visit, number) {
    for (let tries = 0; ; tries++) {
      const secret = await visit.requests.secret(visit.id, visit.call)
      const aliases = { ...secret!.aliases, [alias]: number }
      try {
        await visit.requests.update(visit.id, secret!, { annotations: secret!.annotations, aliases }, visit.call)
        return
      } catch (error) {
        if (!(error instanceof RotationError) || error.code !== 'stale' || tries > 3) throw error
      }
    }
  },

  async everyVersion(visit, limit) {
    const versions = await visit.requests.versions(visit.id, limit, visit.call)
    return versions.map(({ number, createdAt }) => ({ version: mainVersion(number), createdAt }))
  },
})

/** Made, and nothing was put into it yet: no secret for anybody who reads. */
async function requireEmpty(visit: Visit, alias: string): Promise<undefined> {
  const some = await visit.requests.versions(visit.id, 1, visit.call)
  if (some.length > 0) throw noAlias(visit, alias)
}

const notShown = ({ id }: Visit): RotationError =>
  new RotationError('busy', 'Secret Manager does not show yet what was just made.', { at: id })

const noAlias = ({ id }: Visit, alias: string): RotationError =>
  new RotationError('refused', `No version of the secret has the alias ${alias}.`, {
    at: id,
    next: `\`gcloud secrets update ${id} --update-version-aliases=${alias}=VERSION\`, with the version that consumers read.`,
  })
