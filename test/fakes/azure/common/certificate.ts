import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { sh } from '../../../stand/stand.ts'

export interface Certificate {
  /** The throw-away authority's certificate, PEM text. */
  readonly ca: string
  readonly cert: string
  readonly key: string
}

let made: Certificate | undefined

/**
 * For localhost, 127.0.0.1, every `*.vault.azure.net` and every `*.blob.core.windows.net`; one for the whole process. Its
 * files are gone when this returns.
 */
export function certificate(): Certificate {
  made ??= make()
  return made
}

function make(): Certificate {
  const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-azure-'))
  try {
    const request = (...args: string[]) =>
      sh('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', ...args], {
        cwd: folder,
      })
    request('-days', '2', '-subj', '/CN=test authority', '-keyout', 'ca.key', '-out', 'ca.crt')
    request(
      ...['-days', '2', '-subj', '/CN=localhost', '-keyout', 'server.key', '-out', 'server.crt'],
      ...['-CA', 'ca.crt', '-CAkey', 'ca.key', '-addext', 'basicConstraints=critical,CA:FALSE'],
      ...['-addext', 'subjectAltName=DNS:*.vault.azure.net,DNS:*.blob.core.windows.net,DNS:localhost,IP:127.0.0.1'],
    )
    const text = (name: string) => readFileSync(path.join(folder, name), 'utf8')
    return { ca: text('ca.crt'), cert: text('server.crt'), key: text('server.key') }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
