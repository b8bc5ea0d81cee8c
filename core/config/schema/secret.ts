/**
 * `secrets:` and `defaults:`.
 * @module
 */
import { z } from 'zod'
import { DURATION, parseDuration } from '../../policy/duration.ts'
import { acceptGap, followers } from './follower.ts'
import { hook } from './hook.ts'
import { duration, line, name, text } from './parts.ts'
import { target } from './target.ts'
import { password, value } from './value.ts'

const interval = text(new RegExp(`^never$|${DURATION.source}`), 'a duration such as 12h or 30d, or never').transform(
  written => (written === 'never' ? written : parseDuration(written)!),
)

const window = z
  .strictObject({
    cron: line.describe('When it opens: minute, hour, day, month, weekday. For example 0 2 * * 1-5.'),
    duration: duration.describe('How long it stays open.'),
    timezone: line.optional().describe('An IANA name such as Europe/Berlin. Default: UTC.'),
  })
  .describe('Scheduled rotations begin only while it is open. Default: always.')

export const consumerKinds = [
  'lambda',
  'ecs',
  'kubernetes',
  'cloud-run',
  'cloud-function',
  'azure-function',
  'vm',
  'other',
] as const

/** As it stands behind `versions/` in Google Cloud; a number would never see a rotation. */
const READS = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/

const consumer = z.strictObject({
  name: line.optional().describe('Names it in messages. Default: its kind.'),
  kind: z.enum(consumerKinds).describe('What it runs on; for messages.'),
  refresh: duration.describe('The oldest value that it may hold: how long it caches, or the time between restarts.'),
  connectRetry: duration
    .optional()
    .describe('How long it goes on trying to connect with the value it holds. Default: 30s.'),
  reads: text(READS, 'latest, reference, or an alias')
    .optional()
    .describe(
      'How it reads. gcp: latest, or the alias that it names. azure: latest, or reference for a reference of App Service. Default: as the store is read.',
    ),
  hook: hook.optional(),
})

/** What `defaults:` may say for every secret, and a secret for itself. */
const policy = {
  store: name.optional().describe('The store that holds it. Default: the only store.'),
  value: value.optional(),
  password: password.optional(),
  interval: interval.optional().describe('How old current may become; never: only when asked. Default: 30d.'),
  window: window.optional(),
  grace: duration
    .optional()
    .describe('How long the old credential stays valid. At least what the slowest consumer needs. Default: 24h.'),
  consumers: z
    .array(consumer)
    .max(256)
    .optional()
    .describe('Who reads the secret, and how late. The plan refuses a grace that would break one of them.'),
  settle: duration.optional().describe('How long the target needs until a change holds everywhere. Default: 0s.'),
  replicaLag: duration.optional().describe('How late a replica may show a change. Default: 10s.'),
  runLife: duration.optional().describe('The longest life of one run; older claims are taken over. Default: 15m.'),
  retryBudget: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe('Failed tries before rotations stop until a person acts. Default: 5.'),
  idleSessions: z
    .enum(['keep', 'end'])
    .optional()
    .describe('What happens to idle sessions of the old login after the grace. Default: keep.'),
}

export const defaults = z.strictObject(policy).describe('For every secret that does not say otherwise.')

export const strategies = [
  'single-user',
  'alternating-users',
  'dual-password',
  'issue-then-revoke',
  'overlapping-keys',
] as const

export const secret = z.strictObject({
  id: line.optional().describe('Its name in the store. Default: its name here.'),
  strategy: z
    .enum(strategies)
    .describe('alternating-users: two logins in turn, no failed query. single-user: one login, with a short gap.'),
  target,
  user: line.optional().describe('The login, where the value does not name it.'),
  users: z.array(line).length(2).optional().describe('The two logins of alternating-users.'),
  followers: followers.optional(),
  acceptGap: acceptGap.optional(),
  manual: z.boolean().optional().describe('A person brings each new value. Default: false.'),
  ...policy,
})
