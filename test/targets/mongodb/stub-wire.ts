/**
 * MongoDB's wire as a server sees it: commands come as OP_MSG, the first greeting as OP_QUERY, and each is answered in kind.
 * Enough for the real driver; no compression, no checksums.
 */
import type net from 'node:net'
import { BSON, type Document } from 'mongodb'

const OP_REPLY = 1
const OP_QUERY = 2004
const OP_MSG = 2013

/** Cuts the stream into commands, answers each by `answer`, one after the other. Undefined: no answer, ever. */
export function serveWire(socket: net.Socket, answer: (command: Document) => Promise<Document | undefined>): void {
  let buffered = Buffer.alloc(0)
  let turn = Promise.resolve()
  socket.on('data', data => {
    buffered = Buffer.concat([buffered, data])
    while (buffered.length >= 4 && buffered.length >= buffered.readInt32LE(0)) {
      const message = buffered.subarray(0, buffered.readInt32LE(0))
      buffered = buffered.subarray(message.length)
      turn = turn.then(async () => {
        const reply = await answer(commandOf(message))
        if (reply !== undefined && !socket.destroyed) socket.write(replyTo(message, reply))
      })
    }
  })
}

function commandOf(message: Buffer): Document {
  const kind = message.readInt32LE(12)
  // after the header: flags and, for OP_MSG, one byte that says that a document follows; for OP_QUERY a name and two numbers
  const start = kind === OP_QUERY ? message.indexOf(0, 20) + 9 : 21
  return BSON.deserialize(message.subarray(start, start + message.readInt32LE(start)))
}

function replyTo(message: Buffer, reply: Document): Buffer {
  const query = message.readInt32LE(12) === OP_QUERY
  const body = Buffer.from(BSON.serialize(reply))
  // OP_REPLY: flags, cursor, offset, one document. OP_MSG: flags, one document.
  const between = query ? Buffer.alloc(20) : Buffer.alloc(5)
  if (query) between.writeInt32LE(1, 16)
  const header = Buffer.alloc(16)
  header.writeInt32LE(16 + between.length + body.length, 0)
  header.writeInt32LE(message.readInt32LE(4), 8)
  header.writeInt32LE(query ? OP_REPLY : OP_MSG, 12)
  return Buffer.concat([header, between, body])
}
