/**
 * The folder of one cloud that `serverless package` leaves: `dist/<cloud>` of the service.
 * @module
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Cloud } from '../../core/functions/configuration.ts'
import { type Contents, configNames, configOf, contentsOf } from './contents.ts'
import { type Log, Refusal, type Serverless } from './framework.ts'
import { zip } from './zip.ts'

export const folderOf = (cloud: Cloud, { serviceDir }: Serverless): string => join(serviceDir, 'dist', cloud)

/** Zips, and the paths that they were written to by their names. A cloud's folder is emptied first: what is in it is of this run. */
export async function writeZips(cloud: Cloud, serverless: Serverless, log: Log): Promise<ReadonlyMap<string, string>> {
  const config = await configOf(cloud, serverless)
  if (config.size === 0) missing(cloud, serverless, log)
  const contents: Contents = await contentsOf(cloud, config)
  const folder = folderOf(cloud, serverless)
  rmSync(folder, { recursive: true, force: true })
  const written = [...contents].map(([name, files]) => {
    const path = join(folder, `${name}.zip`)
    write(path, zip(files))
    return [name, path] as const
  })
  return new Map(written)
}

export function write(path: string, content: Uint8Array | string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}

export const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

function missing(cloud: Cloud, { processedInput: { commands }, service }: Serverless, log: Log): void {
  const says = `There is no ${configNames(cloud, service).join(' and no ')}, so the package holds no configuration`
  if (commands[0] === 'deploy') throw new Refusal(`${says}: write one, or name it in LOCKSTEP_CONFIG.`)
  log.warning(`${says}: write one, or name it in LOCKSTEP_CONFIG, and package again before you deploy.`)
}
