/** docs/federation.md: its configuration is valid, its JSON parses, and the sections that errors send people to are there. */
import { expect, test } from 'vitest'
import { loadConfig } from '../../core/config/load.ts'
import { setUp } from '../../core/federation/refusal.ts'
import { directions } from '../federation/support.ts'
import { blocksOf, page } from './blocks.ts'

const PAGE = 'docs/federation.md'

test('its configuration is valid, and has the audiences of its table', () => {
  const { text } = blocksOf(PAGE).find(({ kind }) => kind === 'yaml')!
  const { stores } = loadConfig(text, { fileName: 'lockstep.yml' })
  const table = page(PAGE)
    .split('\n')
    .filter(line => line.startsWith('| '))
  for (const store of stores.values()) {
    if (store.kind === 'local') continue
    const audience = store.signIn!.audience.replace(/(googleapis\.com\/).*/, '$1PROVIDER')
    expect(table.some(line => line.includes(`\`${audience}\``))).toBe(true)
  }
})

test.each(directions)('errors of $from to $to name a section of it', direction => {
  const [file, title] = setUp(direction).split(', ')
  expect(file).toBe(PAGE)
  const heading = `\n## ${title!.replaceAll('"', '')}\n`
  expect(page(PAGE)).toContain(heading)
})

test('what it has typed as JSON is JSON', () => {
  const documents = [...page(PAGE).matchAll(/<<'JSON'\n([\s\S]*?)\nJSON\n/g)].map(([, text]) => JSON.parse(text!))
  expect(documents.length).toBe(5)
})
