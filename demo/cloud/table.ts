/**
 * The end of the demo on a cloud for people: a table for each way to read, and one sentence per row.
 * @module
 */
import colors from 'picocolors'
import { cells, scenesTable } from '../table.ts'
import type { SiteName } from './site.ts'
import { timingWith } from './timing.ts'
import type { Played, Shown } from './verdict.ts'

interface Words {
  readonly title: string
  readonly killed: string
  readonly atPublication: string
}

const words: Readonly<Record<SiteName, Words>> = {
  'gcp alias': {
    title: 'Google Cloud, consumers read an alias',
    killed:
      'Died when the new password was at the server, before the one patch that moves the alias and the record together.',
    atPublication:
      'The edit came with the patch, which was refused by its etag: the rotation gave way, and the next one kept the edit.',
  },
  'gcp latest': {
    title: 'Google Cloud, consumers read latest',
    killed: 'Died when the new version was latest already, before the record said so.',
    atPublication:
      'The edit came with the publication, which nothing fences on this store: it was overtaken and REPORTED, with its version, which is still there.',
  },
  azure: {
    title: 'Azure Key Vault, consumers read the newest version',
    killed: 'Died when the new version was the newest already, before the journal said so.',
    atPublication:
      'The edit came with the publication, within a round trip of our last look: this store lets nobody see that. It was put over; its version is still there.',
  },
}

export function asTable({ played, lagMs, seconds }: Shown, real: string): string {
  return `${played.map(each => one(each, lagMs)).join('\n\n')}
${colors.bold('The service here is a fake')}: ours, with the documented behaviour, not the cloud. Real are ${real}, and PostgreSQL.
Consumers are shown what was current ${lagMs} ms ago (--lag). 20 clients, a new connection for every query, ${seconds} s.`
}

function one({ site, strategies, killedWorker, editMeanwhile, editAtPublication, nearExpiry }: Played, lagMs: number) {
  const { title, killed, atPublication } = words[site]
  const table = scenesTable()
  for (const row of strategies) table.push(cells(row.name, row.rotations, row, sentence(row.name, lagMs)))
  const { sameRotation, sameValue, finishedFingerprint } = killedWorker
  const same = (holds: boolean) => (holds ? 'the same' : colors.red('ANOTHER'))
  table.push(
    cells(
      'worker killed (SIGKILL)',
      1,
      killedWorker,
      `${killed} The rerun finished ${same(sameRotation)} rotation with ${same(sameValue)} value (${finishedFingerprint}).`,
    ),
    cells(
      'a person edits meanwhile',
      1,
      editMeanwhile,
      `Between set and the last look. The edit was ${editMeanwhile.outcome === 'kept' ? 'kept' : colors.red(editMeanwhile.outcome)}; only the login in it was rotated.`,
    ),
    cells('… at the worst moment', 1, editAtPublication, atPublication),
  )
  if (nearExpiry) {
    const { days, rotations, events, validityDays } = nearExpiry
    table.push([
      'near its expiry',
      String(rotations),
      '-',
      '-',
      '-',
      `SecretNearExpiry asks for a rotation. In ${days} days it came ${events === 1 ? 'once' : `${events} times`}, for ${rotations === 1 ? 'one rotation' : colors.red(`${rotations} rotations`)}: the new version is valid for ${validityDays} days, which is not near.`,
    ])
  }
  return `${colors.bold(title)}\n${table.toString()}`
}

function sentence(name: string, lagMs: number): string {
  const { refresh } = timingWith(lagMs)
  if (name === 'single-user')
    return `One login, one password: clients fail until the store shows the new one (${lagMs} ms) and their cache is refreshed (${refresh} ms).`
  if (name === 'single-user, re-read')
    return 'The same, but a refused client reads again at once: what is left is what the store takes to show it.'
  return 'Two logins in turn: the old one stays valid for the cache and for what the store takes. Nobody notices.'
}
