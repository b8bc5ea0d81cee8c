/**
 * The `lockstep.yml` that `lockstep init` writes.
 * @module
 */

export const exampleConfig = `# yaml-language-server: $schema=./node_modules/lockstep/lockstep.schema.json
# What Lockstep rotates, where it lives, and who uses it. No secret belongs into this file.
# Check it with: lockstep check
version: 1

# Marks the logins at the database as ours. Give every deployment that can reach the same database a name of its own.
deployment: default

# A file of this machine. In AWS Secrets Manager instead, say kind: aws, region: eu-central-1, and where audit events go.
stores:
  local:
    kind: local
    file: .lockstep/store.db
    key: { file: .lockstep/store.key } # or, from the environment: { env: LOCKSTEP_STORE_KEY }
  #~ us: { kind: local, file: .lockstep/us.db, key: { file: .lockstep/store.key } }
  #~ ap: { kind: local, file: .lockstep/ap.db, key: { file: .lockstep/store.key } }
  #~ epochs: { kind: local, file: .lockstep/epochs.db, key: { file: .lockstep/store.key } }

# Copies in other regions and clouds follow every rotation, and one of them can take over. Lines that begin with #~ are a drill
# of that on this machine: take the #~ away. In earnest, stores of kind aws, gcp and azure: docs/followers/README.md.
#~ epochs: { store: epochs } # where it is written who leads: not where the leader is

# Tells in logs whether two versions are equal, without showing either.
fingerprintKey: { file: .lockstep/fingerprint.key }

# Audit events are kept with the store. Here they can go to a file or a log collector as well.
# audit:
#   - { kind: file, file: audit.jsonl }
#   - { kind: stderr }

# For every secret that does not say otherwise.
defaults:
  interval: 30d # how old a credential may become; never: only when asked
  grace: 24h # how long the old one stays valid: longer than the slowest consumer needs
  # window: { cron: '0 2 * * 1-5', duration: 2h, timezone: Europe/Berlin }
  # password: { length: 32, classes: [lower, upper, digits, specials], exclude: O0lI1 }

secrets:
  orders-db:
    #~ store: local # leads; these follow, and the old password ends only when every required one shows the new one
    #~ followers: [{ store: us }, { store: ap, required: false }]
    # Two logins of one owner role, in turn: no query fails. single-user needs one login, and has a short gap.
    strategy: alternating-users
    users: [orders_a, orders_b]
    target:
      kind: postgres
      # Every place where consumers log in: one writer, replicas (role: reader), PgBouncer (role: pooler).
      endpoints:
        - { host: localhost, port: 5432, database: orders, role: writer }
      tls: { mode: verify-full } # ca: ./ca.pem for an authority of your own
      ownerRole: orders
      admin: { store: local, id: postgres-admin } # a secret in that store; without it, each login changes its own password
      probes:
        - select 1
    # How the login stands in the value. Other fields survive. Or: format: url, password, template.
    value: { format: json }
    # Who reads the secret, and how late. A grace that would break one of them is refused.
    consumers:
      - { name: orders-api, kind: kubernetes, refresh: 5m }

# Variants of this file: lockstep --env prod. Merged over the rest.
# environments:
#   prod:
#     deployment: prod
#     secrets:
#       orders-db:
#         target:
#           endpoints:
#             - { host: db.example.com, database: orders }
`
