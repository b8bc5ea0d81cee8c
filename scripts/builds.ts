/**
 * What every bundled file was made of, for the bill of materials: who packages names a folder in LOCKSTEP_BUILDS, and each build of
 * that run leaves there, by the hash of each file that it wrote, the sources that are in it. A variable, for the builds happen in
 * the framework's process; hashes, so that only bytes that are in a zip are told of.
 * @module
 */
import { createHash, randomUUID } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Metafile } from 'esbuild'

const root = resolve(import.meta.dirname, '..')

export const FOLDER = 'LOCKSTEP_BUILDS'

/** Sources of each bundled file, from the root of this repository, by the file's sha256. */
export type Sources = ReadonlyMap<string, readonly string[]>

export const sha256 = (content: Uint8Array | string): string => createHash('sha256').update(content).digest('hex')

/** Paths of outputs are from the root: every build has it as its working directory. */
export function recordBuild({ outputs }: Metafile): void {
  const folder = process.env[FOLDER]
  if (!folder) return
  const sources = Object.entries(outputs).map(([path, { inputs }]) => {
    // what the minifier left nothing of is not in the file
    const present = Object.keys(inputs).filter(input => inputs[input]!.bytesInOutput > 0)
    return [sha256(readFileSync(resolve(root, path))), present]
  })
  writeFileSync(join(folder, `${randomUUID()}.json`), JSON.stringify(sources))
}

export function recordedBuilds(folder: string): Sources {
  const records = readdirSync(folder).map(name => JSON.parse(readFileSync(join(folder, name), 'utf8')))
  return new Map(records.flat() as [string, string[]][])
}
