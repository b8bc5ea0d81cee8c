/**
 * Writes `docs/downtime.md` and the results that it is made of. Measures for some minutes; or takes what `npm run -s bench --
 * downtime --json` has printed: `--from FILE`. Run it after a change of an engine, of a step of a rotation, or of the client. A
 * broken promise: exit code 1, and nothing is written.
 * @module
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { measureAll } from '../bench/downtime/main.ts'
import { downtimePage } from '../bench/downtime/page.ts'
import { engines, LEAST_ROTATIONS, type Measured, unkept } from '../bench/downtime/row.ts'

const { values } = parseArgs({ options: { from: { type: 'string' } } })
const measured: Measured =
  values.from === undefined
    ? await measureAll({ engines, rotations: LEAST_ROTATIONS })
    : JSON.parse(readFileSync(values.from, 'utf8'))
const broken = unkept(measured.rows, engines)
for (const words of broken) process.stderr.write(`BROKEN ${words}\n`)
process.exitCode = broken.length > 0 ? 1 : 0
if (broken.length === 0) {
  const at = (file: string) => new URL(`../${file}`, import.meta.url)
  writeFileSync(at('bench/downtime/results.json'), `${JSON.stringify(measured, null, 2)}\n`)
  writeFileSync(at('docs/downtime.md'), downtimePage(measured))
}
