/**
 * The end of the demo on AWS for people: a table, and one sentence per row.
 * @module
 */
import colors from 'picocolors'
import { cells, scenesTable } from '../table.ts'
import { PAUSE_MS, REFRESH_MS } from './stage.ts'
import type { Shown } from './verdict.ts'

const pause = PAUSE_MS / 1000

const sentences: Readonly<Record<string, string>> = {
  'single-user': `One login, one password. Set, test and promote are one breath in finishSecret: clients fail until their cache (${REFRESH_MS} ms) is refreshed. By the template they fail for ${2 * pause} s more, from setSecret until finishSecret.`,
  'single-user, re-read': 'The same, but a refused client reads the secret again at once: what is left is that breath.',
  'alternating-users':
    'Two logins in turn: the old one stays valid until every cache is refreshed. Nobody notices. The second login was made by the first rotation.',
}

export function asTable({
  strategies,
  killedRuntime,
  leftByTemplate,
  personsPut,
  editAtPromotion,
  seconds,
}: Shown): string {
  const table = scenesTable()
  for (const row of strategies) table.push(cells(row.name, row.rotations, row, sentences[row.name]!))
  const same = (holds: boolean) => (holds ? 'the same' : colors.red('ANOTHER'))
  const yes = (holds: boolean, is: string, isNot: string) => (holds ? is : colors.red(isNot))
  table.push(
    cells(
      'runtime killed (SIGKILL)',
      1,
      killedRuntime,
      `Died after the new password was at the server, before it was promoted. The service tried again with ${same(killedRuntime.sameToken)} token, and the function finished with ${same(killedRuntime.sameValue)} value (${killedRuntime.pendingFingerprint}).`,
    ),
    cells(
      'left by a template',
      1,
      leftByTemplate,
      `AWS's template changed the password and died before it promoted: what clients read was ${leftByTemplate.before} from then on. Lockstep's function took the secret over and finished ${same(leftByTemplate.sameToken)} rotation with ${same(leftByTemplate.sameValue)} value: ${leftByTemplate.after} again.`,
    ),
    cells(
      'a person edits meanwhile',
      1,
      personsPut,
      `The rotation under way was ${personsPut.outcomes[0]}, the edit ${yes(personsPut.putIsCurrent, 'stayed current', 'WAS LOST')}; the next rotation ${yes(personsPut.editKept, 'kept it', 'LOST IT')} and changed the login only.`,
    ),
    cells(
      '… at the worst moment',
      1,
      editAtPromotion,
      `Single-user, after the old password had died and before the new one was promoted; the edit holds the old one, which was ${editAtPromotion.putLogin}. The function ${yes(editAtPromotion.editKept, 'kept the edit', 'LOST THE EDIT')} and gave it the login that works: ${editAtPromotion.currentLogin}.`,
    ),
  )
  const { calls } = strategies.find(({ name }) => name === 'single-user')!
  const sum = Object.values(calls).reduce((all, count) => all + count, 0)
  return `${table.toString()}
${colors.bold('Secrets Manager here is a fake')}: ours, with the documented behaviour, not AWS. Real are the SDK that talks to it,
dist/aws/rotate.mjs under AWS's own runtime client, and PostgreSQL. The fake calls the function as the service does:
four times for a rotation, ${pause} s between. A single-user rotation made ${sum} AWS calls, AWS's template makes 14.
20 clients, a new connection for every query, ${seconds} s.`
}
