/**
 * Signals on a terminal, where the kernel has given some to the program already; as events, because a test has no terminal.
 */
import { afterEach, describe, expect, test } from 'vitest'
import { forward, takeOver } from '../../cli/run/signals.ts'

let restore = () => {}
afterEach(() => restore())

function handedOn(terminal: boolean, sent: readonly NodeJS.Signals[]) {
  const heard: string[] = []
  const passed: string[] = []
  const signal = (name: NodeJS.Signals) => void passed.push(name)
  const program = { signal, ended: Promise.resolve(0), end: async () => 0 }
  restore = forward(terminal, name => {
    heard.push(name)
    return program
  })
  for (const name of sent) process.emit(name, name)
  return { heard, passed }
}

describe('forward', () => {
  const sent = ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP'] as const

  test('from a terminal: what it sends to all its programs is not sent a second time, and heard all the same', () => {
    expect(handedOn(true, sent)).toEqual({ heard: [...sent], passed: ['SIGTERM', 'SIGHUP'] })
  })

  test('elsewhere: everything is handed on', () => {
    expect(handedOn(false, sent).passed).toEqual([...sent])
  })
})

test('who listened before does not hear meanwhile, and hears again afterwards', () => {
  const before: string[] = []
  const listener = () => void before.push('before')
  process.on('SIGUSR2', listener)
  const meanwhile: string[] = []
  restore = takeOver(['SIGUSR2'], name => meanwhile.push(name))
  process.emit('SIGUSR2', 'SIGUSR2')
  restore()
  process.emit('SIGUSR2', 'SIGUSR2')
  process.off('SIGUSR2', listener)
  expect({ meanwhile, before }).toEqual({ meanwhile: ['SIGUSR2'], before: ['before'] })
})
