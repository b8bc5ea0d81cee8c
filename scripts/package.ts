/**
 * Packages the functions of every cloud into `dist/{aws,gcp,azure}` of the folder that it is started in, and says the sha256 of
 * what is there, in the lines of `sha256sum`; with --json for machines. Every other argument is one of `serverless package`:
 * --stage prod. A program, for variables before a command are no command on Windows.
 *
 * Beside them: `dist/sbom/<cloud>.cdx.json`, what the zips are made of; `dist/SHA256SUMS`, the checksums of all of it; and
 * `dist/SHA256SUMS.sig`, if LOCKSTEP_SIGNING_KEY names a key (docs/supply-chain.md).
 * @module
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { FOLDER, recordedBuilds, sha256 } from './builds.ts'
import { packagesOf, sbom } from './sbom.ts'
import { KEY_FILE, keyIn, SigningRefused, signature } from './signature.ts'
import { entriesOf } from './unzip.ts'

const clouds = ['aws', 'gcp', 'azure'] as const
const serverless = resolve(import.meta.dirname, '../node_modules/serverless/bin/serverless.js')
const SUMS = 'dist/SHA256SUMS'

const asked = process.argv.slice(2)
const forMachines = asked.includes('--json')
const others = asked.filter(argument => argument !== '--json')
const key = process.env[KEY_FILE]

// of an earlier run: nothing may vouch for files that it has not seen
for (const file of [SUMS, `${SUMS}.sig`, 'dist/sbom']) rmSync(file, { recursive: true, force: true })
if (key) refusingIfWrong(() => keyIn(key))

for (const cloud of clouds) packageFor(cloud)
const artefacts = clouds.flatMap(cloud => artefactsOf(cloud))
const boms = clouds.map(cloud => entry(`dist/sbom/${cloud}.cdx.json`))

// names as they are from `dist`, for that is where `sha256sum --check` is run
const lines = [...artefacts, ...boms].map(({ file, sha256 }) => `${sha256}  ${file.slice('dist/'.length)}\n`)
writeFileSync(SUMS, lines.join(''))
if (key) refusingIfWrong(() => writeFileSync(`${SUMS}.sig`, signature(readFileSync(SUMS), key)))

if (forMachines) process.stdout.write(`${JSON.stringify({ node: process.version, artefacts })}\n`)
else for (const { file, sha256 } of artefacts) process.stdout.write(`${sha256}  ${file}\n`)

function packageFor(cloud: (typeof clouds)[number]): void {
  const builds = mkdtempSync(join(tmpdir(), 'lockstep-builds-'))
  try {
    const env = { ...process.env, CLOUD: cloud, [FOLDER]: builds }
    // what the framework says is for a person: the answer has stdout to itself
    const { status } = spawnSync(process.execPath, [serverless, 'package', ...others], { env, stdio: ['ignore', 2, 2] })
    if (status !== 0) process.exit(status ?? 1)
    const zips = filesOf(cloud).filter(file => file.endsWith('.zip'))
    const opened = zips.map(file => ({ file: file.slice('dist/'.length), entries: entriesOf(readFileSync(file)) }))
    mkdirSync('dist/sbom', { recursive: true })
    const text = sbom(cloud, packagesOf(opened, recordedBuilds(builds)), process.env.SOURCE_DATE_EPOCH)
    writeFileSync(`dist/sbom/${cloud}.cdx.json`, text)
  } finally {
    rmSync(builds, { recursive: true })
  }
}

function filesOf(cloud: string): readonly string[] {
  return (
    readdirSync(join('dist', cloud), { recursive: true, encoding: 'utf8' })
      // the build leaves bundles here too: they are in the zips
      .filter(name => !/\.(m?js|d\.ts)$/.test(name) && statSync(join('dist', cloud, name)).isFile())
      .toSorted()
      .map(name => `dist/${cloud}/${name.replaceAll('\\', '/')}`)
  )
}

function artefactsOf(cloud: string) {
  return filesOf(cloud).map(file => ({ cloud, ...entry(file) }))
}

function entry(file: string) {
  const content = readFileSync(file)
  return { file, bytes: content.length, sha256: sha256(content) }
}

function refusingIfWrong(run: () => void): void {
  try {
    run()
  } catch (thrown) {
    if (!(thrown instanceof SigningRefused)) throw thrown
    process.stderr.write(`${thrown.message}\n`)
    process.exit(2)
  }
}
