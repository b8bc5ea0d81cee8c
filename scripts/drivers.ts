/**
 * Drivers that no function's bundle holds: those of the engines in preview. Who rotates with such an engine installs the driver beside
 * the bundle; the error says which. Everything else is in the bundle, each driver a chunk that is loaded when its engine is used.
 * @module
 */
export const notBundled = ['mssql', 'oracledb', 'tedious'] as const

/** Optional parts of drivers that are not installed, which no resolver may look for. */
export const optionalParts = ['pg-native', 'cloudflare:sockets'] as const

/** What drivers look for and do without: compression, other ways to sign in, colours. A bundle may name them and nothing else. */
export const doneWithout: readonly string[] = [
  ...notBundled,
  ...optionalParts,
  '@mongodb-js/zstd',
  '@node-rs/xxhash',
  'cardinal',
  'gcp-metadata',
  'kerberos',
  'mongodb-client-encryption',
  'snappy',
  'socks',
  'supports-color',
]
