/**
 * What starts a sweep: a rule of EventBridge, a schedule of EventBridge Scheduler with or without an input of its own, or a person.
 * Nothing in it decides what is done; it is read so that an event that was sent to the wrong function is not taken for one.
 * Shapes: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
 * @module
 */
import { RotationError } from '../core/errors.ts'

export interface Scheduled {
  /** Named by the schedule, RFC 3339. */
  readonly time?: string
}

const SOURCES: readonly unknown[] = ['aws.events', 'aws.scheduler']
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/
/** Of an input of one's own. */
const KEYS = ['do', 'time']

/** Nothing, `{}`, `{ "do": "sweep", "time": … }`, or an event of a schedule. Anything else: `refused`. */
export function parseSchedule(event: unknown): Scheduled {
  if (event === undefined || event === null) return {}
  if (typeof event !== 'object' || Array.isArray(event)) throw refused()
  const fields = new Map(Object.entries(event))
  const scheduled = SOURCES.includes(fields.get('source')) && fields.get('detail-type') === 'Scheduled Event'
  const own = [...fields.keys()].every(key => KEYS.includes(key)) && [undefined, 'sweep'].includes(fields.get('do'))
  if (!scheduled && !own) throw refused()
  const time: unknown = fields.get('time')
  if (time === undefined) return {}
  if (typeof time !== 'string' || !TIME.test(time) || Number.isNaN(Date.parse(time)))
    throw new RotationError('refused', 'The field time of the event must be a time, RFC 3339.', { at: 'time' })
  return { time }
}

const refused = (): RotationError =>
  new RotationError('refused', 'The event is none of a schedule.', {
    next: 'Start this function by a schedule, or with the input {"do": "sweep"}.',
  })
