/**
 * docs/followers/README.md: its configuration loads, its commands and states exist.
 */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadConfig } from '../../core/config/load.ts'
import { projects } from '../cli/support.ts'
import { blocksOf, page } from './blocks.ts'

const PAGE = 'docs/followers/README.md'
const text = page(PAGE)
const project = projects()

test('its configuration is valid, and has what the page is about', () => {
  const [block] = blocksOf(PAGE).filter(({ kind }) => kind === 'yaml')
  const config = loadConfig(block!.text, { fileName: join(tmpdir(), 'lockstep.yml') })
  const { followers } = config.secrets.get('orders-db')!
  expect(followers).toMatchObject([
    { name: 'us', required: true },
    { name: 'gcp', required: false, timeout: 10_000 },
  ])
  expect(config.epochs).toEqual({ store: 'stockholm' })
})

test('every command and option that it names is in the program’s help', async () => {
  const commands = new Set([...text.matchAll(/lockstep ([a-z][a-z-]+)/g)].map(([, name]) => name!))
  expect([...commands].sort()).toEqual([
    'check',
    'doctor',
    'drift',
    'fail-over',
    'plan',
    'replicate',
    'retire',
    'status',
  ])
  let help = ''
  for (const name of commands) help += (await project().ok([name, '--help'])).stdout
  const options = new Set([...text.matchAll(/(--[a-z][a-z-]+)/g)].map(([, name]) => name!))
  options.delete('--all')
  options.delete('--json')
  for (const option of options) expect(help, option).toContain(option)
})

test('the states of its table are those that the help of status names', async () => {
  const help = (await project().ok(['status', '--help'])).stdout
  for (const state of ['in sync', '2 behind', 'no copy', 'ahead', 'foreign', 'not reached']) {
    expect(text).toContain(state)
    expect(help).toContain(state)
  }
})
