/**
 * docs/environments.md: its file loads for each environment, its commands run, what it shows is what is shown, and an environment with
 * `interval: never` rotates nothing by itself. Planted: the interval of prod taken out, another line shown: each failed here.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadConfig } from '../../core/config/load.ts'
import { environmentProblem } from '../../core/functions/stage.ts'
import { createKeyFile } from '../../local/index.ts'
import { DAY, ManualClock, Project } from '../cli/support.ts'
import { blocksOf, linesOf } from './blocks.ts'

const blocks = blocksOf('docs/environments.md')
const [config] = blocks.filter(({ more }) => more === 'lockstep.yml')
const here = new Project()
afterAll(() => here.remove())
beforeAll(() => {
  here.write('lockstep.yml', config!.text)
  here.write('.lockstep/keep', '')
  createKeyFile(here.at('.lockstep/store.key'))
})
const wordsOf = (command: string): string[] => {
  const words = command.split(' ')
  expect(words.splice(0, 2)).toEqual(['npx', 'lockstep'])
  return words
}

describe('docs/environments.md', () => {
  test('its file is valid as it stands and for each environment, with logins of its own', () => {
    const deployments = [undefined, 'staging', 'prod'].map(
      environment => loadConfig(config!.text, { fileName: 'lockstep.yml', environment }).deployment,
    )
    expect(deployments).toEqual(['dev', 'staging', 'prod'])
  })

  test('its commands run, and show what the page shows', async () => {
    let printed = ''
    for (const { command } of blocks.filter(({ kind, more }) => kind === 'sh' && more === '').flatMap(linesOf))
      printed += (await here.ok(wordsOf(command))).stdout
    const [shown] = blocks.filter(({ more }) => more === 'shown')
    expect(printed).toContain(shown!.text)
  })

  test('what is rotated by hand is not rotated by a sweep, and what is not is', async () => {
    // to make copies asks the database, which is nowhere
    here.write('lockstep.yml', config!.text.replace(/^ +(followers|epochs): .*\n/gm, ''))
    const clock = new ManualClock()
    const value = JSON.stringify({ username: 'orders_a', password: 'the-password-of-today' })
    for (const env of ['dev', 'prod']) {
      const args = env === 'dev' ? [] : ['--env', env]
      await here.ok(['secret', 'put', 'orders-db', ...args], { input: value, clock })
    }
    clock.time += 60 * DAY
    const byItself = async (...args: string[]) => (await here.json(['status', ...args], { clock })).data.secrets[0]
    expect(await byItself()).toMatchObject({ condition: 'due' })
    expect(await byItself('--env', 'prod')).toMatchObject({ condition: 'manual', note: 'rotated only when asked' })
    const swept = await here.json(['rotate', '--all', '--env', 'prod'], { clock })
    expect(swept).toMatchObject({ code: 0, data: { done: [] } })
    const { environment, environments } = loadConfig(config!.text, { fileName: 'lockstep.yml', environment: 'prod' })
    expect(environmentProblem('prod', ['dev', 'prod'], { environment, environments })).toBeUndefined()
  }, 60_000)

  test('the commands of the pipeline are those of the program', async () => {
    const lines = blocks.filter(({ more }) => more === 'pipeline').flatMap(linesOf)
    expect(lines.map(({ command }) => wordsOf(command)[0])).toEqual(['plan', 'rotate'])
    for (const { command } of lines) {
      const [name, secret, ...options] = wordsOf(command)
      const help = (await here.ok([name!, '--help'])).stdout + (await here.ok(['--help'])).stdout
      expect(secret).toBe('orders-db')
      for (const option of options.filter(word => word.startsWith('--'))) expect(help).toContain(option)
    }
  })
})
