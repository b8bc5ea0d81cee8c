/** How far behind followers are said to be: what a metric and an alarm are made of. */
import { expect, test } from 'vitest'
import { DAY, Regions } from './support.ts'

const SLOW = 7_000

test('a follower that is cut off lags by as long as that takes', async () => {
  const regions = new Regions({ strategy: 'alternating-users' })
  await regions.replicate()
  regions.cutAtPromotion('us')
  await regions.rotate({ type: 'manual', force: true })
  regions.clock.advance(SLOW)
  regions.heal('us')
  const [us, ap] = await regions.replicate()
  expect(us!.lag).toBeGreaterThanOrEqual(SLOW)
  expect(ap!.lag).toBeLessThan(SLOW)
})

test('after a fail-over a version of long ago lags from when the new leader led, not from when it was made', async () => {
  const regions = new Regions({ strategy: 'alternating-users' })
  await regions.replicate()
  await regions.rotate({ type: 'manual', force: true })
  regions.clock.advance(DAY)
  regions.cut('eu')
  const { followers } = await regions.failOver('us')
  expect(followers.find(({ follower }) => follower === 'ap')!.lag).toBeLessThan(SLOW)
  regions.clock.advance(SLOW)
  regions.heal('eu')
  const [eu] = await regions.replicate({}, 'us')
  expect(eu).toMatchObject({ follower: 'eu', standing: 'in-sync' })
  expect(eu!.lag).toBeGreaterThanOrEqual(SLOW)
  expect(eu!.lag).toBeLessThan(DAY)
})
