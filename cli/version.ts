/**
 * The version of this package, whether it runs from its sources or compiled.
 * @module
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

function packageFile(folder: string): string {
  const file = join(folder, 'package.json')
  return existsSync(file) ? file : packageFile(dirname(folder))
}

export const version = (JSON.parse(readFileSync(packageFile(import.meta.dirname), 'utf8')) as { version: string })
  .version
