/**
 * What `lockstep adopt` found at Google Cloud or Azure: a table by secret, and what is left to do.
 * @module
 */
import { formatDuration } from '../../core/policy/duration.ts'
import type { Becoming } from '../adopt/candidate.ts'
import type { Answer } from '../answer.ts'
import { counted, labelled, paragraphs, stacked } from './block.ts'
import type { Style } from './style.ts'
import { table } from './table.ts'

export interface CloudAdoption {
  readonly from: 'gcp' | 'azure'
  /** Project or vault. */
  readonly place: string
  readonly all: readonly Becoming[]
  /** By their names in the file. */
  readonly secrets: ReadonlyMap<string, Becoming>
  readonly readValues: boolean
  /** Undefined: the file is printed. */
  readonly out: string | undefined
  readonly text: string
}

const shown = ({ all }: CloudAdoption): readonly Becoming[] => all.filter(({ becomes }) => becomes !== 'not shown')

export function cloudAdoptionData(adoption: CloudAdoption): Answer['data'] {
  const { from, place, all, secrets, out, text } = adoption
  const names = new Map([...secrets].map(([name, { candidate }]) => [candidate.name, name]))
  const listed = shown(adoption)
  return {
    from,
    place,
    not_shown: all.length - listed.length,
    secrets: listed.map(({ candidate, becomes, missing, reason }) => ({
      name: candidate.name,
      as: names.get(candidate.name) ?? null,
      becomes,
      read_by: candidate.reading.by,
      asked: candidate.reading.guessed !== true,
      interval: candidate.interval === undefined ? null : formatDuration(candidate.interval),
      notes: candidate.notes,
      ...(reason === undefined ? { fill_in: missing } : { reason }),
    })),
    out: (secrets.size > 0 && out) || null,
    ...(out === undefined && { config: text }),
  }
}

export function cloudAdoptionText(adoption: CloudAdoption, style: Style): string {
  const { all, secrets, place, readValues } = adoption
  const listed = shown(adoption)
  const hidden = all.length - listed.length
  const why = readValues ? 'no login of PostgreSQL' : 'nothing asks for a rotation; --read-values looks for logins'
  return paragraphs(
    `${counted(all.length, 'secret')} in ${place}${hidden === 0 ? '' : ` (not shown: ${hidden}, ${why})`}.`,
    listed.length === 0 ? undefined : rows(listed, style),
    written(adoption, style),
    secrets.size > 0 ? steps(adoption) : undefined,
  )
}

const rows = (listed: readonly Becoming[], style: Style): string =>
  table(
    ['SECRET', 'BECOMES', 'READ BY', 'NOTE'],
    listed.map(({ candidate: { name, reading, notes }, becomes, reason, missing }) => [
      name,
      becomes === 'stays' ? style.yellow('stays') : style.green(becomes),
      becomes === 'stays' ? '' : `${reading.by}${reading.guessed ? '?' : ''}`,
      reason ?? [...notes, ...(missing.length > 0 ? [`fill in: ${missing.join(', ')}`] : [])].join('; '),
    ]),
    style,
  )

function written({ secrets, out, from }: CloudAdoption, style: Style): string {
  const cloud = from === 'gcp' ? 'Google Cloud' : 'Azure'
  if (secrets.size === 0)
    return `None of them can be taken over: nothing was written, and nothing was changed at ${cloud}.`
  const where = out ?? 'what follows on stdout'
  return `${style.green('✔')} ${where} holds ${counted(secrets.size, 'secret')}. Nothing was changed at ${cloud}.`
}

function steps({ secrets, readValues, from }: CloudAdoption): string {
  const all = [...secrets.values()]
  const open = all.some(({ missing }) => missing.length > 0)
  const guessed = all.some(({ candidate }) => candidate.reading.guessed)
  const lines = [
    ...(guessed
      ? [
          `say how consumers read: in the file, or with --read-by ${from === 'gcp' ? 'latest or an alias' : 'latest or reference'}`,
        ]
      : []),
    ...(open
      ? [`fill in the places that are marked FILL IN${readValues ? '' : ', or let --read-values --force look them up'}`]
      : []),
    'lockstep check --connect: do the logins work from here',
    'lockstep plan NAME --force: what a rotation creates beside the secret, and who can read it',
    ...(all.some(({ candidate }) => candidate.notes.some(note => note.startsWith('reminder')))
      ? ['stop what acts on the reminders of today, before the first rotation']
      : []),
  ]
  return stacked('What is left to do:', labelled(lines.map((line, index) => [`${index + 1}`, line])))
}
