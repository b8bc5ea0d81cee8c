/**
 * One login with two passwords: the new one is added while the old one stays, and both are valid until the old one is ended. Only
 * hashes are sent.
 * @module
 */
import type { SettableTarget, TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { requireEnded } from '../common/logins.ts'
import { requireOtherPassword, requireSameLogin } from '../common/twin.ts'
import { hashOf, requireKnownPasswords } from './account.ts'
import { type Look, lookEverywhere, onEach, setPasswords } from './change-password.ts'
import { acceptedBy, withCurrent } from './logins.ts'
import type { Context } from './options.ts'
import { tellServers } from './replication.ts'
import { saveSettings, saveUsers } from './save.ts'
import type { Session } from './session.ts'
import { purgeRequirepass } from './settings.ts'
import { requireAllListed } from './topology.ts'

type Parts = Pick<SettableTarget, 'strategy' | 'overlap' | 'nextUsername' | 'set' | 'end'>

export const dualPassword = (context: Context): Parts => ({
  strategy: 'dual-password',
  overlap: 'both-valid',
  nextUsername: current => current.username,

  async set({ current, pending }, call) {
    requireSameLogin(current, pending)
    const ours = [pending, current].map(hashOf)
    await withCurrent(context, current, call, async nodes => {
      const looks = await lookEverywhere(nodes, current.username, context)
      for (const look of looks) requireKnown(look, ours, context)
      // once begun it is finished, whoever has joined meanwhile
      if (!looks.some(({ account }) => account.hashes.includes(ours[0]!))) await requireAllListed(nodes)
      await setPasswords(looks, current.username, ours, context, call)
    })
  },

  async end({ previous, current }, call) {
    requireOtherPassword(current, previous)
    const ours = [current, previous].map(hashOf)
    await withCurrent(context, current, call, async nodes => {
      const looks = await lookEverywhere(nodes, current.username, context)
      for (const look of looks) requireKnown(look, ours, context)
      await makeOnly(context, looks, current, call)
    })
    requireEnded(await acceptedBy(context, previous, call))
  },
})

const requireKnown = ({ node, account }: Look, ours: readonly string[], context: Context): void =>
  requireKnownPasswords(account, ours, context, node.endpoint.name)

/** Makes a credential the only one of its login: first where servers log in with it, then for everybody. */
export async function makeOnly(
  context: Context,
  looks: readonly Look[],
  credential: Credential,
  call: TargetCall,
): Promise<void> {
  const nodes = looks.map(({ node }) => node)
  const hash = hashOf(credential)
  await tellServers(context, nodes, credential, call)
  await setPasswords(looks, credential.username, [hash], context, call)
  if (credential.username === 'default') await onEach(nodes, node => withoutPlaintext(node, hash, context))
}

/** What `requirepass` was before there were two passwords would stay in the configuration file. */
async function withoutPlaintext(node: Session, hash: string, context: Context): Promise<void> {
  await purgeRequirepass(node, hash)
  await saveUsers(node, context)
  await saveSettings(node, { ...context, unsaved: true })
}
