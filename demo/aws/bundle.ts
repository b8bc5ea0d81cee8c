/**
 * The rotation function as it is published: `dist/aws/rotate.mjs` and its chunks, built if there is none or a source is newer.
 * @module
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { buildLambda } from '../../scripts/build-lambda.ts'

const root = path.resolve(import.meta.dirname, '../..')
const built = path.join(root, 'dist/aws')
const entry = 'rotate.mjs'

/** Copies the bundle into `folder`, as an upload does: a build that goes on meanwhile changes nothing here. Answers the entry. */
export async function uploadBundle(folder: string): Promise<string> {
  if (isStale()) {
    rmSync(built, { recursive: true, force: true })
    await buildLambda(built)
  }
  mkdirSync(folder, { recursive: true })
  for (const file of bundleFiles(built)) copyFileSync(path.join(built, file), path.join(folder, file))
  return path.join(folder, entry)
}

/** Entry and chunks; not what the compiler puts beside them. */
export const bundleFiles = (folder: string): readonly string[] =>
  readdirSync(folder).filter(file => file.endsWith('.mjs'))

function isStale(): boolean {
  const file = path.join(built, entry)
  if (!existsSync(file)) return true
  const builtAt = statSync(file).mtimeMs
  const sources = ['aws', 'core', 'scripts/build-lambda.ts', 'package-lock.json'].map(part => path.join(root, part))
  return sources.flatMap(filesBelow).some(source => statSync(source).mtimeMs > builtAt)
}

const filesBelow = (file: string): readonly string[] =>
  statSync(file).isFile()
    ? [file]
    : readdirSync(file, { recursive: true, encoding: 'utf8' }).map(name => path.join(file, name))
