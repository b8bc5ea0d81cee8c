/**
 * Signals, while another program or a person decides what they mean: the usual handling of a command rests meanwhile.
 * @module
 */
import type { Program } from './program.ts'

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const
/** A terminal sends these to all its programs, so the one that we started has had it already. */
const OF_TERMINALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT']

type Listener = (signal: NodeJS.Signals) => void

/** `listener` hears `names` instead of whoever did; what is answered puts that back. */
export function takeOver(names: readonly NodeJS.Signals[], listener: Listener): () => void {
  const before = names.map(name => ({ name, listeners: process.listeners(name) as Listener[] }))
  for (const name of names) {
    process.removeAllListeners(name)
    process.on(name, listener)
  }
  return () => {
    for (const { name, listeners } of before) {
      process.off(name, listener)
      for (const each of listeners) process.on(name, each)
    }
  }
}

/** Hands on what is sent to us; `terminal` says whether we were started from one. */
export const forward = (terminal: boolean, heard: (name: NodeJS.Signals) => Program): (() => void) =>
  takeOver(FORWARDED, name => {
    const program = heard(name)
    if (!(terminal && OF_TERMINALS.includes(name))) program.signal(name)
  })
