/** One of each kind of what a configuration can ask of AWS. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { loadConfig } from '../../core/config/load.ts'
import { targetModule } from '../aws/fleet-support.ts'

const ROLE = 'arn:aws:iam::210987654321:role/lockstep'
export const RDS = 'orders.abc123.us-east-1.rds.amazonaws.com'
export const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-permissions-'))
writeFileSync(path.join(folder, 'target.mjs'), targetModule)

const own = (name: string, more = '') =>
  `  ${name}: { store: home, id: app/${name}, strategy: single-user, target: { kind: module, module: ./target.mjs }${more} }\n`
const copies = `, acceptGap: [eu, partner], followers: [{ store: eu, required: false }, { store: partner, required: false }]`
export const fillers = Array.from({ length: 10 }, (_, n) => `filler-${n}`)

/** `rds` is at a database that there is not, and only read by what is called here by hand. */
const text = `version: 1
stores:
  home: { kind: aws, region: us-east-1 }
  eu: { kind: aws, region: eu-west-1 }
  ie: { kind: aws, region: eu-west-3 }
  partner: { kind: aws, region: ap-south-1, role: { arn: "${ROLE}" } }
  reg: { kind: aws, region: eu-north-1 }
epochs: { store: reg }
audit: [{ kind: stdout }]
defaults: { interval: 30d, grace: 1h, runLife: 1m }
secrets:
${own('copied', copies)}${own('driven')}${fillers.map(name => own(name)).join('')}  rds:
    store: home
    id: app/rds
    strategy: alternating-users
    users: [app_a, app_b]
    interval: 300d
    target: { kind: postgres, endpoints: [{ host: ${RDS}, database: orders }], admin: { store: home, id: "rds!db-orders" } }
    followers: [{ store: ie, replica: true }]
    consumers:
      - { name: api, kind: other, refresh: 1m, hook: { kind: webhook, url: "https://example.com/hook", key: { store: home, id: app/key } } }
      - { name: tasks, kind: other, refresh: 1m, hook: { kind: ecs, cluster: main, service: orders } }
      - { name: mails, kind: other, refresh: 1m, hook: { kind: lambda-environment, function: mails } }
  token:
    store: home
    id: app/token
    strategy: alternating-users
    users: [token_a, token_b]
    interval: 300d
    target: { kind: postgres, endpoints: [{ host: ${RDS}, database: orders }], admin: { token: rds-iam, user: master } }
`
export const config = loadConfig(text, { fileName: path.join(folder, 'lockstep.yml') })
