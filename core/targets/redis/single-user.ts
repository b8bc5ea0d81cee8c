/**
 * One login with one password: from `set` until the new value is published, consumers that open a connection are refused. For
 * `default` this is `requirepass`, as servers were protected before there were users.
 * @module
 */
import { isRotationError, RotationError } from '../../errors.ts'
import type { SettableTarget, TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { withEverywhere } from '../common/logins.ts'
import { requireSameLogin } from '../common/twin.ts'
import { hashOf, requireKnownPasswords } from './account.ts'
import { changeEach, type Look, lookEverywhere, onEach, requireTime, setPasswords } from './change-password.ts'
import { openSession } from './connect.ts'
import { withNodes } from './logins.ts'
import type { Context, Endpoint } from './options.ts'
import { tellSentinels, tellServers } from './replication.ts'
import { saveSettings, saveUsers } from './save.ts'
import { together } from './session.ts'
import { setSetting } from './settings.ts'
import { requireAllListed } from './topology.ts'

type Parts = Pick<SettableTarget, 'strategy' | 'overlap' | 'nextUsername' | 'set' | 'end'>

export const singleUser = (context: Context): Parts => ({
  strategy: 'single-user',
  overlap: 'gap',
  nextUsername: current => current.username,

  async set({ current, pending }, call) {
    requireSameLogin(current, pending)
    const ours = [pending, current].map(hashOf)
    await withEverywhere(context.endpoints, openEither(context, current, pending, call), sessions =>
      withNodes(context, sessions, call, async nodes => {
        const looks = await lookEverywhere(nodes, current.username, context)
        for (const { node, account } of looks) requireKnownPasswords(account, ours, context, node.endpoint.name)
        if (!looks.some(({ account }) => account.hashes.includes(ours[0]!))) await requireAllListed(nodes)
        await replacePassword(context, looks, pending, call)
      }),
    )
  },

  async end() {
    throw new RotationError(
      'refused',
      'The previous version names the login that current names; its password ended at `set`.',
    )
  },
})

/**
 * A run that ended between two nodes has left current on some, pending on the others; one that ended before it had saved, pending
 * on all. Both are finished.
 */
const openEither =
  (context: Context, current: Credential, pending: Credential, call: TargetCall) => async (endpoint: Endpoint) => {
    try {
      return await openSession(context, endpoint, current, call)
    } catch (error) {
      if (!isRotationError(error, 'auth-failed')) throw error
      return openSession(context, endpoint, pending, call)
    }
  }

/** On every node at once: the shorter the time in which they differ, the fewer consumers are refused. */
export async function replacePassword(
  context: Context,
  looks: readonly Look[],
  credential: Credential,
  call: TargetCall,
): Promise<void> {
  const { username } = credential
  if (username !== 'default') {
    await setPasswords(looks, username, [hashOf(credential)], context, call)
    return tellServers(
      context,
      looks.map(({ node }) => node),
      credential,
      call,
    )
  }
  await onEach(looks, ({ node }) => saveUsers(node, context)) // so that nothing is changed that cannot be saved
  requireTime(context, call)
  await changeEach(looks, async ({ node }) => {
    await together(
      setSetting(node, 'requirepass', credential),
      // the setting alone does nothing where it has that value already, whatever users were changed to since
      node.change(['ACL', 'SETUSER', 'default', 'resetpass', `#${hashOf(credential)}`]),
      ...(context.replication === true ? [setSetting(node, 'masterauth', credential)] : []),
      saveSettings(node, { ...context, unsaved: true }),
    )
    await saveUsers(node, context)
  })
  await tellSentinels(context, credential, call)
}
