/** docs/deploy-*.md: the configurations are valid for the functions of their cloud, and each step before the first account is run. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readConfig } from '../../core/functions/configuration.ts'
import { blocksOf, linesOf, page } from '../docs/blocks.ts'
import { clouds, serviceFolder } from './service.ts'

const service = serviceFolder()

describe.each(clouds)('docs/deploy-%s.md', cloud => {
  const name = `docs/deploy-${cloud}.md`
  const of = (kind: string, more: string) => blocksOf(name).filter(block => block.kind === kind && block.more === more)
  const [config] = of('yaml', `${cloud}/lockstep.yml`)

  test('its configuration is one of the functions there', async () => {
    const file = join(service.path, cloud, 'lockstep.yml')
    writeFileSync(file, config!.text)
    const { secrets } = await readConfig(cloud, service.path, { LOCKSTEP_CONFIG: file })
    expect([...secrets.keys()]).toEqual(['orders-db'])
  })

  test('every step before an account runs', async () => {
    const lines = of('sh', 'service').flatMap(linesOf)
    expect(lines.length).toBe(2)
    for (const { command } of lines) {
      const words = command.split(' ')
      const at = words.indexOf('npx')
      expect(words[at + 1]).toBe('serverless')
      const variables = words.slice(0, at).map(word => word.split('=') as [string, string])
      const { code, stdout, stderr } = await service.serverless(words.slice(at + 2), Object.fromEntries(variables))
      expect(code, `${command}\n${stdout}${stderr}`).toBe(0)
      expect(stdout + stderr).not.toContain('holds no configuration')
    }
  }, 300_000)

  test('every parameter that service.yml takes is in its table, and no other', () => {
    const taken = [...page(`${cloud}/service.yml`).matchAll(/\$\{param:(\w+), /g)].map(([, parameter]) => parameter!)
    const table = page(name).slice(page(name).indexOf('| `--param` |'))
    const rows = table.slice(0, table.indexOf('\n\n')).matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)
    const listed = [...rows].flatMap(([, cell]) => cell!.replaceAll('`', '').split(', '))
    expect(listed.toSorted()).toEqual([...new Set(taken)].toSorted())
  })
})
