/**
 * A certification authority and a server certificate for a test, made with openssl.
 * @module
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { own, sh } from './stand.ts'

export interface TestTls {
  /** The authority's certificate, PEM text. */
  readonly ca: string
  readonly certFile: string
  readonly keyFile: string
}

/** Files in `folder`, owned by the servers' user. The server's names: localhost, 127.0.0.1, db.example.test. */
export function makeTls(folder: string): TestTls {
  const certificate = (...args: string[]) =>
    sh('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', ...args], {
      cwd: folder,
    })
  certificate('-days', '2', '-subj', '/CN=test authority', '-keyout', 'ca.key', '-out', 'ca.crt')
  certificate(
    ...['-days', '2', '-subj', '/CN=localhost', '-keyout', 'server.key', '-out', 'server.crt'],
    ...['-CA', 'ca.crt', '-CAkey', 'ca.key', '-addext', 'basicConstraints=critical,CA:FALSE'],
    ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1,DNS:db.example.test'],
  )
  const file = (name: string) => own(path.join(folder, name))
  return { ca: readFileSync(file('ca.crt'), 'utf8'), certFile: file('server.crt'), keyFile: file('server.key') }
}
