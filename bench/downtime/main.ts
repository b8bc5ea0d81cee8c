/**
 * `npm run bench -- downtime [--engine NAME] [--rotations N] [--json]`: what consumers feel of rotations, by engine, strategy and
 * kind of consumer, on real servers.
 * @module
 */
import { availableParallelism, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { measure } from './measure.ts'
import { asTable } from './page.ts'
import { consumers, type EngineRows, engines, LEAST_ROTATIONS, type Measured, type Row, unkept } from './row.ts'

export interface Asked {
  readonly engines: readonly EngineRows[]
  readonly rotations: number
}

/** Exit code: 0 every promise was kept, 1 one was broken or a server cannot be had, 2 usage. */
export async function downtime(args: readonly string[]): Promise<number> {
  const asked = read(args)
  if (!asked) {
    const names = engines.map(({ engine }) => engine).join('|')
    process.stderr.write(`usage: bench downtime [--engine ${names}] [--rotations N] [--json]\n`)
    return 2
  }
  const measured = await measureAll(asked)
  process.stdout.write(`${asked.json ? JSON.stringify(measured) : asTable(measured.rows)}\n`)
  const broken = unkept(measured.rows, asked.engines)
  for (const words of broken) process.stderr.write(`BROKEN ${words}\n`)
  return broken.length > 0 ? 1 : 0
}

export async function measureAll({ engines: asked, rotations }: Asked): Promise<Measured> {
  const loadBefore = load()
  const rows: Row[] = []
  for (const { engine, label, strategies } of asked)
    for (const strategy of strategies) {
      process.stderr.write(`${engine}, ${strategy}\n`)
      rows.push(...((await measure({ engine, label, strategy, consumers, rotations })) ?? []))
    }
  return { rows, machine: { cores: availableParallelism(), node: process.version, loadBefore, loadAfter: load() } }
}

const load = (): number => Math.round(loadavg()[0]! * 10) / 10

function read(args: readonly string[]): (Asked & { readonly json: boolean }) | undefined {
  try {
    const options = {
      engine: { type: 'string', multiple: true },
      rotations: { type: 'string', default: String(LEAST_ROTATIONS) },
      json: { type: 'boolean', default: false },
    } as const
    const { engine: names, rotations: times, json } = parseArgs({ args: [...args], options }).values
    const rotations = Number(times)
    const asked = engines.filter(({ engine }) => names === undefined || names.includes(engine))
    const known = names === undefined || names.every(name => asked.some(({ engine }) => engine === name))
    return known && Number.isSafeInteger(rotations) && rotations > 0 ? { engines: asked, rotations, json } : undefined
  } catch {
    return undefined
  }
}
