/**
 * The zips: what an unpacker finds is what was put in, and the bytes depend on nothing else.
 * Planted: names in the order of the map, and a checksum of what is packed, failed here.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { zip } from '../../infra/serverless/zip.ts'
import { unzip } from './unzip.ts'

const files = fc.dictionary(
  fc.stringMatching(/^[\p{L}\p{N}_-][\p{L}\p{N}._-]{0,20}(\/[\p{L}\p{N}_-]{1,9})?$/u),
  fc.uint8Array({ maxLength: 3000 }),
  { maxKeys: 12 },
)

test('what is unpacked is what was packed, in the order of the names', () => {
  fc.assert(
    fc.property(files, given => {
      const entries = unzip(zip(new Map(Object.entries(given))))
      expect(entries.map(({ name }) => name)).toEqual(Object.keys(given).toSorted())
      for (const { name, content, mode, time, date } of entries) {
        expect(content.equals(given[name]!)).toBe(true)
        expect([mode, time, date]).toEqual([0o100644, 0, 33])
      }
    }),
  )
})

test('the order in which files are given is no part of it', () => {
  fc.assert(
    fc.property(files, given => {
      const entries = Object.entries(given)
      expect(zip(new Map(entries)).equals(zip(new Map(entries.toReversed())))).toBe(true)
    }),
  )
})

const python = (() => {
  try {
    return execFileSync('python3', ['--version'], { encoding: 'utf8' })
  } catch {
    return undefined
  }
})()

test.skipIf(!python)('Python unpacks it too', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-zip-'))
  try {
    writeFileSync(
      join(folder, 'a.zip'),
      zip(
        new Map([
          ['b/ä.txt', 'two'],
          ['a.txt', 'one'.repeat(9999)],
          ['c', ''],
        ]),
      ),
    )
    execFileSync('python3', ['-m', 'zipfile', '-e', 'a.zip', 'out'], { cwd: folder })
    expect(readFileSync(join(folder, 'out/b/ä.txt'), 'utf8')).toBe('two')
    expect(readFileSync(join(folder, 'out/a.txt'), 'utf8')).toBe('one'.repeat(9999))
    expect(readFileSync(join(folder, 'out/c'), 'utf8')).toBe('')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
