/**
 * A headline with labelled lines below it: how answers and errors look.
 * @module
 */
const INDENT = '  '

/** Labels are padded to one width; lines without a text are left out; further lines of a text stand below its first. */
export function labelled(lines: readonly (readonly [label: string, text: string | undefined])[]): string {
  const shown = lines.filter((line): line is readonly [string, string] => line[1] !== undefined && line[1] !== '')
  const width = Math.max(0, ...shown.map(([label]) => label.length))
  const hanging = `\n${' '.repeat(INDENT.length + width + 2)}`
  return shown.map(([label, text]) => `${INDENT}${label.padEnd(width)}  ${text.replaceAll('\n', hanging)}`).join('\n')
}

type Part = string | undefined
const there = (parts: readonly Part[]): string[] => parts.filter(part => part !== undefined && part !== '') as string[]

/** What is there, one below the other. */
export const stacked = (...parts: readonly Part[]): string => there(parts).join('\n')

/** The same, with a blank line between. */
export const paragraphs = (...parts: readonly Part[]): string => there(parts).join('\n\n')

export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
