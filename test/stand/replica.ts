/**
 * A streaming replica of a server of the stand, made by PostgreSQL's own low-level backup (npm's binaries bring no pg_basebackup).
 * @module
 */
import { rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { postgresHome } from './binaries.ts'
import { type Postgres, startOn } from './postgres.ts'
import { atFreePort, freshFolder, orUnavailable, own, sh, type Unavailable } from './stand.ts'

export interface ReplicaOptions {
  /** `recovery_min_apply_delay`, such as `3s`. To stop and go at will: `pg_wal_replay_pause()` and `pg_wal_replay_resume()`. */
  readonly applyDelay?: string
}

/** The primary's pg_hba.conf must allow replication from 127.0.0.1, as the default does. Logins and passwords are the primary's. */
export const startReplica = (
  primary: Postgres,
  { applyDelay = '0' }: ReplicaOptions = {},
): Promise<Postgres | Unavailable> =>
  orUnavailable('replica', () =>
    atFreePort(async port => {
      const folder = freshFolder('replica')
      await copyRunning(primary, folder)
      return startOn({
        home: postgresHome(primary.version),
        folder,
        port,
        version: primary.version,
        tls: primary.tls,
        conf: {
          ...(primary.tls && { ssl: 'on', ssl_cert_file: primary.tls.certFile, ssl_key_file: primary.tls.keyFile }),
          primary_conninfo: `host=${primary.host} port=${primary.port} user=postgres password=${primary.adminPassword}`,
          recovery_min_apply_delay: applyDelay,
          wal_retrieve_retry_interval: '50ms',
        },
      })
    }),
  )

async function copyRunning(primary: Postgres, folder: string): Promise<void> {
  const client = await primary.connect() // the backup lasts as long as this session
  try {
    await client.query("SELECT pg_backup_start('replica', true)")
    sh('cp', ['-Rp', primary.dataFolder, path.join(folder, 'data')], { asServer: true })
    const { rows } = await client.query('SELECT labelfile FROM pg_backup_stop(false)')
    for (const name of ['postmaster.pid', 'postmaster.opts']) rmSync(path.join(folder, 'data', name), { force: true })
    for (const [name, text] of [
      ['backup_label', rows[0].labelfile as string] as const,
      ['standby.signal', ''] as const,
    ]) {
      writeFileSync(path.join(folder, 'data', name), text)
      own(path.join(folder, 'data', name))
    }
  } finally {
    await client.end()
  }
}
