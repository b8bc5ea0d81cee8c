/**
 * `lockstep secret`: values of a store.
 * @module
 */
import type { Command } from 'commander'
import type { Run } from '../session.ts'
import { addSecretGet } from './secret-get.ts'
import { addSecretPut } from './secret-put.ts'

export function addSecret(program: Command, run: Run): void {
  const group = program.command('secret').summary('put and get values of a store').description('Values of a store.')
  addSecretPut(group, run)
  addSecretGet(group, run)
}
