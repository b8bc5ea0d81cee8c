/**
 * A stage whose scenes are shown on a board.
 * @module
 */
import type { FollowerReport } from '../../core/replication/replication.ts'
import type { Board } from './board.ts'
import type { RegionsStage } from './stage.ts'

export interface Told {
  readonly stage: RegionsStage
  readonly board: Board
  /** What each follower has shown when it was last looked at; the leader shows the same as the best of them. */
  note(reports?: readonly FollowerReport[]): void
}

export const told = (stage: RegionsStage, board: Board): Told => ({
  stage,
  board,
  note(reports = []) {
    for (const { follower, sequence, lag = 0 } of reports) {
      const line = board.of(follower)
      if (sequence === undefined) continue
      Object.assign(line, { shows: sequence, lagMs: lag, longestLagMs: Math.max(line.longestLagMs, lag) })
    }
    for (const line of board.lines)
      if (line.state === 'leads')
        Object.assign(line, { shows: Math.max(...board.lines.map(each => each.shows)), lagMs: 0 })
  },
})
