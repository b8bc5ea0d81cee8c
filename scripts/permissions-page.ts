/**
 * `docs/permissions.md`, as text, from the tables of the clouds: `infra/permissions/<cloud>.ts`, whichever there are.
 * @module
 */
import { existsSync, readFileSync } from 'node:fs'
import type { CallSite, TableRow } from '../infra/permissions/permission.ts'

interface Table {
  readonly title: string
  readonly table: readonly TableRow[]
  /** What is to be known besides, as Markdown. */
  readonly notes?: string
}

const root = new URL('../', import.meta.url)
const clouds = ['aws', 'gcp', 'azure'] as const

const intro = `# Permissions

Everything that the functions may do, what for, and the call that needs it. Packaging grants it from \`lockstep.yml\`: only on what is
declared there, and only to the function that needs it.

This page is made from the tables in \`infra/permissions\` by \`node scripts/write-permissions.ts\`; a test keeps files and lines true.
`

export async function permissionsPage(): Promise<string> {
  const found = clouds.filter(cloud => existsSync(new URL(`infra/permissions/${cloud}.ts`, root)))
  const tables = await Promise.all(found.map(cloud => import(`../infra/permissions/${cloud}.ts`) as Promise<Table>))
  return intro + tables.map(section).join('')
}

const section = ({ title, table, notes }: Table): string => {
  const byResources = [
    ...Map.groupBy(table, ({ resources, conditions }) => JSON.stringify([resources, conditions])).values(),
  ]
  const text = notes === undefined ? '' : `\n${notes.trim()}\n`
  return `\n## ${title}\n${text}${byResources.map(group).join('')}`
}

/** What is granted on one kind of thing, a line for each action. */
function group(rows: readonly TableRow[]): string {
  const { resources, conditions } = rows[0]!
  const where = conditions === undefined ? '' : ` Condition: \`${JSON.stringify(conditions)}\`.`
  return `
On ${resources.join('; ')}.${where}

| permission | functions | call | what for |
|---|---|---|---|
${rows.map(line).join('\n')}
`
}

const line = ({ action, functions, neededBy, why }: TableRow): string =>
  `| \`${action}\` | ${functions.join(', ') || 'none'} | ${place(neededBy)} | ${why} |`

/** A link to the line. The file or what it must hold is not there: the table is wrong. */
function place(site: CallSite): string {
  const [file, name] = site.split('#') as [string, string]
  const lines = readFileSync(new URL(file, root), 'utf8').split('\n')
  const found = lines.flatMap((text, at) => ((file.endsWith('.ts') ? declares : names)(text, name) ? [at] : []))
  // rather where it is written than where its type is
  const at = found.find(each => /(\{|\(|=>|=)$/.test(lines[each]!)) ?? found[0]
  if (at === undefined) throw new Error(`${site}: there is no such declaration; correct infra/permissions.`)
  return `[\`${file}\`:${at + 1}](../${file}#L${at + 1}) \`${name}\``
}

/** A function, a constant, a class, a method, a property that is a function. */
const declares = (text: string, name: string): boolean =>
  new RegExp(
    `^(export )?(abstract )?(async )?(function\\*?|const|class) ${escaped(name)}\\b|^\\s+(override |readonly |static |async |\\*)*#?${escaped(name)}(<.*>)?(\\(|:| = )`,
  ).test(text)

/** A key of YAML or JSON, or the name of a block of Terraform. */
const names = (text: string, name: string): boolean =>
  new RegExp(`^\\s*(- )?"?${escaped(name)}"?:|^(resource|data|module|variable)\\b.*"${escaped(name)}"`).test(text)

const escaped = (name: string): string => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
