/**
 * Packages the functions of every cloud into `dist/{aws,gcp,azure}` of the folder that it is started in, and says the sha256 of
 * what is there, in the lines of `sha256sum`; with --json for machines. Every other argument is one of `serverless package`:
 * --stage prod. A program, for variables before a command are no command on Windows.
 * @module
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'

const clouds = ['aws', 'gcp', 'azure'] as const
const serverless = resolve(import.meta.dirname, '../node_modules/serverless/bin/serverless.js')

const asked = process.argv.slice(2)
const forMachines = asked.includes('--json')
const others = asked.filter(argument => argument !== '--json')

for (const CLOUD of clouds) {
  const env = { ...process.env, CLOUD }
  // what the framework says is for a person: the answer has stdout to itself
  const { status } = spawnSync(process.execPath, [serverless, 'package', ...others], { env, stdio: ['ignore', 2, 2] })
  if (status !== 0) process.exit(status ?? 1)
}

const artefacts = clouds.flatMap(cloud =>
  readdirSync(join('dist', cloud), { recursive: true, encoding: 'utf8' })
    // the build leaves bundles here too: they are in the zips
    .filter(name => !/\.(m?js|d\.ts)$/.test(name) && statSync(join('dist', cloud, name)).isFile())
    .toSorted()
    .map(name => {
      const content = readFileSync(join('dist', cloud, name))
      const file = `dist/${cloud}/${name.replaceAll('\\', '/')}`
      return { cloud, file, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') }
    }),
)

if (forMachines) process.stdout.write(`${JSON.stringify({ node: process.version, artefacts })}\n`)
else for (const { file, sha256 } of artefacts) process.stdout.write(`${sha256}  ${file}\n`)
