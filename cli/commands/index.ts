/**
 * All commands, in the order and the groups of `lockstep help`.
 * @module
 */
import type { Command } from 'commander'
import type { Run } from '../session.ts'
import { addAdopt } from './adopt.ts'
import { addCheck } from './check.ts'
import { addDeployCheck } from './deploy-check.ts'
import { addDev } from './dev.ts'
import { addDoctor } from './doctor.ts'
import { addDrift } from './drift.ts'
import { addExitCodes } from './exit-codes.ts'
import { addFailOver } from './fail-over.ts'
import { addHistory } from './history.ts'
import { addInit } from './init.ts'
import { addMetrics } from './metrics.ts'
import { addPlan } from './plan.ts'
import { addReplicate } from './replicate.ts'
import { addRetire } from './retire.ts'
import { addRollback } from './rollback.ts'
import { addRotate } from './rotate.ts'
import { addRun } from './run.ts'
import { addSecret } from './secret.ts'
import { addStatus } from './status.ts'
import { addStore } from './store.ts'

type Add = (program: Command, run: Run) => void

const groups: Readonly<Record<string, readonly Add[]>> = {
  'Set up:': [addInit, addAdopt, addSecret, addCheck, addDeployCheck],
  'Rotate:': [addPlan, addRotate, addRetire, addRollback],
  'Regions and clouds:': [addReplicate, addDrift, addFailOver],
  'Use:': [addRun, addDev],
  'Look:': [addStatus, addHistory, addDoctor, addMetrics],
  'Care:': [addStore, addExitCodes],
}

export function addCommands(program: Command, run: Run): void {
  for (const [heading, adds] of Object.entries(groups)) {
    program.commandsGroup(heading)
    for (const add of adds) add(program, run)
  }
  program.addHelpText(
    'after',
    `
A first rotation:
  lockstep init                       write lockstep.yml and keys; then edit it
  lockstep secret put orders-db       bring the value that works today
  lockstep check --connect            does everything answer
  lockstep plan orders-db             what would happen
  lockstep rotate orders-db --force   do it`,
  )
}
