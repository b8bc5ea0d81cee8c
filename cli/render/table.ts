/**
 * Tables without lines: columns that line up, as `ls` and `docker ps` write them.
 * @module
 */
import Table from 'cli-table3'
import type { Style } from './style.ts'

const NONE = { top: '', 'top-mid': '', 'top-left': '', 'top-right': '' }
const BORDERLESS = {
  ...NONE,
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
}

export function table(head: readonly string[], rows: readonly (readonly string[])[], style: Style): string {
  const drawn = new Table({ chars: BORDERLESS, style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] } })
  drawn.push(
    head.map(title => style.dim(title)),
    ...rows.map(row => [...row]),
  )
  return drawn
    .toString()
    .split('\n')
    .map(line => line.trimEnd())
    .join('\n')
}
