// What holds after any sequence of calls, by the service model's words on labels, versions and tokens.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { token } from './secrets-manager/support.ts'
import { createSecretsManager, type Peeked, type SecretsManagerCore } from './secrets-manager.ts'

const ids = fc.constantFrom('a', 'b', 'c', 'd').map(token)
const stages = fc.constantFrom('AWSCURRENT', 'AWSPENDING', 'AWSPREVIOUS', 'MINE')
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })

const calls = fc.array(
  fc.oneof(
    fc.record({
      op: fc.constant('PutSecretValue'),
      ClientRequestToken: ids,
      SecretString: fc.constantFrom('x', 'y'),
      VersionStages: maybe(fc.uniqueArray(stages, { minLength: 1 })),
    }),
    fc.record({
      op: fc.constant('UpdateSecretVersionStage'),
      VersionStage: stages,
      MoveToVersionId: maybe(ids),
      RemoveFromVersionId: maybe(ids),
    }),
    fc.record({ op: fc.constant('RotateSecret'), ClientRequestToken: ids, RotationLambdaARN: fc.constant('arn:f') }),
    fc.record({ op: fc.constant('CancelRotateSecret') }),
  ),
  { maxLength: 25 },
)

async function send(fake: SecretsManagerCore, { op, ...input }: { op: string }): Promise<number> {
  const body = JSON.stringify({ SecretId: 's', ...input })
  return (await fake.handle({ target: `secretsmanager.${op}`, body, accessKeyId: 'test' })).status
}

const holders = ({ versions }: Peeked, stage: string) => [...versions].filter(([, each]) => each.stages.includes(stage))

it('labels have one holder, AWSCURRENT stays, values never change, a refused call changes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(calls, async sequence => {
      const fake = createSecretsManager()
      fake.service.createSecret({ name: 's', value: 'first', token: token('first') })
      for (const call of sequence) {
        const before = fake.service.peek('s')
        const status = await send(fake, call)
        const after = fake.service.peek('s')
        if (status !== 200) expect(after).toEqual(before)
        checkLabels(before, after)
        for (const [id, { value }] of before.versions) {
          if (value !== undefined) expect(after.versions.get(id)?.value).toBe(value)
        }
      }
    }),
    { numRuns: 300 },
  )
})

function checkLabels(before: Peeked, after: Peeked): void {
  for (const stage of ['AWSCURRENT', 'AWSPENDING', 'AWSPREVIOUS', 'MINE']) {
    expect(holders(after, stage).length).toBeLessThanOrEqual(1)
  }
  const [[current]] = holders(after, 'AWSCURRENT') as [[string, unknown]]
  const [[was]] = holders(before, 'AWSCURRENT') as [[string, unknown]]
  if (current !== was) expect(holders(after, 'AWSPREVIOUS')[0]?.[0]).toBe(was)
}
