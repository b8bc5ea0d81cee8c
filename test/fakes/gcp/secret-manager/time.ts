// Times on the wire: google.protobuf.Timestamp and Duration, seconds as text since they are 64-bit.

export interface WireTime {
  readonly seconds?: string | number | null
  readonly nanos?: number | null
}

export const toWire = (ms: number): { seconds: string; nanos: number } => {
  const seconds = Math.floor(ms / 1000)
  return { seconds: String(seconds), nanos: Math.round((ms - seconds * 1000) * 1e6) }
}

export const fromWire = (time: WireTime): number => Number(time.seconds ?? 0) * 1000 + (time.nanos ?? 0) / 1e6

export const maybeToWire = (ms: number | undefined): { seconds: string; nanos: number } | null =>
  ms === undefined ? null : toWire(ms)
