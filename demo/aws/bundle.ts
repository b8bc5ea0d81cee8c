/**
 * The rotation function as it is published: `dist/aws/rotate.mjs` and its chunks, or the same built anew if there is none or a source
 * is newer. `dist` is only read: it is the package of whoever built it.
 * @module
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { buildLambda } from '../../scripts/build-lambda.ts'

const root = path.resolve(import.meta.dirname, '../..')
const built = path.join(root, 'dist/aws')
const entry = 'rotate.mjs'

/** Puts the bundle into `folder`, as an upload does: a build that goes on meanwhile changes nothing here. Answers the entry. */
export async function uploadBundle(folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true })
  if (isStale()) await buildLambda(folder)
  else for (const file of bundleFiles(built)) copyFileSync(path.join(built, file), path.join(folder, file))
  return path.join(folder, entry)
}

/** Entry and chunks; neither the other functions nor what the compiler puts beside them. */
export const bundleFiles = (folder: string): readonly string[] =>
  readdirSync(folder).filter(file => /^rotate(-[\w-]+)?\.mjs$/.test(file))

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
