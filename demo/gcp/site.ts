/**
 * Google Cloud's Secret Manager, as our fake has it: over gRPC for Lockstep, over REST for consumers, who are shown what was
 * current a moment ago.
 * @module
 */
import { type FakeSecretManager, startSecretManager } from '../../test/fakes/gcp/secret-manager.ts'
import { APPLICATION } from '../cloud/reader.ts'
import type { Held, Site } from '../cloud/site.ts'
import { type Moments, Tripwire } from '../cloud/tripwire.ts'

export type Mode = 'alias' | 'latest'

const ALIAS = 'current'

const moments: Readonly<Record<Mode, Moments>> = {
  alias: {
    bring: 'AddSecretVersion',
    publish: { op: 'UpdateSecret', nth: 2 },
    record: { op: 'UpdateSecret', nth: 2 },
  },
  latest: {
    bring: 'AddSecretVersion',
    publish: { op: 'AddSecretVersion', nth: 2 },
    record: { op: 'UpdateSecret', nth: 2 },
  },
}

export interface GcpSite extends Site {
  readonly fake: FakeSecretManager
}

/** `lag`: how old the answers are that consumers get, in milliseconds. Lockstep reads by number, which never is. */
export async function openGcpSite(mode: Mode, lag: number): Promise<GcpSite> {
  const fake = await startSecretManager()
  const { service, faults, calls, projectId, host, port } = fake
  if (lag > 0) faults.stale({ ms: lag }, ['AccessSecretVersion'])
  const endpoint = `${host}:${port}`
  const number = (id: string): number => {
    const { aliases, versions } = service.peek(id)
    return mode === 'alias' ? aliases[ALIAS]! : Math.max(...versions.keys())
  }
  const textOf = (id: string, version: string) => service.peek(id).versions.get(Number(version))?.value
  return {
    fake,
    name: `gcp ${mode}`,
    storeText: `{ kind: gcp, project: ${projectId}, endpoint: '${endpoint}', readBy: ${mode === 'alias' ? `{ alias: ${ALIAS} }` : mode}, PROPAGATION }`,
    source: { cloud: 'gcp', project: projectId, host, port, version: mode === 'alias' ? ALIAS : mode },
    tripwire: new Tripwire([faults], moments[mode]),
    calls: () => calls.list.filter(({ token }) => token !== APPLICATION).map(({ op }) => op),
    forget: () => calls.reset(),
    createSecret: (id, value) => void service.createSecret({ id, value, aliases: mode === 'alias' ? [ALIAS] : [] }),
    putAsPerson: (id, text) => {
      const put = service.putAsPerson(id, text)
      if (mode === 'alias')
        service.patchAsPerson(id, { versionAliases: { ...service.peek(id).aliases, [ALIAS]: String(put) } })
      return String(put)
    },
    current: (id): Held => {
      const version = String(number(id))
      return { version, text: textOf(id, version)! }
    },
    valueOf: textOf,
    close: () => fake.close(),
  }
}
