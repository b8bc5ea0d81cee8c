/**
 * The blocks of formatted Terraform, as the rules of its structure read them.
 */
export type Files = Readonly<Record<string, string>>

export interface Block {
  readonly kind: string
  readonly names: readonly string[]
  /** All of them, as other blocks refer to it. */
  readonly name: string
  readonly text: string
}

const HEADER = /^(resource|data|variable|output)((?: "[\w-]+"){1,2}) \{$/gm

/** Of the formatted text: a block ends at the first brace that begins a line. */
export const blocksOf = (text: string): readonly Block[] =>
  [...text.matchAll(HEADER)].map(({ 0: header, 1: kind, 2: quoted, index }) => {
    const names = quoted!.replaceAll('"', '').trim().split(' ')
    const inner = text.slice(index + header.length, text.indexOf('\n}', index))
    return { kind: kind!, names, name: names.join('.'), text: inner }
  })
