/**
 * What stands in the way of a rotation, found by looking: for `plan`, `check` and `doctor`. Repairs are left to people: each would
 * let somebody in or lock somebody out.
 * @module
 */
import type { Finding, TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { adminFindings, blocks, tlsFindings, warns } from '../common/finding.ts'
import { withEverywhere } from '../common/logins.ts'
import { twinOf } from '../common/twin.ts'
import { openAdmin, openSession } from './connect.ts'
import { examineLogin } from './examine-login.ts'
import { examineRights } from './examine-rights.ts'
import { type Context, nodesOf } from './options.ts'
import { withSentinels } from './replication.ts'
import { DENIED, type Session } from './session.ts'
import { unlistedNodes } from './topology.ts'

/** The contract's `examine`. */
export async function examine(context: Context, current: Credential, call: TargetCall): Promise<readonly Finding[]> {
  const { strategy, admin } = context
  const open = (endpoint: Session['endpoint']) =>
    admin === undefined ? openSession(context, endpoint, current, call) : openAdmin(context, call, endpoint)
  const asker = admin === undefined ? current.username : (await admin()).username
  const names =
    strategy === 'alternating-users' ? [current.username, twinOf(context.users, current.username)] : [current.username]
  const seen = await withEverywhere(nodesOf(context), open, async nodes => [
    ...(await unlisted(await unlistedNodes(nodes))),
    ...(await Promise.all(nodes.map(node => saving(node, context)))).flat(),
    ...(await Promise.all(nodes.map(node => examineRights(node, asker, names, context)))).flat(),
    ...(await Promise.all(nodes.map(node => examineLogin(node, names, current, context)))).flat(),
  ])
  return [
    ...tlsFindings(context.tls, 'every password can be read on the way.'),
    ...adminFindings(strategy, admin),
    ...(context.sentinels === undefined ? [] : await sentinels(context, call)),
    ...seen,
  ]
}

const unlisted = (addresses: readonly string[]): readonly Finding[] =>
  addresses.length === 0
    ? []
    : [
        blocks(
          'node-unlisted',
          `Not every node is listed: among ${addresses.join(', ')} there is one that would refuse the new password.`,
          { remedy: 'List every primary and replica under `endpoints:`.' },
        ),
      ]

/** By looking: whether a save would succeed only `set` finds out, before it changes anything. */
async function saving(node: Session, { unsaved }: Context): Promise<readonly Finding[]> {
  const [aclfile, info] = await Promise.all([
    node.askUnless(DENIED, ['CONFIG', 'GET', 'aclfile']),
    node.askUnless(DENIED, ['INFO', 'server']),
  ])
  if (aclfile === undefined || info === undefined || (aclfile as readonly string[])[1] !== '') return []
  if (!/^config_file:\r?$/m.test(String(info))) return []
  const finding = unsaved === true ? warns : blocks
  return [
    finding('not-saved', `${node.endpoint.name} runs without a configuration file: a restart undoes every rotation.`, {
      remedy: 'Start the server with a configuration file, or with `--aclfile`.',
    }),
  ]
}

/** Each must know all the others, or one keeps the old password; and they remember nodes that are down. */
async function sentinels(context: Context, call: TargetCall): Promise<readonly Finding[]> {
  const { masterName = '', sentinels: listed = [] } = context
  const views = await withSentinels(context, call, all =>
    Promise.all(all.map(sentinel => sentinel.askUnless(/No such master/, ['SENTINEL', 'MASTER', masterName]))),
  )
  return views.flatMap((view, i) => {
    const at = `Sentinel ${i + 1}`
    if (view === undefined) return [blocks('sentinel-master', `${at} knows no primary of the name ${masterName}.`)]
    const fields = view as readonly string[]
    const count = (name: string) => Number(fields[fields.indexOf(name) + 1])
    const others = count('num-other-sentinels')
    const replicas = count('num-slaves')
    return [
      ...(others + 1 > listed.length
        ? [blocks('node-unlisted', `${at} knows ${others} others; ${listed.length} are listed in all.`)]
        : []),
      ...(replicas + 1 > nodesOf(context).length
        ? [
            blocks(
              'node-unlisted',
              `${at} knows ${replicas} replicas; ${nodesOf(context).length} nodes are listed in all.`,
            ),
          ]
        : []),
    ]
  })
}
