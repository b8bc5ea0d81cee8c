import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { expect, test } from 'vitest'
import { createSecretsManager } from '../fakes/aws/secrets-manager.ts'
import { behaviours } from './moto-deviations.ts'

// What our own fake cannot know: it knows functions by their ARN only.
const UNKNOWN_TO_THE_FAKE = ['RotateSecret with a function that is not there: refused, no version is made']

for (const { behaviour, aws } of behaviours.filter(({ behaviour }) => !UNKNOWN_TO_THE_FAKE.includes(behaviour)))
  test(`our fake does as AWS documents: ${behaviour}`, async () => {
    const fake = createSecretsManager()
    const elsewhere = (region: string): SecretsManagerClient => fake.inProcessClient({ region })
    await expect(aws({ client: fake.inProcessClient(), elsewhere })).resolves.toBeUndefined()
  })
