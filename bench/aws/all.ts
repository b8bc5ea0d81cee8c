/**
 * What is measured of the rotation function on AWS. Secrets Manager is our fake; the bundle, AWS's runtime client where one is
 * used, the SDK and PostgreSQL are real.
 * @module
 */
import type { Result } from '../result.ts'
import { awsCounts } from './counts.ts'
import { awsLoading } from './loading.ts'
import { lostQueries } from './lost-queries.ts'
import { awsRotationTime } from './rotation-time.ts'

export const aws = async (): Promise<Result[]> => [
  ...(await awsCounts()),
  ...(await awsRotationTime()),
  ...(await lostQueries()),
  ...(await awsLoading()),
]
