/**
 * The fenced blocks of a page, and what their info strings mean:
 *
 * - `sh`: typed by a reader, in order, in one folder; a line that ends with `# exit N` ends with that code, others with 0.
 * - `sh repository`: for this repository's root; not run here (they install, or run everything), but what they name must exist.
 * - `sh aws`: typed by a reader of AWS, in order, with Secrets Manager (our fake) and a database behind it. `yaml aws`: his `lockstep.yml`.
 * - `sql`: run by a superuser. `yaml`: a valid `lockstep.yml`. `json NAME`: the content of the file NAME.
 * - `js`, `ts`: programs of a user of the package.
 */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')

export interface Block {
  readonly kind: string
  /** What stands after the kind. */
  readonly more: string
  readonly text: string
  readonly line: number
}

export const page = (name: string): string => readFileSync(join(root, name), 'utf8')

export function blocksOf(name: string): readonly Block[] {
  const text = page(name)
  return [...text.matchAll(/^```(\w+)[ ]?(.*)\n([\s\S]*?)^```$/gm)].map(({ 1: kind, 2: more, 3: inner, index }) => ({
    kind: kind!,
    more: more!,
    text: inner!,
    line: text.slice(0, index).split('\n').length,
  }))
}

export interface Line {
  readonly command: string
  readonly exit: number
}

/** Commands of a `sh` block; comments are not part of them. */
export const linesOf = ({ text }: Block): readonly Line[] =>
  text
    .split('\n')
    .filter(line => line.trim() !== '' && !line.startsWith('#'))
    .map(line => ({
      command: line.replace(/\s+# .*$/, ''),
      exit: Number(/# exit (\d+)/.exec(line)?.[1] ?? 0),
    }))
