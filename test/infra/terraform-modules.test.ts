/** The modules of AWS and Azure, by rules of their structure (terraform-modules-rules.ts), and the page about them. */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { standalone } from '../../infra/serverless/standalone.ts'
import { blocksOf as blocksOfPage, page } from '../docs/blocks.ts'
import { root } from './service.ts'
import { blocksOf, type Files } from './terraform-blocks.ts'
import { mistakesOf } from './terraform-modules-rules.ts'

const modules = ['aws', 'azure'] as const
const filesOf = (cloud: string): Files => {
  const folder = join(root, 'infra/terraform', cloud)
  return Object.fromEntries(readdirSync(folder).map(name => [name, readFileSync(join(folder, name), 'utf8')]))
}

test.each(modules)('%s: what is named is there, and as a review wants it', cloud => {
  expect(mistakesOf(filesOf(cloud))).toEqual([])
})

const terraform = spawnSync('terraform', ['version'])
const formatted = (text: string) => spawnSync('terraform', ['fmt', '-no-color', '-'], { input: text, encoding: 'utf8' })
test.skipIf(terraform.error)(
  'Terraform reads modules and examples, and would write them so',
  () => {
    const texts = [...modules.flatMap(cloud => Object.values(filesOf(cloud))), ...examples.map(({ text }) => text)]
    for (const text of texts) expect(formatted(text)).toMatchObject({ stdout: text, status: 0 })
    expect(formatted('resource "a" {').status).not.toBe(0)
  },
  120_000,
)

test('the stack is given the two parameters that its template has for the zips, and an output that is there is read', () => {
  const { main, outputs } = { main: filesOf('aws')['main.tf']!, outputs: filesOf('aws')['outputs.tf']! }
  const given = [...main.matchAll(/^ {4}(Artifact\w+) =/gm)].map(([, name]) => name)
  expect(given).toEqual(Object.keys(standalone({ Resources: {} }).Parameters!))
  const [, output] = /outputs\["(\w+)"\]/.exec(outputs)!
  expect(page('infra/aws/invocation.yml')).toMatch(new RegExp(`^Outputs:\\n(?: .*\\n)*? {2}${output}:$`, 'm'))
})

test('the deployments are of the templates that are packaged, and outputs that are there are read', () => {
  const { 'main.tf': main, 'outputs.tf': outputs } = filesOf('azure')
  const template = (name: string) => JSON.parse(page(`infra/azure/${name}.json`))
  const deployed = [...main!.matchAll(/file\("\$\{var\.package\}\/(\w+)\.json"\)/g)].map(([, name]) => name!)
  expect(deployed).toEqual(['state', 'app', 'events'])
  for (const name of deployed) expect(template(name).parameters).toBeTypeOf('object')
  for (const [, of, output] of outputs!.matchAll(/\.(\w+)\.output_content\)\.(\w+)\.value/g))
    expect(Object.keys(template(of!).outputs), of).toContain(output)
  expect(template('app').parameters).toHaveProperty('appName')
})

const examples = blocksOfPage('docs/terraform.md')
describe('docs/terraform.md', () => {
  test('gives each module the variables that it has, and those that it needs', () => {
    for (const cloud of modules) {
      const [{ text } = { text: '' }] = examples.filter(({ more }) => more === cloud)
      const [, body] = /^module "lockstep" \{\n([\s\S]*?)^\}/m.exec(text)!
      const given = [...body!.matchAll(/^ {2}(\w+)\s+=/gm)].map(([, name]) => name!).filter(name => name !== 'source')
      const variables = blocksOf(Object.values(filesOf(cloud)).join('\n')).filter(({ kind }) => kind === 'variable')
      const needed = variables.filter(each => !/^ {2}default\s*=/m.test(each.text)).map(({ name }) => name)
      expect(variables.map(({ name }) => name)).toEqual(expect.arrayContaining(given))
      expect(given).toEqual(expect.arrayContaining(needed))
    }
  })

  test('lets no example put back a value or a record', () => {
    expect(examples.length).toBe(5)
    for (const block of examples.flatMap(({ text }) => blocksOf(text))) {
      const ignored = /ignore_changes = \[(.*)\]/.exec(block.text)?.[1]?.split(', ') ?? []
      const writeOnly = [...block.text.matchAll(/^ {2}(\w+_wo)\s+=/gm)].map(([, name]) => name)
      for (const name of writeOnly) expect(block.text).toMatch(new RegExp(`^ {2}${name}_version\\s+= 1$`, 'm'))
      for (const [, name] of block.text.matchAll(/^ {2}(secret_string|secret_data|value)\s+=/gm))
        expect(ignored).toContain(name)
      if (/^azurerm_key_vault_secret|^aws_secretsmanager_secret\./.test(block.name)) expect(ignored).toContain('tags')
      if (block.name.startsWith('google_secret_manager_secret.'))
        expect(ignored).toEqual(['annotations', 'version_aliases'])
    }
  })
})

describe('mutated', () => {
  const cases: readonly ['aws' | 'azure', string, string, string | RegExp, string, string][] = [
    ['aws', 'a variable that is not declared', 'main.tf', 'var.name', 'var.names', 'var.names is not declared'],
    ['aws', 'a variable that is not used', 'main.tf', 'merge(var.parameters, {', 'merge({', 'parameters is not used'],
    [
      'aws',
      'a local that is not declared',
      'main.tf',
      'local.content',
      'local.contents',
      'local.contents is not declared',
    ],
    [
      'aws',
      'a resource that is not there',
      'outputs.tf',
      'stack.this',
      'stack.that',
      'aws_cloudformation_stack.that is not',
    ],
    [
      'aws',
      'a public bucket',
      'main.tf',
      'block_public_policy     = true',
      'block_public_policy     = false',
      'may be public',
    ],
    ['aws', 'zips that go first', 'main.tf', 'create_before_destroy = true', '', 'goes while the stack'],
    ['aws', 'an address that stays', 'main.tf', '{local.prefix}$', '', 'has the same address'],
    ['aws', 'no roles', 'main.tf', '"CAPABILITY_IAM"', '', 'may make no roles'],
    ['aws', 'a long request', 'main.tf', 'template_url', 'template_body', 'too long for a request'],
    ['aws', 'a stack before its zips', 'main.tf', 'depends_on = [aws_s3_object.package]', '', 'may come before'],
    ['aws', 'any provider', 'versions.tf', ', < 7.0', '', 'any provider'],
    ['azure', 'a complete deployment', 'main.tf', '"Incremental"', '"Complete"', 'deletes what it does not name'],
    [
      'azure',
      'a journal that is destroyed',
      'main.tf',
      'prevent_destroy = true',
      'prevent_destroy = false',
      'only the journal',
    ],
    ['azure', 'events before the code', 'main.tf', 'depends_on = [terraform_data.code]', '', 'comes in any order'],
    [
      'azure',
      'a value in a shell',
      'main.tf',
      '\\"$GROUP\\"',
      `$${'{var.resource_group_name}'}`,
      'into a line of a shell',
    ],
    ['azure', 'the same code for ever', 'main.tf', 'filesha256(local.zip), ', '', 'does not see another content'],
    [
      'azure',
      'an output of nobody',
      'outputs.tf',
      'deployment.state',
      'deployment.states',
      'deployment.states is not there',
    ],
    ['azure', 'a variable without a word', 'variables.tf', /^ {2}description = "Where.*\n/m, '', 'is not described'],
  ]
  test.each(cases)('%s: %s', (cloud, _, file, from, to, says) => {
    const files = filesOf(cloud)
    const changed = files[file]!.replace(from, () => to)
    expect(changed).not.toBe(files[file])
    expect(mistakesOf({ ...files, [file]: changed }).join('\n')).toContain(says)
  })
})
