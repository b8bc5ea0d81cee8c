/**
 * Colours and progress: on a terminal only, and where they are wanted.
 */
import { expect, test } from 'vitest'
import { Progress } from '../../cli/render/progress.ts'
import { styleFor } from '../../cli/render/style.ts'
import { fromNow, span } from '../../cli/render/time.ts'
import { projects } from './support.ts'

const project = projects()
const ESCAPE = '\u001b['
const target = { kind: 'postgres', endpoints: [{ host: 'h', database: 'd' }] }
const config = { secrets: { db: { strategy: 'single-user', target } } }

test('colours on a terminal; none with NO_COLOR, --no-color, or elsewhere', async () => {
  const here = project().configure(config)
  expect((await here.ok(['status'], { terminal: true })).stdout).toContain(ESCAPE)
  for (const options of [{}, { terminal: true, env: { NO_COLOR: '1' } }, { terminal: true, env: { TERM: 'dumb' } }])
    expect((await here.ok(['status'], options)).stdout).not.toContain(ESCAPE)
  expect((await here.ok(['status', '--no-color'], { terminal: true })).stdout).not.toContain(ESCAPE)
})

const written = (isTTY: boolean) => {
  const lines: string[] = []
  const output = { isTTY, write: (text: string) => lines.push(text) }
  return { lines, progress: new Progress(output, styleFor(output, { NO_COLOR: '1' }, true)) }
}
const after = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms))

test('plain progress: nothing for what is quick, a line for each thing that takes over a second', async () => {
  const { lines, progress } = written(false)
  await progress.during('quick', () => after(10))
  expect(lines).toEqual([])
  await progress.during('first', async report => {
    await after(1_100)
    report('second')
    await after(1_100)
  })
  expect(lines).toEqual(['first …\n', 'second …\n'])
})

test('on a terminal a spinner, which is gone afterwards', async () => {
  const { lines, progress } = written(true)
  await progress.during('working', () => after(350))
  expect(lines.join('')).toContain('working')
  expect(lines.at(-1)).toBe('\r\u001b[2K')
  const failing = progress.during('failing', async () => {
    throw new Error('x')
  })
  await expect(failing).rejects.toThrow('x')
})

test('times are rounded to what a person needs', () => {
  expect(span(86_399_500)).toBe('1d')
  expect(span(29.99 * 86_400_000)).toBe('30d')
  expect(span(263)).toBe('263ms')
  expect(fromNow(3_600_000, 0)).toBe('in 1h')
  expect(fromNow(0, 90_000)).toBe('1m30s ago')
  expect(fromNow(500, 0)).toBe('now')
})

test('a reader that has gone is no complaint', async () => {
  const here = project().configure(config)
  const ran = await here.run(['status'], {
    through: ['bash', '-c', 'set -o pipefail; "$@" | true', 'sh', process.execPath],
  })
  expect(ran).toMatchObject({ code: 0, stderr: expect.not.stringContaining('EPIPE') })
})
