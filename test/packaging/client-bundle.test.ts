/**
 * What an application pays for the client of one cloud with one pool: its SDK, and no more than 15 kB of ours.
 * Planted: an import of core/errors.ts in the client, and one of another cloud's SDK, made these fail.
 */
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import { packageOf, root } from './modules.ts'

const OURS = 15_000
const client = './core/client/index.ts'

const applications: readonly (readonly [string, string, RegExp])[] = [
  [
    'AWS',
    `import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
     import { awsSource, createSecrets, followPg } from '${client}'
     const source = awsSource({ client: new SecretsManagerClient({}), GetSecretValueCommand })
     export const secrets = createSecrets({ source })
     export { followPg }`,
    /^@(google-cloud|azure)|^google/,
  ],
  [
    'Google Cloud',
    `import { SecretManagerServiceClient } from '@google-cloud/secret-manager'
     import { createSecrets, followMysql2, gcpSource } from '${client}'
     export const secrets = createSecrets({ source: gcpSource({ client: new SecretManagerServiceClient(), project: 'p' }) })
     export { followMysql2 }`,
    /^@(aws-sdk|smithy|azure)/,
  ],
  [
    'Azure',
    `import { SecretClient } from '@azure/keyvault-secrets'
     import { azureSource, createSecrets, followMssql } from '${client}'
     export const secrets = (vault, credential) => createSecrets({ source: azureSource({ client: new SecretClient(vault, credential) }) })
     export { followMssql }`,
    /^@(aws-sdk|smithy|google-cloud)|^google/,
  ],
  [
    'the Lambda extension',
    `import { awsExtensionSource, createSecrets, followPg } from '${client}'
     export const secrets = createSecrets({ source: awsExtensionSource({ token: () => process.env.AWS_SESSION_TOKEN }) })
     export { followPg }`,
    /./,
  ],
]

test.each(applications)('%s: its own SDK, nothing of the engine, at most 15 kB', async (_, contents, never) => {
  const { metafile } = await build({
    absWorkingDir: root,
    stdin: { contents, resolveDir: root, loader: 'js' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    minify: true,
    metafile: true,
    write: false,
    outdir: 'unused',
    logLevel: 'error',
  })
  const [output] = Object.values(metafile.outputs)
  const kept = Object.entries(output!.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0)
  const ours = kept.filter(([file]) => /^core\//.test(file))
  const packages = kept
    .filter(([file]) => file.includes('node_modules/'))
    .map(([file]) => packageOf(file.replace(/^.*node_modules\//, '')))
  expect(packages.filter(name => never.test(name))).toEqual([])
  expect(
    ours.map(([file]) => file).filter(file => !/^core\/(client|secret\/secret-value|ports\/clock)/.test(file)),
  ).toEqual([])
  expect(ours.reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0)).toBeLessThan(OURS)
})
