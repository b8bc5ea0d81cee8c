import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { longCommand, madeOnce } from './once.ts'
import { until } from './stand.ts'

let base: string
let folder: string
beforeEach(() => {
  base = mkdtempSync(path.join(tmpdir(), 'once-'))
  folder = path.join(base, 'made')
})
afterEach(() => rmSync(base, { recursive: true }))

const fill = (text: string) => async (making: string) => writeFileSync(path.join(making, 'text'), text)
const text = () => readFileSync(path.join(folder, 'text'), 'utf8')

test('what is made stays, and is not made again', async () => {
  expect(await madeOnce(folder, fill('first'))).toBe(folder)
  await madeOnce(folder, fill('second'))
  expect(text()).toBe('first')
})

test('what failed is not published, leaves nothing, and is tried again by who asks next', async () => {
  const broken = async (making: string) => {
    await fill('half')(making)
    throw new Error('no compiler')
  }
  await expect(madeOnce(folder, broken)).rejects.toThrow('no compiler')
  expect(readdirSync(base)).toEqual(['made.lock'])
  await madeOnce(folder, fill('whole'))
  expect(text()).toBe('whole')
})

test('it is not seen before it is whole', async () => {
  await madeOnce(folder, async making => {
    await fill('half')(making)
    expect(existsSync(folder)).toBe(false)
  })
  expect(text()).toBe('half')
})

const program = (how: string) => `
  const { madeOnce } = await import('${import.meta.dirname}/once.ts')
  const { appendFileSync, writeFileSync } = await import('node:fs')
  await madeOnce(${JSON.stringify(folder)}, async making => {
    appendFileSync(${JSON.stringify(base)} + '/makers', process.pid + '\\n')
    writeFileSync(making + '/text', 'made')
    ${how}
  })`
const start = (how: string) => spawn(process.execPath, ['--input-type=module', '-e', program(how)], { stdio: 'ignore' })
const makers = () => readFileSync(path.join(base, 'makers'), 'utf8').trim().split('\n').length

test('of several processes at once one makes, and the others wait', async () => {
  const children = [1, 2, 3].map(() => start('await new Promise(resolve => setTimeout(resolve, 300))'))
  await Promise.all(children.map(child => once(child, 'exit')))
  expect(children.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0])
  expect([makers(), text()]).toEqual([1, 'made'])
})

test('a maker that was killed does not keep others from making', async () => {
  const child = start('await new Promise(() => setInterval(() => {}, 1000))')
  await until(() => makers())
  child.kill('SIGKILL')
  await madeOnce(folder, fill('by another'))
  expect(text()).toBe('by another')
  expect(readdirSync(base).sort()).toEqual(['made', 'made.lock', 'makers'])
})

test('a command that fails tells the end of what it said', async () => {
  await expect(longCommand('/bin/sh', ['-c', 'echo "no such compiler" >&2; exit 1'])).rejects.toThrow(
    'no such compiler',
  )
  await longCommand('/bin/sh', ['-c', 'cat']) // its stdin is at its end
})
