/**
 * What `lockstep adopt` found: a table by rotation function, and what is left to do.
 * @module
 */
import { type Adoptable, isRds, RDS_AUTHORITIES } from '../adopt/config-text.ts'
import { type Decision, settingFor } from '../adopt/decide.ts'
import { functionName } from '../adopt/templates.ts'
import type { Answer } from '../answer.ts'
import { counted, labelled, paragraphs, stacked } from './block.ts'
import type { Style } from './style.ts'
import { table } from './table.ts'
import { isoOrNull } from './time.ts'

export interface Adoption {
  readonly region: string
  readonly unrotated: number
  readonly decisions: readonly Decision[]
  /** By their names in the file. */
  readonly secrets: ReadonlyMap<string, Adoptable>
  readonly readValues: boolean
  /** Undefined: the file is printed. */
  readonly out: string | undefined
  readonly text: string
}

export function adoptionData(adoption: Adoption): Answer['data'] {
  const { region, unrotated, decisions, secrets, out, text } = adoption
  const names = new Map([...secrets].map(([name, { listed }]) => [listed.arn, name]))
  return {
    from: 'aws',
    region,
    without_rotation: unrotated,
    functions: byFunction(decisions).map(([arn, group]) => ({
      function: arn || null,
      secrets: group.map(decision => ({
        name: decision.listed.name,
        arn: decision.listed.arn,
        as: names.get(decision.listed.arn) ?? null,
        template: decision.template ? `${decision.template.engine} ${decision.template.users}` : null,
        becomes: decision.becomes,
        rotation_enabled: decision.listed.enabled,
        last_rotated: isoOrNull(decision.listed.rotatedAt),
        ...('reason' in decision ? { reason: decision.reason } : { fill_in: decision.missing }),
      })),
    })),
    out: (secrets.size > 0 && out) || null,
    ...(out === undefined && { config: text }),
  }
}

/** Those without a function last; otherwise in the order of the list. */
function byFunction(decisions: readonly Decision[]): readonly (readonly [string, readonly Decision[]])[] {
  const groups = new Map<string, Decision[]>()
  for (const decision of decisions) {
    const arn = decision.listed.function ?? ''
    groups.set(arn, [...(groups.get(arn) ?? []), decision])
  }
  return [...groups].sort(([a], [b]) => Number(a === '') - Number(b === ''))
}

export function adoptionText(adoption: Adoption, style: Style): string {
  const { region, unrotated, decisions, secrets } = adoption
  const others = unrotated === 0 ? '' : ` (not shown: ${unrotated} without)`
  return paragraphs(
    `${counted(decisions.length, 'secret')} with rotation in ${region}${others}.`,
    decisions.length === 0 ? undefined : rows(decisions, style),
    written(adoption, style),
    secrets.size > 0 ? steps(adoption) : undefined,
  )
}

const rows = (decisions: readonly Decision[], style: Style): string =>
  table(
    ['FUNCTION', 'SECRET', 'TEMPLATE', 'BECOMES', 'NOTE'],
    byFunction(decisions).flatMap(([arn, group]) =>
      group.map((decision, index) => [
        index === 0 ? (arn === '' ? 'none' : functionName(arn)) : '',
        decision.listed.name,
        decision.template ? `${decision.template.engine} ${decision.template.users}` : 'unknown',
        decision.becomes === 'stays' ? style.yellow('stays') : style.green(decision.becomes),
        noteOf(decision),
      ]),
    ),
    style,
  )

function noteOf(decision: Decision): string {
  if ('reason' in decision) return decision.reason
  const off = decision.listed.enabled ? [] : ['rotation is switched off']
  const open = decision.missing.length > 0 ? [`fill in: ${decision.missing.join(', ')}`] : []
  const setting = settingFor(decision)
  return [...off, ...open, ...(setting === undefined ? [] : [`the function needs ${setting}`])].join('; ')
}

function written({ secrets, out }: Adoption, style: Style): string {
  if (secrets.size === 0) return 'None of them can be taken over yet: nothing was written.'
  const stays = 'Nothing was changed at AWS; every secret is rotated by its function as before.'
  const where = out ?? 'what follows on stdout'
  return `${style.green('✔')} ${where} holds ${counted(secrets.size, 'secret')}. ${stays}`
}

function steps({ secrets, readValues }: Adoption): string {
  const open = [...secrets.values()].some(({ missing }) => missing.length > 0)
  const fill = readValues
    ? 'fill in the places that are marked FILL IN'
    : 'fill in the places that are marked FILL IN, or let --read-values --force look them up'
  const hosts = [...secrets.values()].map(({ connection }) => connection.host)
  const lines = [
    ...(open ? [fill] : []),
    ...(hosts.some(host => host === undefined || isRds(host)) ? [`curl -O ${RDS_AUTHORITIES}`] : []),
    'lockstep check --connect: do the logins work from here',
    'point one secret at the function of Lockstep: docs/migrate-from-aws-templates.md',
  ]
  return stacked('What is left to do:', labelled(lines.map((line, index) => [`${index + 1}`, line])))
}
