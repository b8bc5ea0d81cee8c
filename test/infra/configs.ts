/** A `lockstep.yml` for each cloud, as the functions read it. */
const rest = `
audit: [{ kind: stdout }]
secrets:
  orders-db:
    strategy: single-user
    target: { kind: postgres, endpoints: [{ host: db.example.com, database: orders }] }
`

export const configs = {
  aws: `version: 1\nstores: { own: { kind: aws, region: eu-central-1 } }${rest}`,
  gcp: `version: 1\nstores: { own: { kind: gcp, project: my-project, readBy: { alias: current } } }${rest}`,
  azure: `version: 1
stores:
  own: { kind: azure, vault: 'https://my-kv.vault.azure.net', journal: { url: 'https://acct.blob.core.windows.net', container: lockstep } }${rest}`,
} as const
