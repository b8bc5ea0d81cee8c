/**
 * Google Cloud's Secret Manager, as commands see it.
 * @module
 */
import { SIBLING } from '../../core/config/cross-check-clouds.ts'
import type { GcpStoreConfig } from '../../core/config/types.ts'
import { tokenFor } from '../../core/federation/token.ts'
import { formatDuration } from '../../core/policy/duration.ts'
import type { Call } from '../../core/ports/secret-store.ts'
import { cloudIdentities } from '../identities.ts'
import type { KindOpening, OpenStore, Promises, Resource, StoreFacts, StoreKind } from '../stores.ts'

export const gcpKind: StoreKind<GcpStoreConfig> = {
  async open(config, opening): Promise<OpenStore> {
    const { project, location, endpoint, readBy } = config
    const { clock, keyless } = opening
    const { createClient } = await import('../../gcp/client.ts')
    const { openGcpStore } = await import('../../gcp/index.ts')
    const { Requests } = await import('../../gcp/requests.ts')
    const client = await createClient({
      project,
      location,
      endpoint,
      keyless,
      federated: await federatedOf(config, opening),
    })
    const requests = new Requests(client, clock, { project, location })
    return Object.assign(await openGcpStore({ client, project, location, readBy, clock }), {
      async facts(id: string, call: Call): Promise<StoreFacts | undefined> {
        const secret = await requests.secret(id, call)
        return (
          secret && (secret.managed === undefined ? {} : { untouchable: `Not rotated by Lockstep: ${secret.managed}.` })
        )
      },
    })
  },
  async signIn(config, opening) {
    await (await federatedOf(config, opening))?.signIn()
  },
  place: ({ project, location, endpoint }) =>
    ['Google Cloud Secret Manager', project, location, endpoint].filter(Boolean).join(', '),
  promises,
  untried: ({ readBy }) =>
    [
      'secrets.update',
      'versions.add',
      'versions.disable',
      'versions.list',
      ...(readBy === 'latest' ? ['secrets.create'] : ['versions.destroy']),
    ].map(permission => `secretmanager.${permission}`),
  beside,
}

async function federatedOf({ signIn }: GcpStoreConfig, { clock, signInPlaces: places }: KindOpening) {
  if (!signIn) return undefined
  const { federated } = await import('../../gcp/sign-in.ts')
  const token = tokenFor(signIn, 'gcp', cloudIdentities(clock, places), clock)
  return federated({ ...signIn, token }, places?.google)
}

function promises({ readBy, propagation }: GcpStoreConfig): Promises {
  const shows = (what: string) =>
    `${what} may go on answering with the version before for minutes, and for up to ${formatDuration(propagation)} in the worst case`
  if (readBy === 'latest')
    return {
      publishes:
        'reported: a version is added, which nothing can make conditional; one that a person adds in that same moment is put over, and reported',
      copies:
        'of a run that is late: refused; a request that was held up on the way is read at once, and reported as foreign by the next visit; what a person adds in the moment of the copy is put over, and reported',
      shows: shows('latest'),
    }
  return {
    publishes: `fenced: the alias ${readBy.alias} and the record move in one conditional change: a late or second promotion is refused`,
    copies: 'refused if it lands after a later one, or over what a person has put there',
    shows: shows(`the alias ${readBy.alias}`),
  }
}

const RECORD = 'an annotation, lockstep: which version is which, no values'

function beside({ readBy }: GcpStoreConfig, id: string): readonly Resource[] {
  const record = { what: `on ${id}, ${RECORD}`, readers: 'whoever may look at the secret (secretmanager.secrets.get)' }
  if (readBy !== 'latest')
    return [
      record,
      {
        what: `in ${id}, the pending version, which no alias names`,
        readers: 'whoever may read the secret, by its number or as latest: no consumer may read latest',
      },
    ]
  return [
    {
      what: `the secret ${id}${SIBLING}, with the pending value`,
      readers:
        'whoever may read all secrets of the project, or those whose name begins so; a role on the one secret does not reach it',
    },
    record,
  ]
}
