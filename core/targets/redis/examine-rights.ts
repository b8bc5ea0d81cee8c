/**
 * Whether who makes the changes may make them: `ACL DRYRUN` tells it without running anything (Redis 7).
 * @module
 */
import type { Finding } from '../../ports/rotation-target.ts'
import { blocks } from '../common/finding.ts'
import type { Context } from './options.ts'
import type { Command, Session } from './session.ts'

export async function examineRights(
  node: Session,
  asker: string,
  names: readonly string[],
  context: Context,
): Promise<readonly Finding[]> {
  const needed = neededCommands(context, names[0]!)
  const answers = await Promise.all(needed.map(command => mayRun(node, asker, command)))
  const lacking = needed
    .filter((_, i) => answers[i] === false)
    .map(([command, sub]) => `+${command}|${sub}`.toLowerCase())
  if (lacking.length === 0) return []
  return [
    blocks('admin-rights', `${asker} may not run what a rotation needs on ${node.endpoint.name}.`, {
      remedy: `ACL SETUSER ${asker} ${[...new Set(lacking)].join(' ')}`,
    }),
  ]
}

function neededCommands({ strategy, replication }: Context, login: string): readonly Command[] {
  const settings = replication === true || (strategy === 'single-user' && login === 'default')
  return [
    ['ACL', 'GETUSER', login],
    ['ACL', 'SETUSER', login],
    ['ACL', 'SAVE'],
    ['CONFIG', 'REWRITE'],
    ...(settings ? [['CONFIG', 'SET', 'masterauth', '']] : []),
  ]
}

/** Undefined: it cannot be told. */
async function mayRun(node: Session, asker: string, command: Command): Promise<boolean | undefined> {
  const answer = await node.askUnless(/^/, ['ACL', 'DRYRUN', asker, ...command])
  return answer === undefined ? undefined : answer === 'OK'
}
